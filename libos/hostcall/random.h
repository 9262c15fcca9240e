/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "libos/cpu/random.h"

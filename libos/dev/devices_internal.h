/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "libos/fs/file.h"

extern const struct file_ops null_ops;
extern const struct file_ops zero_ops;
extern const struct file_ops full_ops;
extern const struct file_ops random_ops;

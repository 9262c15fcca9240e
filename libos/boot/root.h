/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - the last two stages: file systems, and the first program.
 */
#pragma once

#include "abi/booterror.h"
#include "libos/boot/config.h"
#include "libos/boot/untrusted.h"

enum boot_error boot_root(const struct boot_config *cfg);
enum boot_error boot_program(const struct boot_config *cfg,
                             const struct boot_strings *strings);

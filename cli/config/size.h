/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size.h - amounts of memory as people write them: "64MB", "4 GB", "32768B".
 *
 * Units are Occlum's: B, KB, MB, GB, TB, powers of 1024, in any case; KiB and
 * so on mean the same, and no unit means bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { SIZE_TEXT_MAX = 32 };

/* 0, -EINVAL if @text is no size, -ERANGE if it does not fit 64 bits. */
__must_check int size_parse(const char *text, uint64_t *ret_size);

/* The shortest exact form: "64MB", "10000B". */
void size_format(uint64_t size, char ret_text[SIZE_TEXT_MAX]);

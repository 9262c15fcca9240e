/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.h - the integer types, for code with and without a C library.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* POSIX leaves ssize_t to <sys/types.h>; on x86-64 it is a long everywhere. */
typedef long ssize_t;

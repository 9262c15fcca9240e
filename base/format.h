/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - printf into a buffer, without a C library.
 *
 * A subset of snprintf(3) that behaves the same wherever it is defined:
 *
 *   conversions   d i u x X o c s p %
 *   lengths       hh h l ll z t j
 *   flags         - 0
 *   width         a number or *
 *   precision     for s only: a number or *
 *
 * No locale, no floating point, no %n.  An unknown conversion is copied as it
 * stands and, because its argument cannot be skipped safely, ends the output.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

/*
 * str_format - format into @buf of @size bytes.
 *
 * The result always ends in a NUL unless @size is 0.  Returns the length it
 * would have had in a buffer large enough, as snprintf does.
 */
__printf(3, 4) int str_format(char *buf, size_t size, const char *fmt, ...);
__printf(3, 0) int str_vformat(char *buf, size_t size, const char *fmt,
                               va_list args);

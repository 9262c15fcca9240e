/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex.h - bytes as lower-case hexadecimal digits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* @ret_text has room for 2 * @size + 1 characters. */
void hex_encode(const uint8_t *bytes, size_t size, char *ret_text);

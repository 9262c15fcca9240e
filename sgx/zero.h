/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zero.h - the test that every architectural structure needs somewhere: are
 * these reserved bytes zero?
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool is_zero(const void *p, size_t size)
{
	const uint8_t *byte = p;
	uint8_t any = 0;
	size_t i;

	for (i = 0; i < size; i++)
		any |= byte[i];
	return any == 0;
}

/* For a member that is an array. */
#define IS_ZERO(array) is_zero(array, sizeof(array))

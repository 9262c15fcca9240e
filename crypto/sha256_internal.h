/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256_internal.h - what the two compression functions have in common.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_k[64];

void sha256_portable_blocks(uint32_t state[8], const uint8_t *data,
                            size_t nblocks);

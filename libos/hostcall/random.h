/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - random numbers from the CPU through the kernel's generator.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Fill @dst; 0, or -EIO when the generator has failed for good. */
int __must_check random_bytes(void *dst, size_t size);

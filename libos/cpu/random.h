/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - random numbers: RDRAND through crypto/rng.h, one generator for
 * each vCPU, so that no lock is needed (the kernel is not preempted).
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Fill @dst; 0, or -EIO when the generator has failed for good. */
int __must_check random_bytes(void *dst, size_t size);

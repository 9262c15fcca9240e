/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventfd.h - a counter to wait for, eventfd(2).
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct file;

/* eventfd2(2): values of Linux. */
#define EFD_SEMAPHORE 1u

/* @flags: EFD_SEMAPHORE | O_NONBLOCK.  0 or -ENOMEM. */
int __must_check eventfd_create(uint64_t count, uint32_t flags,
                                struct file **ret);

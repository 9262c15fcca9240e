/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_time.h - timeouts and signal masks of the calls that wait for files.
 *
 * A deadline is monotonic; 0 means only look, NO_DEADLINE wait for ever.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct thread;

/* As poll(2): negative is for ever. */
uint64_t deadline_of_ms(int timeout_ms);

/* struct timeval counts microseconds, struct timespec nanoseconds. */
enum time_unit { TIME_USEC, TIME_NSEC };

/* From user memory; NULL is for ever.  0, -EFAULT, -EINVAL. */
int __must_check deadline_get(const void __user *timeout, enum time_unit unit,
                              uint64_t *ret);
/*
 * What is left until @deadline_ns goes back to @timeout, if that is not NULL.
 * Memory that can't be written is no error: select(2), notes.
 */
void deadline_put(void __user *timeout, enum time_unit unit,
                  uint64_t deadline_ns);

/*
 * Use the mask at @mask (NULL: none) until poll_mask_end() with the result of
 * the call, which it returns.  0, -EFAULT, -EINVAL.
 */
int __must_check poll_mask_begin(struct thread *self, const void __user *mask,
                                 size_t size);
long poll_mask_end(struct thread *self, long result);

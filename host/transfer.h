/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - moving bytes without blocking; the methods are explained in
 * descriptor.h.  A count, or -EAGAIN and the errnos of HC_READ and HC_WRITE.
 */
#pragma once

#include "host/descriptor.h"

long transfer_read(struct descriptor *d, void *dst, size_t size);
long transfer_write(struct descriptor *d, const void *src, size_t size);

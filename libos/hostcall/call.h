/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - private to hostcall/: the raw call and the checks of its result.
 */
#pragma once

#include "abi/shared.h"
#include "base/compiler.h"
#include "base/types.h"

struct host_shared __host *host_shared_area(void);
/* The calling vCPU's page and scratch. */
struct vcpu_shared __host *host_vcpu_area(void);

/* Leave with @size bytes of arguments; whatever the host answers. */
int64_t __must_check host_call(enum hostcall nr, const void *args, size_t size);

/*
 * A result that must be 0..@max or one of the 0-terminated @errnos; anything
 * else is a lie and becomes -EIO.
 */
long __must_check host_check_count(int64_t result, size_t max,
                                   const short *errnos);

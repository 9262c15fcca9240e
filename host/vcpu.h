/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.h - the thread that lends itself to one TCS.
 *
 * Its loop: enter with a reason of abi/shared.h; serve what the kernel asks
 * when it leaves; after an exception inside, hand the facts over, enter again
 * at CSSA = 1 and resume.  Ticks never show up here: the platform deals with
 * them inside the entry function.
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "host/runtime.h"

/* Prepare vCPU @index; nothing can fail. */
void vcpu_init(struct runtime *rt, uint32_t index);

/*
 * vcpu_start - make and start the thread, if nobody has yet.  0, or -errno:
 * the instance does without this vCPU then.  It enters once vcpu_admit() has
 * been called.
 */
__must_check int vcpu_start(struct vcpu *v);

/* EINIT is done: @v, started before, and all that start later may enter. */
void vcpu_admit(struct vcpu *v);

/* Instead of vcpu_admit(): end the thread of @v, if it has one. */
void vcpu_dismiss(struct vcpu *v);

/* Started, and not gone. */
static inline bool vcpu_is_running(const struct vcpu *v)
{
	return __atomic_load_n(&v->state, __ATOMIC_SEQ_CST) == VCPU_RUNNING;
}

/* Running and not in HC_IDLE. */
static inline bool vcpu_is_awake(const struct vcpu *v)
{
	return vcpu_is_running(v) && !park_is_asleep(&v->park);
}

/* Have it take a tick if it is inside the enclave. */
void vcpu_interrupt(struct vcpu *v);

/* HC_KICK of it: wake it up, interrupt it, or start it. */
void vcpu_kick(struct vcpu *v);

/*
 * vcpu_join_all - after runtime_finish(): end all threads.  -ETIMEDOUT if one
 * did not come out of the enclave in time; it is then still there.
 */
__must_check int vcpu_join_all(struct runtime *rt);

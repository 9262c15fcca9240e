/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futex.c - futex(2): from one call with many meanings to ipc/futex.h.
 */
#include "libos/ipc/futex.h"

#include "base/errno.h"
#include "libos/libos_errno.h"
#include "libos/mm/usercopy.h"
#include "libos/signal/signal.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"

enum futex_op {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10
};
#define FUTEX_PRIVATE_FLAG 128
#define FUTEX_CLOCK_REALTIME 256

struct futex_call {
	struct thread *self;
	uint32_t __user *uaddr;
	uint32_t __user *uaddr2;
	enum futex_sharing sharing;
	bool is_realtime;
	uint32_t val, val2, val3;
	uint64_t timeout; /* user address; 0: none */
};

static long wait_again(struct thread *self, struct restart_block *rb);

/*
 * An interrupted wait goes on with the rest of its time, which only a restart
 * block can say; without a timeout the same call will do.
 */
static long wait_until(struct thread *self, uint32_t __user *uaddr,
                       enum futex_sharing sharing, uint32_t val,
                       uint64_t deadline_ns, uint32_t bitset)
{
	struct restart_block *rb = &self->sig->restart;
	int ret;

	ret = futex_wait(self, uaddr, sharing, val, deadline_ns, bitset);
	if (ret != -ERESTARTSYS || deadline_ns == NO_DEADLINE)
		return ret;
	*rb = (struct restart_block){
		.func = wait_again,
		.deadline_ns = deadline_ns,
		.uaddr = user_addr(uaddr),
		.val = val,
		.bitset = bitset,
		.flags = sharing,
	};
	return -ERESTART_BLOCK;
}

static long wait_again(struct thread *self, struct restart_block *rb)
{
	return wait_until(self, user_ptr(rb->uaddr),
	                  (enum futex_sharing)rb->flags, rb->val,
	                  rb->deadline_ns, rb->bitset);
}

/* FUTEX_WAIT's timeout is a span, FUTEX_WAIT_BITSET's an instant. */
static int read_deadline(const struct futex_call *c, bool is_absolute,
                         uint64_t *ret)
{
	uint64_t ns;
	int err;

	*ret = NO_DEADLINE;
	if (!c->timeout)
		return 0;
	err = timespec_read(user_ptr(c->timeout), &ns);
	if (err < 0)
		return err;
	if (!is_absolute)
		*ret = deadline_after(ns);
	else if (c->is_realtime)
		*ret = deadline_at_realtime(ns);
	else
		*ret = ns;
	return 0;
}

static long do_wait(const struct futex_call *c, bool is_absolute,
                    uint32_t bitset)
{
	uint64_t deadline;
	int ret = read_deadline(c, is_absolute, &deadline);

	if (ret < 0)
		return ret;
	return wait_until(c->self, c->uaddr, c->sharing, c->val, deadline,
	                  bitset);
}

static long call_wait(const struct futex_call *c)
{
	return do_wait(c, false, FUTEX_BITSET_ALL);
}

static long call_wait_bitset(const struct futex_call *c)
{
	return do_wait(c, true, c->val3);
}

static long call_wake(const struct futex_call *c)
{
	return futex_wake(c->self, c->uaddr, c->sharing, c->val,
	                  FUTEX_BITSET_ALL);
}

static long call_wake_bitset(const struct futex_call *c)
{
	return futex_wake(c->self, c->uaddr, c->sharing, c->val, c->val3);
}

static long do_requeue(const struct futex_call *c, bool has_expected)
{
	struct futex_requeue req = {
		.from = c->uaddr,
		.to = c->uaddr2,
		.nwake = c->val,
		.nrequeue = c->val2,
		.has_expected = has_expected,
		.expected = c->val3,
	};

	if ((int32_t)c->val < 0 || (int32_t)c->val2 < 0)
		return -EINVAL;
	return futex_requeue(c->self, c->sharing, &req);
}

static long call_requeue(const struct futex_call *c)
{
	return do_requeue(c, false);
}

static long call_cmp_requeue(const struct futex_call *c)
{
	return do_requeue(c, true);
}

static long call_wake_op(const struct futex_call *c)
{
	return futex_wake_op(c->self, c->sharing, c->uaddr, c->val, c->uaddr2,
	                     c->val2, c->val3);
}

struct futex_entry {
	long (*call)(const struct futex_call *c);
	bool takes_realtime;
};

static const struct futex_entry entries[] = {
	[FUTEX_WAIT] = { call_wait, true },
	[FUTEX_WAKE] = { call_wake, false },
	[FUTEX_REQUEUE] = { call_requeue, false },
	[FUTEX_CMP_REQUEUE] = { call_cmp_requeue, false },
	[FUTEX_WAKE_OP] = { call_wake_op, false },
	[FUTEX_WAIT_BITSET] = { call_wait_bitset, true },
	[FUTEX_WAKE_BITSET] = { call_wake_bitset, false },
};

long sys_futex(struct thread *self, uint32_t __user *uaddr, int op,
               uint32_t val, uint64_t timeout, uint32_t __user *uaddr2,
               uint32_t val3)
{
	uint32_t cmd = (uint32_t)op &
	               ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	struct futex_call c = {
		.self = self,
		.uaddr = uaddr,
		.uaddr2 = uaddr2,
		.sharing = op & FUTEX_PRIVATE_FLAG ? FUTEX_IS_PRIVATE
		                                   : FUTEX_IS_SHARED,
		.is_realtime = (op & FUTEX_CLOCK_REALTIME) != 0,
		.val = val,
		.val2 = (uint32_t)timeout,
		.val3 = val3,
		.timeout = timeout,
	};

	if (cmd >= ARRAY_SIZE(entries) || !entries[cmd].call)
		return -ENOSYS;
	if (c.is_realtime && !entries[cmd].takes_realtime)
		return -ENOSYS;
	return entries[cmd].call(&c);
}

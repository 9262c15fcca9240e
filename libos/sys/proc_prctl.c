/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_prctl.c - prctl and arch_prctl, as tables of options.
 */
#include "abi/layout.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/fsbase.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

enum prctl_option {
	PR_SET_PDEATHSIG = 1,
	PR_GET_PDEATHSIG = 2,
	PR_GET_DUMPABLE = 3,
	PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7,
	PR_SET_KEEPCAPS = 8,
	PR_GET_TIMING = 13,
	PR_SET_TIMING = 14,
	PR_SET_NAME = 15,
	PR_GET_NAME = 16,
	PR_GET_SECCOMP = 21,
	PR_CAPBSET_READ = 23,
	PR_CAPBSET_DROP = 24,
	PR_GET_TSC = 25,
	PR_GET_SECUREBITS = 27,
	PR_SET_SECUREBITS = 28,
	PR_SET_TIMERSLACK = 29,
	PR_GET_TIMERSLACK = 30,
	PR_SET_CHILD_SUBREAPER = 36,
	PR_GET_CHILD_SUBREAPER = 37,
	PR_SET_NO_NEW_PRIVS = 38,
	PR_GET_NO_NEW_PRIVS = 39,
	PR_SET_THP_DISABLE = 41,
	PR_GET_THP_DISABLE = 42,
	PR_CAP_AMBIENT = 47
};

#define PR_TSC_ENABLE 1
#define SECBITS_ALL 0xffu
#define SECBIT_KEEP_CAPS 16u
#define TIMER_SLACK_DEFAULT 50000

struct prctl_args {
	uint64_t a2, a3, a4, a5;
};

typedef long prctl_func(struct thread *self, const struct prctl_args *a);

static long set_pdeathsig(struct thread *self, const struct prctl_args *a)
{
	if (a->a2 > NSIG)
		return -EINVAL;
	task_of(self)->pdeath_signal = (int)a->a2;
	return 0;
}

static long get_pdeathsig(struct thread *self, const struct prctl_args *a)
{
	return put_user_u32(user_ptr(a->a2),
	                    (uint32_t)task_of(self)->pdeath_signal);
}

static long get_dumpable(struct thread *self, const struct prctl_args *a)
{
	(void)a;
	return READ_ONCE(self->process->dumpable);
}

static long set_dumpable(struct thread *self, const struct prctl_args *a)
{
	if (a->a2 > 1)
		return -EINVAL;
	WRITE_ONCE(self->process->dumpable, (uint32_t)a->a2);
	return 0;
}

static long get_keepcaps(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	(void)a;
	cred_read(self, &c);
	return (c.securebits & SECBIT_KEEP_CAPS) != 0;
}

static long set_keepcaps(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (a->a2 > 1)
		return -EINVAL;
	cred_read(self, &c);
	c.securebits &= ~SECBIT_KEEP_CAPS;
	if (a->a2)
		c.securebits |= SECBIT_KEEP_CAPS;
	return cred_install(self, &c);
}

/* PR_TIMING_STATISTICAL is the only way there is. */
static long get_timing(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	(void)a;
	return 0;
}

static long set_timing(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	return a->a2 == 0 ? 0 : -EINVAL;
}

static long set_name(struct thread *self, const struct prctl_args *a)
{
	char name[THREAD_NAME_SIZE];
	long n;

	memset(name, 0, sizeof(name));
	n = copy_string_from_user(name, sizeof(name), user_ptr(a->a2));
	if (n < 0 && n != -ENAMETOOLONG)
		return n;
	/* A longer name is cut. */
	name[sizeof(name) - 1] = '\0';
	memcpy(self->name, name, sizeof(name));
	return 0;
}

static long get_name(struct thread *self, const struct prctl_args *a)
{
	return copy_to_user(user_ptr(a->a2), self->name, sizeof(self->name));
}

static long get_seccomp(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	(void)a;
	return 0;
}

static long capbset_read(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (a->a2 > CAP_LAST)
		return -EINVAL;
	cred_read(self, &c);
	return (long)(c.cap_bounding >> a->a2 & 1);
}

static long capbset_drop(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (!cred_has_cap(self, CAP_SETPCAP))
		return -EPERM;
	if (a->a2 > CAP_LAST)
		return -EINVAL;
	cred_read(self, &c);
	c.cap_bounding &= ~(1ull << a->a2);
	return cred_install(self, &c);
}

static long get_tsc(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	return put_user_u32(user_ptr(a->a2), PR_TSC_ENABLE);
}

static long get_securebits(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	(void)a;
	cred_read(self, &c);
	return c.securebits;
}

static long set_securebits(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (!cred_has_cap(self, CAP_SETPCAP) || (a->a2 & ~SECBITS_ALL))
		return -EPERM;
	cred_read(self, &c);
	c.securebits = (uint32_t)a->a2;
	return cred_install(self, &c);
}

static long set_timerslack(struct thread *self, const struct prctl_args *a)
{
	task_of(self)->timer_slack_ns = a->a2 ? a->a2 : TIMER_SLACK_DEFAULT;
	return 0;
}

static long get_timerslack(struct thread *self, const struct prctl_args *a)
{
	(void)a;
	return (long)task_of(self)->timer_slack_ns;
}

static long set_subreaper(struct thread *self, const struct prctl_args *a)
{
	spin_lock(&proc_lock);
	self->process->is_subreaper = a->a2 != 0;
	spin_unlock(&proc_lock);
	return 0;
}

static long get_subreaper(struct thread *self, const struct prctl_args *a)
{
	return put_user_u32(user_ptr(a->a2),
	                    READ_ONCE(self->process->is_subreaper));
}

static long set_no_new_privs(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (a->a2 != 1 || a->a3 || a->a4 || a->a5)
		return -EINVAL;
	cred_read(self, &c);
	c.no_new_privs = true;
	return cred_install(self, &c);
}

static long get_no_new_privs(struct thread *self, const struct prctl_args *a)
{
	struct cred c;

	if (a->a2 || a->a3 || a->a4 || a->a5)
		return -EINVAL;
	cred_read(self, &c);
	return c.no_new_privs;
}

/* Huge pages are the platform's business. */
static long set_thp(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	return a->a3 || a->a4 || a->a5 ? -EINVAL : 0;
}

static long get_thp(struct thread *self, const struct prctl_args *a)
{
	(void)self;
	(void)a;
	return 0;
}

enum { AMBIENT_IS_SET = 1, AMBIENT_RAISE, AMBIENT_LOWER, AMBIENT_CLEAR_ALL };

static long cap_ambient(struct thread *self, const struct prctl_args *a)
{
	uint64_t bit = 1ull << (a->a3 & 63);
	struct cred c;

	if (a->a4 || a->a5)
		return -EINVAL;
	cred_read(self, &c);
	if (a->a2 == AMBIENT_CLEAR_ALL) {
		c.cap_ambient = 0;
		return a->a3 ? -EINVAL : cred_install(self, &c);
	}
	if (a->a3 > CAP_LAST)
		return -EINVAL;
	switch (a->a2) {
	case AMBIENT_IS_SET:
		return (c.cap_ambient & bit) != 0;
	case AMBIENT_RAISE:
		if (!(c.cap_permitted & c.cap_inheritable & bit))
			return -EPERM;
		c.cap_ambient |= bit;
		return cred_install(self, &c);
	case AMBIENT_LOWER:
		c.cap_ambient &= ~bit;
		return cred_install(self, &c);
	default:
		return -EINVAL;
	}
}

static prctl_func *const options[] = {
	[PR_SET_PDEATHSIG] = set_pdeathsig,
	[PR_GET_PDEATHSIG] = get_pdeathsig,
	[PR_GET_DUMPABLE] = get_dumpable,
	[PR_SET_DUMPABLE] = set_dumpable,
	[PR_GET_KEEPCAPS] = get_keepcaps,
	[PR_SET_KEEPCAPS] = set_keepcaps,
	[PR_GET_TIMING] = get_timing,
	[PR_SET_TIMING] = set_timing,
	[PR_SET_NAME] = set_name,
	[PR_GET_NAME] = get_name,
	[PR_GET_SECCOMP] = get_seccomp,
	[PR_CAPBSET_READ] = capbset_read,
	[PR_CAPBSET_DROP] = capbset_drop,
	[PR_GET_TSC] = get_tsc,
	[PR_GET_SECUREBITS] = get_securebits,
	[PR_SET_SECUREBITS] = set_securebits,
	[PR_SET_TIMERSLACK] = set_timerslack,
	[PR_GET_TIMERSLACK] = get_timerslack,
	[PR_SET_CHILD_SUBREAPER] = set_subreaper,
	[PR_GET_CHILD_SUBREAPER] = get_subreaper,
	[PR_SET_NO_NEW_PRIVS] = set_no_new_privs,
	[PR_GET_NO_NEW_PRIVS] = get_no_new_privs,
	[PR_SET_THP_DISABLE] = set_thp,
	[PR_GET_THP_DISABLE] = get_thp,
	[PR_CAP_AMBIENT] = cap_ambient,
};

long sys_prctl(struct thread *self, int option, uint64_t a2, uint64_t a3,
               uint64_t a4, uint64_t a5)
{
	struct prctl_args a = { a2, a3, a4, a5 };

	if (option < 0 || (size_t)option >= ARRAY_SIZE(options) ||
	    !options[option])
		return -EINVAL;
	return options[option](self, &a);
}

enum arch_prctl_option {
	ARCH_SET_FS = 0x1002,
	ARCH_GET_FS = 0x1003, /* GS, 0x1001 and 0x1004, is the kernel's */
	ARCH_GET_XCOMP_SUPP = 0x1021,
	ARCH_GET_XCOMP_PERM = 0x1022,
	ARCH_REQ_XCOMP_PERM = 0x1023
};

/* XFRM says what is enabled for all: nothing has to be asked for. */
static long request_xcomp(uint64_t feature)
{
	if (feature > 63)
		return -EINVAL;
	return fpu_xfrm() >> feature & 1 ? 0 : -EOPNOTSUPP;
}

long sys_arch_prctl(struct thread *self, int option, uint64_t addr)
{
	(void)self;
	switch (option) {
	case ARCH_SET_FS:
		if (addr >= USER_END)
			return -EPERM;
		fsbase_write(addr);
		return 0;
	case ARCH_GET_FS:
		return put_user_u64(user_ptr(addr), fsbase_read());
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return put_user_u64(user_ptr(addr), fpu_xfrm());
	case ARCH_REQ_XCOMP_PERM:
		return request_xcomp(addr);
	default:
		return -EINVAL;
	}
}

long sys_personality(struct thread *self, uint32_t persona)
{
	uint32_t old = READ_ONCE(self->process->personality);

	if (persona != UINT32_MAX)
		WRITE_ONCE(self->process->personality, persona);
	return old;
}

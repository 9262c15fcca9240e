/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_wait.c - wait4, waitid, getrusage, times.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/process.h"
#include "libos/proc/wait.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"
#include "libos/time/clock.h"

struct user_rusage {
	struct user_timeval utime, stime;
	int64_t maxrss, ixrss, idrss, isrss;
	int64_t minflt, majflt, nswap, inblock, oublock;
	int64_t msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
static_assert(sizeof(struct user_rusage) == 144, "getrusage(2)");

static struct user_timeval timeval_of(uint64_t ns)
{
	return (struct user_timeval){
		.sec = (int64_t)(ns / NSEC_PER_SEC),
		.usec = (int64_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC),
	};
}

static int rusage_write(void __user *p, const struct proc_times *t)
{
	struct user_rusage r;

	if (!user_addr(p))
		return 0;
	memset(&r, 0, sizeof(r));
	r.utime = timeval_of(t->user_ns);
	r.stime = timeval_of(t->kernel_ns);
	r.maxrss = (int64_t)t->maxrss_kib;
	r.minflt = (int64_t)t->minflt;
	r.majflt = (int64_t)t->majflt;
	r.nvcsw = (int64_t)t->nvcsw;
	r.nivcsw = (int64_t)t->nivcsw;
	return copy_to_user(p, &r, sizeof(r));
}

static int32_t own_pgid(struct process *p)
{
	int32_t pgid;

	spin_lock(&proc_lock);
	pgid = p->pgid;
	spin_unlock(&proc_lock);
	return pgid;
}

/* wait4's pid: below -1 a group, -1 any, 0 the caller's group. */
static void decode_pid(struct process *p, int pid, struct wait_request *req)
{
	req->which = WAIT_PGID;
	if (pid < -1)
		req->id = -pid;
	else if (pid == -1)
		req->which = WAIT_ANY;
	else if (pid == 0)
		req->id = own_pgid(p);
	else {
		req->which = WAIT_PID;
		req->id = pid;
	}
}

#define WAIT4_OPTIONS                                                          \
	(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE)

long sys_wait4(struct thread *self, int pid, uint32_t __user *status,
               uint32_t options, void __user *rusage)
{
	struct wait_request req = { .options = options | WEXITED };
	struct wait_result res;
	long n;
	int ret = 0;

	if (options & ~(uint32_t)WAIT4_OPTIONS)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	decode_pid(self->process, pid, &req);
	n = process_wait(self->process, &req, &res);
	if (n <= 0)
		return n;
	if (user_addr(status))
		ret = put_user_u32(status, (uint32_t)res.status);
	if (ret == 0)
		ret = rusage_write(rusage, &res.times);
	return ret < 0 ? ret : n;
}

enum waitid_type { P_ALL, P_PID, P_PGID, P_PIDFD };

static int decode_waitid(struct process *p, int which, int id,
                         struct wait_request *req)
{
	req->id = id;
	switch (which) {
	case P_ALL:
		req->which = WAIT_ANY;
		return 0;
	case P_PID:
		req->which = WAIT_PID;
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		req->which = WAIT_PGID;
		if (id == 0)
			req->id = own_pgid(p);
		return id >= 0 ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* siginfo_t of a child's end; all zeros when there was none. */
static int write_child_info(void __user *p, const struct wait_result *res)
{
	uint8_t all[SIGINFO_USER_SIZE] = { 0 };
	struct siginfo info = { 0 };

	if (!user_addr(p))
		return 0;
	if (res) {
		info.signo = SIGCHLD;
		info.child.pid = res->pid;
		info.child.uid = res->uid;
		if (res->status & 0x7f) {
			info.code =
				res->status & 0x80 ? CLD_DUMPED : CLD_KILLED;
			info.child.status = res->status & 0x7f;
		} else {
			info.code = CLD_EXITED;
			info.child.status = res->status >> 8;
		}
	}
	memcpy(all, &info, sizeof(info));
	return copy_to_user(p, all, sizeof(all));
}

#define WAITID_OPTIONS                                                         \
	(WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | __WNOTHREAD |  \
	 __WALL | __WCLONE)

long sys_waitid(struct thread *self, int which, int id, void __user *info,
                uint32_t options, void __user *rusage)
{
	struct wait_request req = { .options = options };
	struct wait_result res;
	long n;
	int ret;

	if ((options & ~(uint32_t)WAITID_OPTIONS) ||
	    !(options & (WEXITED | WUNTRACED | WCONTINUED)))
		return -EINVAL;
	ret = decode_waitid(self->process, which, id, &req);
	if (ret < 0)
		return ret;
	n = process_wait(self->process, &req, &res);
	if (n < 0)
		return n;
	ret = write_child_info(info, n > 0 ? &res : NULL);
	if (ret == 0 && n > 0)
		ret = rusage_write(rusage, &res.times);
	return ret;
}

enum { RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1 };

static void children_times(struct process *p, struct proc_times *ret)
{
	spin_lock(&proc_lock);
	*ret = p->children_times;
	spin_unlock(&proc_lock);
}

/* No peak is kept: what is resident now. */
static uint64_t resident_kib(struct thread *self)
{
	struct mm_usage u;

	mm_usage(self->mm, &u);
	return u.resident * (PAGE_SIZE / KIB);
}

long sys_getrusage(struct thread *self, int who, void __user *rusage)
{
	struct proc_times t = { 0 };

	if (!user_addr(rusage))
		return -EFAULT;
	switch (who) {
	case RUSAGE_SELF:
		process_times(self->process, &t);
		break;
	case RUSAGE_CHILDREN:
		children_times(self->process, &t);
		break;
	case RUSAGE_THREAD:
		thread_times(self, &t);
		break;
	default:
		return -EINVAL;
	}
	if (who != RUSAGE_CHILDREN)
		t.maxrss_kib = resident_kib(self);
	return rusage_write(rusage, &t);
}

#define NSEC_PER_CLOCK_TICK 10000000ull

struct user_tms {
	int64_t utime, stime, cutime, cstime;
};

static int64_t ticks(uint64_t ns)
{
	return (int64_t)(ns / NSEC_PER_CLOCK_TICK);
}

long sys_times(struct thread *self, void __user *buf)
{
	struct proc_times mine, theirs;
	struct user_tms tms;
	int ret = 0;

	process_times(self->process, &mine);
	children_times(self->process, &theirs);
	tms = (struct user_tms){
		.utime = ticks(mine.user_ns),
		.stime = ticks(mine.kernel_ns),
		.cutime = ticks(theirs.user_ns),
		.cstime = ticks(theirs.kernel_ns),
	};
	if (user_addr(buf))
		ret = copy_to_user(buf, &tms, sizeof(tms));
	return ret < 0 ? ret : ticks(clock_monotonic_ns());
}

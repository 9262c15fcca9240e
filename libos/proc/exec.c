/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/exec.h"

#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/fsbase.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/kheap.h"
#include "libos/mm/overlay.h"
#include "libos/mm/shortage.h"
#include "libos/proc/exec_internal.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

#define RFLAGS_INITIAL                                                         \
	0x202ull /* interrupts on, and the bit that is always 1 */

struct exec *exec_begin(struct process *p, struct exec_args *args)
{
	struct exec *x = kzalloc(sizeof(*x));
	unsigned int i;

	if (!x)
		return NULL;
	x->args = args;
	spin_lock(&p->limits_lock);
	x->cred = p->cred;
	for (i = 0; i < RLIM_NLIMITS; i++)
		x->rlimits[i] = p->rlimits[i].cur;
	spin_unlock(&p->limits_lock);
	return x;
}

void exec_end(struct exec *x)
{
	if (x->mm)
		mm_put(x->mm);
	if (x->files)
		fdtable_put(x->files);
	sighand_put(x->actions);
	file_put(x->program.file);
	file_put(x->interp.file);
	kfree(x);
}

void exec_set_regs(const struct exec *x, struct regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	regs->rip = x->entry;
	regs->rsp = x->stack.sp;
	regs->rflags = RFLAGS_INITIAL;
	regs->orig_rax = NOT_A_SYSCALL;
	regs->source = REGS_FAULT;
}

void exec_set_name(const struct exec *x, struct thread *t)
{
	const char *base = strrchr(x->name, '/');
	size_t size;

	base = base ? base + 1 : x->name;
	size = strnlen(base, THREAD_NAME_SIZE - 1);
	memset(t->name, 0, sizeof(t->name));
	memcpy(t->name, base, size);
}

/* What others share must be ours alone; copies that can fail come first. */
static int unshare_later(struct exec *x, struct thread *self)
{
	struct sighand *actions = self->process->sig.actions;

	if (__atomic_load_n(&actions->refs, __ATOMIC_ACQUIRE) > 1) {
		x->actions = sighand_copy(actions);
		if (!x->actions)
			return -ENOMEM;
	}
	/* Our own threads' references do not count, but can't be told apart. */
	if (__atomic_load_n(&self->files->refs, __ATOMIC_ACQUIRE) > 1) {
		x->files = fdtable_copy(self->files);
		if (!x->files)
			return -ENOMEM;
	}
	return 0;
}

/* The one thread that is left has the process's number from now on. */
static void become_leader(struct thread *self)
{
	struct process *p = self->process;

	spin_lock(&proc_lock);
	if (self->tid != p->pid.nr) {
		pid_remove_locked(&task_of(self)->pid);
		p->pid.thread = self;
		self->tid = p->pid.nr;
	}
	p->exit_signal = SIGCHLD;
	p->has_execed = true;
	spin_unlock(&proc_lock);
}

/* 0, or -ENOMEM where there is no room for what has to move out. */
static int enter_mm(struct thread *self, struct mm *mm)
{
	struct mm *old;
	int ret;

	/* Locks and words in the old memory, while it is still there. */
	futex_exit(self);
	old = thread_mm_swap(self, mm);
	if (!mm_switch(old, mm))
		thread_set_work(self, WORK_MM);
	vfork_finish(task_of(self));
	mm_put(old);

	while ((ret = mm_make_resident(mm)) == -EBUSY)
		sched_yield();
	return ret;
}

static void enter_files(struct exec *x, struct thread *self)
{
	struct fdtable *old = self->files;

	/*
	 * With the threads gone nobody may share it any more; then the table,
	 * which owns record locks, stays.
	 */
	if (x->files && __atomic_load_n(&old->refs, __ATOMIC_ACQUIRE) > 1) {
		fdtable_put(thread_files_swap(self, x->files));
		x->files = NULL;
	}
	fdtable_exec(self->files);
}

static void enter_process(struct exec *x, struct process *p)
{
	struct file *old;

	mutex_lock(&p->lock);
	old = p->exe;
	p->exe = x->program.file;
	x->program.file = NULL;
	mutex_unlock(&p->lock);
	file_put(old);

	spin_lock(&p->limits_lock);
	/* capabilities(7): only root keeps them; ambient ones stay. */
	if (p->cred.euid != 0) {
		p->cred.cap_permitted = p->cred.cap_ambient;
		p->cred.cap_effective = p->cred.cap_ambient;
	}
	p->cred.suid = p->cred.fsuid = p->cred.euid;
	p->cred.sgid = p->cred.fsgid = p->cred.egid;
	p->dumpable = 1;
	spin_unlock(&p->limits_lock);
}

static void reset_cpu(struct exec *x, struct thread *self)
{
	fpu_save_current();
	fpu_init(self->fpu);
	self->fs_base = 0;
	fsbase_write(0);
	exec_set_regs(x, self->regs);
}

/* A changed file has been told of; a lack of memory has not. */
static void end_unsettled(struct thread *self, int error)
{
	if (error != -EIO)
		mm_explain_shortage();
	signal_group_exit(&self->process->sig,
	                  error == -EIO ? STATUS_NOT_EXECUTABLE : SIGKILL);
}

/* Behind the point of no return: the first error ends the process. */
static int commit(struct exec *x, struct thread *self)
{
	struct mm *mm = x->mm;
	int ret;

	become_leader(self);
	x->mm = NULL; /* the thread's, and nobody else's: see mm_is_alone() */
	ret = enter_mm(self, mm);
	if (ret == 0)
		ret = exec_settle(x, mm);
	signal_exec(self, x->actions);
	x->actions = NULL;
	enter_files(x, self);
	enter_process(x, self->process);
	exec_set_name(x, self);
	reset_cpu(x, self);
	signal_group_unsolo(self);
	if (ret < 0)
		end_unsettled(self, ret);
	return 0;
}

/* --- names --- */

/* As Linux names what was opened through a descriptor. */
static int set_name(struct exec *x, const struct exec_request *req)
{
	if (req->path[0] == '/' || req->dirfd == AT_FDCWD)
		return str_copy(x->name, sizeof(x->name), req->path);
	str_format(x->name, sizeof(x->name), "/dev/fd/%d%s%s", req->dirfd,
	           req->path[0] ? "/" : "", req->path);
	return 0;
}

static int find_open(struct exec *x, struct thread *self, struct walk *cwd,
                     int dirfd)
{
	struct file *f = fd_get_any(self->files, (uint32_t)dirfd);
	int ret;

	if (!f)
		return -EBADF;
	ret = exec_find_file(x, cwd, f);
	file_put(f);
	return ret;
}

static int find(struct exec *x, struct thread *self,
                const struct exec_request *req)
{
	uint32_t flags = req->flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct walk start, cwd;
	int ret;

	walk_begin(&cwd, self, AT_FDCWD);
	if (!req->path[0] && (req->flags & AT_EMPTY_PATH) &&
	    req->dirfd != AT_FDCWD) {
		ret = find_open(x, self, &cwd, req->dirfd);
	} else {
		walk_begin(&start, self, req->dirfd);
		ret = exec_find(x, &start, &cwd, req->path, flags);
		walk_end(&start);
	}
	walk_end(&cwd);
	return ret;
}

int exec_replace(struct thread *self, struct exec_request *req)
{
	struct exec *x = exec_begin(self->process, req->args);
	int ret;

	if (!x)
		return -ENOMEM;
	ret = set_name(x, req);
	if (ret == 0)
		ret = find(x, self, req);
	if (ret == 0)
		ret = exec_build(x);
	if (ret == 0)
		ret = unshare_later(x, self);
	if (ret == 0)
		ret = signal_group_solo(self);
	if (ret == 0)
		ret = commit(x, self);
	exec_end(x);
	return ret;
}

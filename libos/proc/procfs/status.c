/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - /proc/PID/status, proc(5).
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"
#include "libos/sched/sched.h"

static const char *state_text(char letter)
{
	switch (letter) {
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'Z':
		return "Z (zombie)";
	case 'X':
		return "X (dead)";
	default:
		return "R (running)";
	}
}

static void print_family(struct synth_text *t, uint64_t key, struct process *p)
{
	int32_t ppid;

	spin_lock(&proc_lock);
	ppid = p->parent ? p->parent->pid.nr : 0;
	spin_unlock(&proc_lock);
	synth_print(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n", p->pid.nr,
	            key_number(key), ppid);
	synth_print(t, "TracerPid:\t0\n");
}

static void print_ids(struct synth_text *t, const struct cred *c)
{
	synth_print(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
	            c->fsuid);
	synth_print(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid,
	            c->fsgid);
}

static void print_files(struct synth_text *t, uint64_t key)
{
	struct fdtable *files = key_files(key);
	struct fs_context *fs = key_fs(key);
	struct fs_cred *cred;

	synth_print(t, "FDSize:\t%u\nGroups:\t",
	            files ? READ_ONCE(files->capacity) : 0);
	if (fs) {
		cred = fs_context_cred(fs);
		for (uint32_t i = 0; i < cred->ngroups; i++)
			synth_print(t, "%u ", cred->groups[i]);
		fs_cred_put(cred);
	}
	synth_print(t, "\n");
	fs_context_put(fs);
	if (files)
		fdtable_put(files);
}

static unsigned long long kib(uint64_t npages)
{
	return npages * (PAGE_SIZE / KIB);
}

static void print_memory(struct synth_text *t, uint64_t key)
{
	struct mm *mm = key_mm(key);
	struct mm_usage u;

	if (!mm)
		return;
	mm_usage(mm, &u);
	mm_put(mm);
	synth_print(t, "VmPeak:\t%8llu kB\nVmSize:\t%8llu kB\n", kib(u.size),
	            kib(u.size));
	synth_print(t, "VmLck:\t%8llu kB\nVmPin:\t       0 kB\n",
	            kib(u.locked));
	synth_print(t, "VmHWM:\t%8llu kB\nVmRSS:\t%8llu kB\n", kib(u.resident),
	            kib(u.resident));
	synth_print(t, "RssAnon:\t%8llu kB\nRssFile:\t%8llu kB\n",
	            kib(u.resident - MIN(u.shared, u.resident)), kib(u.shared));
	synth_print(t, "RssShmem:\t       0 kB\n");
	synth_print(t, "VmData:\t%8llu kB\nVmStk:\t%8llu kB\n", kib(u.data),
	            kib(u.stack));
	synth_print(t, "VmExe:\t%8llu kB\nVmLib:\t       0 kB\n", kib(u.text));
	synth_print(t, "VmPTE:\t       0 kB\nVmSwap:\t       0 kB\n");
}

struct signal_sets {
	uint64_t own, shared, blocked, ignored, caught;
	uint32_t nqueued, nthreads;
};

static void read_signals(struct process *p, struct thread *thread,
                         struct signal_sets *s)
{
	struct signal_group *g = &p->sig;

	*s = (struct signal_sets){ 0 };
	spin_lock(&g->lock);
	s->shared = g->shared.set;
	s->nqueued = g->nqueued;
	s->nthreads = g->nthreads;
	if (thread) {
		s->own = thread->sig->pending.set;
		s->blocked = thread->sig->blocked;
	}
	spin_lock(&g->actions->lock);
	for (size_t i = 0; i < NSIG; i++) {
		uint64_t handler = g->actions->actions[i].handler;

		if (handler == SIG_IGN)
			s->ignored |= 1ull << i;
		else if (handler != SIG_DFL)
			s->caught |= 1ull << i;
	}
	spin_unlock(&g->actions->lock);
	spin_unlock(&g->lock);
}

static void print_signals(struct synth_text *t, const struct signal_sets *s)
{
	synth_print(t, "Threads:\t%u\nSigQ:\t%u/%u\n", s->nthreads, s->nqueued,
	            SIGQUEUE_MAX);
	synth_print(t, "SigPnd:\t%016llx\nShdPnd:\t%016llx\n",
	            (unsigned long long)s->own, (unsigned long long)s->shared);
	synth_print(t, "SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
	            (unsigned long long)s->blocked,
	            (unsigned long long)s->ignored,
	            (unsigned long long)s->caught);
}

static void print_caps(struct synth_text *t, const struct cred *c)
{
	synth_print(t, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n",
	            (unsigned long long)c->cap_inheritable,
	            (unsigned long long)c->cap_permitted,
	            (unsigned long long)c->cap_effective);
	synth_print(t, "CapBnd:\t%016llx\nCapAmb:\t%016llx\n",
	            (unsigned long long)c->cap_bounding,
	            (unsigned long long)c->cap_ambient);
	synth_print(t, "NoNewPrivs:\t%d\nSeccomp:\t0\n", c->no_new_privs);
}

static void print_cpus(struct synth_text *t, const struct thread *thread)
{
	uint32_t n = sched_nvcpus();
	uint64_t all = n >= 64 ? UINT64_MAX : (1ull << n) - 1;
	uint64_t mask = thread ? thread->affinity & all : all;

	synth_print(t, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t",
	            (unsigned long long)mask);
	for (uint32_t i = 0, printed = 0; i < n && i < 64; i++)
		if (mask >> i & 1)
			synth_print(t, printed++ ? ",%u" : "%u", i);
	synth_print(t, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
	synth_print(t,
	            "voluntary_ctxt_switches:\t%llu\n"
	            "nonvoluntary_ctxt_switches:\t%llu\n",
	            thread ? (unsigned long long)thread->nvcsw : 0,
	            thread ? (unsigned long long)thread->nivcsw : 0);
}

static void print_all(struct synth_text *t, uint64_t key, struct process *p,
                      struct thread *thread)
{
	struct fs_context *fs = key_fs(key);
	struct signal_sets sets;
	struct cred c;

	spin_lock(&p->limits_lock);
	c = p->cred;
	spin_unlock(&p->limits_lock);
	read_signals(p, thread, &sets);

	synth_print(t, "Name:\t%.*s\n", THREAD_NAME_SIZE - 1,
	            thread ? thread->name : "");
	if (fs)
		synth_print(t, "Umask:\t%04o\n", fs_context_umask(fs));
	fs_context_put(fs);
	synth_print(t, "State:\t%s\n", state_text(thread_state_letter(thread)));
	print_family(t, key, p);
	print_ids(t, &c);
	print_files(t, key);
	print_memory(t, key);
	print_signals(t, &sets);
	print_caps(t, &c);
	print_cpus(t, thread);
}

int show_pid_status(uint64_t key, struct synth_text *t)
{
	struct process *p = key_process(key);
	struct thread *thread;

	if (!p)
		return -ESRCH;
	thread = key_thread(key);
	print_all(t, key, p, thread);
	if (thread)
		thread_put(thread);
	process_put(p);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/crash.h"

#include "base/log.h"
#include "base/string.h"
#include "libos/mm/mm.h"

enum { CALLS_SHOWN = 5, PATH_SHOWN = 128 };

struct place {
	uint64_t addr;
	uint64_t start, offset;
	char path[PATH_SHOWN];
	bool found;
};

static int match_vma(const struct vma *v, const char *path, void *arg)
{
	struct place *place = arg;

	if (place->addr < v->start || place->addr >= v->end)
		return 0;
	place->found = true;
	place->start = v->start;
	place->offset = v->object ? v->offset : 0;
	if (!path || str_copy(place->path, sizeof(place->path), path) < 0)
		place->path[0] = '\0';
	return 1;
}

/* Where a program counter is, as an offset that tools can look up. */
static void report_place(struct thread *self, const char *what, uint64_t addr)
{
	struct place place = { .addr = addr };

	if (self->mm)
		(void)mm_for_each(self->mm, match_vma, &place);
	if (!place.found) {
		log_error("  %s %lx is not mapped", what, addr);
		return;
	}
	log_error("  %s %lx is %s+0x%lx", what, addr,
	          place.path[0] ? place.path : "anonymous memory",
	          addr - place.start + place.offset);
}

static void report_registers(const struct regs *r)
{
	log_error("  rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax,
	          r->rbx, r->rcx, r->rdx);
	log_error("  rsi %016lx rdi %016lx rbp %016lx rsp %016lx", r->rsi,
	          r->rdi, r->rbp, r->rsp);
	log_error("  r8  %016lx r9  %016lx r10 %016lx r11 %016lx", r->r8, r->r9,
	          r->r10, r->r11);
	log_error("  r12 %016lx r13 %016lx r14 %016lx r15 %016lx", r->r12,
	          r->r13, r->r14, r->r15);
	log_error("  rip %016lx flags %lx", r->rip, r->rflags);
}

static void report_calls(const struct task *task)
{
	uint32_t n = MIN(task->ncalls, (uint32_t)CALLS_SHOWN);
	const struct call_record *c;
	uint32_t i;

	for (i = 1; i <= n; i++) {
		c = &task->calls[(task->ncalls - i) % CALL_RING];
		log_error("  system call -%u: number %u, result %d", i, c->nr,
		          c->result);
	}
}

void crash_report(struct thread *self, const struct regs *regs,
                  const struct siginfo *info)
{
	log_error("process %d, thread %d (%s): ended by signal %d, code %d",
	          process_tgid(self), self->tid, self->name, info->signo,
	          info->code);
	report_place(self, "pc", regs->rip);
	if (sig_bit(info->signo) & SIGSET_SYNCHRONOUS)
		report_place(self, "address", info->fault.addr);
	report_registers(regs);
	report_calls(task_of(self));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/entry/insn.h"

#include "libos/cpu/cpuid.h"
#include "libos/cpu/fpu.h"
#include "libos/sched/sched.h"
#include "libos/time/clock.h"

static insn_kind_func *kind_of;

void insn_set_kind_func(insn_kind_func *func)
{
	kind_of = func;
}

static void emulate_cpuid(struct regs *regs)
{
	struct cpuid_regs r;

	cpuid_lookup((uint32_t)regs->rax, (uint32_t)regs->rcx, &r);
	regs->rax = r.eax;
	regs->rbx = r.ebx;
	regs->rcx = r.ecx;
	regs->rdx = r.edx;
}

/* A counter of nanoseconds is as good as any: the TSC's rate is unspecified. */
static void emulate_rdtsc(struct regs *regs)
{
	uint64_t now = clock_monotonic_ns();

	regs->rax = (uint32_t)now;
	regs->rdx = now >> 32;
}

static void emulate_rdtscp(struct regs *regs)
{
	emulate_rdtsc(regs);
	regs->rcx = sched_vcpu_index();
}

/* Register 0 is XCR0, which inside an enclave is XFRM; others: as if 0. */
static void emulate_xgetbv(struct regs *regs)
{
	regs->rax = (uint32_t)fpu_xfrm();
	regs->rdx = fpu_xfrm() >> 32;
}

static void (*const emulators[])(struct regs *regs) = {
	[SITE_CPUID] = emulate_cpuid,
	[SITE_RDTSC] = emulate_rdtsc,
	[SITE_RDTSCP] = emulate_rdtscp,
	[SITE_XGETBV] = emulate_xgetbv,
};

void insn_emulate(struct regs *regs, enum site_kind kind, unsigned int size)
{
	emulators[kind](regs);
	regs->rip += size;
}

void insn_enter(struct regs *regs)
{
	enum site_kind kind = kind_of ? kind_of(regs->rip) : 0;

	/* A jump here from no stub of ours: the program's own doing. */
	if (kind <= SITE_SYSCALL || kind >= ARRAY_SIZE(emulators)) {
		regs->rax = 0;
		return;
	}
	emulators[kind](regs);
}

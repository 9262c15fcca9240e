/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigframe_test.c - the handler's frame: its layout against one that Linux
 * builds, what is in it, and that nothing in it is believed on the way back.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "libos/cpu/fpu.h"
#include "libos/mm/usercopy.h"
#include "libos/signal/frame.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"
#include "libos/tests/proc/cpu.h"
#include "libos/tests/proc/native_frame.h"

#define STACK_SIZE 65536

static struct signal_group group;
static struct thread_signal ts;
static struct regs regs;
static uint64_t stack_top;

static const struct sigaction_user action = {
	.handler = 0x401000,
	.flags = SA_SIGINFO | SA_RESTORER,
	.restorer = 0x402000,
};

static void fresh_regs(void)
{
	regs = (struct regs){
		.r8 = 8,
		.r9 = 9,
		.r10 = 10,
		.r11 = 11,
		.r12 = 0x12121212,
		.r13 = 13,
		.r14 = 14,
		.r15 = 15,
		.rax = 1,
		.rbx = 2,
		.rcx = 3,
		.rdx = 4,
		.rsi = 5,
		.rdi = 6,
		.rbp = 7,
		.rip = 0x400123,
		.rflags = 0x246,
		.rsp = stack_top - 4096,
		.orig_rax = 0,
		.source = REGS_STUB,
	};
}

static void set_up(void)
{
	struct sighand *actions = sighand_create();

	signal_group_init(&group, actions);
	thread_signal_init(&ts, &group);
	fake_thread()->sig = &ts;
	fake_thread()->regs = &regs;
	fake_thread()->fpu = cpu_area_create();
	stack_top = user_addr(fake_user_alloc(STACK_SIZE)) + STACK_SIZE;
	fresh_regs();
}

static void tear_down(void)
{
	cpu_area_destroy(fake_thread()->fpu);
	thread_signal_fini(&ts);
	signal_group_fini(&group);
}

static struct sigframe frame_at(uint64_t addr)
{
	struct sigframe f;

	memset(&f, 0, sizeof(f));
	CHECK_EQ(copy_from_user(&f, user_ptr(addr), sizeof(f)), 0);
	return f;
}

static int push(void)
{
	struct siginfo info;

	siginfo_init_user(&info, SIGUSR1, SI_TKILL, 42, 7);
	return sigframe_push(fake_thread(), &regs, &action, &info, 0xabcd);
}

/* --- layout --- */

#define AT(n, addr) ((size_t)((addr) - (n)->frame))

static void same_as_linux(void)
{
	struct native_frame *n = calloc(1, sizeof(*n));
	struct sigframe_place p;
	const struct sigframe *f = (const void *)n->bytes;

	native_frame_capture(n);
	CHECK(n->size < sizeof(n->bytes));
	CHECK_EQ(AT(n, n->uc), offsetof(struct sigframe, uc));
	CHECK_EQ(AT(n, n->info), offsetof(struct sigframe, info));
	CHECK_EQ(AT(n, n->rip_at), offsetof(struct sigframe, uc.mcontext.rip));
	CHECK_EQ(AT(n, n->rsp_at), offsetof(struct sigframe, uc.mcontext.rsp));
	CHECK_EQ(AT(n, n->cr2_at), offsetof(struct sigframe, uc.mcontext.cr2));
	CHECK_EQ(AT(n, n->sigmask_at), offsetof(struct sigframe, uc.sigmask));
	CHECK_EQ(f->uc.mcontext.r12, 0x12121212);
	CHECK_EQ(f->return_address, n->restorer);
	CHECK_EQ(f->uc.flags,
	         UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
	CHECK_EQ(f->uc.mcontext.cs, USER_CS);
	CHECK_EQ(f->uc.mcontext.ss, USER_SS);
	CHECK_EQ(f->uc.mcontext.fpstate, n->fpstate);
	CHECK_EQ(f->info.signo, SIGUSR1);
	CHECK_EQ(f->info.code, SI_TKILL);

	/* The same stack pointer and state size lead to the same places. */
	CHECK(sigframe_place(n->sp_before - 128, n->xstate_size, &p));
	CHECK_EQ(p.frame, n->frame);
	CHECK_EQ(p.fpstate, n->fpstate);
	free(n);
}

static void same_software_words(void)
{
	struct native_frame *n = calloc(1, sizeof(*n));
	struct fpx_sw_bytes sw;
	uint32_t magic2;
	uint64_t features;
	uint8_t *fp;

	native_frame_capture(n);
	fp = n->bytes + (n->fpstate - n->frame);
	memcpy(&sw, fp + FPX_SW_OFFSET, sizeof(sw));
	memcpy(&magic2, fp + n->xstate_size, sizeof(magic2));
	memcpy(&features, fp + 512, sizeof(features));
	CHECK_EQ(sw.magic1, FP_XSTATE_MAGIC1);
	CHECK_EQ(sw.extended_size, sw.xstate_size + 4);
	CHECK_EQ(magic2, FP_XSTATE_MAGIC2);
	CHECK_EQ(features & 3, 3);
	free(n);
}

static void placement(void)
{
	struct sigframe_place p;
	uint64_t sp;

	for (sp = 0x100000; sp < 0x100100; sp++) {
		CHECK(sigframe_place(sp, 832, &p));
		CHECK_EQ(p.fpstate % 64, 0);
		CHECK_EQ((p.frame + 8) % 16, 0);
		CHECK(p.fpstate + 832 + 4 <= sp);
		CHECK(p.frame + sizeof(struct sigframe) <= p.fpstate);
		CHECK(sp - p.frame <= sigframe_stack_min());
	}
	for (sp = 0; sp < 0x10000; sp += 8)
		CHECK(!sigframe_place(sp, 832, &p));
}

/* --- contents --- */

static void contents(void)
{
	uint8_t magic[4], fp[512];
	struct sigframe f;

	fresh_regs();
	ts.trap_nr = 14;
	ts.trap_error = 6;
	ts.trap_addr = 0x666;
	CHECK_EQ(push(), 0);
	CHECK_EQ(regs.rip, 0x401000);
	CHECK_EQ(regs.rdi, SIGUSR1);
	CHECK_EQ(regs.rsi, regs.rsp + offsetof(struct sigframe, info));
	CHECK_EQ(regs.rdx, regs.rsp + offsetof(struct sigframe, uc));
	CHECK_EQ((regs.rsp + 8) % 16, 0);
	CHECK_EQ(regs.rax, 0);
	CHECK(regs.rsp < stack_top - 4096 - 128);
	f = frame_at(regs.rsp);
	CHECK_EQ(f.return_address, 0x402000);
	CHECK_EQ(f.uc.mcontext.rip, 0x400123);
	CHECK_EQ(f.uc.mcontext.rsp, stack_top - 4096);
	CHECK_EQ(f.uc.mcontext.rflags, 0x246);
	CHECK_EQ(f.uc.mcontext.trapno, 14);
	CHECK_EQ(f.uc.mcontext.err, 6);
	CHECK_EQ(f.uc.mcontext.cr2, 0x666);
	CHECK_EQ(f.uc.sigmask, 0xabcd);
	CHECK_EQ(f.uc.stack.flags, SS_DISABLE);
	CHECK_EQ(f.info.rt.pid, 42);
	CHECK_EQ(f.info.rt.uid, 7);
	CHECK_EQ(
		copy_from_user(fp, user_ptr(f.uc.mcontext.fpstate), sizeof(fp)),
		0);
	CHECK_EQ(copy_from_user(magic,
	                        user_ptr(f.uc.mcontext.fpstate + FAKE_FPU_SIZE),
	                        4),
	         0);
	CHECK(memcmp(magic, "EXPF", 4) == 0);
	CHECK(memcmp(fp + FPX_SW_OFFSET, "SXPF", 4) == 0);
}

/* DF and TF are the interrupted code's, not the handler's. */
static void clean_flags(void)
{
	fresh_regs();
	regs.rflags = 0x746;
	CHECK_EQ(push(), 0);
	CHECK_EQ(regs.rflags & 0x500, 0);
	CHECK_EQ(frame_at(regs.rsp).uc.mcontext.rflags, 0x746);
}

static void refusals(void)
{
	struct sigaction_user no_restorer = action, in_kernel = action;
	struct siginfo info;
	struct regs before;

	siginfo_init(&info, SIGUSR1, SI_USER);
	fresh_regs();
	before = regs;
	no_restorer.flags &= ~(uint64_t)SA_RESTORER;
	CHECK_EQ(sigframe_push(fake_thread(), &regs, &no_restorer, &info, 0),
	         -EFAULT);
	in_kernel.handler = KERNEL_BASE;
	CHECK_EQ(sigframe_push(fake_thread(), &regs, &in_kernel, &info, 0),
	         -EFAULT);
	CHECK(memcmp(&before, &regs, sizeof(regs)) == 0);
	regs.rsp = 64;
	CHECK_EQ(push(), -EFAULT);
	regs.rsp = stack_top - STACK_SIZE + 256;
	CHECK_EQ(push(), -EFAULT);
	regs.rsp = UINT64_MAX - 7;
	CHECK_EQ(push(), -EFAULT);
	CHECK_EQ(regs.rip, before.rip);
}

static void alternate_stack(void)
{
	uint64_t base = stack_top - STACK_SIZE;
	struct sigaction_user onstack = action;
	struct siginfo info;

	siginfo_init(&info, SIGUSR1, SI_USER);
	onstack.flags |= SA_ONSTACK;
	ts.altstack = (struct sigaltstack_user){ .sp = base, .size = 16384 };
	fresh_regs();
	CHECK_EQ(sigframe_push(fake_thread(), &regs, &onstack, &info, 0), 0);
	CHECK(regs.rsp > base && regs.rsp < base + 16384);
	CHECK(sigframe_on_altstack(&ts, regs.rsp));
	/* Nested: goes on below, until there is no room. */
	while (sigframe_push(fake_thread(), &regs, &onstack, &info, 0) == 0)
		CHECK(regs.rsp > base && regs.rsp < base + 16384);
	CHECK(regs.rsp - base < 2048 + 128);

	fresh_regs();
	ts.altstack.flags = (int32_t)SS_AUTODISARM;
	CHECK_EQ(sigframe_push(fake_thread(), &regs, &onstack, &info, 0), 0);
	CHECK_EQ(ts.altstack.flags, SS_DISABLE);
	CHECK_EQ(frame_at(regs.rsp).uc.stack.flags, (int32_t)SS_AUTODISARM);
	/* sigreturn arms it again. */
	regs.rsp += 8;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), 0);
	CHECK_EQ(ts.altstack.flags, (int32_t)SS_AUTODISARM);
	CHECK_EQ(ts.altstack.size, 16384);
	ts.altstack = (struct sigaltstack_user){ .flags = SS_DISABLE };
}

/* --- the way back --- */

static void there_and_back(void)
{
	uint8_t *area = fake_thread()->fpu;
	struct regs before;

	fresh_regs();
	before = regs;
	ts.blocked = 0;
	area[160] = 0x77; /* xmm0 */
	area[576] = 0x88; /* ymm0's upper half */
	area[512] = 7;
	CHECK_EQ(push(), 0);
	CHECK_EQ(area[160], 0);
	area[160] = 1;
	regs.rsp += 8; /* as `ret` to the restorer */
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), 0);
	before.orig_rax = NOT_A_SYSCALL;
	before.source = REGS_FAULT;
	CHECK(memcmp(&before, &regs, sizeof(regs)) == 0);
	CHECK_EQ(area[160], 0x77);
	CHECK_EQ(area[576], 0x88);
	CHECK_EQ(ts.blocked, 0xabcd & ~SIGSET_UNBLOCKABLE);
	signal_set_mask(fake_thread(), 0);
}

/* What was not in use reads as reset, and stays so on the way back. */
static void nothing_in_use(void)
{
	uint8_t *area = fake_thread()->fpu;
	uint8_t legacy[416];

	fresh_regs();
	fpu_init(area);
	memset(area, 0x99, 24);
	memset(area + 32, 0x99, 384);
	CHECK_EQ(push(), 0);
	CHECK_EQ(
		copy_from_user(legacy,
	                       user_ptr(frame_at(regs.rsp).uc.mcontext.fpstate),
	                       sizeof(legacy)),
		0);
	CHECK_EQ(legacy[0], 0x7f);
	CHECK_EQ(legacy[1], 0x03);
	CHECK_EQ(legacy[4], 0);
	CHECK_EQ(legacy[24], 0x80);
	CHECK_EQ(legacy[32], 0);
	CHECK_EQ(legacy[159], 0);
	CHECK_EQ(legacy[160], 0);
	CHECK_EQ(legacy[415], 0);
	regs.rsp += 8;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), 0);
	CHECK(memcmp(area, legacy, sizeof(legacy)) == 0);
	signal_set_mask(fake_thread(), 0);
}

struct forged {
	const char *what;
	size_t offset; /* in the frame */
	uint64_t value;
	int want;
};

#define MC(m) offsetof(struct sigframe, uc.mcontext.m)

static const struct forged forged[] = {
	{ "goes to the kernel", MC(rip), KERNEL_BASE, -EFAULT },
	{ "not canonical", MC(rip), 1ull << 63, -EFAULT },
	{ "32-bit selector", MC(cs), 0x23, -EFAULT },
	{ "kernel selector", MC(cs), 0x10, -EFAULT },
	{ "vector state in the kernel", MC(fpstate), KERNEL_BASE, -EFAULT },
	{ "vector state nowhere", MC(fpstate), 8, -EFAULT },
	{ "no vector state", MC(fpstate), 0, 0 },
	{ "stack pointer anywhere", MC(rsp), 12345, 0 },
};

static void forged_frames(void)
{
	uint64_t frame;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forged); i++) {
		int ret;

		fresh_regs();
		CHECK_EQ(push(), 0);
		frame = regs.rsp;
		CHECK_EQ(copy_to_user(user_ptr(frame + forged[i].offset),
		                      &forged[i].value, 8),
		         0);
		regs.rsp += 8;
		ret = sigframe_pop(fake_thread(), &regs);
		if (ret != forged[i].want)
			fprintf(stderr, "%s: %d\n", forged[i].what, ret);
		CHECK_EQ(ret, forged[i].want);
		signal_set_mask(fake_thread(), 0);
	}
}

/* IOPL, IF, NT, VM and the rest can't be set. */
static void forged_flags(void)
{
	uint64_t all = UINT64_MAX;

	fresh_regs();
	CHECK_EQ(push(), 0);
	CHECK_EQ(copy_to_user(user_ptr(regs.rsp + MC(rflags)), &all, 8), 0);
	regs.rsp += 8;
	regs.rflags = 0x202;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), 0);
	CHECK_EQ(regs.rflags, 0x202 | RFLAGS_USER_MASK);
	CHECK_EQ(RFLAGS_USER_MASK & 0x3f300, 0);
	signal_set_mask(fake_thread(), 0);
}

struct forged_state {
	const char *what;
	size_t offset; /* in the vector state */
	uint64_t value;
	size_t size;
	int want;
};

static const struct forged_state forged_states[] = {
	{ "reserved component", 512, 1ull << 20, 8, 0 }, /* masked out */
	{ "compacted", 520, 1ull << 63, 8, -EFAULT },
	{ "reserved header word", 528, 1, 8, -EFAULT },
	{ "last header word", 568, 1, 8, -EFAULT },
	{ "reserved MXCSR bit", 24, 0x10000, 4, -EFAULT },
	{ "no magic: FXSAVE only", FPX_SW_OFFSET, 0, 4, 0 },
	{ "size too large", FPX_SW_OFFSET + 16, 1 << 20, 4, 0 },
	{ "size too small", FPX_SW_OFFSET + 16, 16, 4, 0 },
	{ "no second magic", FAKE_FPU_SIZE, 0, 4, 0 },
};

static void forged_vector_states(void)
{
	struct sigframe f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forged_states); i++) {
		const struct forged_state *s = &forged_states[i];
		int ret;

		fresh_regs();
		fpu_init(fake_thread()->fpu);
		CHECK_EQ(push(), 0);
		f = frame_at(regs.rsp);
		CHECK_EQ(copy_to_user(
				 user_ptr(f.uc.mcontext.fpstate + s->offset),
				 &s->value, s->size),
		         0);
		regs.rsp += 8;
		ret = sigframe_pop(fake_thread(), &regs);
		if (ret != s->want)
			fprintf(stderr, "%s: %d\n", s->what, ret);
		CHECK_EQ(ret, s->want);
		/* Whatever was in it, XRSTOR will take what is there now. */
		CHECK_EQ(fpu_check(fake_thread()->fpu), 0);
		signal_set_mask(fake_thread(), 0);
	}
}

static void frame_is_nowhere(void)
{
	fresh_regs();
	regs.rsp = 0;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), -EFAULT);
	regs.rsp = KERNEL_BASE;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), -EFAULT);
	regs.rsp = stack_top - 16;
	CHECK_EQ(sigframe_pop(fake_thread(), &regs), -EFAULT);
}

int main(void)
{
	fake_init(&fake_default);
	set_up();
	same_as_linux();
	same_software_words();
	placement();
	contents();
	clean_flags();
	refusals();
	alternate_stack();
	there_and_back();
	nothing_in_use();
	forged_frames();
	forged_flags();
	forged_vector_states();
	frame_is_nowhere();
	tear_down();
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}

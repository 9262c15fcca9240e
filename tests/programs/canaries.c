/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads fill every register with canaries, make calls, take exceptions and
 * compute through ticks; afterwards all must be as it was.  Words of a canary
 * have CANARY as their upper half, so that an observer outside knows them
 * (tests/hygiene); MXCSR, FCW and RFLAGS have unusual values instead.
 *
 * Tiles are filled where XCR0 has them and the kernel grants them.
 */
#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "report.h"

enum { CANARY = 0x5ca1ab1e }; /* as a float: a number like any other */
enum { NTHREADS = 3, ROUNDS = 24, AREA = 16384, NCOMPONENTS = 19 };
enum { X87 = 1, SSE = 2, LIGHT = 0xa2, KNOWN = 0x600e7 };
enum { TILECFG = 17, TILEDATA = 18, ARCH_REQ_XCOMP_PERM = 0x1023 };
enum { FCW = 0, FTW = 4, MXCSR = 24, ST = 32, XMM = 160, XSTATE_BV = 512 };
enum { HEADER_END = 576, STS = 8, ST_BYTES = 10, XMM_BYTES = 256 };
enum { CF = 1, DF = 0x400, AC = 0x40000, ID = 0x200000, FLAGS = 0x202 };
enum { MXCSR_INIT = 0x1f80, FCW_INIT = 0x37f, ZERO_DIVIDE = 4 };

/* What a call may change comes last. */
enum general { RBX, RDX, RSI, RDI, RBP, R8, R9, R10, R12, R13, R14, R15, KEPT };
enum { RAX = KEPT, RCX, R11, GENERAL };

struct area {
	uint8_t bytes[AREA];
} __attribute__((aligned(64)));

/* Offsets are in the assembly below. */
struct registers {
	uint64_t general[GENERAL]; /* 0 */
	uint64_t flags;            /* 120 */
	struct area *state;        /* 128 */
	uint64_t mask;             /* 136 */
};
_Static_assert(offsetof(struct registers, mask) == 136, "struct registers");

static struct {
	uint32_t offset, size;
} layout[NCOMPONENTS];
static uint64_t components;
static atomic_long wrong;
struct area canaries_init_area;
const uint32_t canaries_zero, canaries_fcw = FCW_INIT & ~ZERO_DIVIDE;

/*
 * void with_NAME(const struct registers *in, struct registers *out): load,
 * execute @before and @instruction, store.  at_NAME is where @instruction is,
 * after_NAME where a signal handler goes on.
 */
#define AROUND(name, before, instruction)                                      \
	void with_##name(const struct registers *in, struct registers *out);   \
	extern const char at_##name[], after_##name[];                         \
	__asm__(".text\n\t.p2align 4\n"                                        \
	        "with_" #name ":\n\t"                                          \
	        "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\t"         \
	        "push %r14\n\tpush %r15\n\tpush %rsi\n\t"                      \
	        "mov %rdi, %rcx\n\t"                                           \
	        "mov 128(%rcx), %rdi\n\t"                                      \
	        "mov 136(%rcx), %eax\n\tmov 140(%rcx), %edx\n\t"               \
	        "xrstor64 (%rdi)\n\t"                                          \
	        "mov 0(%rcx), %rbx\n\tmov 8(%rcx), %rdx\n\t"                   \
	        "mov 16(%rcx), %rsi\n\tmov 24(%rcx), %rdi\n\t"                 \
	        "mov 32(%rcx), %rbp\n\tmov 40(%rcx), %r8\n\t"                  \
	        "mov 48(%rcx), %r9\n\tmov 56(%rcx), %r10\n\t"                  \
	        "mov 64(%rcx), %r12\n\tmov 72(%rcx), %r13\n\t"                 \
	        "mov 80(%rcx), %r14\n\tmov 88(%rcx), %r15\n\t"                 \
	        "mov 96(%rcx), %rax\n\tmov 112(%rcx), %r11\n\t"                \
	        "push 120(%rcx)\n\tmov 104(%rcx), %rcx\n\tpopfq\n\t" before    \
	        "\n"                                                           \
	        "at_" #name ":\n\t" instruction "\n"                           \
	        "after_" #name ":\n\t"                                         \
	        "pushfq\n\tpush %rcx\n\tmov 16(%rsp), %rcx\n\t"                \
	        "mov %rax, 96(%rcx)\n\tmov %r11, 112(%rcx)\n\t"                \
	        "pop 104(%rcx)\n\tpop 120(%rcx)\n\t"                           \
	        "push $0x202\n\tpopfq\n\t"                                     \
	        "mov %rbx, 0(%rcx)\n\tmov %rdx, 8(%rcx)\n\t"                   \
	        "mov %rsi, 16(%rcx)\n\tmov %rdi, 24(%rcx)\n\t"                 \
	        "mov %rbp, 32(%rcx)\n\tmov %r8, 40(%rcx)\n\t"                  \
	        "mov %r9, 48(%rcx)\n\tmov %r10, 56(%rcx)\n\t"                  \
	        "mov %r12, 64(%rcx)\n\tmov %r13, 72(%rcx)\n\t"                 \
	        "mov %r14, 80(%rcx)\n\tmov %r15, 88(%rcx)\n\t"                 \
	        "mov 128(%rcx), %rdi\n\t"                                      \
	        "mov 136(%rcx), %eax\n\tmov 140(%rcx), %edx\n\t"               \
	        "xsave64 (%rdi)\n\txrstor64 canaries_init_area(%rip)\n\t"      \
	        "pop %rsi\n\tpop %r15\n\tpop %r14\n\tpop %r13\n\t"             \
	        "pop %r12\n\tpop %rbp\n\tpop %rbx\n\tret\n\t")

/* With room around it to be rewritten; and without, so that it traps. */
AROUND(call, "nopl 0(%rax,%rax,1)", "syscall\n\tnopl 0(%rax,%rax,1)");
AROUND(bare_call, "jmp 1f\n\t1:", "syscall\n\tjmp 2f\n\t2:");
AROUND(cpuid, "nopl 0(%rax,%rax,1)", "cpuid\n\tnopl 0(%rax,%rax,1)");
AROUND(bare_cpuid, "jmp 1f\n\t1:", "cpuid\n\tjmp 2f\n\t2:");
AROUND(spin, "movq $10000000, -8(%rsp)", "1: decq -8(%rsp)\n\tjnz 1b");
AROUND(touch, "", "movb $1, (%rbx)");
AROUND(null, "", "movb $1, 8");
AROUND(illegal, "", "ud2");
AROUND(privileged, "", "hlt");
AROUND(breakpoint, "", "int3");
AROUND(divide, "", "divl canaries_zero(%rip)");
AROUND(sse, "", "divss canaries_zero(%rip), %xmm0");
AROUND(x87,
       "fninit\n\tfldcw canaries_fcw(%rip)\n\tfld1\n\tfdivs "
       "canaries_zero(%rip)",
       "fwait");

enum {
	SYSCALL = 1, /* RAX, RCX and R11 are not preserved */
	ANSWERS = 2, /* RAX, RBX, RCX and RDX are not either */
	COMPUTES = 4 /* the state changes */
};

struct event {
	void (*with)(const struct registers *, struct registers *);
	const char *at, *after;
	int changes;
	long nr;
};
#define EVENT(name, ...)                                                       \
	{                                                                      \
		with_##name, at_##name, after_##name, __VA_ARGS__              \
	}

static const struct event events[] = {
	EVENT(call, SYSCALL, SYS_getppid),
	EVENT(bare_call, SYSCALL, SYS_getppid),
	EVENT(call, SYSCALL, SYS_sched_yield),
	EVENT(call, SYSCALL, SYS_nanosleep),
	EVENT(bare_call, SYSCALL, SYS_nanosleep),
	EVENT(call, SYSCALL, SYS_write),
	EVENT(call, SYSCALL, SYS_mprotect),
	EVENT(cpuid, ANSWERS, 0),
	EVENT(bare_cpuid, ANSWERS, 0),
	EVENT(spin, 0, 0),
	EVENT(touch, 0, 0),
	EVENT(null, 0, 0),
	EVENT(illegal, 0, 0),
	EVENT(privileged, 0, 0),
	EVENT(breakpoint, 0, 0),
	EVENT(divide, 0, 0),
	EVENT(sse, COMPUTES, 0),
	EVENT(x87, COMPUTES, 0),
};
enum { NEVENTS = sizeof(events) / sizeof(events[0]) };

static void complain(const char *what, size_t event)
{
	if (atomic_fetch_add(&wrong, 1) < 20)
		printf("event %zu: %s changed\n", event, what);
}

/* --- signals --- */

static void check_fresh(const char *who)
{
	uint32_t mxcsr;
	uint16_t fcw;

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	if (mxcsr == MXCSR_INIT && fcw == FCW_INIT)
		return;
	if (atomic_fetch_add(&wrong, 1) < 20)
		printf("%s has MXCSR %x, FCW %x\n", who, mxcsr, fcw);
}

/* Linux leaves AC as it was: nothing here touches what is not aligned. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)info;
	check_fresh("a handler");
	for (size_t i = 0; i < NEVENTS; i++) {
		const struct event *e = &events[i];

		if (*rip == (greg_t)(uintptr_t)e->at ||
		    (sig == SIGTRAP && *rip == (greg_t)(uintptr_t)e->after)) {
			*rip = (greg_t)(uintptr_t)e->after;
			return;
		}
	}
	_exit(3);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction sa = { .sa_sigaction = on_signal,
		                .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

/* --- state --- */

static void ask_cpu(void)
{
	uint32_t a, b, c, d;

	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	components = a & KNOWN;
	if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILEDATA))
		components &= ~(3ull << TILECFG);
	for (unsigned int i = 2; i < NCOMPONENTS; i++) {
		__cpuid_count(0xd, i, a, b, c, d);
		layout[i].size = a;
		layout[i].offset = b;
	}
	canaries_init_area.bytes[FCW] = FCW_INIT & 0xff;
	canaries_init_area.bytes[FCW + 1] = FCW_INIT >> 8;
	canaries_init_area.bytes[MXCSR] = MXCSR_INIT & 0xff;
	canaries_init_area.bytes[MXCSR + 1] = MXCSR_INIT >> 8;
}

static uint64_t canary(unsigned int seed)
{
	return (uint64_t)CANARY << 32 | seed;
}

/* Eight tiles of 16 rows of 64 bytes: palette 1 (SDM vol. 1, 18.2). */
static void put_tilecfg(uint8_t *cfg)
{
	memset(cfg, 0, 64);
	cfg[0] = 1;
	for (int i = 0; i < 8; i++) {
		cfg[16 + 2 * i] = 64;
		cfg[48 + i] = 16;
	}
}

/*
 * All components; or what string functions use, which kernels may save in a
 * way of their own; or none but SSE; or x87 as MMX has it.
 */
static void put_state(struct area *a, unsigned int seed, int computes)
{
	static const uint64_t sets[] = { ~0ull, LIGHT, SSE, X87 | SSE };
	uint64_t bv = sets[computes ? 0 : seed % 4] & components;
	uint32_t mxcsr = MXCSR_INIT | 0xe03f; /* FZ, towards zero, flags */
	uint16_t fcw = FCW_INIT | 0x800;

	for (size_t i = 0; i < AREA; i += 8)
		memcpy(a->bytes + i, &(uint64_t){ canary(seed) }, 8);
	memset(a->bytes, 0, ST);
	memset(a->bytes + XSTATE_BV, 0, HEADER_END - XSTATE_BV);
	if (computes)
		mxcsr = MXCSR_INIT & ~(ZERO_DIVIDE << 7);
	memcpy(a->bytes + FCW, &fcw, sizeof(fcw));
	a->bytes[FTW] = 0xff;
	for (int i = 0; i < STS; i++)
		memset(a->bytes + ST + 16 * i + 8, 0xff, 2);
	memcpy(a->bytes + MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(a->bytes + XMM, &(uint32_t){ CANARY }, 4);
	if (bv >> TILECFG & 1)
		put_tilecfg(a->bytes + layout[TILECFG].offset);
	memcpy(a->bytes + XSTATE_BV, &bv, sizeof(bv));
}

/* What the registers of component @i hold, or would hold when reset. */
static int same(const struct area *a, const struct area *b, int i, size_t from,
                size_t size)
{
	int has_a = a->bytes[XSTATE_BV + i / 8] >> i % 8 & 1;
	int has_b = b->bytes[XSTATE_BV + i / 8] >> i % 8 & 1;
	const struct area *x = has_a ? a : &canaries_init_area;
	const struct area *y = has_b ? b : &canaries_init_area;

	return !memcmp(x->bytes + from, y->bytes + from, size);
}

static void check_state(const struct area *a, const struct area *b,
                        size_t event)
{
	if (memcmp(a->bytes + MXCSR, b->bytes + MXCSR, 4))
		complain("MXCSR", event);
	if (!same(a, b, 0, FCW, FTW + 1))
		complain("an x87 word", event);
	for (int i = 0; i < STS; i++)
		if (!same(a, b, 0, ST + 16 * (size_t)i, ST_BYTES))
			complain("an x87 register", event);
	if (!same(a, b, 1, XMM, XMM_BYTES))
		complain("an xmm register", event);
	for (int i = 2; i < NCOMPONENTS; i++)
		if ((components >> i & 1) &&
		    !same(a, b, i, layout[i].offset, layout[i].size))
			complain("a vector, mask or tile register", event);
}

/* --- events --- */

static void put_arguments(struct registers *in, const struct event *e,
                          uint8_t *page)
{
	static const struct timespec moment = { 0, 20000 };

	if (e->with == with_touch)
		in->general[RBX] = (uintptr_t)page;
	if (!(e->changes & SYSCALL))
		return;
	in->general[RAX] = (uint64_t)e->nr;
	in->general[RDI] = e->nr == SYS_nanosleep ? (uintptr_t)&moment
	                   : e->nr == SYS_write   ? 2
	                                          : (uintptr_t)page;
	in->general[RSI] = e->nr == SYS_write      ? (uintptr_t) "."
	                   : e->nr == SYS_mprotect ? 4096
	                                           : 0;
	in->general[RDX] = e->nr == SYS_write ? 1 : PROT_READ;
}

static void try_event(size_t i, unsigned int seed, uint8_t *page)
{
	static __thread struct area state_in, state_out;
	const struct event *e = &events[i];
	struct registers in = { .state = &state_in, .mask = components };
	struct registers out = { .state = &state_out, .mask = components };

	put_state(&state_in, seed, e->changes & COMPUTES);
	memset(&state_out, 0, sizeof(state_out));
	for (unsigned int g = 0; g < GENERAL; g++)
		in.general[g] = canary(seed + g);
	in.flags = FLAGS | CF | DF | (e->changes & COMPUTES ? 0 : AC | ID);
	put_arguments(&in, e, page);
	e->with(&in, &out);
	if (e->changes & ANSWERS) {
		out.general[RBX] = in.general[RBX];
		out.general[RDX] = in.general[RDX];
	}
	if (memcmp(in.general, out.general, KEPT * sizeof(in.general[0])))
		complain("a general register", i);
	if (!e->changes && memcmp(in.general, out.general, sizeof(in.general)))
		complain("RAX, RCX or R11", i);
	if ((in.flags ^ out.flags) & (CF | DF | AC | ID))
		complain("a flag", i);
	if (!(e->changes & COMPUTES))
		check_state(&state_in, &state_out, i);
}

static void *runner(void *arg)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int seed = (unsigned int)(uintptr_t)arg << 16;

	check_fresh("a thread");
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < NEVENTS; i++) {
			madvise(page, 4096, MADV_DONTNEED);
			mprotect(page, 4096, PROT_READ | PROT_WRITE);
			try_event(i, seed += GENERAL, page);
		}
	return NULL;
}

int main(void)
{
	pthread_t threads[NTHREADS];
	volatile double third = 1.0;
	volatile long double tenth = 1.0L;

	check_fresh("the program");
	ask_cpu();
	catch_signals();
	for (uintptr_t i = 0; i < NTHREADS; i++)
		pthread_create(&threads[i], NULL, runner, (void *)(i + 1));
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	third /= 3;
	tenth /= 10;
	printf("%a %La\n%s\n", third, tenth, wrong ? "wrong" : "all as before");
	return wrong != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads, each with its own numbers in every register, in the red zone
 * and in FS, make calls of several kinds until standard input ends; after
 * each, all must be as before.  Linux changes RAX, RCX and R11 only (System V
 * ABI for x86-64, A.2.1).
 *
 * DF stays set over a call in the kernel and in here; no C code runs then.
 */
#include <cpuid.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	GENERAL = 12,  /* RBX RDX RSI RDI RBP R8 R9 R10 R12 R13 R14 R15 */
	RED_ZONE = 16, /* words */
	DF = 0x400,
	CARRY = 1,
	XMMS = 16,
};

/* Offsets are in the assembly below. */
struct registers {
	uint64_t general[GENERAL]; /* 0 */
	uint64_t red[RED_ZONE];    /* 96 */
	uint8_t xmm[XMMS][16];     /* 224 */
	uint64_t flags;            /* 480 */
	uint64_t rax;              /* 488: the call's number */
	uint64_t rsp;              /* 496 */
};

static atomic_long rounds, wrong;
static atomic_int over;

/*
 * void with_NAME(const struct registers *in, struct registers *out): load,
 * execute the instruction, store.  R11 holds nothing over a call, so the
 * pointers wait on the stack, above the red zone.
 */
#define AROUND(name, instruction)                                              \
	void with_##name(const struct registers *in, struct registers *out);   \
	__asm__(".text\n\t.p2align 4\n"                                        \
	        "with_" #name ":\n\t"                                          \
	        "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\t"         \
	        "push %r14\n\tpush %r15\n\tpush %rsi\n\t"                      \
	        "mov %rdi, %rax\n\t"                                           \
	        ".set i, 0\n\t.rept 16\n\t"                                    \
	        "mov 96+8*i(%rax), %rcx\n\tmov %rcx, -128+8*i(%rsp)\n\t"       \
	        ".set i, i+1\n\t.endr\n\t"                                     \
	        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"             \
	        "movups 224+16*\\n(%rax), %xmm\\n\n\t.endr\n\t"                \
	        "mov 0(%rax), %rbx\n\tmov 8(%rax), %rdx\n\t"                   \
	        "mov 16(%rax), %rsi\n\tmov 24(%rax), %rdi\n\t"                 \
	        "mov 32(%rax), %rbp\n\tmov 40(%rax), %r8\n\t"                  \
	        "mov 48(%rax), %r9\n\tmov 56(%rax), %r10\n\t"                  \
	        "mov 64(%rax), %r12\n\tmov 72(%rax), %r13\n\t"                 \
	        "mov 80(%rax), %r14\n\tmov 88(%rax), %r15\n\t"                 \
	        "mov 488(%rax), %rax\n\t"                                      \
	        "std\n\tstc\n\t" instruction "\n\t"                            \
	        "mov (%rsp), %rcx\n\t"                                         \
	        "mov %rax, 488(%rcx)\n\t"                                      \
	        "mov %rbx, 0(%rcx)\n\tmov %rdx, 8(%rcx)\n\t"                   \
	        "mov %rsi, 16(%rcx)\n\tmov %rdi, 24(%rcx)\n\t"                 \
	        "mov %rbp, 32(%rcx)\n\tmov %r8, 40(%rcx)\n\t"                  \
	        "mov %r9, 48(%rcx)\n\tmov %r10, 56(%rcx)\n\t"                  \
	        "mov %r12, 64(%rcx)\n\tmov %r13, 72(%rcx)\n\t"                 \
	        "mov %r14, 80(%rcx)\n\tmov %r15, 88(%rcx)\n\t"                 \
	        "mov %rsp, 496(%rcx)\n\t"                                      \
	        ".set i, 0\n\t.rept 16\n\t"                                    \
	        "mov -128+8*i(%rsp), %rax\n\tmov %rax, 96+8*i(%rcx)\n\t"       \
	        ".set i, i+1\n\t.endr\n\t"                                     \
	        "pushf\n\tpop %rax\n\tmov %rax, 480(%rcx)\n\tcld\n\t"          \
	        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"             \
	        "movups %xmm\\n, 224+16*\\n(%rcx)\n\t.endr\n\t"                \
	        "pop %rsi\n\tpop %r15\n\tpop %r14\n\tpop %r13\n\t"             \
	        "pop %r12\n\tpop %rbp\n\tpop %rbx\n\tret\n\t")

/* With room around it to be rewritten; and without, so that it traps. */
AROUND(call, "nopl 0(%rax,%rax,1)\n\tsyscall\n\tnopl 0(%rax,%rax,1)");
AROUND(bare_call, "jmp 1f\n\t1: syscall\n\tjmp 2f\n\t2:");
AROUND(nothing, "nop");
AROUND(cpuid, "nopl 0(%rax,%rax,1)\n\tcpuid\n\tnopl 0(%rax,%rax,1)");

enum { WITH_CALL, WITH_BARE_CALL, WITH_NOTHING, WITH_CPUID, KINDS };
static void (*const kinds[KINDS])(const struct registers *,
                                  struct registers *) = {
	with_call, with_bare_call, with_nothing, with_cpuid
};
enum { RBX, RDX, NAP_EACH = 64 };
static uint64_t cpuid_rbx, cpuid_rdx; /* of leaf 0 */
static const long calls[] = { SYS_getppid, SYS_sched_yield, SYS_gettid };

static void check(const char *what, const void *want, const void *got, size_t n)
{
	if (memcmp(want, got, n) == 0)
		return;
	if (atomic_fetch_add(&wrong, 1) < 20)
		printf("%s changed\n", what);
}

static void round_of(uint64_t seed, const uint64_t *fs)
{
	struct registers in, out = { .flags = 0 };
	uint64_t here = *fs;
	int kind = (int)(seed / 3 % KINDS);

	for (size_t i = 0; i < sizeof(in) / 8; i++)
		((uint64_t *)&in)[i] = (seed + i) * 0x9e3779b97f4a7c15;
	in.rax = kind == WITH_CPUID ? 0 : (uint64_t)calls[seed % 3];
	kinds[kind](&in, &out);
	if (kind == WITH_CPUID) {
		in.general[RBX] = cpuid_rbx;
		in.general[RDX] = cpuid_rdx;
	}
	check("a general register", in.general, out.general,
	      sizeof(in.general));
	check("the red zone", in.red, out.red, sizeof(in.red));
	check("an xmm register", in.xmm, out.xmm, sizeof(in.xmm));
	check("FS", &here, fs, sizeof(here));
	if ((out.flags & (DF | CARRY)) != (DF | CARRY)) {
		atomic_fetch_add(&wrong, 1);
		printf("flags changed\n");
	}
}

static void *loop(void *arg)
{
	static _Thread_local uint64_t mark;
	uint64_t seed = (uint64_t)(uintptr_t)arg << 32;

	mark = seed;
	while (!atomic_load(&over)) {
		round_of(++seed, &mark);
		/* Now and then nobody has anything to do. */
		if (seed % NAP_EACH == 0)
			usleep(200);
		atomic_fetch_add(&rounds, 1);
	}
	return NULL;
}

int main(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	pthread_t thread[3];
	unsigned int a, b, c, d;

	__cpuid(0, a, b, c, d);
	cpuid_rbx = b;
	cpuid_rdx = d;
	for (uintptr_t i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, loop, (void *)(i + 1));
	poll(&in, 1, -1);
	atomic_store(&over, 1);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	printf("%s\n", atomic_load(&rounds) < 100 ? "hardly any rounds"
	               : atomic_load(&wrong)      ? "wrong"
	                                          : "all as before");
	return atomic_load(&wrong) != 0;
}

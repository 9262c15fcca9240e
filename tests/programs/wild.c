/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses that no program gets away with, by every way an instruction has to
 * name memory: which signal, which code, which address.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "report.h"

/* Below the lowest address that is ever mapped; no address; the kernel's. */
#define LOW 0x4321ul
#define NOWHERE 0x1234000000000000ul
#define TOP 0xffffffffff700123ul

static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	printf("%s code %d address %#lx\n", strsignal(sig), info->si_code,
	       (unsigned long)(uintptr_t)info->si_addr);
	siglongjmp(back, 1);
}

static void install(void)
{
	static char stack[65536];
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL };
	struct sigaction action = { .sa_sigaction = on_fault,
		                    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* @code with ADDR in RDI and a good address in RSI; RCX is 16. */
#define TRY(addr, code)                                                        \
	do {                                                                   \
		static long good_[64];                                         \
		unsigned long c_ = 16, d_ = (addr), s_ = (unsigned long)good_; \
                                                                               \
		printf("%s, %#lx: ", code, (unsigned long)(addr));             \
		fflush(stdout);                                                \
		if (!sigsetjmp(back, 1)) {                                     \
			__asm__ volatile(code                                  \
			                 : "+D"(d_), "+S"(s_), "+c"(c_)        \
			                 :                                     \
			                 : "rax", "rbx", "rdx", "r8", "r9",    \
			                   "xmm0", "xmm1", "memory", "cc");    \
			puts("nothing");                                       \
		}                                                              \
	} while (0)

/* With another stack pointer: nothing comes back from here but a signal. */
#define TRY_STACK(addr, code) TRY(addr, "mov %%rdi, %%rsp; " code)

static void moves(unsigned long addr)
{
	TRY(addr, "mov (%%rdi), %%rax");
	TRY(addr, "mov %%rax, (%%rdi)");
	TRY(addr, "movb $1, 0x10(%%rdi)");
	TRY(addr, "mov -0x100(%%rdi, %%rcx, 4), %%r8d");
	TRY(addr, "lea 0x1000(%%rdi), %%r9; cmpw $0x1234, -0x1000(%%r9)");
	TRY(addr, "lock incl (%%rdi)");
	TRY(addr, "cmpxchg %%rdx, (%%rdi)");
	TRY(addr, "bts %%rcx, (%%rdi)");
	TRY(addr, "mov $-1000, %%rax; bt %%rax, (%%rdi)");
	TRY(addr, "movzbl (%%rdi), %%eax");
	TRY(addr, "sete (%%rdi)");
	TRY(addr, "test $1, %%eax; cmovne (%%rdi), %%rax");
	TRY(addr, "imul $100000, (%%rdi), %%rax");
	TRY(addr, "fldl (%%rdi)");
}

static void vectors(unsigned long addr)
{
	TRY(addr, "movups (%%rdi), %%xmm0");
	TRY(addr, "movss (%%rdi), %%xmm0");
	TRY(addr, "movhps %%xmm0, 8(%%rdi)");
	TRY(addr, "cvtsi2sdq (%%rdi), %%xmm0");
	TRY(addr, "stmxcsr (%%rdi)");
	if (__builtin_cpu_supports("avx2")) {
		TRY(addr, "vmovdqu (%%rdi), %%ymm0; vzeroupper");
		TRY(addr, "vpbroadcastb (%%rdi), %%ymm0; vzeroupper");
		TRY(addr, "andn (%%rdi), %%rax, %%rbx");
	}
}

static void strings(unsigned long addr)
{
	TRY(addr, "cld; rep movsb");
	TRY(addr, "cld; xchg %%rsi, %%rdi; rep movsq");
	TRY(addr, "cld; rep stosl");
	TRY(addr, "cld; repne scasb");
	TRY(addr, "cld; repe cmpsb");
	TRY(addr, "cld; mov %%rdi, %%rsi; lodsq");
	TRY(addr, "xor %%ecx, %%ecx; rep stosb");
	TRY(addr, "mov %%rdi, %%rbx; xor %%eax, %%eax; xlat");
}

static void branches(unsigned long addr)
{
	TRY(addr, "call *(%%rdi)");
	TRY(addr, "jmp *8(%%rdi)");
	TRY(addr, "push (%%rdi)");
	TRY(addr, "push %%rax; pop (%%rdi)");
	TRY_STACK(addr, "push %%rax");
	TRY_STACK(addr, "pop %%rax");
	TRY_STACK(addr, "push $1");
	TRY_STACK(addr, "pushfq");
	TRY_STACK(addr, "call 1f; 1: nop");
	TRY_STACK(addr, "ret");
	TRY_STACK(addr, "mov 8(%%rsp), %%rax");
	TRY(addr, "mov %%rdi, %%rbp; leave");
}

static void targets(void)
{
	TRY(LOW + (1ul << 40), "addr32 mov (%%edi), %%eax");
	TRY(LOW, "call *%%rdi");
	TRY(0, "jmp *%%rdi");
	TRY(NOWHERE, "call *%%rdi");
	TRY(NOWHERE, "mov %%rdi, (%%rsi); jmp *(%%rsi)");
	TRY(NOWHERE, "push %%rdi; ret");
}

static void forbidden(void)
{
	TRY(LOW, "hlt");
	TRY(LOW, "cli");
	TRY(LOW, "wbinvd");
	TRY(LOW, "mov %%cr0, %%rax");
	TRY(LOW, "rdmsr");
	TRY(LOW, "movaps 1(%%rsi), %%xmm0");
	TRY(LOW, "movdqa %%xmm0, 8(%%rsi)");
	TRY(LOW, "paddd 4(%%rsi), %%xmm1");
}

int main(void)
{
	static const unsigned long addr[] = { LOW, 0xff01ul, NOWHERE, TOP };

	install();
	for (size_t i = 0; i < sizeof(addr) / sizeof(addr[0]); i++) {
		moves(addr[i]);
		vectors(addr[i]);
		strings(addr[i]);
		branches(addr[i]);
	}
	targets();
	forbidden();
	return 0;
}

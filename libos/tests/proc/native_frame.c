/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/proc/native_frame.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static struct native_frame *out;

void native_frame_take(uint64_t sp, siginfo_t *info, ucontext_t *uc);

/* C code can't see its own entry's stack pointer. */
__asm__(".globl native_frame_handler\n"
        "native_frame_handler:\n"
        "	mov %rsp, %rdi\n"
        "	jmp native_frame_take\n");
void native_frame_handler(int sig, siginfo_t *info, void *uc);

void native_frame_take(uint64_t sp, siginfo_t *info, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;

	out->frame = sp;
	out->info = (uintptr_t)info;
	out->uc = (uintptr_t)uc;
	out->fpstate = (uintptr_t)uc->uc_mcontext.fpregs;
	out->rip_at = (uintptr_t)&g[REG_RIP];
	out->rsp_at = (uintptr_t)&g[REG_RSP];
	out->cr2_at = (uintptr_t)&g[REG_CR2];
	out->sigmask_at = (uintptr_t)&uc->uc_sigmask;
	out->restorer = *(uint64_t *)sp;
	out->sp_before = (uint64_t)g[REG_RSP];
	memcpy(&out->xstate_size, (uint8_t *)out->fpstate + 464 + 16, 4);
	out->size = (size_t)(out->fpstate - sp) + out->xstate_size + 4;
	if (out->size <= sizeof(out->bytes))
		memcpy(out->bytes, (void *)sp, out->size);
}

void native_frame_capture(struct native_frame *ret)
{
	struct sigaction sa = { .sa_sigaction = native_frame_handler,
		                .sa_flags = SA_SIGINFO };
	long pid = getpid(), tid = syscall(SYS_gettid), nr = SYS_tgkill;

	out = ret;
	sigaction(SIGUSR1, &sa, NULL);
	__asm__ volatile("mov $0x12121212, %%r12\n\t"
	                 "syscall"
	                 : "+a"(nr)
	                 : "D"(pid), "S"(tid), "d"((long)SIGUSR1)
	                 : "rcx", "r11", "r12", "memory");
}

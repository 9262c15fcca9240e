/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siginfo.h - signal numbers, sets and the information that travels along.
 *
 * Numbers and layouts are the x86-64 Linux ABI's (signal(7), sigaction(2)).
 * A set is 64 bits, signal 1 being bit 0, as rt_sigprocmask(2) has it.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

enum signal_number {
	SIGHUP = 1,
	SIGINT,
	SIGQUIT,
	SIGILL,
	SIGTRAP,
	SIGABRT,
	SIGBUS,
	SIGFPE,
	SIGKILL,
	SIGUSR1,
	SIGSEGV,
	SIGUSR2,
	SIGPIPE,
	SIGALRM,
	SIGTERM,
	SIGSTKFLT,
	SIGCHLD,
	SIGCONT,
	SIGSTOP,
	SIGTSTP,
	SIGTTIN,
	SIGTTOU,
	SIGURG,
	SIGXCPU,
	SIGXFSZ,
	SIGVTALRM,
	SIGPROF,
	SIGWINCH,
	SIGIO,
	SIGPWR,
	SIGSYS,
	SIGRTMIN = 32,
	NSIG = 64 /* numbers are 1..NSIG */
};

static inline uint64_t sig_bit(int sig)
{
	return 1ull << (sig - 1);
}

static inline bool sig_is_valid(int sig)
{
	return sig >= 1 && sig <= NSIG;
}

/* What no mask and no action can hold back. */
#define SIGSET_UNBLOCKABLE (1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1))
/* Faults: delivered before anything else, by the thread that caused them. */
#define SIGSET_SYNCHRONOUS                                                     \
	(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGILL - 1) | \
	 1ull << (SIGTRAP - 1) | 1ull << (SIGFPE - 1) | 1ull << (SIGSYS - 1))

/* siginfo.code: who says so, and for faults and children what happened. */
enum siginfo_code {
	SI_USER = 0,
	SI_KERNEL = 0x80,
	SI_QUEUE = -1,
	SI_TIMER = -2,
	SI_TKILL = -6,
	ILL_ILLOPN = 2,
	FPE_INTDIV = 1,
	FPE_FLTINV = 7,
	SEGV_MAPERR = 1,
	SEGV_ACCERR = 2,
	BUS_ADRALN = 1,
	BUS_ADRERR = 2,
	BUS_MCEERR_AR = 4, /* the memory is bad: a file that was changed */
	TRAP_BRKPT = 1,
	TRAP_TRACE = 2,
	CLD_EXITED = 1,
	CLD_KILLED = 2,
	CLD_DUMPED = 3
};

#define SIGINFO_USER_SIZE 128 /* what programs see: ours, then zeros */

/* The part of siginfo_t that the kernel ever fills. */
struct siginfo {
	int32_t signo;
	int32_t error;
	int32_t code;
	int32_t pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			uint64_t value;
		} rt; /* kill, tgkill, sigqueue; timers with pid = id */
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;
			int32_t pad;
			int64_t utime; /* clock ticks */
			int64_t stime;
		} child;
		struct {
			uint64_t addr;
			uint64_t lsb;
		} fault;
		struct {
			int64_t band;
			int32_t fd;
		} poll;
		uint8_t bytes[32];
	};
};
static_assert(sizeof(struct siginfo) == 48, "the filled part of siginfo_t");
static_assert(offsetof(struct siginfo, rt.value) == 24, "si_value");
static_assert(offsetof(struct siginfo, child.utime) == 32, "si_utime");

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * illegal.c - instructions that are #UD in an enclave (SDM Vol. 3D 36.6.1) but
 * raise something else, or nothing, in an ordinary program.
 *
 * Those that raise #GP here are recognised by their bytes.  RDTSC and CPUID can
 * be made to raise it, for the whole thread, so they are then performed for
 * host code.  Not caught, because user space executes them: CPUID where the CPU
 * can't fault it, IRET, far branches, moves to segment registers, and SGDT and
 * its kin where the kernel emulates them.
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/emu/signal.h"

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

static bool is_prefix(uint8_t byte)
{
	static const uint8_t legacy[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
		                          0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	return memchr(legacy, byte, sizeof(legacy)) != NULL ||
	       (byte & 0xf0) == 0x40;
}

/* Two-byte opcodes 0f xx that are #UD inside. */
static bool is_illegal_0f(const uint8_t *op)
{
	switch (op[0]) {
	case 0x00: /* SLDT, STR */
		return (op[1] >> 3 & 7) <= 1;
	case 0x01: /* SGDT, SIDT, SMSW; RDTSCP */
		return op[1] == 0xf9 || (op[1] >> 3 & 7) == 4 ||
		       (op[1] < 0xc0 && (op[1] >> 3 & 7) <= 1);
	case 0x31: /* RDTSC */
	case 0x33: /* RDPMC */
	case 0x34: /* SYSENTER */
	case 0x37: /* GETSEC */
	case 0xa2: /* CPUID */
		return true;
	default:
		return false;
	}
}

/* IN, OUT, INS, OUTS, INT n. */
static bool is_illegal_1(uint8_t op)
{
	return (op >= 0x6c && op <= 0x6f) || (op >= 0xe4 && op <= 0xe7) ||
	       (op >= 0xec && op <= 0xef) || op == 0xcd;
}

/* No more than 15 bytes, and all of them were fetched. */
bool emu_is_illegal_inside(const uint8_t *rip)
{
	int n = 0;

	while (n < 14 && is_prefix(rip[n]))
		n++;
	if (rip[n] == 0x0f)
		return is_illegal_0f(rip + n + 1);
	return is_illegal_1(rip[n]);
}

/* ---- RDTSC and CPUID of host code -------------------------------------- */

static bool tsc_is_trapped(void)
{
	int mode = PR_TSC_ENABLE;

	prctl(PR_GET_TSC, &mode);
	return mode == PR_TSC_SIGSEGV;
}

static uint64_t read_tsc(uint32_t *ret_aux)
{
	uint64_t tsc;

	prctl(PR_SET_TSC, PR_TSC_ENABLE);
	tsc = __builtin_ia32_rdtscp(ret_aux);
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	return tsc;
}

static void do_rdtsc(greg_t *gregs, bool with_aux)
{
	uint32_t aux;
	uint64_t tsc = read_tsc(&aux);

	gregs[REG_RAX] = (greg_t)(tsc & UINT32_MAX);
	gregs[REG_RDX] = (greg_t)(tsc >> 32);
	if (with_aux)
		gregs[REG_RCX] = aux;
	gregs[REG_RIP] += with_aux ? 3 : 2;
}

static void do_cpuid(greg_t *gregs)
{
	uint32_t eax, ebx, ecx, edx;

	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
	__cpuid_count((uint32_t)gregs[REG_RAX], (uint32_t)gregs[REG_RCX], eax,
	              ebx, ecx, edx);
	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
	gregs[REG_RAX] = eax;
	gregs[REG_RBX] = ebx;
	gregs[REG_RCX] = ecx;
	gregs[REG_RDX] = edx;
	gregs[REG_RIP] += 2;
}

bool emu_emulate_outside(ucontext_t *uc)
{
	greg_t *gregs = uc->uc_mcontext.gregs;
	const uint8_t *rip = (const uint8_t *)(uintptr_t)gregs[REG_RIP];

	if (rip[0] != 0x0f)
		return false;
	if (rip[1] == 0xa2) {
		do_cpuid(gregs);
		return true;
	}
	if (!tsc_is_trapped())
		return false;
	if (rip[1] == 0x31) {
		do_rdtsc(gregs, false);
		return true;
	}
	if (rip[1] == 0x01 && rip[2] == 0xf9) {
		do_rdtsc(gregs, true);
		return true;
	}
	return false;
}

void emu_trap_instructions(bool rdtsc)
{
	if (rdtsc)
		prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	/* ENODEV where the CPU has no CPUID faulting. */
	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
}

void emu_untrap_instructions(void)
{
	prctl(PR_SET_TSC, PR_TSC_ENABLE);
	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
}

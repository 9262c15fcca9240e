/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/vcpu.h"

#include <stddef.h>

#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/offsets.h"
#include "libos/cpu/regs.h"
#include "sgx/ssa.h"

#define CHECK(type, member, offset)                                            \
	_Static_assert(offsetof(struct type, member) == (offset), #member)

CHECK(vcpu, self, VCPU_O_SELF);
CHECK(vcpu, syscall_entry, VCPU_O_SYSCALL_ENTRY);
CHECK(vcpu, kstack_top, VCPU_O_KSTACK_TOP);
CHECK(vcpu, user_rsp, VCPU_O_USER_RSP);
CHECK(vcpu, return_rip, VCPU_O_RETURN_RIP);
CHECK(vcpu, current, VCPU_O_CURRENT);
CHECK(vcpu, host_rip, VCPU_O_HOST_RIP);
CHECK(vcpu, host_rsp, VCPU_O_HOST_RSP);
CHECK(vcpu, host_rbp, VCPU_O_HOST_RBP);
CHECK(vcpu, hostcall_rsp, VCPU_O_HOSTCALL_RSP);
CHECK(vcpu, trap_host_rip, VCPU_O_TRAP_HOST_RIP);
CHECK(vcpu, trap_host_rsp, VCPU_O_TRAP_HOST_RSP);
CHECK(vcpu, trap_host_rbp, VCPU_O_TRAP_HOST_RBP);
CHECK(vcpu, vdso_clock, VCPU_O_VDSO_CLOCK);
CHECK(vcpu, insn_entry, VCPU_O_INSN_ENTRY);
_Static_assert(VCPU_SSA_SIZE == SSA_FRAMES * SSA_FRAME_PAGES * PAGE_SIZE,
               "the SSA");
CHECK(regs, r15, REGS_O_R15);
CHECK(regs, rax, REGS_O_RAX);
CHECK(regs, rip, REGS_O_RIP);
_Static_assert(sizeof(struct regs) == REGS_SIZE, "struct regs");

static uint64_t read_gs_base(void)
{
	uint64_t base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

/*
 * The SSA is not measured, so the host chose what is in it.  Only the first
 * entry calls this, at CSSA=0: no frame is in use, and what an AEX saves
 * meanwhile is used up by the time this code goes on.  URSP and URBP stay:
 * EENTER has written them, and an AEX loads them.
 */
static void clear_ssa(uint8_t *frame)
{
	uint64_t size = ssa_frame_size(SSA_FRAME_PAGES);
	uint64_t gprs = ssa_gprsgx_offset(SSA_FRAME_PAGES);
	uint64_t kept = gprs + offsetof(struct gprsgx, ursp);
	uint64_t rest = gprs + offsetof(struct gprsgx, exitinfo);
	unsigned int i;

	for (i = 0; i < SSA_FRAMES; i++, frame += size) {
		memset(frame, 0, kept);
		memset(frame + rest, 0, size - rest);
	}
}

bool vcpu_init_self(void)
{
	uint64_t block = read_gs_base();
	struct vcpu *v = (struct vcpu *)block;

	if (v->is_started)
		return false;
	v->ssa = (void *)(block - VCPU_BLOCK + VCPU_SSA);
	clear_ssa(v->ssa);
	v->index = (uint32_t)((block - VCPU_BASE - VCPU_BLOCK) / VCPU_STRIDE);
	v->syscall_entry = (uint64_t)&entry_syscall;
	v->insn_entry = (uint64_t)&entry_insn;
	v->is_started = 1;
	/* Last: entries at CSSA=1 go back as they came without it (entry.S). */
	WRITE_ONCE(v->self, v);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.h - the untrusted memory that kernel and host both see.
 *
 * The host allocates one struct host_shared followed by one struct vcpu_shared
 * per vCPU (at @vcpu_offset + i * @vcpu_stride from the start of host_shared)
 * and passes its address at the first entry.  Everything in it may change at
 * any moment; the kernel reads each field at most once per decision and keeps
 * its own copy of what it wrote.
 *
 * Entry ABI (EENTER with CSSA = 0): RDI = enum enter_reason, RSI = host address of
 * struct host_shared (looked at for ENTER_BOOT only).  Exit ABI (EEXIT): RDI =
 * enum leave_reason; every other general register is 0 but RAX, RBX, RCX (the
 * leaf's own), RSP and RBP (the host's, as they were at EENTER); vector, x87
 * and flag state is INIT, but after LEAVE_TRAP vector and x87 state is the host's
 * own, as it was at EENTER.
 */
#pragma once

#include <stdint.h>

#include "abi/hostcall.h"
#include "abi/wire.h"

enum enter_reason {
	ENTER_BOOT = 1,  /* vCPU 0, once: boot the kernel                   */
	ENTER_VCPU = 2,  /* vCPU n > 0, once: join the scheduler            */
	ENTER_RETURN = 3 /* after LEAVE_HOSTCALL: the result is in place   */
};

enum leave_reason {
	LEAVE_HOSTCALL = 1, /* serve vcpu_shared.number, enter with RETURN */
	LEAVE_TRAP = 2,     /* from CSSA = 1: ERESUME                      */
	LEAVE_DEAD = 3      /* never enter this TCS again                  */
};

#define HOST_SHARED_MAGIC 0x3152485341464f53ull /* "SOFASHR1" */
#define HOST_ABI_VERSION 1

#define HOST_FDS 64 /* host descriptors the kernel may name */
#define HOST_SCRATCH_SIZE (256 * 1024)

/* A blob in host memory: copied in once, at boot, after a range check. */
struct host_blob {
	uint64_t addr;
	uint64_t size;
};
WIRE_SIZE(struct host_blob, 16);

/*
 * What the host measured last.  @seq is odd while the host writes.  The kernel
 * turns this into its own monotonic clock and never lets time go back.
 */
struct host_clock {
	uint32_t seq;
	uint32_t tsc_khz; /* 0: RDTSC must not be used for time */
	uint64_t tsc;
	uint64_t mono_ns;
	uint64_t real_ns;
};
WIRE_SIZE(struct host_clock, 32);

/* One CPUID leaf as the host's CPU answers it outside. */
struct host_cpuid {
	uint32_t leaf;
	uint32_t subleaf;
	uint32_t eax, ebx, ecx, edx;
};
WIRE_SIZE(struct host_cpuid, 24);

struct host_boot {
	uint64_t magic;
	uint32_t version;
	uint32_t nvcpus;
	uint64_t vcpu_offset;
	uint64_t vcpu_stride;
	struct host_blob args;       /* argc strings, NUL-terminated each  */
	struct host_blob env;        /* "K=V" strings, NUL-terminated each */
	struct host_blob cpuid;      /* struct host_cpuid[]                */
	struct host_blob root_index; /* abi/rootidx.h                     */
	struct host_blob root_body;  /* mapped read-only, read on demand   */
	uint32_t uid, gid; /* --user; HOST_USER_CONFIG: what the config says */
	uint32_t flags;    /* HOST_STRACE ...                                */
	uint32_t edmm;     /* 1: the host offers the SGX2 page calls         */
};
#define HOST_USER_CONFIG UINT32_MAX
#define HOST_STRACE 1u /* only obeyed in a debuggable instance */

struct host_shared {
	struct host_boot boot;
	uint8_t pad0[4096 - sizeof(struct host_boot)];
	struct host_clock clock;
	uint64_t ready;   /* bit per host descriptor; the kernel swaps 0 in */
	uint64_t signals; /* bit n-1: signal n for the first process group  */
	uint8_t pad1[4096 - sizeof(struct host_clock) - 16];
};
WIRE_SIZE(struct host_shared, 8192);

struct vcpu_shared {
	uint32_t number; /* enum hostcall, of the kernel to the host */
	uint32_t pad;
	int64_t result; /* of the host to the kernel                */
	/*
	 * Written by the kernel while the vCPU runs, read by the host's
	 * ticker: want_tick = 1 asks for a tick each period, and a tick is due
	 * at deadline_ns (0: none).
	 */
	uint32_t want_tick;
	uint32_t pad1;
	uint64_t deadline_ns;
	/*
	 * Around an entry at CSSA = 1 for an exception: what the vDSO reported;
	 * otherwise 0.  The kernel reads it where the CPU says nothing (#PF and
	 * #GP on SGX1, #SS) and takes it for a claim.
	 */
	uint32_t trap_vector;
	uint32_t pad3;
	uint64_t trap_addr;
	uint8_t pad2[4096 - 48 - sizeof(union hc_args)];
	union hc_args args;
	uint8_t scratch[HOST_SCRATCH_SIZE];
};
WIRE_SIZE(struct vcpu_shared, 4096 + HOST_SCRATCH_SIZE);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostcall.h - the only code that talks to the host and reads its memory.
 *
 * One wrapper for each host call.  Each says what the host could lie about and
 * what survives the check.  No wrapper sleeps but host_idle(); none may be
 * called with a spinlock held.  Vector state is saved and wiped before the
 * enclave is left.
 */
#pragma once

#include "abi/booterror.h"
#include "abi/hostcall.h"
#include "abi/shared.h"
#include "base/compiler.h"
#include "base/types.h"

/*
 * Take the host's boot block at host address @addr: range-checked, copied once.
 * 0 or -EINVAL.
 */
int __must_check host_attach(uint64_t addr);
const struct host_boot *host_boot_block(void);

/*
 * Copy a boot blob into @dst (@size bytes at most).  Returns its size, -E2BIG,
 * or -EFAULT if the host's memory is not there.
 */
long __must_check host_blob_read(const struct host_blob *blob, uint64_t offset,
                                 void *dst, size_t size);

/* Read from the body of the measured root: hostile bytes, unchecked. 0, -EIO. */
int __must_check host_root_read(void *dst, size_t size, uint64_t offset);

/* Wait for a kick, a signal, readiness or @deadline_ns. */
void host_idle(uint64_t deadline_ns);
void host_kick(uint32_t vcpu);
__noreturn void host_exit(enum exit_kind kind, uint32_t status, uint32_t code);

/*
 * Non-blocking transfer between a kernel buffer and host descriptor @fd; at most
 * HOST_SCRATCH_SIZE bytes move.  A count, or -EAGAIN and the errno of the table
 * in abi/hostcall.h.
 */
long __must_check host_read(uint32_t fd, void *dst, size_t size);
long __must_check host_write(uint32_t fd, const void *src, size_t size);
/* poll(2) bits of @events that hold; if none, the host will set the ready bit. */
long __must_check host_poll(uint32_t fd, uint32_t events);
long __must_check host_seek(uint32_t fd, int64_t offset, uint32_t whence);
int __must_check host_fdinfo(uint32_t fd, struct hc_fdinfo *ret);
long __must_check host_tty(uint32_t fd, enum hc_tty_op op, uint32_t how,
                           void *arg, size_t size);
int host_close(uint32_t fd);
/* A line for the host's stderr, without its newline; cut at 1024 bytes. */
void host_log(uint32_t level, const char *text, size_t size);

/*
 * The SGX2 page calls on up to HC_RANGES_MAX ranges: pages the host claims to
 * have done, or -errno.  Nothing is believed before EACCEPT.
 */
long __must_check host_pages(enum hostcall nr, const struct hc_range *ranges,
                             uint32_t count);

/* Bits of descriptors that became ready / of signals, since the last call. */
uint64_t host_take_ready(void);
uint64_t host_take_signals(void);

/* One consistent sample of the host's clock, unvalidated; false: none to be had. */
bool host_clock_sample(struct host_clock *ret);

/* What the host says of the exception of this vCPU; 0: nothing, or a tick. */
struct host_trap {
	uint32_t vector;
	uint64_t addr;
};
void host_trap_read(struct host_trap *ret);

/* Ask for ticks on this vCPU, and for one at @deadline_ns (0: none). */
void host_want_tick(bool want, uint64_t deadline_ns);

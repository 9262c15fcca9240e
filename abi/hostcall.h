/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostcall.h - the wall: every call the kernel makes to the host.
 *
 * The kernel writes a number and an argument block into its vCPU's
 * struct vcpu_shared, leaves the enclave, and reads one result after it is
 * entered again.  The result is a count or 0, or a negative errno of the
 * call's own list; whatever else comes back is a lie and becomes -EIO.
 *
 * Addresses in argument blocks are host addresses that the host itself gave at
 * boot (the scratch area of the same vCPU), never enclave addresses.
 *
 * No call blocks except HC_IDLE.  Data calls are non-blocking on the host: a
 * descriptor that is not ready answers -EAGAIN, the kernel arms HC_POLL and
 * sleeps until the host sets the descriptor's bit in host_shared.ready.
 *
 *  call            result                        errors
 *  HC_IDLE         0                             none
 *  HC_KICK         0                             none
 *  HC_EXIT         does not return
 *  HC_READ         bytes, 0 at end of file       EAGAIN EIO EBADF
 *  HC_WRITE        bytes                         EAGAIN EIO EBADF EPIPE ENOSPC
 *                                                EFBIG
 *  HC_POLL         revents now                   EBADF
 *  HC_SEEK         position                      ESPIPE EBADF EINVAL
 *  HC_FDINFO       0                             EBADF
 *  HC_TTY          0 or value                    ENOTTY EBADF EIO EINVAL
 *  HC_CLOSE        0                             EBADF
 *  HC_LOG          0                             none
 *  HC_RESTRICT     pages done                    ENODEV EINVAL EFAULT EAGAIN
 *  HC_MODT         pages done                    ENODEV EINVAL EFAULT EAGAIN
 *  HC_REMOVE       pages done                    ENODEV EINVAL EPERM EAGAIN
 */
#pragma once

#include <stdint.h>

#include "abi/wire.h"

enum hostcall {
	HC_IDLE = 1,
	HC_KICK,
	HC_EXIT,
	HC_READ,
	HC_WRITE,
	HC_POLL,
	HC_SEEK,
	HC_FDINFO,
	HC_TTY,
	HC_CLOSE,
	HC_LOG,
	HC_RESTRICT,
	HC_MODT,
	HC_REMOVE,
	HC_COUNT
};

/*
 * HC_IDLE: wait until the vCPU is kicked, a host signal or a readiness bit
 * arrives, or the monotonic time @deadline_ns has come (IDLE_FOREVER: no
 * deadline).  Spurious returns are allowed.
 */
#define IDLE_FOREVER UINT64_MAX
struct hc_idle {
	uint64_t deadline_ns;
};

/* HC_KICK: make vCPU @vcpu leave HC_IDLE, or take a tick if it is running. */
struct hc_kick {
	uint32_t vcpu;
	uint32_t pad;
};

/* HC_EXIT: the instance has ended; @status is in wait(2) form. */
enum exit_kind {
	EXIT_PROGRAM = 1, /* the first process ended                      */
	EXIT_KERNEL = 2   /* the kernel refused to boot or gave up: @code */
};
struct hc_exit {
	uint32_t kind;
	uint32_t status;
	uint32_t code; /* enum boot_error, for EXIT_KERNEL */
	uint32_t pad;
};

/* HC_READ, HC_WRITE: non-blocking transfer at the file's own position. */
struct hc_io {
	uint32_t fd;
	uint32_t pad;
	uint64_t buf; /* host address inside this vCPU's scratch */
	uint64_t size;
};

/*
 * HC_POLL: which of @events (poll(2) bits) hold now; if none does, arm: the
 * host sets bit @fd of host_shared.ready once one does, and wakes an idle
 * vCPU.
 */
struct hc_poll {
	uint32_t fd;
	uint32_t events;
};

/* HC_SEEK: lseek(2) on a host descriptor. */
struct hc_seek {
	uint32_t fd;
	uint32_t whence;
	int64_t offset;
};

/* HC_FDINFO: what a host descriptor is; filled in by the host. */
enum hc_fdkind {
	FDKIND_CHAR = 1,
	FDKIND_TTY,
	FDKIND_PIPE,
	FDKIND_SOCKET,
	FDKIND_REGULAR,
	FDKIND_DIR
};
struct hc_fdinfo {
	uint32_t fd;
	uint32_t kind;  /* out: enum hc_fdkind                      */
	uint32_t flags; /* out: O_ACCMODE | O_APPEND bits of Linux  */
	uint32_t pad;
	uint64_t size; /* out: bytes, regular files only           */
};

/* HC_TTY: terminal ioctls; @arg is copied both ways as @op says. */
enum hc_tty_op {
	TTY_GET_TERMIOS = 1, /* out: kernel struct termios, 36 bytes */
	TTY_SET_TERMIOS,     /* in: the same; @how is TCSETS + 0..2  */
	TTY_GET_WINSIZE,     /* out: struct winsize, 8 bytes         */
	TTY_SET_WINSIZE,
	TTY_FLUSH, /* @how is TCFLSH's argument            */
	TTY_QUEUED /* result: bytes that wait (FIONREAD)   */
};
struct hc_tty {
	uint32_t fd;
	uint32_t op;
	uint32_t how;
	uint32_t pad;
	uint8_t arg[64];
};

struct hc_fd {
	uint32_t fd;
	uint32_t pad;
};

/* HC_LOG: @size bytes of text for stderr; only if the config is debuggable
 * or the text is one of the kernel's fatal sentences. */
struct hc_log {
	uint32_t level;
	uint32_t pad;
	uint64_t buf;
	uint64_t size;
};

/*
 * HC_RESTRICT (EMODPR), HC_MODT (EMODT), HC_REMOVE: the driver's SGX2 calls
 * for up to HC_RANGES_MAX ranges at once.  Progress is the number of pages
 * done over all ranges in order; the kernel goes on where the host stopped,
 * and believes nothing before EACCEPT says so.
 */
#define HC_RANGES_MAX 64
struct hc_range {
	uint64_t addr;
	uint32_t npages;
	uint32_t arg; /* permissions (SECINFO R=1 W=2 X=4) or page type */
};
struct hc_ranges {
	uint32_t count;
	uint32_t pad;
	struct hc_range range[HC_RANGES_MAX];
};

union hc_args {
	struct hc_idle idle;
	struct hc_kick kick;
	struct hc_exit exit;
	struct hc_io io;
	struct hc_poll poll;
	struct hc_seek seek;
	struct hc_fdinfo fdinfo;
	struct hc_tty tty;
	struct hc_fd fd;
	struct hc_log log;
	struct hc_ranges ranges;
};

WIRE_SIZE(struct hc_io, 24);
WIRE_SIZE(struct hc_tty, 80);
WIRE_SIZE(struct hc_fdinfo, 24);
WIRE_SIZE(struct hc_ranges, 8 + HC_RANGES_MAX * 16);

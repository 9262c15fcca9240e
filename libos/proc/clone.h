/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone.h - new threads and processes (clone(2), clone3(2), vfork(2)).
 *
 * What is there: threads, vfork, and processes that share the address space
 * (CLONE_VM).  A child with an address space of its own, fork(2), is not:
 * -ENOSYS.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct thread;

#define CSIGNAL 0xffull
#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_PIDFD 0x1000ull
#define CLONE_PTRACE 0x2000ull
#define CLONE_VFORK 0x4000ull
#define CLONE_PARENT 0x8000ull
#define CLONE_THREAD 0x10000ull
#define CLONE_NEWNS 0x20000ull
#define CLONE_SYSVSEM 0x40000ull
#define CLONE_SETTLS 0x80000ull
#define CLONE_PARENT_SETTID 0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_DETACHED 0x400000ull
#define CLONE_UNTRACED 0x800000ull
#define CLONE_CHILD_SETTID 0x1000000ull
#define CLONE_NEWCGROUP 0x2000000ull
#define CLONE_NEWUTS 0x4000000ull
#define CLONE_NEWIPC 0x8000000ull
#define CLONE_NEWUSER 0x10000000ull
#define CLONE_NEWPID 0x20000000ull
#define CLONE_NEWNET 0x40000000ull
#define CLONE_IO 0x80000000ull
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#define CLONE_INTO_CGROUP 0x200000000ull
#define CLONE_NEWTIME 0x80ull /* clone3 only */

#define CLONE_NAMESPACES                                                       \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

struct clone_request {
	uint64_t flags; /* CLONE_*, without the signal */
	int exit_signal;
	uint64_t stack;      /* the child's stack pointer; 0: the caller's */
	uint64_t parent_tid; /* user addresses */
	uint64_t child_tid;
	uint64_t tls;
};

/*
 * The child's number, or -errno.  With CLONE_VFORK it returns when the child has
 * let go of the address space.
 */
long task_clone(struct thread *self, const struct clone_request *req);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.h - everything that the sgx back end asks of the host kernel and of
 * the CPU, as a table.
 *
 * linux.c fills it with the real calls; platform/fake fills it with a checking
 * fake of the driver, so that every line of the back end runs on a machine
 * without SGX.  No slot is NULL.  Results are 0, a value, or -errno; nobody
 * here looks at errno.
 *
 * All slots may be called from several threads at once.  sigaction()'s handler
 * is the only one that a slot calls back.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/backend.h"
#include "sgx/cpuid.h"

typedef void sgx_signal_fn(int sig, siginfo_t *info, void *ucontext);

struct sgx_calls {
	const char *name;  /* struct platform_caps */
	bool is_protected; /* likewise */

	/* Files: the driver's, the provisioning one, and /proc/self/mem. */
	int (*open)(struct sgx_calls *c, const char *path, int flags);
	int (*close)(struct sgx_calls *c, int fd);
	long (*pread)(struct sgx_calls *c, int fd, void *dst, size_t size,
	              uint64_t at);
	long (*pwrite)(struct sgx_calls *c, int fd, const void *src,
	               size_t size, uint64_t at);

	/* As ioctl(2) of the driver: @arg is one of <asm/sgx.h>'s structs. */
	int (*ioctl)(struct sgx_calls *c, int fd, unsigned long request,
	             void *arg);

	/* At exactly @addr: -EEXIST if MAP_FIXED_NOREPLACE finds something. */
	int (*mmap)(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot,
	            int flags, int fd);
	int (*mprotect)(struct sgx_calls *c, uint64_t addr, uint64_t size,
	                int prot);
	int (*munmap)(struct sgx_calls *c, uint64_t addr, uint64_t size);

	/* __vdso_sgx_enter_enclave(), NULL if there is none. */
	enclave_enter_fn *(*entry)(struct sgx_calls *c);

	/* Handler for @sig with SA_SIGINFO and all signals masked. */
	int (*sigaction)(struct sgx_calls *c, int sig, sgx_signal_fn *handler);
	int (*tgkill)(struct sgx_calls *c, int tid, int sig);

	/*
	 * Around a thread's time with the enclave of @fd, by that thread.  The
	 * kernel needs neither; a fake that executes the image itself does.
	 * Both leave the signal mask as it is.
	 */
	int (*thread_begin)(struct sgx_calls *c, int fd);
	void (*thread_end)(struct sgx_calls *c, int fd);

	void (*cpuid)(struct sgx_calls *c, uint32_t leaf, uint32_t subleaf,
	              struct cpuid_regs *ret_regs);
	uint64_t (*xcr0)(struct sgx_calls *c);
	/* arch_prctl(ARCH_REQ_XCOMP_PERM): may this process use @feature? */
	int (*permit)(struct sgx_calls *c, unsigned int feature);

	/* The platform is closed: give back what the table itself holds. */
	void (*release)(struct sgx_calls *c);
};

/* The host kernel's.  One per process, released by doing nothing. */
struct sgx_calls *sgx_linux_calls(void);

/*
 * sgx_open_with - a platform behind @calls.
 *
 * On success the platform owns @calls and releases it when it is closed; on
 * failure the caller still does.
 */
__must_check int sgx_open_with(struct sgx_calls *calls,
                               struct platform **ret_platform,
                               struct platform_error *err);

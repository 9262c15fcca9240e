/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx.h - the back end that drives SGX hardware by Linux's driver and vDSO.
 * Private to platform/sgx.
 *
 *	calls.h      what is asked of the host, as a table
 *	linux.c      the real host              vdso.c    symbol of the vDSO
 *	platform.c   open, capabilities         build.c   CREATE, ADD_PAGES, INIT
 *	map.c        ELRANGE in this process    page.c    the SGX2 calls
 *	thread.c     attach, detach             tick.c    ticks, by signal
 *	enter.S      the entry function         debug.c   EDBGRD, EDBGWR
 *
 * The enclave itself executes in __vdso_sgx_enter_enclave(), whose exceptions
 * the kernel fixes up; no handler of ours ever sees them.
 *
 * Locks: page_calls.  Building is single-threaded by contract and later calls only
 * read struct sgx_enclave; but the driver answers EBUSY, it does not wait, where
 * two SGX2 calls meet.
 */
#pragma once

#include <pthread.h>

#include "base/units.h"
#include "platform/sgx/calls.h"
#include "platform/sgx/layout.h"

#define SGX_DEVICE "/dev/sgx_enclave"
#define SGX_PROVISION_DEVICE "/dev/sgx_provision"

enum {
	/* Below: vm.mmap_min_addr, and where a null pointer should fault. */
	SGX_LOWEST = 0x10000,
	/* Pages per ADD_PAGES: bounds the wait for a signal and our buffer. */
	SGX_CHUNK_PAGES = 256,
	/* An interrupted or refused call is tried this often without progress. */
	SGX_RETRIES = 100,
	/* Ticks asked for until one that was sent counts as lost, */
	SGX_TICK_PATIENCE = 1 << 6,
	/* and when the next ones do: each waits eight times as long. */
	SGX_TICK_AGAIN = 1 << 6 | 1 << 9 | 1 << 12 | 1 << 15 | 1 << 18 |
	                 1 << 21 | 1 << 24 | 1 << 27 | 1 << 30,
};

struct sgx_platform {
	struct platform base;
	struct sgx_calls *calls;
	enclave_enter_fn *entry;
};

/* Pages that were added together, and what the host may map them with. */
struct sgx_run {
	uint64_t addr;
	uint64_t end;
	int prot;
};

struct sgx_enclave {
	struct enclave base;
	struct sgx_platform *platform;
	int fd;
	pthread_mutex_t page_calls; /* one at a time: the driver says EBUSY */
	uint64_t addr;              /* ELRANGE */
	uint64_t size;
	uint64_t start; /* of ELRANGE's part that can be mapped */
	bool is_debug;
	void *buffer;        /* SGX_CHUNK_PAGES; until init */
	struct sgx_run *run; /* in order of adding; until init */
	size_t n_runs;
	size_t max_runs;
};

struct sgx_thread {
	enclave_enter_fn *entry; /* enter.S reads these two */
	uint32_t missed;         /* a tick that met an EENTER not yet done */
	int tid;
	struct enclave_thread base;
	struct sgx_enclave *enclave;
	uint32_t asked; /* for ticks, since the last one was taken */
	uint64_t ticks;
	sigset_t old_mask;
};
_Static_assert(offsetof(struct sgx_thread, entry) == T_ENTRY, "T_ENTRY");
_Static_assert(offsetof(struct sgx_thread, missed) == T_MISSED, "T_MISSED");

/* The calling thread's, NULL if it is not attached. */
extern __thread struct sgx_thread *sgx_self
	__attribute__((tls_model("initial-exec")));

static inline struct sgx_enclave *sgx_enclave(struct enclave *e)
{
	return container_of(e, struct sgx_enclave, base);
}

static inline struct sgx_calls *sgx_calls(const struct sgx_enclave *e)
{
	return e->platform->calls;
}

extern const struct platform_ops sgx_ops;

/* ---- build.c */
int sgx_create(struct platform *p, const struct secs *secs,
               const struct enclave_pad *pads, size_t n_pads,
               struct enclave **ret_enclave, struct platform_error *err);
int sgx_add_pages(struct enclave *e, uint64_t offset, const void *src,
                  size_t npages, uint64_t secinfo, unsigned int flags,
                  struct platform_error *err);
int sgx_init(struct enclave *e, const struct sigstruct *sig,
             struct platform_error *err);
void sgx_destroy(struct enclave *e);

/* ---- map.c */
__must_check int sgx_map_reserve(struct sgx_enclave *e,
                                 struct platform_error *err);
/* Remember what [@addr, @end) was added with.  -ENOMEM. */
__must_check int sgx_map_note(struct sgx_enclave *e, uint64_t addr,
                              uint64_t end, uint64_t secinfo);
/* After init: the driver's pages in place of the reservation. */
__must_check int sgx_map_pages(struct sgx_enclave *e,
                               struct platform_error *err);

/* ---- page.c */
int sgx_restrict(struct enclave *e, uint64_t offset, uint64_t npages,
                 uint32_t rwx, struct enclave_progress *ret);
int sgx_modify(struct enclave *e, uint64_t offset, uint64_t npages,
               uint32_t page_type, struct enclave_progress *ret);
int sgx_remove(struct enclave *e, uint64_t offset, uint64_t npages,
               struct enclave_progress *ret);

/* ---- debug.c */
int sgx_debug_read(struct enclave *e, uint64_t addr, void *dst, size_t size);
int sgx_debug_write(struct enclave *e, uint64_t addr, const void *src,
                    size_t size);

/* ---- thread.c, tick.c */
int sgx_attach(struct enclave *e, struct enclave_thread **ret_thread,
               struct platform_error *err);
void sgx_detach(struct enclave_thread *t);
void sgx_interrupt(struct enclave_thread *t);
void sgx_counters(const struct enclave_thread *t,
                  struct enclave_counters *ret_counters);
void sgx_on_tick(int sig, siginfo_t *info, void *ucontext);
/* By enter.S before an ERESUME: the tick that could not be had earlier. */
void sgx_missed_tick(const struct sgx_enclave_run *run);

/* ---- enter.S */
enclave_enter_fn sgx_enter;

/* ---- vdso.c: the address of @name in the ELF image at @image, or NULL. */
void *vdso_symbol(const void *image, const char *name);

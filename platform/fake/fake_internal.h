/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_internal.h - the fake's files and enclaves.
 *
 *	fake.c     open, close, and the table     ioctl.c   building ioctls
 *	vdso.S     the vDSO function              sgx2.c    SGX2's ioctls
 *	map.c      mmap, mprotect, munmap       mmu.c     is the TCS mapped?
 */
#pragma once

#include <asm/sgx.h>

#include "base/units.h"
#include "platform/fake/fake.h"
#include "sgx/secs.h"

enum {
	FAKE_FILES = 64,
	/* Far from descriptors that exist, so that mixing them up shows. */
	FAKE_FD = 0x5000,
	FAKE_RESERVATIONS = 16,
};

enum fake_kind {
	FAKE_NONE,
	FAKE_ENCLAVE,
	FAKE_PROVISION,
	FAKE_MEMORY, /* /proc/self/mem */
};

/* One byte per page of ELRANGE. */
enum fake_vma {
	FAKE_VMA_PROT = 7, /* PROT_READ, _WRITE, _EXEC */
	FAKE_VMA_MAPPED = 8,
};

struct fake_file {
	enum fake_kind kind; /* FAKE_NONE: free */
	bool is_open;        /* false: only mappings keep it */
	bool is_initialized;
	bool may_provision;
	uint32_t is_busy;        /* an ioctl runs */
	struct enclave *enclave; /* from CREATE on */
	struct secs secs;
	uint8_t *vma;
	uint64_t n_mapped; /* pages */
};

struct fake_range {
	uint64_t addr;
	uint64_t end; /* 0: free */
};

struct fake {
	struct sgx_calls calls;
	struct platform *emu;
	bool is_sgx2;
	uint64_t permitted; /* XSAVE components */
	uint64_t ticks_sent;
	uint64_t strange; /* calls that make no sense */
	struct fake_trouble trouble;
	struct fake_file file[FAKE_FILES];
	struct fake_range reserved[FAKE_RESERVATIONS];
};

static inline struct fake *fake_of(struct sgx_calls *c)
{
	return container_of(c, struct fake, calls);
}

/* Whether this call is the one to fail. */
bool fake_fails(struct fake *f);
/* NULL if @fd is not an open one of @kind. */
struct fake_file *fake_file(struct fake *f, int fd, enum fake_kind kind);
/* Drop what neither a descriptor nor a mapping holds. */
void fake_file_put(struct fake *f, struct fake_file *file);
/* The enclave with @addr in its ELRANGE, or NULL. */
struct fake_file *fake_file_at(struct fake *f, uint64_t addr);
/* As copy_from_user(): -EFAULT. */
__must_check int fake_copy_in(void *dst, uint64_t src, size_t size);

/* ---- ioctl.c */
int fake_ioctl(struct sgx_calls *c, int fd, unsigned long request, void *arg);
/* Offset and length of a range in @file's enclave: -EINVAL. */
__must_check int fake_range_check(const struct fake_file *file, uint64_t offset,
                                  uint64_t length);

/* ---- sgx2.c */
int fake_restrict(struct fake *f, struct fake_file *file, void *arg);
int fake_modify(struct fake *f, struct fake_file *file, void *arg);
int fake_remove(struct fake *f, struct fake_file *file, void *arg);

/* ---- map.c */
int fake_mmap(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot,
              int flags, int fd);
int fake_mprotect(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot);
int fake_munmap(struct sgx_calls *c, uint64_t addr, uint64_t size);
/* Make way for ELRANGE, which emu reserves itself. */
void fake_unreserve(struct fake *f, uint64_t addr, uint64_t end);

/* ---- fake.c: have @e entered by the fake's vDSO function */
void fake_adopt(struct enclave *e);
/* The enclave this thread may enter. */
extern __thread struct fake_file *fake_attached;

/* ---- vdso.S, and what it asks of mmu.c */
enclave_enter_fn fake_vdso_enter;
extern const char fake_vdso_enclu[], fake_vdso_exception[];
bool fake_tcs_is_mapped(const struct sgx_enclave_run *run);

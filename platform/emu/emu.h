/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emu.h - the software SGX platform.  Private to platform/emu.
 *
 *	platform.c   open, capabilities       build.c   ECREATE, EADD, EINIT
 *	epcm.c       page table               page.c    EAUG, EMODPR, EMODT, EREMOVE
 *	tcs.c        TCS pages                pads.c    rewriting ENCLU
 *	enter.S      the entry function       entry.c   EENTER, ERESUME, EEXIT
 *	commit.S     loading registers        leaf.c    ENCLU inside, dispatch
 *	signal.c     what a signal means      accept.c  EACCEPT, EACCEPTCOPY, EMODPE
 *	aex.c        SSA and synthetic state  keys.c    EREPORT, EGETKEY
 *	chain.c      handlers of the host     debug.c   EDBGRD, EDBGWR
 *	thread.c     slots, attach            illegal.c instructions that are #UD
 *	recorder.c   measuring                quick.c   EACCEPT and EMODPE in a hurry
 *
 * Locks: enclave->lock is the only one below a signal handler; whoever holds
 * it touches no enclave memory, so that the fault handler may take it.
 */
#pragma once

#include <pthread.h>

#include "platform/backend.h"
#include "platform/emu/block.h"
#include "platform/emu/epcm.h"
#include "platform/emu/recorder.h"
#include "sgx/keydep.h"
#include "sgx/secs.h"
#include "sgx/tcs.h"
#include "sgx/xsave.h"

enum {
	EMU_SECRET_SIZE = 32,
	EMU_TCS_BUCKETS = 64,
	/* Nothing is mapped below: where Linux lets nobody map either. */
	EMU_LOWEST = 0x10000,
	/* Linux's huge page; anonymous memory this large is worth one. */
	EMU_HUGE_SIZE = 2 << 20,
};

struct emu_platform {
	struct platform base;
	struct platform_options opt;
	char secret_path[512];
	uint8_t lepubkeyhash[SGX_HASH_SIZE]; /* if opt.lepubkeyhash */
	struct xsave_table xsave;
	uint32_t mxcsr_mask;
	bool has_xinuse; /* XGETBV with ECX = 1 tells what is not INIT */
	pthread_mutex_t lock;
	uint64_t epc_free; /* pages; under lock */
	uint8_t secret[EMU_SECRET_SIZE];
	uint8_t keyid[SGX_KEYID_SIZE]; /* CR_REPORT_KEYID, new at each open */
};

/*
 * A TCS.  Its page is unreadable for the enclave and lives here instead.  Made
 * by EADD or by EACCEPT of a page turned into a TCS; never freed before the
 * enclave is, because an entering thread may hold a pointer.
 */
struct emu_tcs {
	uint32_t state; /* SGX_TCS_FREE or BUSY, by compare and swap */
	uint32_t cssa;  /* fields below: of the thread that is inside */
	uint32_t nssa;
	uint64_t addr;
	uint64_t flags;
	uint64_t ossa;
	uint64_t oentry;
	uint64_t aep;
	uint64_t ofsbase;
	uint64_t ogsbase;
	struct emu_tcs *next;
	uint64_t *exit_page; /* pads.c; NULL if it has none */
};
static_assert(offsetof(struct emu_tcs, state) == T_STATE, "T_STATE");

/*
 * An entry function built around one ENCLU, as the host kernel's vDSO is, used
 * in place of emu_enter: platform/fake plays the kernel's part with it.
 */
struct emu_vdso {
	uint64_t enclu;     /* EENTER's site and the AEP in one */
	uint64_t exception; /* RDI, RSI, RDX: vector, error code, page */
	/* A tick, outside or after its AEX; may enter the enclave. */
	void (*on_tick)(int sig, siginfo_t *info, void *ucontext);
};

struct emu_enclave {
	struct enclave base;
	struct emu_platform *platform;
	const struct emu_vdso *vdso; /* NULL: entered by emu_enter */
	struct secs secs;       /* MRENCLAVE, MRSIGNER, ISV* from EINIT on */
	struct key_identity id; /* from EINIT on */
	uint32_t xsave_bytes;   /* of XFRM */
	struct epcm epcm;
	struct recorder recorder;
	uint32_t initialized;
	uint32_t attached; /* threads; under lock */
	pthread_mutex_t lock;
	uint64_t epc_used; /* pages, the SECS included; under lock */
	struct emu_tcs *tcs[EMU_TCS_BUCKETS]; /* added to under lock */
	struct enclave_pad *pads;
	size_t n_pads;
	uint8_t *thunks; /* one per pad, see pads.c */
};

static inline struct emu_enclave *emu_enclave(struct enclave *e)
{
	return container_of(e, struct emu_enclave, base);
}

static inline bool emu_is_sgx2(const struct emu_enclave *e)
{
	return e->platform->base.caps.sgx2;
}

static inline bool emu_is_initialized(const struct emu_enclave *e)
{
	return __atomic_load_n(&e->initialized, __ATOMIC_ACQUIRE);
}

static inline bool emu_is_debug(const struct emu_enclave *e)
{
	return e->secs.attributes.flags & SGX_ATTR_DEBUG;
}

static inline bool emu_is_canonical(uint64_t addr)
{
	return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}

/* ELRANGE's bytes as memory of this process. */
static inline void *emu_memory(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

extern const struct platform_ops emu_ops;

/* ---- platform.c */
/* Take or give back @npages of EPC.  -ENOMEM. */
__must_check int emu_epc_take(struct emu_platform *p, uint64_t npages);
void emu_epc_give(struct emu_platform *p, uint64_t npages);

/* ---- build.c */
int emu_create(struct platform *p, const struct secs *secs,
               const struct enclave_pad *pads, size_t n_pads,
               struct enclave **ret_enclave, struct platform_error *err);
int emu_add_pages(struct enclave *e, uint64_t offset, const void *src,
                  size_t npages, uint64_t secinfo, unsigned int flags,
                  struct platform_error *err);
void emu_destroy(struct enclave *e);

/* ---- init.c */
int emu_init(struct enclave *e, const struct sigstruct *sig,
             struct platform_error *err);

/* ---- page.c */
int emu_restrict(struct enclave *e, uint64_t offset, uint64_t npages,
                 uint32_t rwx, struct enclave_progress *ret);
int emu_modify(struct enclave *e, uint64_t offset, uint64_t npages,
               uint32_t page_type, struct enclave_progress *ret);
int emu_remove(struct enclave *e, uint64_t offset, uint64_t npages,
               struct enclave_progress *ret);
void emu_expect(struct enclave *e, uint64_t offset, uint64_t size);
/* Make host protection follow the EPCM around @addr. */
void emu_page_sync(struct emu_enclave *e, uint64_t addr);
/* EAUG at @addr if the platform can; the entry there now.  Takes the lock. */
unsigned int emu_page_augment(struct emu_enclave *e, uint64_t addr);

/* ---- debug.c */
int emu_debug_read(struct enclave *e, uint64_t addr, void *dst, size_t size);
int emu_debug_write(struct enclave *e, uint64_t addr, const void *src,
                    size_t size);

/* ---- tcs.c */
/* The lock is held, or the enclave is being built.  -ENOMEM. */
__must_check int emu_tcs_add(struct emu_enclave *e, uint64_t addr,
                             const struct tcs *tcs);
void emu_tcs_free_all(struct emu_enclave *e);

/* ---- pads.c */
__must_check int emu_pads_check(const struct secs *secs,
                                const struct enclave_pad *pads, size_t n_pads);
__must_check int emu_pads_install(struct emu_enclave *e);
void emu_pads_fini(struct emu_enclave *e);
/* The pad whose thunk or ENCLU lies at @rip; n_pads if there is none. */
size_t emu_pad_of_thunk(const struct emu_enclave *e, uint64_t rip);
void emu_exit_page_map(struct emu_enclave *e, struct emu_tcs *tcs);

/* ---- entry.c, tcs.c: compiled without vector registers */
void emu_burn(uint32_t cycles);
struct emu_tcs *emu_tcs_find(const struct emu_enclave *e, uint64_t addr);
enum emu_verdict emu_enclu_outside(struct emu_block *b);
enum emu_verdict emu_resume_pending(struct emu_block *b);
void emu_resume_failed(struct emu_block *b);
enum emu_verdict emu_decssa(struct emu_block *b);
enum emu_verdict emu_eexit(struct emu_block *b);

/* ---- leaf.c */
enum emu_verdict emu_leaf(struct emu_block *b);
enum emu_verdict emu_leaf_inside(struct emu_block *b);
/*
 * The operand at @addr: @size bytes, @align-aligned and within ELRANGE (else
 * #GP), on a settled REG page with @rwx (else #PF).  False: b->fault is set.
 */
bool emu_operand_ok(struct emu_block *b, uint64_t addr, size_t size,
                    size_t align, unsigned int rwx);

/* ---- quick.c: compiled without vector registers */
/* RAX = @code, ZF accordingly, CF PF AF OF SF cleared; past the ENCLU. */
enum emu_verdict emu_leaf_done(struct emu_block *b, enum sgx_error code);
/* The leaf of a thunk, done: EMU_COMMIT_FLAGS.  False: ask emu_leaf_inside(). */
bool emu_leaf_quick(struct emu_block *b);

/* ---- accept.c */
enum emu_verdict emu_eaccept(struct emu_block *b);
enum emu_verdict emu_eacceptcopy(struct emu_block *b);
enum emu_verdict emu_emodpe(struct emu_block *b);

/* ---- keys.c, secret.c */
enum emu_verdict emu_ereport(struct emu_block *b);
enum emu_verdict emu_egetkey(struct emu_block *b);
__must_check int emu_secret_load(struct emu_platform *p);

/* ---- thread.c */
int emu_attach(struct enclave *e, struct enclave_thread **ret_thread,
               struct platform_error *err);
void emu_detach(struct enclave_thread *t);
void emu_interrupt(struct enclave_thread *t);
void emu_counters(const struct enclave_thread *t,
                  struct enclave_counters *ret_counters);

/* ---- enter.S, commit.S */
enclave_enter_fn emu_enter;
extern const char emu_aep[], emu_exception[], emu_next[], emu_tick_next[];
extern const char emu_xrstor[], emu_xrstor_fault[], emu_abort_fetch[];
extern const char emu_resume_checked[], emu_resume_checked_end[];
extern const char emu_exit_fast[], emu_leaf_entry[];
extern const char emu_raw_enclu[], emu_raw_fault[], emu_raw_tick[];
extern const char emu_commit_code[], emu_commit_code_end[];
extern const char emu_commit_fault[]; /* the ud2 in the template */
void emu_signal_entry(int sig, siginfo_t *info, void *ucontext);
/* sigaltstack(2) from a thread that is on the stack it replaces. */
int emu_sigaltstack(const stack_t *stack);

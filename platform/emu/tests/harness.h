/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.h - building and poking the test enclave through platform.h.
 *
 * A vector is a function that gets a fresh enclave and returns; CHECK() counts
 * failures.  Registers are seen on three sides: what raw_enclu() was given and
 * got back, what the enclave stored at its entry, what an SSA frame holds.
 */
#pragma once

#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/emu/tests/layout.h"
#include "platform/platform.h"
#include "sgx/arch.h"

struct snapshot {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, rip;
	uint32_t mxcsr;
	uint16_t fcw;
	uint16_t unused;
	uint64_t fsbase, gsbase;
	uint64_t unused2; /* vector registers: aligned, as #AC wants them */
	uint64_t xmm0[2], xmm15[2];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct snapshot) == S_SIZE, "S_SIZE");
_Static_assert(offsetof(struct snapshot, xmm15) == S_XMM15, "S_XMM15");

/* raw.S */
void raw_enclu(const struct snapshot *in, struct snapshot *out);
int fixed_enclave_call(const struct enclave *e, struct enclave_regs *regs,
                       unsigned int function, struct sgx_enclave_run *run);
extern const char raw_site[], raw_after[], raw_aep[], raw_stop[];

/* enclave.S */
extern const char te_begin[], te_end[], te_entry[], te_ud2[], te_int3[];
extern const char te_load[], te_store[], te_enclu[], te_pad_exit[];
extern const char te_pad_exit_gs[], te_pad_accept[], te_pad_report[];
extern const char te_div[], te_syscall[], te_int80[], te_rdtsc[], te_spin[];
extern const char te_exit_slow[], te_jump_back[], te_hlt[];
extern const char te_entry_null[], te_pad_null[], te_bytes[];

#define TE_ADDR(label) ((uint64_t)(TE_CODE + ((label)-te_begin)))

/* How the enclave of a vector differs from the ordinary one. */
struct te_params {
	enum platform_isa isa; /* of a vector: where it holds; BEST: both */
	uint64_t epc_size;
	const uint8_t *lepubkeyhash;
	bool launches_own;     /* lepubkeyhash is that of the key used here */
	uint64_t attributes;   /* besides MODE64BIT and DEBUG */
	uint32_t ssaframesize; /* 0: 4 */
	bool no_exinfo;
	bool no_mode64;
	bool is_stepped; /* single steps up to the ENCLU are nothing new */
	struct platform_model model;
	bool no_pads;
	bool no_init;
	bool no_debug;
	bool plain_xfrm; /* x87 and SSE only */
	void (*edit_tcs)(struct tcs *tcs);
	void (*edit_sig)(struct sigstruct *sig);        /* before signing */
	void (*edit_signed_sig)(struct sigstruct *sig); /* after */
};

/* A signal that reached the process's own handler. */
struct seen {
	int sig;
	uint64_t rip, trapno, error, addr;
	struct snapshot regs;
	uint16_t fsw;
	uint64_t xstate_bv;
};

struct te {
	struct te_params params;
	struct platform *platform;
	struct enclave *e;
	struct enclave_thread *thread;
	struct platform_error err;
	int init_result;
	struct seen seen;
	pthread_t host; /* who is inside, where another has to know */
	void (*in_handler)(struct te *te); /* what the handler does first */
	struct sgx_enclave_run run;
	struct enclave_regs regs;
};

extern int te_failures;
extern const char *te_current;
extern enum platform_kind te_platform; /* what te_start() opens */

#define CHECK(cond) te_check((cond), #cond, __LINE__)
#define CHECK_EQ(a, b) te_check_eq((uint64_t)(a), (uint64_t)(b), #a, __LINE__)
void te_check(bool ok, const char *text, int line);
void te_check_eq(uint64_t got, uint64_t want, const char *text, int line);

void te_setup_signals(void);
bool te_start(struct te *te, const struct te_params *params);
void te_stop(struct te *te);

/* #PF, which SGX1 has not for what the EPCM refuses. */
static inline unsigned int te_epcm_vector(const struct te *te)
{
	return te->params.isa == PLATFORM_ISA_SGX1 ? 13 : 14;
}

/* EXITINFO, which without EXINFO says nothing of #GP and #PF. */
static inline uint32_t te_exitinfo(const struct te *te, uint32_t value)
{
	return te->params.isa == PLATFORM_ISA_SGX1 ? 0 : value;
}

/* The key that signs, what EINIT makes of it, and the first SIGSTRUCT. */
EVP_PKEY *te_signing_key(void);
void te_mrsigner(const struct sigstruct *sig, uint8_t ret_hash[32]);
extern struct sigstruct te_sig;

/* The SECS of the ordinary enclave. */
void te_fill_secs(const struct te *te, struct secs *secs);

/* EENTER or ERESUME by raw_enclu() with patterns in the registers. */
struct snapshot te_raw_in(uint64_t leaf, uint64_t routine);
/* 0: came back; else the signal number, te->seen is filled. */
int te_raw(struct te *te, const struct snapshot *in, struct snapshot *out);

/* By enclave_call(): routine with two arguments; te->regs and te->run after. */
int te_call(struct te *te, unsigned int function, uint64_t routine,
            uint64_t rsi, uint64_t rdx);

/* A leaf from inside: RAX of it, *@ret_flags RFLAGS (may be NULL). */
uint64_t te_leaf(struct te *te, unsigned int leaf, uint64_t rbx, uint64_t rcx,
                 uint64_t rdx, uint64_t *ret_flags);

/* Another thread spins inside the first TCS until it is told to go. */
struct te_spinner {
	struct te *te;
	struct enclave_regs regs;
	struct sgx_enclave_run run;
	pthread_t thread;
	int result;
};

void te_occupy(struct te *te, struct te_spinner *s);
void te_vacate(struct te *te, struct te_spinner *s);

void te_read(struct te *te, uint64_t addr, void *dst, size_t size);
void te_write(struct te *te, uint64_t addr, const void *src, size_t size);
uint64_t te_read64(struct te *te, uint64_t addr);
void te_write64(struct te *te, uint64_t addr, uint64_t value);

struct snapshot te_entry_snapshot(struct te *te, unsigned int cssa);
struct snapshot te_after(struct te *te);
struct gprsgx te_gprs(struct te *te, unsigned int frame);
struct exinfo te_exinfo(struct te *te, unsigned int frame);

#define TE_TCS1 (TE_TCS0 + TE_THREAD_STRIDE) /* in and out, nothing else */
#define TE_FRAME(i) (TE_SSA0 + (i)*0x4000u)
#define TE_GPRS(i) (TE_FRAME(i) + 0x4000u - 184u)

struct vector {
	const char *id;
	const char *sdm; /* paragraph of SDM Vol. 3D, December 2023 */
	const char *title;
	void (*run)(struct te *te);
	struct te_params params;
};

extern const struct vector entry_vectors[], exit_vectors[];
extern const struct vector aex_vectors[], cause_vectors[];
extern const struct vector resume_vectors[], tick_vectors[];
extern const struct vector page_vectors[], accept_vectors[], tcs_vectors[];
extern const struct vector init_vectors[], build_vectors[], key_vectors[];

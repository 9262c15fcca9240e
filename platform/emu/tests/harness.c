/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.c - see harness.h.
 */
#include "platform/emu/tests/harness.h"

#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "platform/rsa/rsa3072.h"
#include "sgx/measure.h"

int te_failures;
const char *te_current;
enum platform_kind te_platform = PLATFORM_EMU;

static struct te *volatile live; /* whose handler is to run */
static volatile bool in_raw;
static struct snapshot *volatile raw_out;

void te_check(bool ok, const char *text, int line)
{
	if (ok)
		return;
	te_failures++;
	printf("  %s: line %d: %s\n", te_current, line, text);
}

void te_check_eq(uint64_t got, uint64_t want, const char *text, int line)
{
	if (got == want)
		return;
	te_failures++;
	printf("  %s: line %d: %s is %#lx, not %#lx\n", te_current, line, text,
	       (unsigned long)got, (unsigned long)want);
}

/* ---- signals ----------------------------------------------------------- */

static void keep_frame(struct seen *seen, int sig, const ucontext_t *uc)
{
	const greg_t *g = uc->uc_mcontext.gregs;
	const struct xsave_area *x = (const void *)uc->uc_mcontext.fpregs;

	*seen = (struct seen){
		.sig = sig,
		.rip = (uint64_t)g[REG_RIP],
		.trapno = (uint64_t)g[REG_TRAPNO],
		.error = (uint64_t)g[REG_ERR],
		.addr = (uint64_t)g[REG_CR2],
		.fsw = x->legacy.fsw,
		.xstate_bv = x->header.xstate_bv,
	};
	seen->regs = (struct snapshot){
		.rax = (uint64_t)g[REG_RAX],
		.rcx = (uint64_t)g[REG_RCX],
		.rdx = (uint64_t)g[REG_RDX],
		.rbx = (uint64_t)g[REG_RBX],
		.rsp = (uint64_t)g[REG_RSP],
		.rbp = (uint64_t)g[REG_RBP],
		.rsi = (uint64_t)g[REG_RSI],
		.rdi = (uint64_t)g[REG_RDI],
		.r8 = (uint64_t)g[REG_R8],
		.r9 = (uint64_t)g[REG_R9],
		.r10 = (uint64_t)g[REG_R10],
		.r11 = (uint64_t)g[REG_R11],
		.r12 = (uint64_t)g[REG_R12],
		.r13 = (uint64_t)g[REG_R13],
		.r14 = (uint64_t)g[REG_R14],
		.r15 = (uint64_t)g[REG_R15],
		.rflags = (uint64_t)g[REG_EFL],
		.rip = (uint64_t)g[REG_RIP],
		.mxcsr = x->legacy.mxcsr,
		.fcw = x->legacy.fcw,
	};
	memcpy(seen->regs.xmm0, x->legacy.xmm[0], 16);
	memcpy(seen->regs.xmm15, x->legacy.xmm[15], 16);
}

static void on_signal(int sig, siginfo_t *info, void *arg)
{
	ucontext_t *uc = arg;
	const greg_t *g = uc->uc_mcontext.gregs;

	(void)info;
	if (live && !in_raw && live->in_handler) {
		keep_frame(&live->seen, sig, uc);
		live->in_handler(live);
		return;
	}
	if (!live || !in_raw) {
		dprintf(2, "%s: signal %d, RIP %#llx, trap %lld, CR2 %#llx\n",
		        te_current, sig, g[REG_RIP], g[REG_TRAPNO], g[REG_CR2]);
		_exit(99);
	}
	if (live->params.is_stepped && g[REG_TRAPNO] == 1 &&
	    (uint64_t)g[REG_RIP] - (uintptr_t)raw_enclu <=
	            (uintptr_t)raw_site - (uintptr_t)raw_enclu)
		return;
	keep_frame(&live->seen, sig, uc);
	if (live->in_handler)
		live->in_handler(live);
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)raw_stop;
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x40500;
}

void te_setup_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS,  SIGILL,
		                       SIGFPE,  SIGTRAP, SIGSYS };
	struct sigaction action = { .sa_sigaction = on_signal,
		                    .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* ---- building ---------------------------------------------------------- */

EVP_PKEY *te_signing_key(void)
{
	static EVP_PKEY *key;

	if (!key)
		key = rsa3072_generate();
	return key;
}

static uint64_t attributes_of(const struct te *te)
{
	return te->params.attributes |
	       (te->params.no_mode64 ? 0 : SGX_ATTR_MODE64BIT);
}

void te_fill_secs(const struct te *te, struct secs *secs)
{
	const struct platform_caps *caps = platform_caps(te->platform);

	*secs = (struct secs){
		.size = TE_SIZE,
		.ssaframesize = te->params.ssaframesize ?: 4,
		.miscselect = te->params.no_exinfo ? 0 : caps->miscselect,
		.attributes.flags = attributes_of(te),
		.attributes.xfrm = caps->xfrm,
	};
	if (!te->params.no_debug)
		secs->attributes.flags |= SGX_ATTR_DEBUG;
	if (te->params.plain_xfrm)
		secs->attributes.xfrm = SGX_XFRM_LEGACY;
}

struct sigstruct te_sig __attribute__((aligned(4096)));

void te_mrsigner(const struct sigstruct *sig, uint8_t ret_hash[32])
{
	EVP_Digest(sig->modulus, sizeof(sig->modulus), ret_hash, NULL,
	           EVP_sha256(), NULL);
}

/* SHA-256 of the modulus, from a SIGSTRUCT signed for nothing else. */
static const uint8_t *own_hash(void)
{
	static struct sigstruct sig;
	static uint8_t hash[32];

	if (rsa3072_sign_sigstruct(te_signing_key(), &sig) < 0)
		return NULL;
	te_mrsigner(&sig, hash);
	return hash;
}

/* EADD, and the same into the measurement the signer makes. */
static bool add(struct te *te, struct measure *m, uint64_t offset,
                const void *src, size_t npages, uint64_t flags, bool measured)
{
	static const uint8_t zeros[4096];
	struct secinfo secinfo = { .flags = flags };

	for (size_t i = 0; i < npages; i++) {
		const uint8_t *page =
			src ? (const uint8_t *)src + i * 4096 : zeros;

		if (measured)
			measure_page(m, offset + i * 4096, &secinfo, page);
		else
			measure_eadd(m, offset + i * 4096, &secinfo);
	}
	return enclave_add_pages(te->e, offset, src, npages, flags,
	                         measured ? ENCLAVE_MEASURE : 0, &te->err) == 0;
}

#define RW (SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W)

static bool add_thread(struct te *te, struct measure *m, unsigned int n)
{
	static struct tcs tcs __attribute__((aligned(4096)));
	uint64_t at = n * TE_THREAD_STRIDE;

	tcs = (struct tcs){
		.ossa = TE_SSA0 + at,
		.nssa = 3,
		.oentry = n == 0 ? TE_ADDR(te_entry) : TE_ADDR(te_entry_null),
		.ofsbase = TE_BLOCK0 + at,
		.ogsbase = TE_BLOCK0 + at,
	};
	if (n == 0 && te->params.edit_tcs)
		te->params.edit_tcs(&tcs);
	return add(te, m, TE_TCS0 + at, &tcs, 1, SGX_SECINFO_TCS, true) &&
	       add(te, m, TE_SSA0 + at, NULL, 12, RW, true) &&
	       add(te, m, TE_BLOCK0 + at, NULL, 2, RW, true) &&
	       add(te, m, TE_STACK0 + at, NULL, 2, RW, true);
}

static bool add_everything(struct te *te, struct measure *m)
{
	static uint8_t code[8192] __attribute__((aligned(4096)));

	memcpy(code, te_begin, (size_t)(te_end - te_begin));
	return add(te, m, TE_CODE, code, 2,
	           SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_X, true) &&
	       add(te, m, TE_DATA, NULL, 4, RW, true) && add_thread(te, m, 0) &&
	       add_thread(te, m, 1) && add(te, m, TE_RW, NULL, 64, RW, false) &&
	       add(te, m, TE_RO, NULL, 1, SGX_SECINFO_REG | SGX_SECINFO_R,
	           false);
}

static bool initialize(struct te *te, struct measure *m)
{
	struct sigstruct_params p = {
		.date = 0x20261122,
		.attributes.flags = attributes_of(te),
		.attributemask.flags = ~(uint64_t)SGX_ATTR_DEBUG,
		.isvprodid = 7,
		.isvsvn = 3,
	};

	if (measure_finish(m, p.enclavehash) < 0 ||
	    sigstruct_fill(&te_sig, &p) < 0)
		return false;
	if (te->params.edit_sig)
		te->params.edit_sig(&te_sig);
	if (rsa3072_sign_sigstruct(te_signing_key(), &te_sig) < 0)
		return false;
	if (te->params.edit_signed_sig)
		te->params.edit_signed_sig(&te_sig);
	te->init_result = enclave_init(te->e, &te_sig, &te->err);
	return true;
}

static const struct {
	const char *label;
	uint32_t leaf;
} pad_labels[] = {
	{ te_pad_exit, ENCLU_EEXIT },     { te_pad_exit_gs, ENCLU_EEXIT },
	{ te_pad_accept, ENCLU_EACCEPT }, { te_pad_report, ENCLU_EREPORT },
	{ te_pad_null, ENCLU_EEXIT },
};

#define N_PADS (sizeof(pad_labels) / sizeof(pad_labels[0]))

static bool create(struct te *te)
{
	struct enclave_pad pads[N_PADS];
	struct secs secs;

	for (size_t i = 0; i < N_PADS; i++)
		pads[i] = (struct enclave_pad){ TE_ADDR(pad_labels[i].label),
			                        pad_labels[i].leaf, 14 };
	te_fill_secs(te, &secs);
	return enclave_create(te->platform, &secs, pads,
	                      te->params.no_pads ? 0 : N_PADS, &te->e,
	                      &te->err) == 0;
}

bool te_start(struct te *te, const struct te_params *params)
{
	struct platform_options opt = {
		.kind = te_platform,
		.isa = params->isa,
		.epc_size = params->epc_size,
		.lepubkeyhash = params->launches_own ? own_hash()
		                                     : params->lepubkeyhash,
		.model = params->model,
		.secret_path = getenv("EMU_TEST_SECRET"),
	};
	struct measure m;
	struct secs secs;

	*te = (struct te){ .params = *params };
	live = te;
	if (platform_open(&opt, &te->platform, &te->err) < 0 || !create(te))
		return false;
	te_fill_secs(te, &secs);
	measure_init(&m, &secs, NULL);
	if (!add_everything(te, &m))
		return false;
	if (!params->no_init && !initialize(te, &m))
		return false;
	enclave_run_init(&te->run, TE_TCS0, &te->regs);
	return enclave_attach(te->e, &te->thread, &te->err) == 0;
}

void te_stop(struct te *te)
{
	if (te->thread)
		enclave_detach(te->thread);
	enclave_destroy(te->e);
	platform_close(te->platform);
	live = NULL;
}

/* ---- entering ---------------------------------------------------------- */

struct snapshot te_raw_in(uint64_t leaf, uint64_t routine)
{
	return (struct snapshot){
		.rax = leaf,
		.rbx = TE_TCS0,
		.rcx = (uintptr_t)raw_aep,
		.rdx = PATTERN * 3,
		.rbp = PATTERN * 6,
		.rsi = PATTERN * 7,
		.rdi = routine,
		.r8 = PATTERN * 9,
		.r9 = PATTERN * 10,
		.r10 = PATTERN * 11,
		.r11 = PATTERN * 12,
		.r12 = PATTERN * 13,
		.r13 = PATTERN * 14,
		.r14 = PATTERN * 15,
		.r15 = PATTERN * 16,
		.rflags = 0x202,
		.mxcsr = 0x1f80,
		.fcw = 0x37f,
	};
}

int te_raw(struct te *te, const struct snapshot *in, struct snapshot *out)
{
	memset(out, 0, sizeof(*out));
	te->seen.sig = 0;
	raw_out = out;
	in_raw = true;
	raw_enclu(in, out);
	in_raw = false;
	return te->seen.sig;
}

int te_call(struct te *te, unsigned int function, uint64_t routine,
            uint64_t rsi, uint64_t rdx)
{
	te->regs =
		(struct enclave_regs){ .rdi = routine, .rsi = rsi, .rdx = rdx };
	/* What the call before it reported is not to be taken for this one's. */
	te->run.function = 0;
	te->run.exception_vector = 0;
	te->run.exception_error_code = 0;
	te->run.exception_addr = 0;
	return fixed_enclave_call(te->e, &te->regs, function, &te->run);
}

uint64_t te_leaf(struct te *te, unsigned int leaf, uint64_t rbx, uint64_t rcx,
                 uint64_t rdx, uint64_t *ret_flags)
{
	uint64_t args[3] = { rbx, rcx, rdx };

	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ENCLU, leaf, 0), 0);
	if (ret_flags)
		*ret_flags = te->regs.r8;
	return te->regs.rdx;
}

static void *spin(void *arg)
{
	struct te_spinner *s = arg;
	struct enclave_thread *t;

	s->result = enclave_attach(s->te->e, &t, NULL);
	if (s->result < 0)
		return NULL;
	s->regs.rdi = R_SPIN;
	enclave_run_init(&s->run, TE_TCS0, &s->regs);
	s->result = enclave_call(s->te->e, &s->regs, ENCLU_EENTER, &s->run);
	enclave_detach(t);
	return NULL;
}

void te_occupy(struct te *te, struct te_spinner *s)
{
	struct tcs tcs = { 0 };

	*s = (struct te_spinner){ .te = te };
	pthread_create(&s->thread, NULL, spin, s);
	while (tcs.state != SGX_TCS_BUSY)
		te_read(te, TE_TCS0, &tcs, 64);
}

void te_vacate(struct te *te, struct te_spinner *s)
{
	te_write64(te, TE_BLOCK0 + BLOCK_GO, 1);
	pthread_join(s->thread, NULL);
	CHECK_EQ(s->result, 0);
	CHECK_EQ(s->run.function, ENCLU_EEXIT);
}

/* ---- memory ------------------------------------------------------------ */

void te_read(struct te *te, uint64_t addr, void *dst, size_t size)
{
	CHECK_EQ(enclave_debug_read(te->e, addr, dst, size), 0);
}

void te_write(struct te *te, uint64_t addr, const void *src, size_t size)
{
	CHECK_EQ(enclave_debug_write(te->e, addr, src, size), 0);
}

uint64_t te_read64(struct te *te, uint64_t addr)
{
	uint64_t value = 0;

	te_read(te, addr, &value, sizeof(value));
	return value;
}

void te_write64(struct te *te, uint64_t addr, uint64_t value)
{
	te_write(te, addr, &value, sizeof(value));
}

struct snapshot te_entry_snapshot(struct te *te, unsigned int cssa)
{
	struct snapshot s = { 0 };

	te_read(te, TE_BLOCK0 + BLOCK_ENTRY + 0x400 * cssa, &s, sizeof(s));
	return s;
}

struct snapshot te_after(struct te *te)
{
	struct snapshot s = { 0 };

	te_read(te, TE_BLOCK0 + BLOCK_AFTER, &s, sizeof(s));
	return s;
}

struct gprsgx te_gprs(struct te *te, unsigned int frame)
{
	struct gprsgx g = { 0 };

	te_read(te, TE_GPRS(frame), &g, sizeof(g));
	return g;
}

struct exinfo te_exinfo(struct te *te, unsigned int frame)
{
	struct exinfo x = { 0 };

	te_read(te, TE_GPRS(frame) - sizeof(x), &x, sizeof(x));
	return x;
}

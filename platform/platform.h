/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.h - how a host program owns and runs an SGX enclave.
 *
 * Two back ends stand behind this interface: `sgx`, Linux's driver and its
 * vDSO, and `emu`, the SGX architecture in software.  They run the same image
 * with the same measurement; a caller asks for capabilities, never which one
 * it has got, except to tell the user that `emu` protects nothing.
 *
 * Life of an enclave:
 *
 *	struct platform_options opt = { .kind = PLATFORM_AUTO };
 *
 *	platform_open(&opt, &p, &err);
 *	enclave_create(p, &secs, pads, n_pads, &e, &err);     ECREATE
 *	enclave_add_pages(e, offset, src, npages, secinfo,    EADD, EEXTEND
 *	                  ENCLAVE_MEASURE, &err);             ... repeated
 *	enclave_init(e, &sigstruct, &err);                    EINIT
 *
 *	enclave_attach(e, &t, &err);       in each thread that will enter
 *	enclave_run_init(&run, tcs, &regs);
 *	enclave_call(e, &regs, 2, &run);                      EENTER
 *	enclave_detach(t);                 in the same thread
 *
 *	enclave_destroy(e);                when no thread is attached
 *	platform_close(p);
 *
 * Threads: building (create to init) and destroying need no other thread to be
 * in a call on the same enclave.  After init, enclave_restrict(), _modify(),
 * _remove(), _debug_read() and _debug_write() may be called from any thread,
 * attached or not, also while others execute inside.  Nothing here may be
 * called from a signal handler except enclave_interrupt() and, on an attached
 * thread, the entry function under the conditions below.
 *
 * Signals: opening a platform installs handlers for SIGSEGV, SIGBUS, SIGILL,
 * SIGFPE, SIGTRAP and SIGSYS and for PLATFORM_TICK_SIGNAL.  What is not an
 * enclave's is passed on to the handler that was there before.  An attached
 * thread has every other signal blocked: take those in a thread that does not
 * enter.  Opening a second platform is possible; handlers are shared.
 *
 * Errors: 0 or a negative errno; where an error object is taken (may be NULL)
 * it receives one sentence for a human.  The library prints nothing.
 */
#pragma once

#include <asm/sgx.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sgx/secs.h"
#include "sgx/sigstruct.h"

/* The signal behind enclave_interrupt(); a program leaves it alone. */
#define PLATFORM_TICK_SIGNAL (SIGRTMAX - 1)

/*
 * What went wrong, as a sentence without a final stop, and the code that the
 * ENCLS leaf returned (enum sgx_error), 0 if it was not a leaf that refused.
 */
struct platform_error {
	uint32_t code;
	char text[512];
};

/* ---- the platform ------------------------------------------------------ */

enum platform_kind {
	PLATFORM_AUTO, /* sgx where it works, else emu if allow_emu */
	PLATFORM_EMU,
	PLATFORM_SGX,
	/* For tests: sgx's code on a checking fake of driver and vDSO. */
	PLATFORM_SGX_FAKE,
};

enum platform_isa {
	PLATFORM_ISA_BEST,
	/* Hides SGX2's leaves, EXINFO and RDTSC; an EPCM refusal is #GP. */
	PLATFORM_ISA_SGX1,
	PLATFORM_ISA_SGX2,
};

/*
 * What the modelled hardware costs, in TSC cycles that emu burns at each event;
 * all zero: nothing.  Figures measured so are to be labelled "modelled".
 */
struct platform_model {
	uint32_t eenter; /* EENTER and ERESUME */
	uint32_t eexit;
	uint32_t aex;
};

#define PLATFORM_MODEL_EENTER 8000
#define PLATFORM_MODEL_EEXIT 8000
#define PLATFORM_MODEL_AEX 10000

struct platform_options {
	enum platform_kind kind;
	enum platform_isa isa; /* emu and the fake driver; sgx: what is there */
	bool allow_emu;        /* AUTO may fall back: the image is debuggable */
	uint64_t epc_size;     /* emu: bytes; 0: as much as the machine's RAM */
	struct platform_model model;
	/*
	 * emu: the file that holds what fuses hold in a CPU; made on first
	 * use, mode 0600.  NULL: $XDG_STATE_HOME/sofaenclave/emu.secret, or
	 * below ~/.local/state.
	 */
	const char *secret_path;
	/*
	 * emu: IA32_SGXLEPUBKEYHASH.  NULL: before each EINIT it becomes the
	 * image's MRSIGNER, as Linux does.
	 */
	const uint8_t *lepubkeyhash;
};

struct platform_caps {
	const char *name;  /* "sgx", "emu" or "sgx-fake" */
	bool is_protected; /* false: no hardware keeps the host out */
	bool sgx2;         /* EAUG, EACCEPT, EMODPE, EMODPR, EMODT work */
	bool edeccssa;
	uint32_t miscselect;        /* bits ECREATE takes */
	uint64_t attributes;        /* ATTRIBUTES.flags bits ECREATE takes */
	uint64_t xfrm;              /* XFRM bits ECREATE takes */
	unsigned int size_max_log2; /* ECREATE refuses SIZE >= 2^this */
	uint64_t epc_size;          /* bytes, 0: not known */
};

struct platform;

/*
 * platform_open - get hold of a platform.
 *
 * -ENODEV: the kind asked for is not there, or AUTO found no SGX and may not
 * take emu; the sentence says what is missing.
 */
__must_check int platform_open(const struct platform_options *opt,
                               struct platform **ret_platform,
                               struct platform_error *err);

/* All enclaves are destroyed before.  NULL is ignored. */
void platform_close(struct platform *p);

const struct platform_caps *platform_caps(const struct platform *p);

/* ---- building an enclave ----------------------------------------------- */

struct enclave;

/*
 * One ENCLU of the image, as its list of pads has them: the three
 * bytes 0f 01 d7 at @vaddr, then NOPs up to @size, always reached with EAX =
 * @leaf.  emu rewrites these bytes in memory, after they have been measured;
 * sgx ignores them.  An ENCLU that is not listed works as well, slowly.
 */
struct enclave_pad {
	uint64_t vaddr;
	uint32_t leaf;
	uint32_t size;
};
_Static_assert(sizeof(struct enclave_pad) == 16, "enclave_pad");

/*
 * enclave_create - ECREATE: reserve ELRANGE and start the measurement.
 *
 * @pads is copied.  Errors as the driver gives them: -EINVAL SIZE is not a
 * power of two, -EIO ECREATE would fault, -ENOMEM no EPC or no address space
 * at BASEADDR.
 */
__must_check int enclave_create(struct platform *p, const struct secs *secs,
                                const struct enclave_pad *pads, size_t n_pads,
                                struct enclave **ret_enclave,
                                struct platform_error *err);

enum enclave_add_flags {
	ENCLAVE_MEASURE = 1 << 0, /* EEXTEND all 16 chunks of each page */
};

/*
 * enclave_add_pages - EADD @npages pages at @offset from BASEADDR.
 *
 * @src is page aligned, or NULL for pages of zeros, which cost no memory
 * until they are touched.  All pages get the same @secinfo (SECINFO.FLAGS).
 * Interrupted calls are continued inside.  -EINVAL: after init, alignment,
 * range, SECINFO (a TCS with R, W or X; W without R; another page type) ·
 * -EBUSY page exists · -ENOMEM EPC exhausted · -EACCES @src lies in memory
 * that may not become executable (sgx) · -EIO the leaf would fault (a TCS with
 * reserved bytes set).  On error some of the pages may have been added: the
 * enclave is then good for enclave_destroy() only.
 */
__must_check int enclave_add_pages(struct enclave *e, uint64_t offset,
                                   const void *src, size_t npages,
                                   uint64_t secinfo, unsigned int flags,
                                   struct platform_error *err);

/*
 * enclave_init - EINIT with @sig.
 *
 * -EPERM: the leaf returned a code, to be found in err->code where the
 * platform tells (emu) · -EACCES ATTRIBUTES that need a permission · -EINVAL
 * twice, a bad VENDOR, or a pinned feature that is absent.
 */
__must_check int enclave_init(struct enclave *e, const struct sigstruct *sig,
                              struct platform_error *err);

/* Give everything back; NULL is ignored.  No thread is attached. */
void enclave_destroy(struct enclave *e);

/* ---- SGX2: changing pages of a running enclave ------------------------- */

/*
 * How far a call on a range came: pages done from its start, also on error,
 * and the leaf's code for the page where it stopped (enum sgx_error or 0).
 * The enclave believes neither: EACCEPT tells it the truth.
 */
struct enclave_progress {
	uint64_t npages;
	uint32_t code;
};

/*
 * enclave_restrict - EMODPR: take rights away, leaving at most @rwx (bits of
 * enum sgx_secinfo_flags), and wait until no thread holds an old translation.
 *
 * -ENODEV no SGX2 · -EINVAL not initialised, range, @rwx > 7 or W without R,
 * page not REG · -EFAULT no such page, or the leaf returned ret->code ·
 * -EAGAIN page is being reclaimed.  EINTR, EAGAIN and EBUSY are retried inside
 * a few times first.
 */
__must_check int enclave_restrict(struct enclave *e, uint64_t offset,
                                  uint64_t npages, uint32_t rwx,
                                  struct enclave_progress *ret);

/*
 * enclave_modify - EMODT: REG to TCS or TRIM, TCS to TRIM.
 *
 * Errors as enclave_restrict(); -EINVAL also for another change of type,
 * -EPERM REG to TCS where the page may not hold R and W.
 */
__must_check int enclave_modify(struct enclave *e, uint64_t offset,
                                uint64_t npages, uint32_t page_type,
                                struct enclave_progress *ret);

/*
 * enclave_remove - EREMOVE pages that were trimmed and accepted as such.
 *
 * -EPERM a page is not TRIM or not yet accepted · otherwise as above.
 */
__must_check int enclave_remove(struct enclave *e, uint64_t offset,
                                uint64_t npages, struct enclave_progress *ret);

/*
 * enclave_expect - a hint: the enclave will soon use [@offset, +@size).
 *
 * Where pages are ordinary memory, those that were added can be had ready while
 * the platform measures.  Nothing depends on it; addresses without pages are
 * skipped.  Before enclave_init().
 */
void enclave_expect(struct enclave *e, uint64_t offset, uint64_t size);

/*
 * There is no call that adds a page to a running enclave: with SGX2 the first
 * touch of an address in ELRANGE that has none does so (EAUG); EACCEPT there
 * succeeds, a plain access is reported as #PF on a pending page.
 */

/* ---- threads ----------------------------------------------------------- */

struct enclave_thread;

/*
 * enclave_attach - make the calling thread able to enter @e.
 *
 * Sets its alternate signal stack, blocks its signals (see above), on emu
 * makes `syscall` inside ELRANGE fault and, with ISA SGX1, RDTSC too.  One
 * thread is attached to at most one enclave: -EBUSY.  -ENOMEM: too many
 * threads, or no memory.
 */
__must_check int enclave_attach(struct enclave *e,
                                struct enclave_thread **ret_thread,
                                struct platform_error *err);

/* By the same thread, outside the enclave; puts its signal state back. */
void enclave_detach(struct enclave_thread *t);

/*
 * The entry function: signature and contract of __vdso_sgx_enter_enclave(),
 * see <asm/sgx.h>.  Called by an attached thread.
 *
 * function is 2 (EENTER) or 3 (ERESUME).  RDI, RSI, RDX, R8 and R9 pass into
 * the enclave; R10-R15 too, with whatever they hold.  After the enclave's
 * EEXIT: run->function = 4, result 0.  After an exception inside, or one of
 * the leaf's own: run->function = EAX (3 inside or at ERESUME, 2 at EENTER),
 * run->exception_vector, _error_code and, for #PF, _addr (the page); result 0
 * too.  #DB and #BP are not reported but raise SIGTRAP.  -EINVAL: another
 * function, or run->reserved not zero.
 *
 * With run->user_handler set that function sees the registers of every exit
 * and its result decides: <= 0 is the result of the call, 2 or 3 enters again
 * (with registers as the handler happens to leave them, so a caller that
 * passes arguments returns 0 and calls again).  It may longjmp.
 *
 * RBX is kept here.  RBP, RSP, R12-R15, DF, MXCSR and FCW are the enclave's
 * duty, so C calls enclave_call() instead.
 */
typedef int enclave_enter_fn(unsigned long rdi, unsigned long rsi,
                             unsigned long rdx, unsigned int function,
                             unsigned long r8, unsigned long r9,
                             struct sgx_enclave_run *run);

enclave_enter_fn *enclave_entry(const struct enclave *e);

/*
 * enclave_call - the entry function for callers in C.
 *
 * The five registers go in from @regs and, after an EEXIT or an exception,
 * come back there (for an exception: vector, error code, address, and what the
 * AEX left).  R10-R15 enter as 0.  Callee-saved registers, DF, AC, MXCSR and
 * FCW are put back whatever the enclave did; the enclave owes RSP and RBP only.
 * run->user_handler and run->user_data must be set up by enclave_run_init() and
 * left alone.  Result as the entry function's.
 *
 * An enclave leaves to the stack pointer of its last EENTER at the same CSSA,
 * also after an ERESUME in between.  So a caller that resumes does it from the
 * same function and stack depth: one loop around one enclave_call().
 */
struct enclave_regs {
	uint64_t rdi;
	uint64_t rsi;
	uint64_t rdx;
	uint64_t r8;
	uint64_t r9;
};

void enclave_run_init(struct sgx_enclave_run *run, uint64_t tcs,
                      struct enclave_regs *regs);
__must_check int enclave_call(const struct enclave *e,
                              struct enclave_regs *regs, unsigned int function,
                              struct sgx_enclave_run *run);

/*
 * enclave_interrupt - make @t take a tick.  Async-signal-safe; from any thread
 * while @t is attached.
 *
 * If @t executes inside with CSSA = 0, it leaves by an AEX, the same TCS is
 * entered at OENTRY with RAX = CSSA = 1 and RDI = RSI = 0, and after an EEXIT
 * with RDI = 2 (LEAVE_TRAP of abi/shared.h) execution resumes where it was,
 * unless the enclave has changed the frame.  All this happens inside the one
 * call of the entry function.  An EEXIT with another RDI ends that call as any
 * EEXIT does; the interrupted frame then stays on the SSA stack.
 *
 * If @t is outside, or inside with CSSA > 0, nothing happens and nothing is
 * remembered: the enclave looks at its own state whenever it comes back, so a
 * sender first stores there what it wants seen.
 */
void enclave_interrupt(struct enclave_thread *t);

/* What has happened to @t since it was attached; read by any thread. */
struct enclave_counters {
	uint64_t eenter;
	uint64_t eexit;
	uint64_t eresume;
	uint64_t aex; /* of these, ticks: */
	uint64_t tick;
	uint64_t slow; /* ENCLU executed by way of a trap (emu) */
};

/* Zeros where the platform cannot count. */
void enclave_counters(const struct enclave_thread *t,
                      struct enclave_counters *ret_counters);

/* ---- debug enclaves only ----------------------------------------------- */

/*
 * EDBGRD and EDBGWR of @size bytes at the enclave address @addr.
 *
 * -EPERM: not a DEBUG enclave · -EFAULT no page there, page pending or
 * modified, or a write into a TCS elsewhere than FLAGS.  Nothing has been
 * written then, but a read may have filled part of @dst.
 */
__must_check int enclave_debug_read(struct enclave *e, uint64_t addr, void *dst,
                                    size_t size);
__must_check int enclave_debug_write(struct enclave *e, uint64_t addr,
                                     const void *src, size_t size);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.c - the fake's table of calls, its files, and what belongs to neither
 * ioctl nor memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "platform/emu/emu.h"
#include "platform/fake/fake_internal.h"

enum { CPUID_SGX = 0x12, FEATURE_TILEDATA = 18 };

/* What newer CPUs have, and nobody here asked for: CPINFO, AEX-Notify, CET. */
enum {
	OFFERED_MISC = 1 << 1,
	OFFERED_ATTRIBUTES = 1 << 10,
	OFFERED_CET = 1 << 11 | 1 << 12,
};

/*
 * emu has one set of handlers for the process, and so there is one vDSO; a
 * second fake shares it, as processes share the kernel's.
 */
static sgx_signal_fn *tick_handler;

static void pass_tick(int sig, siginfo_t *info, void *ucontext)
{
	sgx_signal_fn *handler =
		__atomic_load_n(&tick_handler, __ATOMIC_ACQUIRE);

	if (handler)
		handler(sig, info, ucontext);
}

static struct emu_vdso vdso = { .on_tick = pass_tick };

/* ---- files ------------------------------------------------------------- */

bool fake_fails(struct fake *f)
{
	if (!f->trouble.fail_at || --f->trouble.fail_at)
		return false;
	f->trouble.fail_at = f->trouble.for_ever;
	return true;
}

struct fake_file *fake_file(struct fake *f, int fd, enum fake_kind kind)
{
	struct fake_file *file;

	if (fd < FAKE_FD || fd >= FAKE_FD + FAKE_FILES)
		return NULL;
	file = &f->file[fd - FAKE_FD];
	return file->is_open && file->kind == kind ? file : NULL;
}

struct fake_file *fake_file_at(struct fake *f, uint64_t addr)
{
	for (size_t i = 0; i < FAKE_FILES; i++) {
		struct fake_file *file = &f->file[i];

		if (file->enclave &&
		    addr - file->secs.baseaddr < file->secs.size)
			return file;
	}
	return NULL;
}

void fake_file_put(struct fake *f, struct fake_file *file)
{
	(void)f;
	if (file->is_open || file->n_mapped)
		return;
	if (file->vma)
		munmap(file->vma, file->secs.size >> PAGE_SHIFT);
	enclave_destroy(file->enclave);
	*file = (struct fake_file){ 0 };
}

static enum fake_kind kind_of(const char *path)
{
	if (strcmp(path, "/dev/sgx_enclave") == 0)
		return FAKE_ENCLAVE;
	if (strcmp(path, "/dev/sgx_provision") == 0)
		return FAKE_PROVISION;
	if (strcmp(path, "/proc/self/mem") == 0)
		return FAKE_MEMORY;
	return FAKE_NONE;
}

static int do_open(struct sgx_calls *c, const char *path, int flags)
{
	struct fake *f = fake_of(c);
	enum fake_kind kind = kind_of(path);

	(void)flags;
	if (fake_fails(f))
		return f->trouble.error;
	if (kind == FAKE_NONE)
		return -ENOENT;
	for (int i = 0; i < FAKE_FILES; i++) {
		if (f->file[i].kind != FAKE_NONE)
			continue;
		f->file[i].kind = kind;
		f->file[i].is_open = true;
		return FAKE_FD + i;
	}
	return -EMFILE;
}

static int do_close(struct sgx_calls *c, int fd)
{
	struct fake *f = fake_of(c);
	struct fake_file *file;

	if (fd < FAKE_FD || fd >= FAKE_FD + FAKE_FILES ||
	    !f->file[fd - FAKE_FD].is_open) {
		f->strange++;
		return -EBADF;
	}
	file = &f->file[fd - FAKE_FD];
	file->is_open = false;
	fake_file_put(f, file);
	return 0;
}

int fake_copy_in(void *dst, uint64_t src, size_t size)
{
	struct iovec local = { dst, size };
	struct iovec remote = { (void *)(uintptr_t)src, size };

	/* The kernel checks the addresses that we can't. */
	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) !=
	    (ssize_t)size)
		return -EFAULT;
	return 0;
}

static long do_pread(struct sgx_calls *c, int fd, void *dst, size_t size,
                     uint64_t at)
{
	struct fake *f = fake_of(c);
	struct fake_file *target = fake_file_at(f, at);

	if (fake_fails(f))
		return f->trouble.error;
	if (!fake_file(f, fd, FAKE_MEMORY))
		return -EBADF;
	if (!target)
		return fake_copy_in(dst, at, size) < 0 ? -EIO : (long)size;
	/* The kernel's access_vm() answers EIO to whatever went wrong. */
	if (enclave_debug_read(target->enclave, at, dst, size) < 0)
		return -EIO;
	return (long)size;
}

static long do_pwrite(struct sgx_calls *c, int fd, const void *src, size_t size,
                      uint64_t at)
{
	struct fake *f = fake_of(c);
	struct fake_file *target = fake_file_at(f, at);

	if (fake_fails(f))
		return f->trouble.error;
	if (!fake_file(f, fd, FAKE_MEMORY))
		return -EBADF;
	if (!target || enclave_debug_write(target->enclave, at, src, size) < 0)
		return -EIO;
	return (long)size;
}

/* ---- CPU and threads --------------------------------------------------- */

static enclave_enter_fn *do_entry(struct sgx_calls *c)
{
	return fake_of(c)->trouble.no_entry ? NULL : fake_vdso_enter;
}

static int do_sigaction(struct sgx_calls *c, int sig, sgx_signal_fn *handler)
{
	struct fake *f = fake_of(c);

	if (fake_fails(f))
		return f->trouble.error;
	if (sig != PLATFORM_TICK_SIGNAL)
		return -EINVAL;
	__atomic_store_n(&tick_handler, handler, __ATOMIC_RELEASE);
	return 0;
}

static int do_tgkill(struct sgx_calls *c, int tid, int sig)
{
	struct fake *f = fake_of(c);

	if (f->trouble.tick_error)
		return f->trouble.tick_error;
	__atomic_add_fetch(&f->ticks_sent, 1, __ATOMIC_RELAXED);
	return syscall(SYS_tgkill, getpid(), tid, sig) < 0 ? -errno : 0;
}

static __thread struct enclave_thread *attached;
__thread struct fake_file *fake_attached;

static int do_thread_begin(struct sgx_calls *c, int fd)
{
	struct fake *f = fake_of(c);
	struct fake_file *file = fake_file(f, fd, FAKE_ENCLAVE);
	sigset_t mask;
	int ret;

	if (fake_fails(f))
		return f->trouble.error;
	if (!file || !file->enclave)
		return -EBADF;
	/* emu blocks signals; a driver leaves that to who calls it. */
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ret = enclave_attach(file->enclave, &attached, NULL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (ret == 0)
		fake_attached = file;
	return ret;
}

static void do_thread_end(struct sgx_calls *c, int fd)
{
	sigset_t mask;

	(void)c;
	(void)fd;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	enclave_detach(attached);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	attached = NULL;
	fake_attached = NULL;
}

static void fill_leaf(const struct platform_caps *caps, uint64_t xfrm,
                      uint32_t subleaf, struct cpuid_regs *r)
{
	uint64_t size = ALIGN_UP(caps->epc_size, (uint64_t)PAGE_SIZE);

	if (subleaf == 0) {
		r->eax = SGX_CPUID_12_EAX_SGX1;
		r->eax |= caps->sgx2 ? SGX_CPUID_12_EAX_SGX2 : 0;
		r->eax |= caps->edeccssa ? SGX_CPUID_12_EAX_EDECCSSA : 0;
		r->ebx = caps->miscselect | OFFERED_MISC;
		r->edx = caps->size_max_log2 << 8;
	} else if (subleaf == 1) {
		r->eax = (uint32_t)caps->attributes | OFFERED_ATTRIBUTES;
		r->ebx = (uint32_t)(caps->attributes >> 32);
		r->ecx = (uint32_t)xfrm;
		r->edx = (uint32_t)(xfrm >> 32);
	} else if (subleaf == 2) {
		r->eax = SGX_CPUID_EPC_SECTION;
		r->ecx = (uint32_t)size;
		r->edx = (uint32_t)(size >> 32);
	}
}

/* All that an enclave may have, and CET, which a process may not. */
static uint64_t offered_xfrm(const struct fake *f)
{
	return platform_caps(f->emu)->xfrm | OFFERED_CET |
	       (f->trouble.has_tiles ? SGX_XFRM_AMX : 0);
}

static uint64_t do_xcr0(struct sgx_calls *c)
{
	const struct fake *f = fake_of(c);

	return offered_xfrm(f) &
	       ~(f->trouble.no_tiles_enabled ? (uint64_t)SGX_XFRM_AMX : 0);
}

static void do_cpuid(struct sgx_calls *c, uint32_t leaf, uint32_t subleaf,
                     struct cpuid_regs *ret_regs)
{
	*ret_regs = (struct cpuid_regs){ 0 };
	if (leaf == CPUID_SGX)
		fill_leaf(platform_caps(fake_of(c)->emu),
		          offered_xfrm(fake_of(c)), subleaf, ret_regs);
}

/* As the kernel: only what has to be asked for may be, and is there or not. */
static int do_permit(struct sgx_calls *c, unsigned int feature)
{
	struct fake *f = fake_of(c);

	if (feature != FEATURE_TILEDATA)
		return -EINVAL;
	if (!f->trouble.has_tiles || f->trouble.no_tiles_permitted)
		return -EOPNOTSUPP;
	f->permitted |= 1ull << feature;
	return 0;
}

/* ---- life -------------------------------------------------------------- */

static void do_release(struct sgx_calls *c)
{
	struct fake *f = fake_of(c);

	for (size_t i = 0; i < FAKE_FILES; i++) {
		f->file[i].is_open = false;
		f->file[i].n_mapped = 0;
		fake_file_put(f, &f->file[i]);
	}
	platform_close(f->emu);
	free(f);
}

static const struct sgx_calls table = {
	.name = "sgx-fake",
	.is_protected = false,
	.open = do_open,
	.close = do_close,
	.pread = do_pread,
	.pwrite = do_pwrite,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.mprotect = fake_mprotect,
	.munmap = fake_munmap,
	.entry = do_entry,
	.sigaction = do_sigaction,
	.tgkill = do_tgkill,
	.thread_begin = do_thread_begin,
	.thread_end = do_thread_end,
	.cpuid = do_cpuid,
	.xcr0 = do_xcr0,
	.permit = do_permit,
	.release = do_release,
};

int fake_create(const struct platform_options *opt, struct fake **ret_fake,
                struct platform_error *err)
{
	struct platform_options emu = *opt;
	struct fake *f = calloc(1, sizeof(*f));
	int ret;

	if (!f)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	emu.kind = PLATFORM_EMU;
	ret = platform_open(&emu, &f->emu, err);
	if (ret < 0) {
		free(f);
		return ret;
	}
	vdso.enclu = (uintptr_t)fake_vdso_enclu;
	vdso.exception = (uintptr_t)fake_vdso_exception;
	f->calls = table;
	f->is_sgx2 = platform_caps(f->emu)->sgx2;
	*ret_fake = f;
	return 0;
}

void fake_adopt(struct enclave *e)
{
	emu_enclave(e)->vdso = &vdso;
}

struct sgx_calls *fake_calls(struct fake *f)
{
	return &f->calls;
}

struct fake_trouble *fake_trouble(struct fake *f)
{
	return &f->trouble;
}

uint64_t fake_strange(const struct fake *f)
{
	return f->strange;
}

uint64_t fake_ticks_sent(const struct fake *f)
{
	return f->ticks_sent;
}

uint64_t fake_permitted(const struct fake *f)
{
	return f->permitted;
}

unsigned int fake_open_files(const struct fake *f)
{
	unsigned int n = 0;

	for (size_t i = 0; i < FAKE_FILES; i++)
		n += f->file[i].is_open;
	return n;
}

unsigned int fake_enclaves(const struct fake *f)
{
	unsigned int n = 0;

	for (size_t i = 0; i < FAKE_FILES; i++)
		n += f->file[i].enclave != NULL;
	return n;
}

/* The platform "sgx-fake": what opens hardware, on this table. */
int fake_open(const struct platform_options *opt,
              struct platform **ret_platform, struct platform_error *err)
{
	struct fake *f;
	int ret = fake_create(opt, &f, err);

	if (ret < 0)
		return ret;
	ret = sgx_open_with(fake_calls(f), ret_platform, err);
	if (ret < 0)
		do_release(fake_calls(f));
	return ret;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.c - struct sgx_calls as the host kernel has them.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/sgx/sgx.h"

/* ARCH_REQ_XCOMP_PERM of <asm/prctl.h>, which libcs leave out. */
enum { REQ_XCOMP_PERM = 0x1023 };

static int do_open(struct sgx_calls *c, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	(void)c;
	return fd < 0 ? -errno : fd;
}

static int do_close(struct sgx_calls *c, int fd)
{
	(void)c;
	return close(fd) < 0 ? -errno : 0;
}

static long do_pread(struct sgx_calls *c, int fd, void *dst, size_t size,
                     uint64_t at)
{
	ssize_t n = pread(fd, dst, size, (off_t)at);

	(void)c;
	return n < 0 ? -errno : n;
}

static long do_pwrite(struct sgx_calls *c, int fd, const void *src, size_t size,
                      uint64_t at)
{
	ssize_t n = pwrite(fd, src, size, (off_t)at);

	(void)c;
	return n < 0 ? -errno : n;
}

static int do_ioctl(struct sgx_calls *c, int fd, unsigned long request,
                    void *arg)
{
	int ret = ioctl(fd, request, arg);

	(void)c;
	return ret < 0 ? -errno : ret;
}

static int do_mmap(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot,
                   int flags, int fd)
{
	void *want = (void *)(uintptr_t)addr;
	void *got = mmap(want, size, prot, flags, fd, 0);

	(void)c;
	if (got == want)
		return 0;
	if (got == MAP_FAILED)
		return -errno;
	/* A kernel older than MAP_FIXED_NOREPLACE took it for a hint. */
	munmap(got, size);
	return -EEXIST;
}

static int do_mprotect(struct sgx_calls *c, uint64_t addr, uint64_t size,
                       int prot)
{
	(void)c;
	return mprotect((void *)(uintptr_t)addr, size, prot) < 0 ? -errno : 0;
}

static int do_munmap(struct sgx_calls *c, uint64_t addr, uint64_t size)
{
	(void)c;
	return munmap((void *)(uintptr_t)addr, size) < 0 ? -errno : 0;
}

static enclave_enter_fn *do_entry(struct sgx_calls *c)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);

	(void)c;
	return (enclave_enter_fn *)(uintptr_t)vdso_symbol(
		image, "__vdso_sgx_enter_enclave");
}

/*
 * No alternate stack: after an AEX the signal finds RSP as the caller of the
 * entry function had it.
 */
static int do_sigaction(struct sgx_calls *c, int sig, sgx_signal_fn *handler)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	(void)c;
	sigfillset(&action.sa_mask);
	return sigaction(sig, &action, NULL) < 0 ? -errno : 0;
}

static int do_tgkill(struct sgx_calls *c, int tid, int sig)
{
	(void)c;
	return syscall(SYS_tgkill, getpid(), tid, sig) < 0 ? -errno : 0;
}

static int do_thread_begin(struct sgx_calls *c, int fd)
{
	(void)c;
	(void)fd;
	return 0;
}

static void do_thread_end(struct sgx_calls *c, int fd)
{
	(void)c;
	(void)fd;
}

static void do_cpuid(struct sgx_calls *c, uint32_t leaf, uint32_t subleaf,
                     struct cpuid_regs *ret_regs)
{
	(void)c;
	*ret_regs = (struct cpuid_regs){ 0 };
	__get_cpuid_count(leaf, subleaf, &ret_regs->eax, &ret_regs->ebx,
	                  &ret_regs->ecx, &ret_regs->edx);
}

static uint64_t do_xcr0(struct sgx_calls *c)
{
	uint32_t low, high;

	(void)c;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static int do_permit(struct sgx_calls *c, unsigned int feature)
{
	(void)c;
	return syscall(SYS_arch_prctl, REQ_XCOMP_PERM, feature) < 0 ? -errno
	                                                            : 0;
}

static void do_release(struct sgx_calls *c)
{
	(void)c;
}

struct sgx_calls *sgx_linux_calls(void)
{
	static struct sgx_calls calls = {
		.name = "sgx",
		.is_protected = true,
		.open = do_open,
		.close = do_close,
		.pread = do_pread,
		.pwrite = do_pwrite,
		.ioctl = do_ioctl,
		.mmap = do_mmap,
		.mprotect = do_mprotect,
		.munmap = do_munmap,
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

	return &calls;
}

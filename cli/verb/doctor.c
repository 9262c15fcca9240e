/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - `occlum doctor`: can enclaves run here, and if not, why.
 */
#include <cpuid.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/layout.h"
#include "base/units.h"
#include "cli/instance/kernel.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"
#include "crypto/features_host.h"

#include "base/banned.h"

/* Linux: FSGSBASE instructions are enabled for user space (asm/hwcap2.h). */
#define HWCAP2_FSGSBASE_BIT (1ul << 1)

enum need {
	NEED_EMU = 1,  /* the emulator needs it      */
	NEED_SGX = 2,  /* the hardware way needs it  */
	NEED_NONE = 0, /* it is faster with it       */
	NEED_BOTH = NEED_EMU | NEED_SGX
};

/* NULL: fine; else what is wrong. */
typedef const char *probe_fn(void);

static const char *probe_kernel_image(void)
{
	static struct cli_error err;
	scope_free char *path = NULL;

	return kernel_find(&path, &err) < 0 ? err.text : NULL;
}

static const char *probe_cpu(void)
{
	struct crypto_features f;

	crypto_features_host(&f);
	return f.ssse3 && f.sse41 && f.aesni
	               ? NULL
	               : "the CPU lacks AES-NI, SSSE3 or SSE4.1";
}

static const char *probe_fsgsbase(void)
{
	return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT
	               ? NULL
	               : "the FSGSBASE instructions are off";
}

static const char *probe_dispatch(void)
{
	return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0,
	             0) == 0
	               ? NULL
	               : "the kernel has no Syscall User Dispatch";
}

/* Where we live is above; ELRANGE wants everything from USER_BASE up. */
static const char *probe_low_addresses(void)
{
	void *wanted = (void *)(uintptr_t)USER_BASE;
	size_t size = ELRANGE_SIZE_DEFAULT - USER_BASE;
	void *p = mmap(wanted, size, PROT_NONE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                       MAP_FIXED_NOREPLACE,
	               -1, 0);

	if (p == MAP_FAILED)
		return errno == EPERM
		               ? "vm.mmap_min_addr is above 64 KiB"
		               : "the addresses below 32 GiB are not free";
	munmap(p, size);
	return NULL;
}

static const char *probe_wx(void)
{
	void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return "memory can't be writable and executable";
	munmap(p, PAGE_SIZE);
	return NULL;
}

static bool cpuid_leaf(unsigned int leaf, unsigned int regs[4])
{
	return __get_cpuid_count(leaf, 0, &regs[0], &regs[1], &regs[2],
	                         &regs[3]);
}

static const char *probe_sgx_cpu(void)
{
	unsigned int r[4];

	if (!cpuid_leaf(7, r) || !(r[1] & 1u << 2))
		return "CPUID reports no SGX";
	if (!cpuid_leaf(0x12, r) || !(r[0] & 1))
		return "the CPU has SGX, but it is switched off";
	return NULL;
}

static const char *probe_sgx2(void)
{
	unsigned int r[4];

	if (probe_sgx_cpu())
		return "CPUID reports no SGX";
	return cpuid_leaf(0x12, r) && (r[0] & 2) ? NULL
	                                         : "the CPU has SGX1 only";
}

static const char *probe_device(void)
{
	scope_fd int fd = open("/dev/sgx_enclave", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return NULL;
	return errno == ENOENT ? "/dev/sgx_enclave does not exist"
	                       : "/dev/sgx_enclave can't be opened";
}

static const char *probe_dev_exec(void)
{
	struct statvfs v;

	return statvfs("/dev", &v) == 0 && (v.f_flag & ST_NOEXEC)
	               ? "/dev is mounted noexec"
	               : NULL;
}

static const char *probe_vdso(void)
{
	void *vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	bool found = vdso && dlsym(vdso, "__vdso_sgx_enter_enclave");

	if (vdso)
		dlclose(vdso);
	return found ? NULL
	             : "the kernel's vDSO has no "
	               "__vdso_sgx_enter_enclave";
}

/* An empty argument block: whoever has io_uring says EFAULT or EINVAL. */
static const char *probe_io_uring(void)
{
	long fd = syscall(SYS_io_uring_setup, 0, NULL);

	if (fd >= 0)
		close((int)fd);
	return fd < 0 && (errno == ENOSYS || errno == EPERM)
	               ? "io_uring is missing or disabled"
	               : NULL;
}

static const struct probe {
	enum need need;
	const char *name;
	probe_fn *probe;
	const char *remedy;
} probes[] = {
	{ NEED_BOTH, "kernel image", probe_kernel_image, "" },
	{ NEED_BOTH, "AES-NI, SSSE3, SSE4.1", probe_cpu,
	  "use another machine; in a virtual one, pass the host's CPU "
	  "through" },
	{ NEED_BOTH, "FSGSBASE", probe_fsgsbase,
	  "Linux 5.9 or later, started without \"nofsgsbase\"" },
	{ NEED_BOTH, "addresses from 64 KiB to 32 GiB", probe_low_addresses,
	  "sysctl vm.mmap_min_addr=65536, and no limit on address space "
	  "(ulimit -v unlimited)" },
	{ NEED_EMU, "Syscall User Dispatch", probe_dispatch,
	  "Linux 5.11 or later; a container's seccomp profile must allow "
	  "prctl" },
	{ NEED_EMU, "writable and executable memory", probe_wx,
	  "allow execmem in the security module (SELinux: setsebool "
	  "deny_execmem off)" },
	{ NEED_SGX, "SGX in the CPU", probe_sgx_cpu,
	  "an Intel CPU with SGX, switched on in the firmware set-up; in a "
	  "virtual machine, with SGX passed through" },
	{ NEED_NONE, "SGX2 (dynamic memory)", probe_sgx2,
	  "without it memory is what resource_limits.user_space_size says" },
	{ NEED_SGX, "/dev/sgx_enclave", probe_device,
	  "Linux 5.11 or later with CONFIG_X86_SGX, and membership of the "
	  "group that owns the device (often sgx); in a container pass it "
	  "with --device" },
	{ NEED_SGX, "/dev allows execution", probe_dev_exec,
	  "mount -o remount,exec /dev" },
	{ NEED_SGX, "vDSO entry", probe_vdso,
	  "Linux 5.11 or later with CONFIG_X86_SGX" },
	{ NEED_NONE, "io_uring", probe_io_uring,
	  "sysctl kernel.io_uring_disabled=0, and in a container a seccomp "
	  "profile that allows it; things work more slowly without" },
};

static const char *need_text(enum need need)
{
	static const char *const texts[] = {
		[NEED_NONE] = "optional",
		[NEED_EMU] = "emu",
		[NEED_SGX] = "sgx",
		[NEED_BOTH] = "both",
	};

	return texts[need];
}

/* Prints one line, or two; returns what can't work because of it. */
static unsigned int examine(const struct probe *p)
{
	const char *wrong = p->probe();

	printf("%-4s %-9s %s\n", wrong ? "no" : "yes", need_text(p->need),
	       p->name);
	if (!wrong)
		return 0;
	printf("               %s%s%s\n", wrong, p->remedy[0] ? "; " : "",
	       p->remedy);
	return p->need;
}

static int run(const struct invocation *in, struct cli_error *err)
{
	unsigned int broken = 0;

	(void)in;
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		broken |= examine(&probes[i]);
	printf("\nsgx: %s\nemu: %s\n",
	       broken & NEED_SGX ? "can't run enclaves here"
	                         : "enclaves run here, protected by the CPU",
	       broken & NEED_EMU ? "can't run enclaves here"
	                         : "debuggable enclaves run here, unprotected");
	if (!(broken & NEED_EMU))
		return CLI_EXIT_OK;
	return cli_fail(err, -ENODEV,
	                "this machine lacks what is marked \"no\" "
	                "above");
}

const struct verb verb_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "find out whether enclaves can run on this machine",
	.text = "Looks at CPU, kernel and settings, and says for each thing "
		"that is missing who needs\nit (the hardware platform sgx, the "
		"emulator emu, both, nobody) and what to do.\nExit code 0 if "
		"the emulator works.",
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

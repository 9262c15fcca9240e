/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.c - opening SGX hardware: is everything there, and what can it do?
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "platform/sgx/sgx.h"
#include "sgx/attributes.h"

enum { CPUID_SGX = 0x12 };

/* What Linux lets an enclave of ours ask for; PROVISIONKEY by permission. */
#define SGX_ATTRIBUTES                                                         \
	((uint64_t)(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |                      \
	            SGX_ATTR_PROVISIONKEY | SGX_ATTR_KSS))

/* XFRM's bits that a kernel of ours can deal with. */
#define SGX_XFRM                                                               \
	((uint64_t)(SGX_XFRM_LEGACY | SGX_XFRM_AVX | SGX_XFRM_AVX512 |         \
	            SGX_XFRM_PKRU | SGX_XFRM_AMX))

/* The number of TILEDATA's component, for the host kernel. */
enum { FEATURE_TILEDATA = 18 };

static int open_refused(int ret, struct platform_error *err)
{
	switch (ret) {
	case -ENOENT:
	case -ENXIO:
		return platform_fail(
			err, -ENODEV, 0,
			"there is no " SGX_DEVICE ": SGX must be enabled in "
			"the firmware and the kernel built with CONFIG_X86_SGX "
			"(Linux 5.11); without SGX, use --platform emu");
	case -EACCES:
	case -EPERM:
		return platform_fail(
			err, -ENODEV, 0,
			"no permission to open " SGX_DEVICE ": add this user "
			"to the device's group, as in `usermod -aG sgx USER`, "
			"and log in again");
	case -EAGAIN:
	case -EIO:
		return platform_fail(
			err, -ENODEV, 0,
			SGX_DEVICE
			" refuses to be opened while the kernel "
			"updates the CPU's security version: end other "
			"enclaves and try again");
	default:
		return platform_fail(err, -ENODEV, 0,
		                     "can't open " SGX_DEVICE ": %s",
		                     strerror(-ret));
	}
}

/*
 * Whether kernel and CPU have SGX2's calls, asked of a file without an enclave:
 * ENOTTY where the kernel is older than 6.0, ENODEV where the CPU has none,
 * and EINVAL, for want of an enclave, where both have them.
 */
static bool has_sgx2(struct sgx_calls *c, int fd)
{
	struct sgx_enclave_restrict_permissions arg = { .length = PAGE_SIZE };

	return c->ioctl(c, fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &arg) ==
	       -EINVAL;
}

/*
 * What CPU and host kernel let an enclave use.  An enclave's first tile
 * instruction faults (IA32_XFD), and the host kernel ends a process that has
 * not asked before; where it may not, an enclave does without tiles.
 */
static uint64_t xfrm_of(struct sgx_calls *c, const struct cpuid_regs *attr)
{
	uint64_t xfrm =
		((uint64_t)attr->edx << 32 | attr->ecx) & c->xcr0(c) & SGX_XFRM;

	if (xfrm & SGX_XFRM_TILEDATA && c->permit(c, FEATURE_TILEDATA) < 0)
		xfrm &= ~(uint64_t)SGX_XFRM_AMX;
	return xfrm;
}

static uint64_t epc_size(struct sgx_calls *c)
{
	uint64_t total = 0;
	uint64_t base, size;

	for (uint32_t i = 2;; i++) {
		struct cpuid_regs r;

		c->cpuid(c, CPUID_SGX, i, &r);
		if (!sgx_cpuid_epc_section(&r, &base, &size))
			return total;
		total += size;
	}
}

static void fill_caps(struct sgx_platform *p, int fd)
{
	struct sgx_calls *c = p->calls;
	struct cpuid_regs leaf, attr;

	c->cpuid(c, CPUID_SGX, 0, &leaf);
	c->cpuid(c, CPUID_SGX, 1, &attr);
	p->base.caps = (struct platform_caps){
		.name = c->name,
		.is_protected = c->is_protected,
		.sgx2 = has_sgx2(c, fd),
		.edeccssa = leaf.eax & SGX_CPUID_12_EAX_EDECCSSA,
		.miscselect = leaf.ebx & SGX_MISC_EXINFO,
		.attributes =
			((uint64_t)attr.ebx << 32 | attr.eax) & SGX_ATTRIBUTES,
		.xfrm = xfrm_of(c, &attr),
		.size_max_log2 = sgx_cpuid_size64_log2(leaf.edx),
		.epc_size = epc_size(c),
	};
}

/* What needs an open file; closes it. */
static int probe(struct sgx_platform *p, int fd, struct platform_error *err)
{
	struct sgx_calls *c = p->calls;
	int ret;

	fill_caps(p, fd);
	c->close(c, fd);
	p->entry = c->entry(c);
	if (!p->entry)
		return platform_fail(
			err, -ENODEV, 0,
			"the kernel's vDSO has no __vdso_sgx_enter_enclave: "
			"Linux 5.11 or later is needed, booted without "
			"vdso=0");
	ret = c->sigaction(c, PLATFORM_TICK_SIGNAL, sgx_on_tick);
	if (ret < 0)
		return platform_fail(err, ret, 0,
		                     "can't set up a signal handler: %s",
		                     strerror(-ret));
	return 0;
}

int sgx_open_with(struct sgx_calls *c, struct platform **ret_platform,
                  struct platform_error *err)
{
	int fd = c->open(c, SGX_DEVICE, O_RDWR);
	struct sgx_platform *p;
	int ret;

	if (fd < 0)
		return open_refused(fd, err);
	p = calloc(1, sizeof(*p));
	if (!p) {
		c->close(c, fd);
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	}
	p->base.ops = &sgx_ops;
	p->calls = c;
	ret = probe(p, fd, err);
	if (ret < 0) {
		free(p);
		return ret;
	}
	*ret_platform = &p->base;
	return 0;
}

int sgx_open(const struct platform_options *opt, struct platform **ret_platform,
             struct platform_error *err)
{
	/* What hardware there is can't be chosen: no option applies. */
	(void)opt;
	return sgx_open_with(sgx_linux_calls(), ret_platform, err);
}

static void sgx_close(struct platform *base)
{
	struct sgx_platform *p = container_of(base, struct sgx_platform, base);

	p->calls->release(p->calls);
	free(p);
}

const struct platform_ops sgx_ops = {
	.close = sgx_close,
	.create = sgx_create,
	.add_pages = sgx_add_pages,
	.init = sgx_init,
	.destroy = sgx_destroy,
	.restrict_rights = sgx_restrict,
	.modify = sgx_modify,
	.remove = sgx_remove,
	.attach = sgx_attach,
	.detach = sgx_detach,
	.interrupt = sgx_interrupt,
	.counters = sgx_counters,
	.debug_read = sgx_debug_read,
	.debug_write = sgx_debug_write,
};

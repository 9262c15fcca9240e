/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.c - opening the software platform: what this CPU lets it offer, and
 * the EPC as a number of pages.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "crypto/features_host.h"
#include "platform/emu/emu.h"
#include "platform/emu/signal.h"

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

enum {
	CPUID_XSAVE = 0xd,
	CPUID_1_ECX_OSXSAVE = 1 << 27,
	/* Below 64 GiB, as client parts with SGX1 say of themselves. */
	EMU_SIZE_LOG2 = 36,
};

/* All that ECREATE takes; no CET and no AEX-Notify. */
#define EMU_ATTRIBUTES                                                         \
	((uint64_t)(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |                      \
	            SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKEN_KEY |          \
	            SGX_ATTR_KSS))

/*
 * Tile registers are left out: the host kernel makes a process ask for them,
 * and every signal frame would grow by 8 KiB.
 */
#define EMU_XFRM                                                               \
	((uint64_t)(SGX_XFRM_LEGACY | SGX_XFRM_AVX | SGX_XFRM_AVX512 |         \
	            SGX_XFRM_PKRU))

static uint64_t read_xcr0(void)
{
	uint32_t low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static void fill_xsave_table(struct xsave_table *table, uint64_t xfrm)
{
	for (unsigned int i = 2; i < XSAVE_COMPONENTS; i++) {
		uint32_t eax, ebx, ecx, edx;

		if (!(xfrm >> i & 1))
			continue;
		__cpuid_count(CPUID_XSAVE, i, eax, ebx, ecx, edx);
		table->component[i].size = eax;
		table->component[i].offset = ebx;
	}
}

/* SDM Vol. 1, 13.2: CPUID.(0DH,1):EAX[2]. */
static bool read_has_xinuse(void)
{
	uint32_t eax, ebx, ecx, edx;

	__cpuid_count(CPUID_XSAVE, 1, eax, ebx, ecx, edx);
	return eax >> 2 & 1;
}

/* MXCSR_MASK as FXSAVE reports it (SDM Vol. 1, 11.6.6). */
static uint32_t read_mxcsr_mask(void)
{
	struct xsave_legacy area __aligned(16) = { 0 };

	__asm__ volatile("fxsave64 %0" : "+m"(area));
	return area.mxcsr_mask ? area.mxcsr_mask : XSAVE_MXCSR_MASK_DEFAULT;
}

static int cpu_check(struct platform_error *err)
{
	uint32_t eax, ebx, ecx, edx;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		return platform_fail(err, -ENODEV, 0,
		                     "the software platform needs a kernel and "
		                     "a CPU with FSGSBASE (Linux 5.9)");
	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx & CPUID_1_ECX_OSXSAVE))
		return platform_fail(err, -ENODEV, 0,
		                     "the software platform needs a CPU with "
		                     "XSAVE");
	return 0;
}

static void fill_caps(struct emu_platform *p)
{
	bool sgx2 = p->opt.isa != PLATFORM_ISA_SGX1;

	p->base.caps = (struct platform_caps){
		.name = "emu",
		.is_protected = false,
		.sgx2 = sgx2,
		.edeccssa = sgx2,
		.miscselect = sgx2 ? SGX_MISC_EXINFO : 0,
		.attributes = EMU_ATTRIBUTES,
		.xfrm = read_xcr0() & EMU_XFRM,
		.size_max_log2 = EMU_SIZE_LOG2,
		.epc_size = p->epc_free << PAGE_SHIFT,
	};
}

static uint64_t ram_pages(void)
{
	long n = sysconf(_SC_PHYS_PAGES);

	return n > 0 ? (uint64_t)n : GIB >> PAGE_SHIFT;
}

static int keep_options(struct emu_platform *p,
                        const struct platform_options *opt,
                        struct platform_error *err)
{
	p->opt = *opt;
	p->opt.secret_path = NULL;
	if (opt->secret_path) {
		size_t size = strlen(opt->secret_path) + 1;

		if (size > sizeof(p->secret_path))
			return platform_fail(err, -ENAMETOOLONG, 0,
			                     "the path of the platform secret "
			                     "is too long");
		memcpy(p->secret_path, opt->secret_path, size);
	}
	if (opt->lepubkeyhash) {
		memcpy(p->lepubkeyhash, opt->lepubkeyhash, SGX_HASH_SIZE);
		p->opt.lepubkeyhash = p->lepubkeyhash;
	}
	p->epc_free = opt->epc_size ? opt->epc_size >> PAGE_SHIFT : ram_pages();
	return 0;
}

int emu_open(const struct platform_options *opt, struct platform **ret_platform,
             struct platform_error *err)
{
	struct emu_platform *p;
	int ret = cpu_check(err);

	if (ret < 0)
		return ret;
	ret = crypto_init_host();
	if (ret < 0)
		return platform_fail(err, -ENODEV, 0,
		                     "this CPU has no AES instructions");
	p = calloc(1, sizeof(*p));
	if (!p)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	ret = keep_options(p, opt, err);
	if (ret == 0 && emu_signals_install() < 0)
		ret = platform_fail(err, -ENOMEM, 0,
		                    "can't set up signal handlers");
	if (ret == 0) {
		ret = emu_secret_load(p);
		if (ret < 0)
			platform_fail(err, ret, 0,
			              "can't read or make the emulator's "
			              "secret %s: %s; set XDG_STATE_HOME to a "
			              "folder of yours",
			              p->secret_path[0] ? p->secret_path
			                                : "in your home",
			              strerror(-ret));
	}
	if (ret < 0) {
		free(p);
		return ret;
	}
	p->base.ops = &emu_ops;
	p->mxcsr_mask = read_mxcsr_mask();
	p->has_xinuse = read_has_xinuse();
	pthread_mutex_init(&p->lock, NULL);
	fill_caps(p);
	fill_xsave_table(&p->xsave, p->base.caps.xfrm);
	*ret_platform = &p->base;
	return 0;
}

static void emu_close(struct platform *base)
{
	struct emu_platform *p = container_of(base, struct emu_platform, base);

	pthread_mutex_destroy(&p->lock);
	explicit_bzero(p->secret, sizeof(p->secret));
	free(p);
}

int emu_epc_take(struct emu_platform *p, uint64_t npages)
{
	int ret = -ENOMEM;

	pthread_mutex_lock(&p->lock);
	if (npages <= p->epc_free) {
		p->epc_free -= npages;
		ret = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return ret;
}

void emu_epc_give(struct emu_platform *p, uint64_t npages)
{
	pthread_mutex_lock(&p->lock);
	p->epc_free += npages;
	pthread_mutex_unlock(&p->lock);
}

const struct platform_ops emu_ops = {
	.close = emu_close,
	.create = emu_create,
	.add_pages = emu_add_pages,
	.init = emu_init,
	.destroy = emu_destroy,
	.restrict_rights = emu_restrict,
	.modify = emu_modify,
	.remove = emu_remove,
	.expect = emu_expect,
	.attach = emu_attach,
	.detach = emu_detach,
	.interrupt = emu_interrupt,
	.counters = emu_counters,
	.debug_read = emu_debug_read,
	.debug_write = emu_debug_write,
};

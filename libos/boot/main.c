/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - from the first entry of the first vCPU to the first program.
 *
 * A row of stages, each of which either succeeds or names the boot_error that
 * the host turns into a sentence.  The other vCPUs wait for the end of it.
 */
#include "abi/layout.h"
#include "abi/shared.h"
#include "base/errno.h"
#include "base/log.h"
#include "base/string.h"
#include "crypto/crypto.h"
#include "libos/boot/config.h"
#include "libos/boot/identity.h"
#include "libos/boot/log.h"
#include "libos/boot/root.h"
#include "libos/boot/untrusted.h"
#include "libos/cpu/cpuid.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/tsc.h"
#include "libos/cpu/vcpu.h"
#include "libos/dev/console.h"
#include "libos/entry/strace.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/proc/process.h"
#include "libos/sched/sched.h"
#include "libos/time/clock.h"
#include "sgx/attributes.h"

void boot_enter(uint64_t reason, uint64_t shared_addr);

static struct boot_config config;
static struct identity identity;
static struct boot_strings strings;
static uint32_t boot_is_done;

static struct cspan config_bytes(void)
{
	const struct bootcfg_header *h = (const void *)CONFIG_BASE;

	/* The pages behind the header are there up to what it says. */
	return cspan_make((const void *)CONFIG_BASE,
	                  MIN((uint64_t)h->size, CONFIG_SIZE_MAX));
}

static enum boot_error stage_config(void)
{
	struct bootcfg_header h;
	int err;

	if (boot_config_header(config_bytes(), &h))
		return BOOT_BAD_CONFIG;
	boot_log_setup(h.flags & BOOTCFG_DEBUGGABLE, h.flags & BOOTCFG_LOG_OFF);
	kheap_init((void *)HEAP_BASE, h.kernel_heap_size);
	err = boot_config_parse(config_bytes(), &config);
	if (err == -ENOMEM)
		return BOOT_NO_KERNEL_HEAP;
	return err ? BOOT_BAD_CONFIG : BOOT_OK;
}

static enum boot_error stage_identity(void)
{
	if (identity_read(config.h.flags & BOOTCFG_DEBUGGABLE, &identity))
		return BOOT_BAD_ATTRIBUTES;
	fpu_setup(identity.xfrm);
	return BOOT_OK;
}

static enum boot_error stage_cpuid(void)
{
	const struct host_blob *blob = &host_boot_block()->cpuid;
	static struct host_cpuid table[CPUID_TABLE_MAX];
	struct fpu_features fpu_features;
	struct crypto_features features = { 0 };
	struct cpuid_regs l1, l7, ld;

	if (blob->size > sizeof(table) || blob->size % sizeof(table[0]) ||
	    host_blob_read(blob, 0, table, blob->size) != (long)blob->size ||
	    cpuid_setup(table, blob->size / sizeof(table[0]), identity.xfrm))
		return BOOT_BAD_CPUID;
	cpuid_lookup(1, 0, &l1);
	cpuid_lookup(7, 0, &l7);
	cpuid_lookup(0xd, 1, &ld);
	fpu_features.xinuse = ld.eax >> 2 & 1;
	fpu_features.avx512 = l7.ebx >> 16 & l7.ebx >> 30 & 1;
	fpu_use_features(&fpu_features);
	features.ssse3 = l1.ecx >> 9 & 1;
	features.sse41 = l1.ecx >> 19 & 1;
	features.aesni = l1.ecx >> 25 & 1;
	features.sha = l7.ebx >> 29 & 1;
	return crypto_init(&features) ? BOOT_BAD_CPUID : BOOT_OK;
}

static enum boot_error stage_memory(void)
{
	struct mm_config mc = {
		.user_space_size = config.h.user_space_size,
		.user_space_max_size = config.h.user_space_max_size,
		.kernel_heap_max_size = config.h.kernel_heap_max_size,
		.edmm = host_boot_block()->edmm == 1,
		.trusted_faults = identity.miscselect & SGX_MISC_EXINFO,
	};

	return mm_init(&mc) ? BOOT_NO_KERNEL_HEAP : BOOT_OK;
}

static enum boot_error stage_sched(void)
{
	uint32_t n = MIN(host_boot_block()->nvcpus, config.h.max_vcpus);

	sched_vcpu_init(n);
	clock_init();
	strace_setup((host_boot_block()->flags & HOST_STRACE) &&
	             (config.h.flags & BOOTCFG_DEBUGGABLE));
	return BOOT_OK;
}

static enum boot_error stage_inputs(void)
{
	int err = boot_untrusted(&config, &strings);

	if (err == -ENOMEM)
		return BOOT_NO_KERNEL_HEAP;
	return err ? BOOT_BAD_ARGS : BOOT_OK;
}

static enum boot_error stage_root(void)
{
	return boot_root(&config);
}

static enum boot_error stage_program(void)
{
	return boot_program(&config, &strings);
}

static enum boot_error (*const stages[])(void) = {
	stage_config, stage_sched,  stage_identity, stage_cpuid,
	stage_memory, stage_inputs, stage_root,     stage_program,
};

static __noreturn void boot_first(uint64_t shared_addr)
{
	size_t i;

	if (host_attach(shared_addr))
		entry_leave_dead();
	for (i = 0; i < ARRAY_SIZE(stages); i++) {
		enum boot_error err = stages[i]();

		if (err != BOOT_OK)
			host_exit(EXIT_KERNEL, 0, err);
	}
	__atomic_store_n(&boot_is_done, 1, __ATOMIC_RELEASE);
	sched_idle_loop();
}

static __noreturn void boot_other(void)
{
	while (!__atomic_load_n(&boot_is_done, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (vcpu_self()->index >= sched_nvcpus())
		entry_leave_dead();
	sched_vcpu_init(sched_nvcpus());
	sched_idle_loop();
}

/*
 * From entry.S, on the vCPU's idle stack, once for each vCPU: a second time means
 * that the host plays games, and returning leaves the enclave for ever.
 */
void boot_enter(uint64_t reason, uint64_t shared_addr)
{
	static uint32_t boot_is_taken;

	if (!vcpu_init_self())
		return;
	if (reason == ENTER_VCPU)
		boot_other();
	if (reason != ENTER_BOOT || vcpu_self()->index != 0 ||
	    __atomic_exchange_n(&boot_is_taken, 1, __ATOMIC_ACQ_REL))
		return;
	boot_first(shared_addr);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_cases.c - a running enclave: SGX2's calls, exceptions, and the vDSO's
 * symbols.
 */
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "platform/sgx/tests/backend.h"

/* ---- SGX2 -------------------------------------------------------------- */

static void page_calls(void)
{
	static const int errors[] = { 0, -EINTR, -EAGAIN, -EBUSY };
	struct enclave_progress p;

	start(PLATFORM_ISA_SGX2);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_trouble(t.fake)->stop_pages = 1;
		fake_trouble(t.fake)->stop_error = errors[i];
		CHECK_EQ(enclave_restrict(t.e, TE_RW, 8, 1, &p), 0);
		CHECK_EQ(p.npages, 8);
	}
	fake_trouble(t.fake)->stop_pages = 0;
	/* The last of them too can't be written any more. */
	CHECK_EQ(enter(ENCLU_EENTER, R_STORE, TE_RW + 0x7000), 0);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_error_code, 0x8007);
	CHECK_EQ(enclave_restrict(t.e, TE_RO, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 1);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 2, &p), -EINVAL);
	/* Why the leaf refused it: a page just added waits for EACCEPT. */
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(enclave_restrict(t.e, TE_HOLE, 1, 1, &p), -EFAULT);
	CHECK_EQ(p.code, 0);
	CHECK_EQ(enter(ENCLU_EENTER, R_LOAD, TE_HOLE), 0);
	CHECK_EQ(enclave_restrict(t.e, TE_HOLE, 1, 1, &p), -EFAULT);
	CHECK_EQ(p.code, SGX_PAGE_NOT_MODIFIABLE);
	CHECK_EQ(enclave_modify(t.e, TE_RW, 4, SGX_PT_TRIM, &p), 0);
	CHECK_EQ(p.npages, 4);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 1, &p), -EINVAL);
	CHECK_EQ(enclave_remove(t.e, TE_RW, 4, &p), -EPERM);
	CHECK_EQ(p.npages, 0);
	CHECK_EQ(enclave_modify(t.e, TE_RO, 1, SGX_PT_TCS, &p), -EPERM);
	take_apart();
}

/* vCPUs that change pages at the same time; the driver would say EBUSY. */
static struct {
	pthread_t other;
	volatile bool is_inside, is_second;
	int ret;
} two;

static void *second_call(void *arg)
{
	struct enclave_progress p;

	two.ret = enclave_restrict(t.e, TE_RW + 0x4000, 4, 1, &p);
	return arg;
}

static void first_is_inside(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	(void)arg;
	if (__atomic_exchange_n(&two.is_inside, true, __ATOMIC_SEQ_CST))
		return;
	pthread_create(&two.other, NULL, second_call, NULL);
	nanosleep(&pause, NULL);
}

static void calls_take_turns(void)
{
	struct enclave_progress p;

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->during = first_is_inside;
	two.ret = -1;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 4, 1, &p), 0);
	pthread_join(two.other, NULL);
	CHECK_EQ(two.ret, 0);
	take_apart();
}

/* Parts may be added in any order; they are mapped all the same. */
static void backwards(void)
{
	struct image_part *last = &image_part[image_n_parts - 1];
	struct image_part saved = *last;

	/* The measurement has the same parts in the same order as SIGSTRUCT's. */
	memmove(&image_part[1], &image_part[0],
	        (image_n_parts - 1) * sizeof(*last));
	image_part[0] = saved;
	CHECK_EQ(build_with(SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG, 0), 0);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	take_apart();
	saved = image_part[0];
	memmove(&image_part[0], &image_part[1],
	        (image_n_parts - 1) * sizeof(*last));
	*last = saved;
}

static void exceptions(void)
{
	uint64_t rip = 0;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_vector, 6);
	CHECK_EQ(enclave_debug_read(t.e, TE_GPRS(0) + 136, &rip, 8), 0);
	CHECK_EQ(rip, TE_ADDR(te_ud2));
	rip += 2;
	CHECK_EQ(enclave_debug_write(t.e, TE_GPRS(0) + 136, &rip, 8), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_HOLE, &rip, 8), -EFAULT);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	take_apart();
}

/* ---- the real vDSO ----------------------------------------------------- */

static void vdso(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	int (*gettime)(clockid_t id, struct timespec * ret) =
		(int (*)(clockid_t, struct timespec *))(uintptr_t)vdso_symbol(
			image, "__vdso_clock_gettime");
	struct timespec ts = { 0 };

	CHECK(vdso_symbol(image, "__vdso_nothing") == NULL);
	CHECK(vdso_symbol(NULL, "__vdso_time") == NULL);
	CHECK(!image || gettime);
	if (gettime)
		CHECK(gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec > 0);
}

/* Kernels from 6.12 on have no DT_HASH: a copy of the image without it. */
static void vdso_gnu_hash(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	static _Alignas(4096) uint8_t copy[8192];
	Elf64_Ehdr *ehdr = (void *)copy;
	Elf64_Phdr *phdr;
	bool has_gnu = false;

	if (!image)
		return;
	memcpy(copy, image, sizeof(copy));
	phdr = (void *)(copy + ehdr->e_phoff);
	for (unsigned int i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Dyn *dyn = (void *)(copy + phdr[i].p_vaddr);

		for (; phdr[i].p_type == PT_DYNAMIC && dyn->d_tag; dyn++) {
			has_gnu |= dyn->d_tag == DT_GNU_HASH;
			if (dyn->d_tag == DT_HASH)
				dyn->d_tag = DT_DEBUG;
		}
	}
	CHECK_EQ((uintptr_t)vdso_symbol(copy, "__vdso_getcpu") -
	                 (uintptr_t)copy,
	         has_gnu ? (uintptr_t)vdso_symbol(image, "__vdso_getcpu") -
	                           (uintptr_t)image
	                 : -(uintptr_t)copy);
	CHECK(vdso_symbol(copy, "__vdso_nothing") == NULL);
	/* Nothing to find anything by. */
	memset(copy + ehdr->e_phoff, 0, sizeof(*phdr) * ehdr->e_phnum);
	CHECK(vdso_symbol(copy, "__vdso_getcpu") == NULL);
}

const struct backend_case run_cases[] = {
	{ "parts in another order", backwards },
	{ "SGX2's calls", page_calls },
	{ "SGX2's calls from two threads", calls_take_turns },
	{ "exceptions and debug access", exceptions },
	{ "symbols of the vDSO", vdso },
	{ "a vDSO with another hash", vdso_gnu_hash },
	{ NULL, NULL },
};

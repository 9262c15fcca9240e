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

/* ---- copies of it that differ ------------------------------------------ */

/* A fresh one; NULL where this process has no vDSO. */
static uint8_t *vdso_copy(void)
{
	static _Alignas(4096) uint8_t copy[8192];
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);

	return image ? memcpy(copy, image, sizeof(copy)) : NULL;
}

static Elf64_Phdr *dynamic_header(uint8_t *copy)
{
	Elf64_Ehdr *ehdr = (void *)copy;
	Elf64_Phdr *phdr = (void *)(copy + ehdr->e_phoff);

	while (phdr->p_type != PT_DYNAMIC)
		phdr++;
	return phdr;
}

static Elf64_Dyn *dynamic_entry(uint8_t *copy, int64_t tag)
{
	Elf64_Dyn *dyn = (void *)(copy + dynamic_header(copy)->p_vaddr);

	while (dyn->d_tag && dyn->d_tag != tag)
		dyn++;
	return dyn->d_tag ? dyn : NULL;
}

/* Kernels from 6.12 on have no DT_HASH. */
static void vdso_gnu_hash(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	uint8_t *copy = vdso_copy();
	Elf64_Dyn *hash;
	bool has_gnu;

	if (!copy)
		return;
	has_gnu = dynamic_entry(copy, DT_GNU_HASH);
	hash = dynamic_entry(copy, DT_HASH);
	if (hash)
		hash->d_tag = DT_DEBUG;
	CHECK_EQ((uintptr_t)vdso_symbol(copy, "__vdso_getcpu") -
	                 (uintptr_t)copy,
	         has_gnu ? (uintptr_t)vdso_symbol(image, "__vdso_getcpu") -
	                           (uintptr_t)image
	                 : -(uintptr_t)copy);
	CHECK(vdso_symbol(copy, "__vdso_nothing") == NULL);
}

/* One that has nothing to find anything by. */
static void vdso_without_headers(void)
{
	uint8_t *copy = vdso_copy();
	Elf64_Ehdr *ehdr = (void *)copy;

	if (!copy)
		return;
	CHECK(vdso_symbol(copy, "__vdso_getcpu") != NULL);
	dynamic_header(copy)->p_type = PT_NULL;
	CHECK(vdso_symbol(copy, "__vdso_getcpu") == NULL);
	memset(copy + ehdr->e_phoff, 0, sizeof(Elf64_Phdr) * ehdr->e_phnum);
	CHECK(vdso_symbol(copy, "__vdso_getcpu") == NULL);
}

/* A name that the image only mentions is not a function of it. */
static void vdso_undefined(void)
{
	uint8_t *copy = vdso_copy();
	const void *strings;
	Elf64_Sym *sym;
	uint64_t value;

	if (!copy)
		return;
	value = (uintptr_t)vdso_symbol(copy, "__vdso_getcpu") - (uintptr_t)copy;
	sym = (void *)(copy + dynamic_entry(copy, DT_SYMTAB)->d_un.d_ptr);
	strings = copy + dynamic_entry(copy, DT_STRTAB)->d_un.d_ptr;
	/* The table of strings lies behind that of symbols. */
	CHECK(strings > (const void *)sym);
	for (; (const void *)sym < strings; sym++)
		if (sym->st_value == value)
			sym->st_shndx = SHN_UNDEF;
	CHECK(vdso_symbol(copy, "__vdso_getcpu") == NULL);
	CHECK(vdso_symbol(copy, "__vdso_clock_gettime") != NULL);
}

const struct backend_case run_cases[] = {
	{ "parts in another order", backwards },
	{ "SGX2's calls", page_calls },
	{ "SGX2's calls from two threads", calls_take_turns },
	{ "exceptions and debug access", exceptions },
	{ "symbols of the vDSO", vdso },
	{ "a vDSO with another hash", vdso_gnu_hash },
	{ "a vDSO without headers", vdso_without_headers },
	{ "a vDSO with an undefined symbol", vdso_undefined },
	{ NULL, NULL },
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build_cases.c - building an enclave: capabilities, every call failing in turn,
 * calls that stop half way, and what a user reads if something is missing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/sgx/tests/backend.h"

/* ---- building ---------------------------------------------------------- */

static void plain(void)
{
	struct platform_caps caps;

	start(PLATFORM_ISA_SGX2);
	caps = *platform_caps(t.platform);
	CHECK(strcmp(caps.name, "sgx-fake") == 0);
	CHECK(caps.sgx2 && caps.edeccssa && !caps.is_protected);
	CHECK_EQ(caps.size_max_log2, 36);
	CHECK(caps.epc_size > 0);
	CHECK_EQ(caps.miscselect, SGX_MISC_EXINFO);
	CHECK_EQ(caps.attributes &
	                 ~(uint64_t)(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |
	                             SGX_ATTR_PROVISIONKEY | SGX_ATTR_KSS),
	         0);
	CHECK(caps.attributes & SGX_ATTR_DEBUG);
	CHECK(caps.xfrm < 1 << 10 && caps.xfrm & SGX_XFRM_LEGACY);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	CHECK_EQ(fake_prot(t.fake, TE_HOLE), 7);
	/* Between two parts of equal rights, too. */
	CHECK_EQ(fake_prot(t.fake, TE_DATA), 3);
	CHECK_EQ(fake_prot(t.fake, TE_DATA + 4 * 4096), 7);
	CHECK_EQ(fake_prot(t.fake, TE_SIZE - 4096), 7);
	CHECK_EQ(fake_prot(t.fake, TE_CODE), 5);
	CHECK_EQ(fake_prot(t.fake, TE_RO), 1);
	check_enters();
	take_apart();

	start(PLATFORM_ISA_SGX1);
	caps = *platform_caps(t.platform);
	CHECK(!caps.sgx2 && !caps.edeccssa && !caps.miscselect);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	CHECK_EQ(fake_prot(t.fake, TE_HOLE), 0);
	CHECK_EQ(fake_prot(t.fake, TE_RW), 3);
	check_enters();
	take_apart();
}

/* A kernel before 6.0 on a CPU with SGX2. */
static void old_kernel(void)
{
	struct enclave_progress progress;

	make_fake(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->no_sgx2_ioctls = true;
	CHECK_EQ(open_and_build(), 0);
	CHECK(!platform_caps(t.platform)->sgx2);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 1, &progress), -ENODEV);
	take_apart();
}

/* One page per call; the measurement is that of the whole. */
static void partial_adds(void)
{
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->stop_pages = 1;
	CHECK_EQ(open_and_build(), 0);
	check_enters();
	take_apart();

	/* A page, then a signal before the next: the count is the first's. */
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->stop_pages = 1;
	fake_trouble(t.fake)->fail_at = CALL_ADD_FIRST + 1;
	fake_trouble(t.fake)->error = -EINTR;
	CHECK_EQ(open_and_build(), 0);
	check_enters();
	take_apart();
}

/* Each call fails once, until there is none left; nothing may leak. */
static void sweep(int error)
{
	unsigned int n;
	int ret;

	for (n = 1; n < 500; n++) {
		make_fake(PLATFORM_ISA_BEST);
		fake_trouble(t.fake)->fail_at = n;
		fake_trouble(t.fake)->error = error;
		ret = open_and_build();
		if (ret < 0)
			CHECK(t.err.text[0] != '\0');
		else
			check_enters();
		/* A signal is no reason to give up. */
		if (error == -EINTR && n >= CALL_ADD_FIRST && n <= CALL_INIT)
			CHECK_EQ(ret, 0);
		if (fake_trouble(t.fake)->fail_at) {
			take_apart();
			break;
		}
		take_apart();
	}
	CHECK(n > 20 && n < 500);
}

static void sweep_enomem(void)
{
	sweep(-ENOMEM);
}

static void sweep_eacces(void)
{
	sweep(-EACCES);
}

static void sweep_eintr(void)
{
	sweep(-EINTR);
}

/* Patience ends. */
static void retries(void)
{
	struct enclave_progress p;

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->fail_at = CALL_ADD_FIRST;
	fake_trouble(t.fake)->error = -EINTR;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(open_and_build(), -EINTR);
	CHECK(t.err.text[0] != '\0');
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->fail_at = CALL_INIT;
	fake_trouble(t.fake)->error = -EINTR;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(open_and_build(), -EINTR);
	CHECK(strstr(t.err.text, "EINIT") != NULL);
	take_apart();

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->fail_at = 1;
	fake_trouble(t.fake)->error = -EBUSY;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EBUSY);
	CHECK_EQ(p.npages, 0);
	fake_trouble(t.fake)->fail_at = 0;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), 0);
	take_apart();
}

/* Counts that can't be. */
static void wrong_counts(void)
{
	struct enclave_progress p;

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->count_lie = 1;
	CHECK_EQ(open_and_build(), -EIO);
	take_apart();

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->count_lie = 1;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 0);
	fake_trouble(t.fake)->count_lie = -2;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 0);
	take_apart();
}

/* Somebody else's memory in the way stays his. */
static void occupied(void)
{
	uint32_t *mine =
		mmap((void *)TE_RW, 4096, PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK(mine == (void *)TE_RW);
	*mine = 42;
	make_fake(PLATFORM_ISA_BEST);
	CHECK_EQ(open_and_build(), -ENOMEM);
	CHECK(strstr(t.err.text, "not free") != NULL);
	CHECK_EQ(*mine, 42);
	take_apart();
	munmap(mine, 4096);
}

/* ---- sentences --------------------------------------------------------- */

/* The @n-th call fails with @error: is the remedy named? */
static const struct {
	unsigned int n;
	int error;
	const char *text;
} sentences[] = {
	{ 1, -ENOENT, "there is no /dev/sgx_enclave" },
	{ 1, -EACCES, "usermod -aG sgx" },
	{ 1, -EIO, "security version" },
	{ 1, -ENFILE, "can't open /dev/sgx_enclave" },
	{ CALL_SIGACTION, -EINVAL, "signal handler" },
	{ CALL_OPEN, -EMFILE, "can't open /dev/sgx_enclave" },
	{ CALL_CREATE, -EBUSY, "can't create an enclave" },
	{ CALL_ADD_FIRST, -EFAULT, "adding pages" },
	{ CALL_INIT, -EIO, "EINIT" },
	{ CALL_MMAP, -ENOMEM, "can't map" },
	{ CALL_RESERVE, -EPERM, "vm.mmap_min_addr" },
	{ CALL_RESERVE, -EEXIST, "not free" },
	{ CALL_CREATE, -ENOMEM, "the EPC is full" },
	{ CALL_CREATE, -EIO, "ECREATE" },
	{ CALL_ADD_FIRST, -EIO, "EADD" },
	{ CALL_ADD_FIRST, -ENOMEM, "the EPC is full" },
	{ CALL_INIT, -EPERM, "EINIT: measurement" },
	{ CALL_INIT, -EACCES, "ATTRIBUTES" },
	{ CALL_MMAP, -EPERM, "remount,exec /dev" },
	{ CALL_MPROTECT, -EACCES, "remount,exec /dev" },
};

static void say_why(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		make_fake(PLATFORM_ISA_BEST);
		fake_trouble(t.fake)->fail_at = sentences[i].n;
		fake_trouble(t.fake)->error = sentences[i].error;
		CHECK(open_and_build() < 0);
		if (!strstr(t.err.text, sentences[i].text)) {
			printf("  \"%s\" says nothing of \"%s\"\n", t.err.text,
			       sentences[i].text);
			te_failures++;
		}
		take_apart();
	}
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->no_entry = true;
	CHECK_EQ(open_and_build(), -ENODEV);
	CHECK(strstr(t.err.text, "__vdso_sgx_enter_enclave") != NULL);
	take_apart();
}

const struct backend_case build_cases[] = {
	{ "capabilities, mapping, entry", plain },
	{ "a kernel without SGX2's ioctls", old_kernel },
	{ "ADD_PAGES one page at a time", partial_adds },
	{ "each call fails with ENOMEM", sweep_enomem },
	{ "each call fails with EACCES", sweep_eacces },
	{ "each call fails with EINTR", sweep_eintr },
	{ "calls that never go well", retries },
	{ "counts that can't be", wrong_counts },
	{ "addresses that are taken", occupied },
	{ "sentences", say_why },
	{ NULL, NULL },
};

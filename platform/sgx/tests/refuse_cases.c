/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse_cases.c - what is refused, and what an enclave may be.
 */
#include <errno.h>
#include <string.h>

#include "platform/sgx/tests/backend.h"

/* ---- what the back end refuses ------------------------------------------ */

static void bad_secs(void)
{
	struct secs secs;

	open_only();
	image_secs(platform_caps(t.platform), &secs);
	secs.size = TE_SIZE + 4096;
	CHECK_EQ(create(&secs), -EINVAL);
	CHECK(says("SIZE is not a power of two"));
	secs.size = 0;
	CHECK_EQ(create(&secs), -EINVAL);
	secs.size = TE_SIZE;
	secs.baseaddr = 4096;
	CHECK_EQ(create(&secs), -EIO);
	CHECK(says("ECREATE: the CPU refuses SECS"));
	secs.baseaddr = 0;
	secs.size = 65536;
	CHECK_EQ(create(&secs), -ENOMEM);
	CHECK(says("below 64 KiB"));
	secs.size = TE_SIZE;
	secs.ssaframesize = 0;
	CHECK_EQ(create(&secs), -EIO);
	CHECK(says("ECREATE"));
	t.e = NULL;
	take_apart();
}

static void bad_pages(void)
{
	const uint64_t rw = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W;
	static uint8_t page[4096] __attribute__((aligned(4096)));
	struct secs secs;

	open_only();
	image_secs(platform_caps(t.platform), &secs);
	CHECK_EQ(create(&secs), 0);
	CHECK_EQ(enclave_add_pages(t.e, 1, page, 1, rw, 0, &t.err), -EINVAL);
	CHECK(says("alignment"));
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 0, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_SIZE, page, 1, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_SIZE - 4096, page, 2, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 1,
	                           SGX_SECINFO_REG | SGX_SECINFO_W, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, NULL, 300, rw, 0, &t.err), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 1, rw, 0, &t.err), -EBUSY);
	CHECK(says("exists already"));
	enclave_destroy(t.e);
	t.e = NULL;
	take_apart();
}

/* Pages without a source are zeros, after pages that were not. */
static void zero_pages(void)
{
	const uint64_t rw = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W;
	static uint8_t ones[4096] __attribute__((aligned(4096)));
	static uint8_t many[(SGX_CHUNK_PAGES + 1) * 4096];
	uint64_t word = 1;
	struct secs secs;

	memset(ones, 1, sizeof(ones));
	open_only();
	image_secs(platform_caps(t.platform), &secs);
	CHECK_EQ(create(&secs), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, ones, 1, rw, 0, NULL), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW + 4096, NULL, 1, rw, 0, NULL), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW + 4096, &word, 8), 0);
	CHECK_EQ(word, 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8), 0);
	CHECK_EQ(word, 0x0101010101010101);
	/* More than the buffer holds: the last page is the last page. */
	many[SGX_CHUNK_PAGES * 4096] = 77;
	CHECK_EQ(enclave_add_pages(t.e, TE_RW + 8192, many, SGX_CHUNK_PAGES + 1,
	                           rw, 0, NULL),
	         0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW + 8192 + SGX_CHUNK_PAGES * 4096,
	                            &word, 8),
	         0);
	CHECK_EQ(word, 77);
	enclave_destroy(t.e);
	t.e = NULL;
	take_apart();
}

static void after_init(void)
{
	static struct sigstruct sig __attribute__((aligned(4096)));
	uint64_t word = 0;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enclave_add_pages(t.e, TE_HOLE, NULL, 1, SGX_SECINFO_REG, 0,
	                           &t.err),
	         -EINVAL);
	CHECK(says("initialised"));
	CHECK_EQ(enclave_init(t.e, &sig, &t.err), -EINVAL);
	CHECK(says("already initialised"));
	CHECK_EQ(enclave_debug_read(t.e, TE_SIZE, &word, 8), -EFAULT);
	/* What lies outside could well be read. */
	CHECK_EQ(enclave_debug_read(t.e, (uintptr_t)&sig, &word, 8), -EFAULT);
	CHECK_EQ(enclave_debug_read(t.e, TE_SIZE - 4, &word, 8), -EFAULT);
	CHECK_EQ(enclave_debug_write(t.e, TE_HOLE, &word, 8), -EFAULT);
	/* Opening /proc/self/mem fails, then reading it. */
	for (unsigned int n = 1; n <= 2; n++) {
		fake_trouble(t.fake)->fail_at = n;
		fake_trouble(t.fake)->error = -ENOMEM;
		CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8),
		         n == 1 ? -ENOMEM : -EFAULT);
		fake_trouble(t.fake)->fail_at = n;
		CHECK_EQ(enclave_debug_write(t.e, TE_RW, &word, 8),
		         n == 1 ? -ENOMEM : -EFAULT);
	}
	take_apart();
}

static void production(void)
{
	uint64_t word = 0;

	CHECK_EQ(build_with(SGX_ATTR_MODE64BIT, 0), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8), -EPERM);
	CHECK_EQ(enclave_debug_write(t.e, TE_RW, &word, 8), -EPERM);
	take_apart();
}

static void provisioning(void)
{
	const uint64_t attributes = SGX_ATTR_MODE64BIT | SGX_ATTR_PROVISIONKEY;

	CHECK_EQ(build_with(attributes, 0), 0);
	take_apart();
	CHECK_EQ(build_with(attributes, -EACCES), -EACCES);
	CHECK(says("usermod -aG sgx_prv"));
	t.e = NULL;
	take_apart();
}

/* Tiles only where CPU and kernel agree, and only after having asked. */
static void tiles(void)
{
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, SGX_XFRM_AMX);
	CHECK_EQ(fake_permitted(t.fake), SGX_XFRM_TILEDATA);
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	fake_trouble(t.fake)->no_tiles_permitted = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK(platform_caps(t.platform)->xfrm & SGX_XFRM_LEGACY);
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	fake_trouble(t.fake)->no_tiles_enabled = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK_EQ(fake_permitted(t.fake), 0);
	take_apart();

	open_only();
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK_EQ(fake_permitted(t.fake), 0);
	take_apart();
}

const struct backend_case refuse_cases[] = {
	{ "SECS that are refused", bad_secs },
	{ "pages that are refused", bad_pages },
	{ "pages without a source", zero_pages },
	{ "calls after INIT", after_init },
	{ "an enclave that is not for debugging", production },
	{ "an enclave with the provisioning key", provisioning },
	{ "tile registers", tiles },
	{ NULL, NULL },
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MRENCLAVE against literals (made by mrenclave_oracle.py's functions), what
 * changes it and what does not; the SGXS reader against streams it must refuse.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sgx/sgxs.h"

enum {
	RW = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W,
	RX = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_X,
	NOT_MEASURED = 1 << 30, /* in page.flags: EADD only */
};

/* One page of an enclave of SSAFRAMESIZE 1 and SIZE 32 KiB. */
struct page {
	uint64_t offset;
	uint32_t flags;
	unsigned int seed; /* as mrenclave_oracle.py's page_bytes() */
};

static void make_page(uint8_t page[MEASURE_PAGE_SIZE], unsigned int seed)
{
	for (unsigned int i = 0; i < MEASURE_PAGE_SIZE; i++)
		page[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

static void add_page(struct measure *m, const struct page *p)
{
	struct secinfo secinfo = { .flags = p->flags & ~NOT_MEASURED };
	uint8_t bytes[MEASURE_PAGE_SIZE];

	make_page(bytes, p->seed);
	if (p->flags & NOT_MEASURED)
		measure_eadd(m, p->offset, &secinfo);
	else
		measure_page(m, p->offset, &secinfo, bytes);
}

static void begin(struct measure *m, uint32_t ssaframesize, uint64_t size)
{
	struct secs secs = { .ssaframesize = ssaframesize, .size = size };

	measure_init(m, &secs, NULL);
}

static const char *to_hex(const uint8_t hash[SGX_HASH_SIZE])
{
	static char hex[2 * SGX_HASH_SIZE + 1];

	for (size_t i = 0; i < SGX_HASH_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return hex;
}

static const char *measure_pages(const struct page *pages, size_t count)
{
	uint8_t mrenclave[SGX_HASH_SIZE];
	struct measure m;

	begin(&m, 1, 0x8000);
	for (size_t i = 0; i < count; i++)
		add_page(&m, &pages[i]);
	assert_int_equal(measure_finish(&m, mrenclave), 0);
	return to_hex(mrenclave);
}

static const struct {
	size_t count;
	struct page page[2];
	const char *mrenclave;
} literals[] = {
	{ 0,
	  { { 0 } },
	  "5f6ca4b2095e517d4e8c013b253d00e0"
	  "d26ed608b912203cc56c298b55debe39" },
	{ 1,
	  { { 0x1000, RW, 5 } },
	  "3eb83d324bf21902d9fc91cb48d6daf7"
	  "1a1aa3e2f305a217d38a259b7e73eeea" },
	{ 1,
	  { { 0x1000, RW | NOT_MEASURED, 5 } },
	  "626133eab1086ddcb7e1890948242893"
	  "9752dbde34626f1904ecc43007bbe312" },
	{ 1,
	  { { 0x2000, SGX_SECINFO_TCS, 9 } },
	  "f42b77d815471a8b1a9023969791a644"
	  "6709754c45bb3ac9900b686e8304bf24" },
	{ 1, /* RWX asked for a TCS are measured as 0 */
	  { { 0x2000, SGX_SECINFO_TCS | SGX_SECINFO_RWX, 9 } },
	  "f42b77d815471a8b1a9023969791a644"
	  "6709754c45bb3ac9900b686e8304bf24" },
	{ 2,
	  { { 0x1000, RW, 5 }, { 0x2000, RX, 6 } },
	  "465f4a976e90ab27363320ae2a733a14"
	  "58cb18f97e2811e7c70269fd80f494c2" },
};

static void literal_hashes(void **state)
{
	uint8_t mrenclave[SGX_HASH_SIZE];
	struct measure m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(literals); i++)
		assert_string_equal(
			measure_pages(literals[i].page, literals[i].count),
			literals[i].mrenclave);

	begin(&m, 4, (uint64_t)32 << 30);
	assert_int_equal(measure_finish(&m, mrenclave), 0);
	assert_string_equal(to_hex(mrenclave),
	                    "e389df46878560453df4a48d0d9d2e33"
	                    "d81db1790bcc827e9504ea39a1347cc2");
}

/* Each bit of SECINFO's measured part, of a REG page. */
static void each_secinfo_bit_counts(void **state)
{
	uint8_t want[SGX_HASH_SIZE], got[SGX_HASH_SIZE];
	struct secinfo secinfo;
	struct measure m;

	(void)state;
	for (int bit = -1; bit < 64 * 8; bit++) {
		memset(&secinfo, 0, sizeof(secinfo));
		secinfo.flags = RW;
		if (bit >= 0)
			((uint8_t *)&secinfo)[bit / 8] ^=
				(uint8_t)(1 << bit % 8);
		begin(&m, 1, 0x8000);
		measure_eadd(&m, 0x1000, &secinfo);
		assert_int_equal(measure_finish(&m, got), 0);
		if (bit < 0)
			memcpy(want, got, sizeof(want));
		else if (bit < 48 * 8)
			assert_memory_not_equal(want, got, sizeof(want));
		else /* bytes 48-63 are not measured */
			assert_memory_equal(want, got, sizeof(want));
	}
}

static void order_and_content_count(void **state)
{
	const struct page pages[][2] = {
		{ { 0x1000, RW, 5 }, { 0x2000, RX, 6 } },
		{ { 0x2000, RX, 6 }, { 0x1000, RW, 5 } }, /* swapped */
		{ { 0x1000, RW, 5 }, { 0x3000, RX, 6 } }, /* elsewhere */
		{ { 0x1000, RW, 5 }, { 0x2000, RX, 7 } }, /* other bytes */
		{ { 0x1000, RW, 5 }, { 0x2000, RX | NOT_MEASURED, 6 } },
	};
	char first[2 * SGX_HASH_SIZE + 1];

	(void)state;
	snprintf(first, sizeof(first), "%s", measure_pages(pages[0], 2));
	for (size_t i = 1; i < ARRAY_SIZE(pages); i++)
		assert_string_not_equal(measure_pages(pages[i], 2), first);
}

/* BASEADDR, ATTRIBUTES, XFRM and MISCSELECT are not measured. */
static void secs_fields(void **state)
{
	struct secs secs = { .ssaframesize = 1, .size = 0x8000 };
	uint8_t want[SGX_HASH_SIZE], got[SGX_HASH_SIZE];
	struct measure m;

	(void)state;
	measure_init(&m, &secs, NULL);
	assert_int_equal(measure_finish(&m, want), 0);

	secs.baseaddr = 0x10000;
	secs.attributes.flags = SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT;
	secs.attributes.xfrm = SGX_XFRM_LEGACY | SGX_XFRM_AVX;
	secs.miscselect = SGX_MISC_EXINFO;
	measure_init(&m, &secs, NULL);
	assert_int_equal(measure_finish(&m, got), 0);
	assert_memory_equal(want, got, sizeof(want));

	secs.ssaframesize = 2;
	measure_init(&m, &secs, NULL);
	assert_int_equal(measure_finish(&m, got), 0);
	assert_memory_not_equal(want, got, sizeof(want));
}

/* What EADD zeroes in a TCS has no influence, all else has. */
static void tcs_as_loaded(void **state)
{
	const struct secinfo secinfo = { .flags = SGX_SECINFO_TCS };
	uint8_t want[SGX_HASH_SIZE], got[SGX_HASH_SIZE];
	struct tcs tcs = { .nssa = 3, .ossa = 0x3000, .oentry = 0x1000 };
	struct measure m;

	(void)state;
	begin(&m, 1, 0x8000);
	measure_page(&m, 0x2000, &secinfo, (const uint8_t *)&tcs);
	assert_int_equal(measure_finish(&m, want), 0);

	tcs.state = SGX_TCS_BUSY;
	tcs.flags = SGX_TCS_DBGOPTIN;
	tcs.cssa = 2;
	tcs.aep = 0x7fff0000;
	begin(&m, 1, 0x8000);
	measure_page(&m, 0x2000, &secinfo, (const uint8_t *)&tcs);
	assert_int_equal(measure_finish(&m, got), 0);
	assert_memory_equal(want, got, sizeof(want));

	tcs.flags = SGX_TCS_AEXNOTIFY;
	begin(&m, 1, 0x8000);
	measure_page(&m, 0x2000, &secinfo, (const uint8_t *)&tcs);
	assert_int_equal(measure_finish(&m, got), 0);
	assert_memory_not_equal(want, got, sizeof(want));
}

/* A sink that fails at its n-th call. */
struct failing {
	unsigned int calls_left;
	unsigned int calls;
};

static int failing_write(void *arg, const void *bytes, size_t size)
{
	struct failing *f = arg;

	(void)bytes;
	(void)size;
	f->calls++;
	if (f->calls_left == 0)
		return -ENOSPC;
	f->calls_left--;
	return 0;
}

static void sink_errors(void **state)
{
	const struct page page = { 0x1000, RW, 5 };
	const struct secs secs = { .ssaframesize = 1, .size = 0x8000 };
	uint8_t mrenclave[SGX_HASH_SIZE];
	struct measure m;
	unsigned int n;

	(void)state;
	/* ECREATE, EADD, and two calls per chunk. */
	for (n = 0; n <= 34; n++) {
		struct failing f = { .calls_left = n };
		const struct measure_sink sink = { failing_write, &f };

		measure_init(&m, &secs, &sink);
		add_page(&m, &page);
		assert_int_equal(measure_finish(&m, mrenclave),
		                 n < 34 ? -ENOSPC : 0);
		assert_int_equal(f.calls, n < 34 ? n + 1 : 34);
	}
}

/* Streams, built record by record. */
struct stream {
	uint8_t bytes[8192];
	size_t size;
};

static void put(struct stream *s, const char *tag, uint64_t number,
                uint64_t flags)
{
	uint8_t *record = s->bytes + s->size;

	assert_true(s->size + 64 <= sizeof(s->bytes));
	memset(record, 0, 64);
	memcpy(record, tag, strlen(tag));
	memcpy(record + 8, &number, 8);
	memcpy(record + 16, &flags, 8);
	s->size += 64;
}

static void put_ecreate(struct stream *s, uint32_t ssaframesize, uint64_t size)
{
	put(s, "ECREATE", 0, 0);
	memcpy(s->bytes + s->size - 56, &ssaframesize, 4);
	memcpy(s->bytes + s->size - 52, &size, 8);
}

static void put_eextend(struct stream *s, uint64_t offset)
{
	put(s, "EEXTEND", offset, 0);
	assert_true(s->size + 256 <= sizeof(s->bytes));
	memset(s->bytes + s->size, 0xEE, 256);
	s->size += 256;
}

static int check(const struct stream *s)
{
	uint8_t mrenclave[SGX_HASH_SIZE];
	const char *fault = NULL;
	int err;

	err = sgxs_check(cspan_make(s->bytes, s->size), mrenclave, &fault);
	assert_true((err < 0) == (fault != NULL));
	return err;
}

static void make_good(struct stream *s)
{
	s->size = 0;
	put_ecreate(s, 1, 0x8000);
	put(s, "EADD", 0x1000, RW);
	put_eextend(s, 0x1100);
	put_eextend(s, 0x1000); /* any order within the page */
	put(s, "EADD", 0x2000, SGX_SECINFO_TCS);
	put(s, "EADD", 0x7000, RX);
	put_eextend(s, 0x7000); /* a page begins anew */
}

static void good_stream(void **state)
{
	struct stream s;

	(void)state;
	make_good(&s);
	assert_int_equal(check(&s), 0);
}

static void truncated_streams(void **state)
{
	struct stream s;
	size_t whole;

	(void)state;
	make_good(&s);
	whole = s.size;
	for (s.size = 0; s.size < whole; s.size++) {
		bool ends_between = s.size == 64 || s.size == 128 ||
		                    s.size == 448 || s.size == 768 ||
		                    s.size == 832 || s.size == 896;

		assert_int_equal(check(&s), ends_between ? 0 : -EINVAL);
	}
}

static void bad_order(void **state)
{
	struct stream s;

	(void)state;
#define REFUSED(...)                                                           \
	do {                                                                   \
		s.size = 0;                                                    \
		__VA_ARGS__;                                                   \
		assert_int_equal(check(&s), -EINVAL);                          \
	} while (0)
#define AFTER_ECREATE(...) REFUSED(put_ecreate(&s, 1, 0x8000), __VA_ARGS__)
	REFUSED((void)0);
	REFUSED(put(&s, "EADD", 0x1000, RW));
	REFUSED(put_eextend(&s, 0x1000));
	REFUSED(put(&s, "UNSIZED", 0, 0));
	REFUSED(put_ecreate(&s, 0, 0x8000));
	REFUSED(put_ecreate(&s, 1, 0x1000));
	REFUSED(put_ecreate(&s, 1, 0xc000));
	REFUSED(put_ecreate(&s, 1, 0));
	AFTER_ECREATE(put_ecreate(&s, 1, 0x8000));
	AFTER_ECREATE(put_eextend(&s, 0));
	AFTER_ECREATE(put(&s, "EADD", 0x1001, RW));
	AFTER_ECREATE(put(&s, "EADD", 0x8000, RW));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, SGX_SECINFO_TRIM));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, 0));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, RW | SGX_SECINFO_PENDING));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, RW | 1ull << 63));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, SGX_SECINFO_REG | SGX_SECINFO_W));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, SGX_SECINFO_TCS | SGX_SECINFO_R));
	AFTER_ECREATE(put(&s, "EADD", 0x1000, RW), put(&s, "EADD", 0x1000, RW));
	AFTER_ECREATE(put(&s, "EADD", 0x2000, RW), put(&s, "EADD", 0x1000, RW));
#define AFTER_EADD(...) AFTER_ECREATE(put(&s, "EADD", 0x2000, RW), __VA_ARGS__)
	AFTER_EADD(put_eextend(&s, 0x1f00));
	AFTER_EADD(put_eextend(&s, 0x3000));
	AFTER_EADD(put_eextend(&s, 0x2080));
	AFTER_EADD(put_eextend(&s, 0x2000), put_eextend(&s, 0x2000));
	AFTER_EADD(put(&s, "UNMEASRD", 0x2000, 0));
	AFTER_EADD(put(&s, "EADD ", 0x3000, RW));
}

/* No two canonical streams share a hash, so no ignored bit may exist. */
static void reserved_bits(void **state)
{
	struct stream s;

	(void)state;
	make_good(&s);
	for (size_t bit = 20 * 8; bit < 64 * 8; bit++) { /* ECREATE */
		s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(&s), -EINVAL);
		s.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 24 * 8; bit < 64 * 8; bit++) { /* EADD, EEXTEND */
		s.bytes[64 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(&s), -EINVAL);
		s.bytes[64 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		s.bytes[128 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(&s), -EINVAL);
		s.bytes[128 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(check(&s), 0);
}

/* The writer lets nothing through that the reader would refuse. */
static void writer_refuses(void **state)
{
	const struct page down[] = { { 0x2000, RW, 1 }, { 0x1000, RW, 2 } };
	const struct secs secs = { .ssaframesize = 1, .size = 0x8000 };
	uint8_t mrenclave[SGX_HASH_SIZE];
	struct failing f = { .calls_left = ~0u };
	const struct measure_sink sink = { failing_write, &f };
	struct sgxs_writer w;
	struct measure_sink out;
	struct measure m;

	(void)state;
	sgxs_writer_init(&w, &sink);
	out = sgxs_writer_sink(&w);
	measure_init(&m, &secs, &out);
	add_page(&m, &down[0]);
	add_page(&m, &down[1]);
	assert_int_equal(measure_finish(&m, mrenclave), -EINVAL);
	assert_string_equal(w.order.fault, "EADD: offsets do not rise");
	assert_int_equal(f.calls, 34);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_hashes),
		cmocka_unit_test(each_secinfo_bit_counts),
		cmocka_unit_test(order_and_content_count),
		cmocka_unit_test(secs_fields),
		cmocka_unit_test(tcs_as_loaded),
		cmocka_unit_test(sink_errors),
		cmocka_unit_test(good_stream),
		cmocka_unit_test(truncated_streams),
		cmocka_unit_test(bad_order),
		cmocka_unit_test(reserved_bits),
		cmocka_unit_test(writer_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

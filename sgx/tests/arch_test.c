/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small rules of the architecture, with literal values: EXITINFO, XFRM,
 * XSAVE sizes and headers, reserved bits, CPUID's EPC sections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "sgx/arch.h"

/* 35.9.1, vectors A22-A32. */
static void exitinfo(void **state)
{
	static const struct {
		unsigned int vector;
		uint32_t plain;       /* MISCSELECT 0 */
		uint32_t with_exinfo; /* MISCSELECT 1 */
	} want[] = {
		{ 0, 0x80000300, 0x80000300 },
		{ 1, 0x80000301, 0x80000301 },
		{ 2, 0, 0 },
		{ 3, 0x80000603, 0x80000603 },
		{ 4, 0, 0 },
		{ 5, 0x80000305, 0x80000305 },
		{ 6, 0x80000306, 0x80000306 },
		{ 7, 0, 0 },
		{ 12, 0, 0 },
		{ 13, 0, 0x8000030d },
		{ 14, 0, 0x8000030e },
		{ 16, 0x80000310, 0x80000310 },
		{ 17, 0x80000311, 0x80000311 },
		{ 18, 0, 0 },
		{ 19, 0x80000313, 0x80000313 },
		{ 21, 0, 0 },
		{ 32, 0, 0 },
		{ 255, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(exitinfo_make(want[i].vector, 0),
		                 want[i].plain);
		assert_int_equal(exitinfo_make(want[i].vector, SGX_MISC_EXINFO),
		                 want[i].with_exinfo);
	}
	assert_int_equal(exitinfo_make(21, SGX_MISC_CPINFO), 0x80000315);
	assert_true(exitinfo_is_valid(0x8000030e));
	assert_false(exitinfo_is_valid(0x0000030e));
	assert_int_equal(exitinfo_vector(0x80000603), 3);
	assert_int_equal(exitinfo_type(0x80000603), SGX_EXIT_SOFTWARE);
}

static void frame_offsets(void **state)
{
	(void)state;
	assert_int_equal(ssa_gprsgx_offset(1), 4096 - 184);
	assert_int_equal(ssa_gprsgx_offset(4), 16384 - 184);
	assert_int_equal(ssa_exinfo_offset(4), 16384 - 200);

	assert_false(ssa_frame_fits(0, XSAVE_SIZE_MIN, 0));
	assert_true(ssa_frame_fits(1, 4096 - 184, 0));
	assert_false(ssa_frame_fits(1, 4096 - 183, 0));
	assert_true(ssa_frame_fits(1, 4096 - 200, SGX_MISC_EXINFO));
	assert_false(ssa_frame_fits(1, 4096 - 199, SGX_MISC_EXINFO));
	assert_false(ssa_frame_fits(1, UINT32_MAX, 0));
}

static void secinfo_reserved(void **state)
{
	struct secinfo s;

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(s); bit++) {
		bool reserved = bit == 6 || bit == 7 || bit >= 16;

		memset(&s, 0, sizeof(s));
		((uint8_t *)&s)[bit / 8] = (uint8_t)(1 << bit % 8);
		assert_int_equal(secinfo_is_canonical(&s), !reserved);
	}
	assert_int_equal(secinfo_page_type(0x410), SGX_PT_TRIM);
}

static void targetinfo_reserved(void **state)
{
	struct targetinfo t;

	(void)state;
	for (size_t at = 0; at < sizeof(t); at++) {
		bool reserved = at == 49 || (at >= 56 && at < 64) || at >= 128;

		memset(&t, 0, sizeof(t));
		((uint8_t *)&t)[at] = 1;
		assert_int_equal(targetinfo_is_canonical(&t), !reserved);
	}
}

static void xfrm(void **state)
{
	static const struct {
		uint64_t xfrm;
		bool legal;
	} want[] = {
		{ 0, false },
		{ 1, false }, /* C06 */
		{ 2, false },
		{ 3, true },
		{ 7, true },
		{ 0x1f, true },
		{ 0xb, false }, /* half of MPX */
		{ 0xe7, true },
		{ 0xe3, false }, /* ZMM without AVX */
		{ 0x27, false }, /* opmask alone */
		{ 0x203, true },
		{ 0x602e7, false }, /* AMX, not supported below */
		{ 3 | 1ull << 63, false },
		{ 3 | 1ull << 8, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(xfrm_is_legal(want[i].xfrm, 0x2ff & ~0x100ull),
		                 want[i].legal);
	assert_true(xfrm_is_legal(0x602e7, 0x602e7));
	assert_false(xfrm_is_legal(0x202e7, 0x602e7)); /* half of AMX */
	assert_false(xfrm_is_legal(~0ull, ~0ull));
}

/* A Sapphire Rapids' leaf 0DH, standard form. */
static const struct xsave_table table = {
	.component = {
		[2] = { 256, 576 },
		[5] = { 64, 1088 },
		[6] = { 512, 1152 },
		[7] = { 1024, 1664 },
		[9] = { 8, 2688 },
		[17] = { 64, 2752 },
		[18] = { 8192, 2816 },
	},
};

static void xsave_sizes(void **state)
{
	struct xsave_table bad = table;

	(void)state;
	assert_int_equal(xsave_size(&table, 3), 576);
	assert_int_equal(xsave_size(&table, 7), 832);
	assert_int_equal(xsave_size(&table, 0xe7), 2688);
	assert_int_equal(xsave_size(&table, 0x2e7), 2696);
	assert_int_equal(xsave_size(&table, 0x203), 2696);
	assert_int_equal(xsave_size(&table, 0x602e7), 11008);
	assert_true(ssa_frame_fits(3, 11008, SGX_MISC_EXINFO));
	assert_false(ssa_frame_fits(2, 11008, SGX_MISC_EXINFO)); /* C08 */

	assert_int_equal(xsave_size(&table, 0x1f), 0); /* no MPX here */
	assert_int_equal(xsave_size(&table, 3 | 1ull << 63), 0);
	bad.component[2].offset = 575;
	assert_int_equal(xsave_size(&bad, 7), 0);
	bad.component[2].offset = UINT32_MAX;
	assert_int_equal(xsave_size(&bad, 7), 0);
}

/* XRSTOR's #GP conditions, vectors R12-R17. */
static void restorable(void **state)
{
	struct xsave_area area;

	(void)state;
	xsave_init(&area);
	assert_int_equal(area.legacy.fcw, 0x37f);
	assert_true(xsave_restorable(&area, 3, 0xffff));
	area.header.xstate_bv = 7;
	assert_true(xsave_restorable(&area, 7, 0xffff));
	assert_false(xsave_restorable(&area, 3, 0xffff));

	for (size_t at = 520; at < 576; at++) {
		xsave_init(&area);
		((uint8_t *)&area)[at] = 1;
		assert_int_equal(xsave_restorable(&area, 3, 0xffff), at >= 536);
	}
	xsave_init(&area);
	area.header.xcomp_bv = XSAVE_XCOMP_COMPACTED;
	assert_false(xsave_restorable(&area, 3, 0xffff));

	xsave_init(&area);
	area.legacy.mxcsr |= 1u << 16;
	assert_false(xsave_restorable(&area, 3, 0xffff));
	area.legacy.mxcsr = 1u << 6; /* DAZ is not in the default mask */
	assert_true(xsave_restorable(&area, 3, 0xffff));
	assert_false(xsave_restorable(&area, 3, 0));
}

static void error_names(void **state)
{
	(void)state;
	assert_string_equal(sgx_error_name(0), "SGX_SUCCESS");
	assert_string_equal(sgx_error_name(8), "SGX_INVALID_SIGNATURE");
	assert_string_equal(sgx_error_name(256), "SGX_INVALID_KEYNAME");
	assert_string_equal(sgx_error_name(22), "unknown SGX error");
	assert_string_equal(sgx_error_name(257), "unknown SGX error");
	assert_string_equal(sgx_error_name(~0u), "unknown SGX error");
}

static void epc_section(void **state)
{
	const struct cpuid_regs regs = { 0x70200001, 0x1, 0x05d80001, 0x2 };
	const struct cpuid_regs none = { 0 };
	uint64_t base, size;

	(void)state;
	assert_true(sgx_cpuid_epc_section(&regs, &base, &size));
	assert_true(base == 0x170200000 && size == 0x205d80000);
	assert_false(sgx_cpuid_epc_section(&none, &base, &size));
	assert_int_equal(sgx_cpuid_size64_log2(0x241f), 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exitinfo),
		cmocka_unit_test(frame_offsets),
		cmocka_unit_test(secinfo_reserved),
		cmocka_unit_test(targetinfo_reserved),
		cmocka_unit_test(xfrm),
		cmocka_unit_test(xsave_sizes),
		cmocka_unit_test(restorable),
		cmocka_unit_test(error_names),
		cmocka_unit_test(epc_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

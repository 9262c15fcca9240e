/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect_test.c - what is expected of a program follows from its headers, and
 * nothing from headers that make no sense.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "base/units.h"
#include "host/expect.h"

static struct {
	uint64_t offset, size;
} seen[8];
static size_t nseen;

/* In place of the platform's. */
void enclave_expect(struct enclave *e, uint64_t offset, uint64_t size)
{
	(void)e;
	assert_true(nseen < 8);
	seen[nseen].offset = offset;
	seen[nseen++].size = size;
}

static bool is_expected(uint64_t offset, uint64_t size)
{
	for (size_t i = 0; i < nseen; i++)
		if (seen[i].offset == offset && seen[i].size == size)
			return true;
	return false;
}

/* Expect for a program of these headers; how much was expected. */
static size_t expect(const Elf64_Ehdr *eh, const Elf64_Phdr *ph, size_t n,
                     uint64_t user_space_size)
{
	struct bootcfg_header config = { .user_space_size = user_space_size };
	struct host_run_options options = {
		.program_fd = memfd_create("program", MFD_CLOEXEC),
	};
	size_t size = n * sizeof(*ph);

	assert_true(options.program_fd > 0);
	assert_int_equal(write(options.program_fd, eh, sizeof(*eh)),
	                 sizeof(*eh));
	assert_int_equal(write(options.program_fd, ph, size), size);
	nseen = 0;
	expect_pages(NULL, &config, &options);
	close(options.program_fd);
	return nseen;
}

static const Elf64_Ehdr sound = {
	.e_ident = ELFMAG,
	.e_type = ET_EXEC,
	.e_phoff = sizeof(Elf64_Ehdr),
	.e_phentsize = sizeof(Elf64_Phdr),
	.e_phnum = 2,
};

static void test_image(void **state)
{
	Elf64_Phdr ph[2] = {
		{ .p_type = PT_LOAD, .p_vaddr = 0x400000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_vaddr = 0x7ff000, .p_memsz = 0x1001 },
	};
	Elf64_Ehdr eh = sound;

	(void)state;
	assert_int_equal(expect(&eh, ph, 2, 64 * MIB), 4);
	assert_true(is_expected(0x400000, 6 * MIB));
	assert_true(is_expected(62 * MIB, 2 * MIB));
	eh.e_type = ET_DYN;
	assert_int_equal(expect(&eh, ph, 2, 64 * MIB), 3);
	/* The static region is too small for a heap at its end. */
	assert_int_equal(expect(&eh, ph, 2, 47 * MIB), 2);
}

static void test_nonsense(void **state)
{
	static const Elf64_Phdr wrong[] = {
		{ .p_type = PT_LOAD, .p_vaddr = 0x400000, .p_memsz = 1 << 30 },
		{ .p_type = PT_LOAD, .p_vaddr = 0x1000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD,
		  .p_vaddr = 0x400000,
		  .p_memsz = UINT64_MAX - 0x400000 },
		{ .p_type = PT_LOAD, .p_vaddr = UINT64_MAX, .p_memsz = 2 },
		{ .p_type = PT_LOAD, .p_vaddr = USER_LOW_END, .p_memsz = 1 },
		{ .p_type = PT_NOTE, .p_vaddr = 0x400000, .p_memsz = 0x1000 },
	};
	Elf64_Phdr good = { .p_type = PT_LOAD,
		            .p_vaddr = 0x400000,
		            .p_memsz = 0x1000 };
	Elf64_Ehdr eh = sound;

	(void)state;
	eh.e_phnum = 1;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(expect(&eh, &wrong[i], 1, 64 * MIB), 3);
	assert_int_equal(expect(&eh, &good, 1, 64 * MIB), 4);
	eh.e_phnum = 2; /* the file ends before */
	assert_int_equal(expect(&eh, &good, 1, 64 * MIB), 3);
	eh.e_phnum = 0xffff;
	assert_int_equal(expect(&eh, &good, 1, 64 * MIB), 3);
	eh = sound;
	eh.e_phnum = 1;
	eh.e_ident[0] = 0;
	assert_int_equal(expect(&eh, &good, 1, 64 * MIB), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

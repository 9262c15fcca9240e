/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elfneeds_test.c - what this very program needs, and what damaged copies of
 * it do to the reader.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/image/elfneeds.h"
#include "cli/image/libpath.h"
#include "cli/instance/file.h"

#include "base/banned.h"

static struct bytes self;

static int read_self(void **state)
{
	struct cli_error err;

	(void)state;
	return file_read("/proc/self/exe", &self, &err);
}

static int free_self(void **state)
{
	(void)state;
	bytes_fini(&self);
	return 0;
}

static void test_self(void **state)
{
	struct elf_needs needs;

	(void)state;
	assert_int_equal(
		elf_needs_read(cspan_make(self.data, self.size), &needs), 0);
	assert_string_equal(needs.interp, "/lib64/ld-linux-x86-64.so.2");
	assert_true(strings_has(&needs.needed, "libc.so.6"));
	assert_true(strings_has(&needs.needed, "libcmocka.so.0"));
	elf_needs_fini(&needs);
}

static void test_find(void **state)
{
	const struct elf_needs none = { .interp = NULL };
	const struct elf_needs origin = { .runpath = (char[]){
						  "$ORIGIN:${ORIGIN}/x" } };
	struct libpath lp;
	char *found;

	(void)state;
	libpath_init(&lp);
	found = libpath_find(&lp, "libc.so.6", "/bin/x", &none, NULL);
	assert_non_null(found);
	assert_non_null(strstr(found, "/libc.so.6"));
	free(found);
	assert_null(
		libpath_find(&lp, "libnone.so.99", "/bin/x", &origin, NULL));
	/* A text file of that name is no library. */
	assert_null(libpath_find(&lp, "/etc/passwd", "/bin/x", &none, NULL));
	libpath_fini(&lp);
}

/* Cut short anywhere in the part that is read, it is refused or read. */
static void test_truncated(void **state)
{
	struct elf_needs needs;

	(void)state;
	for (size_t n = 0; n < self.size; n += n < 1024 ? 1 : 997) {
		/* A copy of its own, so that a sanitizer sees each overrun. */
		uint8_t *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, self.data, n);
		if (elf_needs_read(cspan_make(copy, n), &needs) == 0)
			elf_needs_fini(&needs);
		free(copy);
	}
}

/* One header byte wrong at a time, with the values that overflow things. */
static void test_damaged(void **state)
{
	static const uint8_t values[] = { 0x00, 0x7f, 0x80, 0xff };
	struct elf_needs needs;

	(void)state;
	for (size_t at = 0; at < 1024 && at < self.size; at++) {
		uint8_t was = self.data[at];

		for (size_t v = 0; v < sizeof(values); v++) {
			self.data[at] = values[v];
			if (elf_needs_read(cspan_make(self.data, self.size),
			                   &needs) == 0)
				elf_needs_fini(&needs);
		}
		self.data[at] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, read_self, free_self);
}

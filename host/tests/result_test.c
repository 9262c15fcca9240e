/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result_test.c - exit codes, and that every reason has its sentence.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "abi/booterror.h"
#include "host/run.h"

static void test_program(void **state)
{
	static const struct {
		int status;
		int code;
	} cases[] = {
		{ W_EXITCODE(0, 0), 0 },
		{ W_EXITCODE(3, 0), 3 },
		{ W_EXITCODE(255, 0), 255 },
		{ W_EXITCODE(0, SIGKILL), 137 },
		{ W_EXITCODE(0, SIGTERM), 143 },
		{ W_EXITCODE(0, SIGSEGV) | WCOREFLAG, 139 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_result r = { .kind = HOST_RESULT_PROGRAM,
			                 .status = cases[i].status };

		assert_int_equal(host_result_exit_code(&r), cases[i].code);
	}
}

static void test_boot_errors(void **state)
{
	static const int codes[] = {
		[BOOT_NO_KERNEL_HEAP] = 125, [BOOT_NO_USER_SPACE] = 125,
		[BOOT_NO_ENTRY_POINT] = 126, [BOOT_NO_PROGRAM] = 127,
		[BOOT_NOT_EXECUTABLE] = 126,
	};

	(void)state;
	for (unsigned int code = 0; code <= BOOT_KERNEL_PANIC + 1; code++) {
		struct host_result r = { .kind = HOST_RESULT_KERNEL,
			                 .code = code };
		int expected = code < sizeof(codes) / sizeof(codes[0])
		                       ? codes[code]
		                       : 0;

		assert_true(strlen(host_result_text(&r)) > 20);
		assert_int_equal(host_result_exit_code(&r),
		                 expected ? expected : 125);
	}
}

static void test_remedies_name_the_field(void **state)
{
	struct host_result r = { .kind = HOST_RESULT_KERNEL,
		                 .code = BOOT_NO_USER_SPACE };

	(void)state;
	assert_non_null(strstr(host_result_text(&r),
	                       "resource_limits.user_space_size"));
	r.code = BOOT_NO_KERNEL_HEAP;
	assert_non_null(strstr(host_result_text(&r),
	                       "resource_limits.kernel_space_heap_size"));
	r.code = BOOT_NO_ENTRY_POINT;
	assert_non_null(strstr(host_result_text(&r), "entry_points"));
}

static void test_lost(void **state)
{
	struct host_result r = { .kind = HOST_RESULT_LOST,
		                 .lost = HOST_LOST_IN_HANDLER,
		                 .vector = 14,
		                 .vcpu = 2,
		                 .addr = 0xabc000 };

	(void)state;
	assert_int_equal(host_result_exit_code(&r), 125);
	assert_non_null(strstr(host_result_text(&r), "0xabc000"));
	r.kind = HOST_RESULT_KILLED;
	r.status = SIGINT;
	assert_int_equal(host_result_exit_code(&r), 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_boot_errors),
		cmocka_unit_test(test_remedies_name_the_field),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend_test.c - the hardware back end against the fake of its driver.
 */
#include <stdio.h>

#include "platform/sgx/tests/backend.h"

static unsigned int run, failed;

static void run_all(const struct backend_case *c)
{
	for (; c->id; c++) {
		int before = te_failures;

		te_current = c->id;
		c->run();
		run++;
		if (te_failures != before) {
			printf("FAIL %s\n", c->id);
			failed++;
		}
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	image_setup();
	run_all(build_cases);
	run_all(refuse_cases);
	run_all(run_cases);
	run_all(tick_cases);
	printf("%u cases, %u failed\n", run, failed);
	return failed != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost.c - what an entry and an exception cost here, in nanoseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "platform/emu/tests/harness.h"

enum { ROUNDS = 200000, RUNS = 7 };

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void print(const char *what, double best, unsigned int rounds)
{
	printf("%-44s %8.1f ns\n", what, best / rounds);
}

static void round_trip(struct te *te)
{
	double best = 1e18;

	te->run.tcs = TE_TCS1;
	for (int run = 0; run < RUNS; run++) {
		double start = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			if (enclave_call(te->e, &te->regs, 2, &te->run) < 0)
				return;
		best = best < now_ns() - start ? best : now_ns() - start;
	}
	print("EENTER + EEXIT by enclave_call()", best, ROUNDS);
}

static void bare_trip(struct te *te)
{
	enclave_enter_fn *enter = enclave_entry(te->e);
	struct sgx_enclave_run run = { .tcs = TE_TCS1 };
	double best = 1e18;

	for (int r = 0; r < RUNS; r++) {
		double start = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			if (enter(0, 0, 0, 2, 0, 0, &run) < 0)
				return;
		best = best < now_ns() - start ? best : now_ns() - start;
	}
	print("EENTER + EEXIT by the entry function", best, ROUNDS);
}

static void exception(struct te *te)
{
	double best = 1e18;

	te->run.tcs = TE_TCS0;
	te_call(te, ENCLU_EENTER, R_UD2, 0, 0);
	for (int run = 0; run < RUNS; run++) {
		double start = now_ns();

		for (int i = 0; i < ROUNDS / 20; i++)
			te_call(te, ENCLU_ERESUME, 0, 0, 0);
		best = best < now_ns() - start ? best : now_ns() - start;
	}
	print("ERESUME + #UD + AEX", best, ROUNDS / 20);
}

static void trap_exit(struct te *te)
{
	double best = 1e18;

	te->run.tcs = TE_TCS0;
	for (int run = 0; run < RUNS; run++) {
		double start = now_ns();

		for (int i = 0; i < ROUNDS / 20; i++)
			te_call(te, ENCLU_EENTER, R_EXIT_SLOW, 0, 0);
		best = best < now_ns() - start ? best : now_ns() - start;
	}
	print("EENTER + EEXIT of an unlisted ENCLU", best, ROUNDS / 20);
}

int main(void)
{
	static const struct te_params params;
	static char secret[] = "/tmp/emu-secret-XXXXXX";
	struct te te;

	te_current = "cost";
	close(mkstemp(secret));
	unlink(secret);
	setenv("EMU_TEST_SECRET", secret, 1);
	te_setup_signals();
	if (!te_start(&te, &params))
		return 1;
	round_trip(&te);
	bare_trip(&te);
	exception(&te);
	te_stop(&te);
	if (!te_start(&te, &params))
		return 1;
	trap_exit(&te);
	te_stop(&te);
	unlink(secret);
	return te_failures != 0;
}

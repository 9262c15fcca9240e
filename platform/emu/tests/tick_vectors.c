/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick_vectors.c - ERESUME after a tick: the same TCS is entered first.  SDM
 * Vol. 3D 36.2.3.
 */
#include <pthread.h>
#include <unistd.h>

#include "platform/emu/tests/harness.h"

/* A tick: the enclave is entered at CSSA = 1 and then goes on by itself. */
static void *tick_and_release(void *arg)
{
	struct te *te = arg;
	struct tcs tcs = { 0 };
	struct enclave_counters c = { 0 };

	while (tcs.state != SGX_TCS_BUSY)
		te_read(te, TE_TCS0, &tcs, 64);
	usleep(1000);
	for (int i = 0; i < 50; i++) {
		uint64_t seen = c.eresume;

		enclave_interrupt(te->thread);
		while (c.eresume == seen)
			enclave_counters(te->thread, &c);
	}
	te_write64(te, TE_BLOCK0 + BLOCK_GO, 1);
	return NULL;
}

static void t01(struct te *te)
{
	struct enclave_counters c;
	struct snapshot s;
	pthread_t thread;

	pthread_create(&thread, NULL, tick_and_release, te);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_SPIN, 0, 0), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	enclave_counters(te->thread, &c);
	/* A tick that meets the handler at CSSA = 1 is not an entry. */
	CHECK_EQ(c.tick, 50);
	CHECK(c.eenter >= 2 && c.eenter <= 51);
	CHECK_EQ(c.eexit, c.eenter);
	CHECK(c.eresume >= 50);
	CHECK_EQ(te_entry_snapshot(te, 1).rax, 1);
	CHECK_EQ(te_entry_snapshot(te, 1).rdi, 0);
	s = te_after(te);
	CHECK_EQ(s.rax, PATTERN * 1);
	CHECK_EQ(s.rbx, PATTERN * 4);
	CHECK_EQ(s.r15, PATTERN * 16);
}

/* Ticks as fast as they come, against entries, exits and resumes. */
static volatile bool storm_over;

static void *storm(void *arg)
{
	struct te *te = arg;
	unsigned int pause = 1;

	/* At odd moments, but never so often that nothing else runs. */
	while (!storm_over) {
		enclave_interrupt(te->thread);
		pause = pause * 1103515245 + 12345;
		for (unsigned int i = 0; i < 2000 + (pause >> 16) % 4000; i++)
			__builtin_ia32_pause();
	}
	return NULL;
}

static void t02(struct te *te)
{
	pthread_t thread;
	uint64_t fs, now;

	__asm__("rdfsbase %0" : "=r"(fs));
	storm_over = false;
	pthread_create(&thread, NULL, storm, te);
	for (int i = 0; i < 20000; i++) {
		if (te_call(te, ENCLU_EENTER, i & 1 ? R_LOAD : R_EXIT, TE_RW,
		            0) != 0 ||
		    te->run.function != ENCLU_EEXIT || te->regs.rdi != 1) {
			CHECK_EQ(te->run.function, ENCLU_EEXIT);
			CHECK_EQ(te->run.exception_vector, 0);
			CHECK_EQ(te->regs.rdi, 1);
			break;
		}
		if (i == 19999)
			storm_over = true;
	}
	CHECK(storm_over);
	storm_over = true;
	pthread_join(thread, NULL);
	__asm__("rdfsbase %0" : "=r"(now));
	CHECK_EQ(now, fs);
}

/*
 * A host handler that an AEX led to enters the same TCS, twice deep, and meets
 * an exception there: its signal needs another stack than the handler's.
 */
static void enter_again(struct te *te)
{
	te->in_handler = NULL;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, 6);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te_entry_snapshot(te, 2).rax, 2);
}

static void t03(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_INT3);
	struct snapshot out;

	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	te->in_handler = enter_again;
	CHECK_EQ(te_raw(te, &in, &out), 5);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te->seen.regs.rbp, PATTERN * 6);
	CHECK(te->in_handler == NULL);
	/* The first stack is armed again: #UD of frame 1, once more. */
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 6);
}

const struct vector tick_vectors[] = {
	{ "T01", "36.2.3", "ticks enter at CSSA = 1 and resume", t01, { 0 } },
	{ "T02", "36.2.3", "a storm of ticks", t02, { 0 } },
	{ "T03",
	  "36.2.3",
	  "a handler enters and meets an exception",
	  t03,
	  { 0 } },
	{ "T02", "36.2.3", "the same by trap", t02, { .no_pads = true } },
	{ 0 },
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - one enclave of the hardware's back end on a fake of its driver,
 * and the cases that are made of it.
 */
#pragma once

#include <stdbool.h>

#include "platform/fake/fake.h"
#include "platform/fake/tests/image.h"
#include "platform/sgx/sgx.h"

/*
 * Calls of open_and_build() by number: 1 to 3 probe the device, 4 reserves, 5
 * and 6 are open and CREATE, 12 parts are added, then INIT, mmap, mprotect.
 */
enum {
	CALL_SIGACTION = 3,
	CALL_RESERVE = 4,
	CALL_OPEN = 5,
	CALL_CREATE = 6,
	CALL_ADD_FIRST = 7,
	CALL_INIT = 19,
	CALL_MMAP = 20,
	CALL_MPROTECT = 21,
};

struct backend {
	struct fake *fake;
	struct platform *platform;
	struct enclave *e;
	struct enclave_thread *thread;
	struct platform_error err;
	struct enclave_regs regs;
	struct sgx_enclave_run run;
};
extern struct backend t;

struct backend_case {
	const char *id; /* NULL ends a list */
	void (*run)(void);
};
extern const struct backend_case build_cases[], refuse_cases[], run_cases[],
	tick_cases[];

/* A fake, and nothing else yet. */
void make_fake(enum platform_isa isa);
/* A fake with the platform open on it. */
void open_only(void);
/* Up to an attached thread: 0, or -errno and t.err. */
int open_and_build(void);
/* All of it, or the test ends. */
void start(enum platform_isa isa);
/*
 * An enclave with other ATTRIBUTES, not attached; @fail_open: what the open
 * after CREATE fails with.
 */
int build_with(uint64_t attributes, int fail_open);
int create(const struct secs *secs);
/* Everything; checks that the fake has nothing left. */
void take_apart(void);

int enter(unsigned int function, uint64_t routine, uint64_t rsi);
void check_enters(void);
/* Whether the last sentence has @text in it. */
bool says(const char *text);

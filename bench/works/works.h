/* SPDX-License-Identifier: Apache-2.0 */
/*
 * works.h - one function for each thing that is measured.
 *
 * A work does @n operations and returns; the caller takes the time.  Set-up
 * that must not be counted is done at the first call with @n == 0.
 */
#pragma once

struct work {
	const char *name;
	void (*run)(long n);
	double bytes; /* of one operation, where a rate is wanted; else 0 */
};

extern const struct work call_works[], thread_works[], pipe_works[],
	process_works[], memory_works[];

/* The program itself, for works that start a child. */
extern const char *self_path;

/* Ends the program with a sentence: a work that fails has no figure. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);

/* What a child that was started as "works child NAME" does. */
int child_main(const char *name);
int futex_child(int fd);
int drain_child(void);

enum { SHARED_FD = 3 }; /* where its child finds the memory */

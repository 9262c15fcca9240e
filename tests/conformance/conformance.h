/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance.h - small cases, a few for each system call.
 *
 * A case makes calls by number, past the C library, and prints what came of
 * them: results, names of errors, data.  Nothing says "ok": a native run of the
 * same program says what is right, so nothing is printed that differs from run
 * to run (addresses, process ids, times).
 *
 *	CASE(pread64, "reads at the offset without moving it")
 *	{
 *		int fd = file("f", "0123456789");
 *		char buf[4];
 *
 *		CALL(pread64, fd, buf, 4, 2);
 *		BYTES(buf, 4);
 *		CALL(lseek, fd, 0, SEEK_CUR);
 *	}
 *
 *	ERROR_CASE(pread64, "a pipe has no offset") ...
 *
 * Each case runs in a process of its own, in an empty folder of its own, with
 * descriptors 0 to 2 and umask 022.  It must show the call that it is named
 * after, and an ERROR_CASE an error of that call: conformance.py sees to that.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct conformance_case {
	const char *call, *title;
	const char *kind; /* "case" or "error" */
	void (*run)(void);
	const char *file;
	int line;
};

#define CASE(call, title) CASE_AT(#call, title, "case", __LINE__)
#define ERROR_CASE(call, title) CASE_AT(#call, title, "error", __LINE__)

/* The table of all cases is what the linker makes of this section. */
#define CASE_AT(call, title, kind, line) CASE_IN(call, title, kind, line)
#define CASE_IN(call, title, kind, line)                                       \
	static void run_##line(void);                                          \
	static const struct conformance_case case_##line = {                   \
		call, title, kind, run_##line, __FILE__, line                  \
	};                                                                     \
	static const struct conformance_case *entry_##line                     \
		__attribute__((used, section("cases"))) = &case_##line;        \
	static void run_##line(void)

/* Up to six arguments of any integer or pointer type, as longs. */
#define ARGS_0() 0
#define ARGS_1(a) (long)(a)
#define ARGS_2(a, b) ARGS_1(a), (long)(b)
#define ARGS_3(a, b, c) ARGS_2(a, b), (long)(c)
#define ARGS_4(a, b, c, d) ARGS_3(a, b, c), (long)(d)
#define ARGS_5(a, b, c, d, e) ARGS_4(a, b, c, d), (long)(e)
#define ARGS_6(a, b, c, d, e, f) ARGS_5(a, b, c, d, e), (long)(f)
#define ARGS_COUNT(a, b, c, d, e, f, g, n, ...) n
#define ARGS_N(...) ARGS_COUNT(_, ##__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define ARGS_PASTE(n) ARGS_##n
#define ARGS_OF(n) ARGS_PASTE(n)
#define ARGS(...) ((const long[6]){ ARGS_OF(ARGS_N(__VA_ARGS__))(__VA_ARGS__) })

/* The call's result, -errno included; nothing is printed. */
#define sys(name, ...) raw_call(SYS_##name, ARGS(__VA_ARGS__))
/* The same, and it prints "name(arguments) = result". */
#define CALL(name, ...)                                                        \
	show_call(#name "(" #__VA_ARGS__ ")",                                  \
	          raw_call(SYS_##name, ARGS(__VA_ARGS__)))
/* For results that differ from run to run: any success is "ok". */
#define CALL_OK(name, ...)                                                     \
	show_success(#name "(" #__VA_ARGS__ ")",                               \
	             raw_call(SYS_##name, ARGS(__VA_ARGS__)))
#define SHOW(expr) show_number(#expr, (long)(expr))
/* A condition: "yes" or "no". */
#define IS(cond) show_condition(#cond, !!(cond))
#define BYTES(p, n) show_bytes(#p, p, n)

/* No process has memory here, and no call looks for it. */
#define NOWHERE ((void *)16)
#define NO_FD 77

long raw_call(long nr, const long args[6]);
long show_call(const char *text, long result);
long show_success(const char *text, long result);
void show_number(const char *text, long value);
void show_condition(const char *text, int is_true);
void show_bytes(const char *text, const void *data, size_t size);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A new file with that text: open for reading and writing, at its start. */
int file(const char *path, const char *text);
/* What is in it, or the error of opening it. */
void show_file(const char *path);
/* A folder, entered by nobody. */
void folder(const char *path);
/*
 * Ends the case, unless this process has the capability (CAP_CHOWN...): then
 * the native run compares nothing.
 */
void needs(int capability);
/* The same, unless the kernel has that call. */
void needs_call(long nr);
void msleep(int ms);

/*
 * A child process that shares this one's memory, as vfork's does, while both
 * run.  What @run returns is its exit code.
 */
pid_t child(int (*run)(void *arg), void *arg);
/* Waits for it and prints how it ended. */
void reap(pid_t pid);
/* "exit 3", "signal 9 of waiting". */
void show_status(const char *text, int status);
/* A signal handler that counts; `signals_seen` is the number of calls. */
extern volatile int signals_seen, last_signal;
void count_signals(int signal);
/* Raw: the flags are as given, nothing is restarted unless they say so. */
void handle(int signal, void (*handler)(int), unsigned long flags);

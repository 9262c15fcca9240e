/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/fake/fake.h"

#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/errno.h"
#include "base/log.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/usercopy.h"
#include "libos/mm/uspace.h"
#include "libos/sched/sched.h"

const struct fake_config fake_default = {
	.user_space_size = 16 * MIB,
	.user_space_max_size = 256 * MIB,
	.edmm = true,
	.trusted_faults = true,
};

static struct thread main_thread;
static struct mm *main_mm;
static size_t objects_at_start;

static void fake_backtrace(void)
{
	void *frames[32];

	backtrace_symbols_fd(frames, backtrace(frames, ARRAY_SIZE(frames)), 2);
}

void fake_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("fake: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	fake_backtrace();
	abort();
}

void assert_fail(const char *expr, const char *file, int line)
{
	fake_die("%s:%d: %s", file, line, expr);
}

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list args;

	if (level > LOG_WARN && !getenv("FAKE_LOG"))
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

static void arm_from_environment(void)
{
	const char *fault = getenv("FAULT");

	if (fault && strncmp(fault, "alloc:", 6) == 0)
		fake_fault_alloc(strtoull(fault + 6, NULL, 10));
}

void fake_thread_init(struct thread *t, struct mm *mm, int32_t tid)
{
	memset(t, 0, sizeof(*t));
	sched_thread_init(t, tid);
	t->state = THREAD_RUNNABLE;
	t->refs = 1;
	t->mm = mm;
}

void fake_init(const struct fake_config *config)
{
	const struct mm_config mm_config = {
		.user_space_size = config->user_space_size,
		.user_space_max_size = config->user_space_max_size,
		.edmm = config->edmm,
		.trusted_faults = config->trusted_faults,
	};

	fake_heap_init();
	fake_sched_init();
	fake_epc_init(config);
	memset(&fake_host, 0, sizeof(fake_host));
	objects_at_start = fake_heap_objects();
	if (mm_init(&mm_config) < 0)
		fake_die("mm_init");
	fake_thread_init(&main_thread, NULL, 1);
	fake_switch(&main_thread);
	if (mm_create(&main_mm) < 0)
		fake_die("mm_create");
	main_thread.mm = main_mm;
	arm_from_environment();
}

static int leftover(const char *what, uint64_t count)
{
	if (!count)
		return 0;
	fprintf(stderr, "fake: %llu %s left over\n", (unsigned long long)count,
	        what);
	return 1;
}

int fake_fini(void)
{
	struct pages_totals totals;
	int ret = 0;

	fake_fault_alloc(0);
	fake_switch(&main_thread);
	main_thread.mm = NULL;
	mm_put(main_mm);
	main_mm = NULL;
	textcache_shrink(UINT64_MAX);
	pages_totals(&totals);
	ret |= leftover("pages in use", totals.used);
	ret |= leftover("locks", fake_locks_held());
	if (ret)
		return ret;
	mm_fini();
	return leftover("heap objects", fake_heap_objects() - objects_at_start);
}

void __user *fake_user_alloc(size_t size)
{
	const struct mm_map req = {
		.size = size,
		.prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS,
	};
	uint64_t addr;

	if (mm_map(fake_thread()->mm, &req, &addr) < 0)
		fake_die("no user memory");
	return user_ptr(addr);
}

const char __user *fake_user_string(const char *s)
{
	size_t size = strlen(s) + 1;
	char __user *p = fake_user_alloc(size);

	if (copy_to_user(p, s, size) < 0)
		fake_die("no user memory");
	return p;
}

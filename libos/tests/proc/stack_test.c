/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_test.c - the first stack of a program, read back as a C library's
 * start-up code reads it; the strings of execve; entry points.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/exec.h"
#include "libos/proc/process.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"

#define TOP 0x500000ull
#define SIZE (256 * KIB)

static uint8_t *memory; /* [TOP - SIZE, TOP) */
static uint64_t lowest;

static int write_memory(void *ctx, uint64_t addr, const void *src, size_t size)
{
	(void)ctx;
	if (addr < TOP - SIZE || addr + size > TOP)
		return -EFAULT;
	if (addr < lowest)
		lowest = addr;
	memcpy(memory + (addr - (TOP - SIZE)), src, size);
	return 0;
}

static void *at(uint64_t addr)
{
	return memory + (addr - (TOP - SIZE));
}

static uint64_t word(uint64_t addr)
{
	uint64_t v;

	memcpy(&v, at(addr), sizeof(v));
	return v;
}

static void add_all(struct exec_args *a, uint32_t *count, const char *const *s)
{
	for (; *s; s++)
		CHECK_EQ(exec_args_add(a, *s, count), 0);
}

static uint64_t aux(uint64_t p, uint64_t type)
{
	for (; word(p) != AT_NULL; p += 16)
		if (word(p) == type)
			return word(p + 8);
	return UINT64_MAX;
}

/* Compare pointers from @p with @strings; the address behind the NULL. */
static uint64_t check_strings(uint64_t p, const char *const *strings)
{
	for (; *strings; strings++, p += 8)
		CHECK(strcmp(at(word(p)), *strings) == 0);
	CHECK_EQ(word(p), 0);
	return p + 8;
}

static void check_layout(const char *const *argv, const char *const *envp)
{
	struct stack_info info = {
		.top = TOP,
		.limit = TOP - SIZE,
		.execfn = "/bin/prog",
		.phdr = 0x400040,
		.nphdrs = 11,
		.entry = 0x401000,
		.base = 0x2000000,
		.vdso = 0x3000000,
		.uid = 1,
		.euid = 2,
		.gid = 3,
		.egid = 4,
		.hwcap = 0xbfebfbff,
		.minsigstksz = 3632,
		.random = { 1, 2, 3, 15 },
	};
	struct stack_result r;
	struct exec_args a;
	uint64_t p;

	exec_args_init(&a, MIB);
	add_all(&a, &a.argc, argv);
	add_all(&a, &a.envc, envp);
	info.args = &a;
	lowest = TOP;
	CHECK_EQ(stack_build(&info, write_memory, NULL, &r), 0);

	CHECK_EQ(r.sp % 16, 0);
	CHECK_EQ(lowest, r.sp);
	CHECK_EQ(word(r.sp), a.argc);
	p = check_strings(r.sp + 8, argv);
	CHECK_EQ(word(r.sp + 8), argv[0] ? r.arg_start : 0);
	p = check_strings(p, envp);
	CHECK_EQ(aux(p, AT_PHDR), 0x400040);
	CHECK_EQ(aux(p, AT_PHENT), 56);
	CHECK_EQ(aux(p, AT_PHNUM), 11);
	CHECK_EQ(aux(p, AT_PAGESZ), 4096);
	CHECK_EQ(aux(p, AT_BASE), 0x2000000);
	CHECK_EQ(aux(p, AT_ENTRY), 0x401000);
	CHECK_EQ(aux(p, AT_UID), 1);
	CHECK_EQ(aux(p, AT_EUID), 2);
	CHECK_EQ(aux(p, AT_GID), 3);
	CHECK_EQ(aux(p, AT_EGID), 4);
	CHECK_EQ(aux(p, AT_SECURE), 0);
	CHECK_EQ(aux(p, AT_CLKTCK), 100);
	CHECK_EQ(aux(p, AT_HWCAP), 0xbfebfbff);
	CHECK_EQ(aux(p, AT_HWCAP2) & 2, 0); /* FSGSBASE */
	CHECK_EQ(aux(p, AT_SYSINFO_EHDR), 0x3000000);
	CHECK_EQ(aux(p, 51), 3632); /* AT_MINSIGSTKSZ */
	CHECK(strcmp(at(aux(p, AT_EXECFN)), "/bin/prog") == 0);
	CHECK(strcmp(at(aux(p, AT_PLATFORM)), "x86_64") == 0);
	CHECK(memcmp(at(aux(p, AT_RANDOM)), info.random, 16) == 0);
	CHECK(memcmp(at(p), r.auxv, 40 * 8) == 0);
	/* Arguments, then the environment, without a gap: setproctitle(3). */
	CHECK_EQ(r.arg_end, r.env_start);
	CHECK_EQ(r.env_end - r.arg_start, a.size);
	CHECK_EQ(word(TOP - 8), 0);
	exec_args_fini(&a);
}

static void layouts(void)
{
	static const char *const none[] = { NULL };
	static const char *const one[] = { "prog", NULL };
	static const char *const some[] = { "prog", "", "-x", "a b", NULL };
	static const char *const env[] = { "A=1", "PATH=/bin", "", NULL };
	const char *many[301] = { NULL };
	int i;

	for (i = 0; i < 300; i++)
		many[i] = i % 3 ? "argument" : "x";
	check_layout(none, none);
	check_layout(one, none);
	check_layout(some, env);
	check_layout(some + 1, env + 1);
	check_layout(many, env);
	check_layout(many + 1, many);
}

/* A stack that is too small is refused, and never written below its limit. */
static void small_stack(void)
{
	struct stack_info info = { .top = TOP, .execfn = "/x" };
	struct stack_result r;
	struct exec_args a;
	size_t room, fits = 0;

	exec_args_init(&a, MIB);
	CHECK_EQ(exec_args_add(&a, "argument", &a.argc), 0);
	info.args = &a;
	for (room = 0; room < 1024; room += 16) {
		int ret;

		info.limit = TOP - room;
		lowest = TOP;
		ret = stack_build(&info, write_memory, NULL, &r);
		CHECK(ret == 0 || ret == -E2BIG);
		CHECK(lowest >= info.limit);
		fits += ret == 0;
	}
	CHECK(fits > 10 && fits < 60);
	exec_args_fini(&a);
}

static int fail_write(void *ctx, uint64_t addr, const void *src, size_t size)
{
	int *left = ctx;

	(void)addr, (void)src, (void)size;
	return (*left)-- > 0 ? 0 : -EFAULT;
}

static void failing_writes(void)
{
	struct stack_info info = { .top = TOP,
		                   .limit = TOP - SIZE,
		                   .execfn = "/x" };
	struct stack_result r;
	struct exec_args a;
	int n, left, ret = -1;

	exec_args_init(&a, MIB);
	CHECK_EQ(exec_args_add(&a, "argument", &a.argc), 0);
	info.args = &a;
	for (n = 0; ret != 0 && n < 100; n++) {
		left = n;
		ret = stack_build(&info, fail_write, &left, &r);
		CHECK(ret == 0 || ret == -EFAULT);
	}
	CHECK(n > 5 && ret == 0);
	exec_args_fini(&a);
}

/* --- strings of execve --- */

static void script_arguments(void)
{
	static const char *const interp[] = { "/bin/sh", "-e", "./script" };
	static const char packed[] = "/bin/sh\0-e\0./script\0one\0two\0E=1";
	struct exec_args a;

	exec_args_init(&a, MIB);
	CHECK_EQ(exec_args_add(&a, "script", &a.argc), 0);
	CHECK_EQ(exec_args_add(&a, "one", &a.argc), 0);
	CHECK_EQ(exec_args_add(&a, "two", &a.argc), 0);
	CHECK_EQ(exec_args_add(&a, "E=1", &a.envc), 0);
	CHECK_EQ(exec_args_replace_first(&a, interp, 3), 0);
	CHECK_EQ(a.argc, 5);
	CHECK_EQ(a.size, sizeof(packed));
	CHECK(memcmp(a.bytes, packed, sizeof(packed)) == 0);
	exec_args_fini(&a);
}

static void limits(void)
{
	struct exec_args a;
	char *big = malloc(EXEC_STRING_MAX + 1);
	int n, ret = 0;

	memset(big, 'x', EXEC_STRING_MAX);
	big[EXEC_STRING_MAX] = '\0';
	exec_args_init(&a, 10 * MIB);
	CHECK_EQ(exec_args_add(&a, big, &a.argc), -E2BIG);
	CHECK_EQ(exec_args_add(&a, big + 1, &a.argc), 0);
	exec_args_fini(&a);

	/* A pointer counts as well as its string. */
	exec_args_init(&a, 1000);
	for (n = 0; ret == 0 && n < 1000; n++)
		ret = exec_args_add(&a, "", &a.argc);
	CHECK_EQ(ret, -E2BIG);
	CHECK_EQ(a.argc, 1000 / 9);
	exec_args_fini(&a);
	free(big);

	CHECK_EQ(exec_args_limit(0), EXEC_ARGS_MIN);
	CHECK_EQ(exec_args_limit(8 * MIB), 2 * MIB);
	CHECK_EQ(exec_args_limit(UINT64_MAX), 6 * MIB);
}

static void user_strings(void)
{
	uint64_t table[3] = { 0 };
	struct exec_args a;
	void __user *p = fake_user_alloc(sizeof(table));

	table[0] = user_addr(fake_user_string("first"));
	table[1] = user_addr(fake_user_string(""));
	CHECK_EQ(copy_to_user(p, table, sizeof(table)), 0);
	exec_args_init(&a, MIB);
	CHECK_EQ(exec_args_add_user(&a, user_addr(p), &a.argc), 0);
	CHECK_EQ(a.argc, 2);
	CHECK_EQ(a.size, 7);
	CHECK_EQ(exec_args_add_user(&a, 0, &a.envc), 0);
	CHECK_EQ(a.envc, 0);
	CHECK_EQ(exec_args_add_user(&a, 0x10, &a.envc), -EFAULT);
	table[0] = 0x10;
	CHECK_EQ(copy_to_user(p, table, sizeof(table)), 0);
	CHECK_EQ(exec_args_add_user(&a, user_addr(p), &a.envc), -EFAULT);
	exec_args_fini(&a);
}

int main(void)
{
	fake_init(&fake_default);
	memory = malloc(SIZE);
	layouts();
	small_stack();
	failing_writes();
	script_arguments();
	limits();
	user_strings();
	free(memory);
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}

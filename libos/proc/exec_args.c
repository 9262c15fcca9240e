/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_args.c - the strings of a program that is to be.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/exec.h"

/* Linux: three quarters of the default stack, whatever the limit is. */
#define ARGS_MAX (6 * MIB)

size_t exec_args_limit(uint64_t rlimit_stack)
{
	uint64_t quarter = rlimit_stack / 4;

	return MIN(MAX(quarter, (uint64_t)EXEC_ARGS_MIN), (uint64_t)ARGS_MAX);
}

void exec_args_init(struct exec_args *a, size_t limit)
{
	memset(a, 0, sizeof(*a));
	a->limit = limit;
}

void exec_args_fini(struct exec_args *a)
{
	kfree(a->bytes);
	a->bytes = NULL;
	a->capacity = 0;
}

/* Room for @more bytes and @pointers pointers; -E2BIG, -ENOMEM. */
static int make_room(struct exec_args *a, size_t more, size_t pointers)
{
	size_t count = a->argc + a->envc + pointers;
	size_t capacity = a->capacity ? a->capacity : PAGE_SIZE;
	char *bytes;

	if (a->size + more + count * sizeof(uint64_t) > a->limit)
		return -E2BIG;
	if (a->size + more <= a->capacity)
		return 0;
	while (capacity < a->size + more)
		capacity *= 2;
	bytes = krealloc(a->bytes, capacity);
	if (!bytes)
		return -ENOMEM;
	a->bytes = bytes;
	a->capacity = capacity;
	return 0;
}

int exec_args_add(struct exec_args *a, const char *s, uint32_t *count)
{
	size_t size = strlen(s) + 1;
	int ret;

	if (size > EXEC_STRING_MAX)
		return -E2BIG;
	ret = make_room(a, size, 1);
	if (ret < 0)
		return ret;
	memcpy(a->bytes + a->size, s, size);
	a->size += size;
	(*count)++;
	return 0;
}

/* The string may change between the two looks: the second one counts. */
static int add_user_string(struct exec_args *a, uint64_t addr, uint32_t *count)
{
	const char __user *s = user_ptr(addr);
	long size;
	int ret;

	size = user_string_size(s, EXEC_STRING_MAX);
	if (size < 0)
		return (int)size;
	ret = make_room(a, (size_t)size + 1, 1);
	if (ret < 0)
		return ret;
	size = copy_string_from_user(a->bytes + a->size, (size_t)size + 1, s);
	if (size < 0)
		return size == -ENAMETOOLONG ? -E2BIG : (int)size;
	a->size += (size_t)size + 1;
	(*count)++;
	return 0;
}

int exec_args_add_user(struct exec_args *a, uint64_t strings, uint32_t *count)
{
	const uint64_t __user *p = user_ptr(strings);
	uint64_t addr;
	int ret;

	if (!strings)
		return 0;
	for (;; p++) {
		ret = get_user_u64(&addr, p);
		if (ret < 0)
			return ret;
		if (!addr)
			return 0;
		ret = add_user_string(a, addr, count);
		if (ret < 0)
			return ret;
	}
}

int exec_args_replace_first(struct exec_args *a, const char *const *argv,
                            uint32_t argc)
{
	size_t first = a->argc ? strlen(a->bytes) + 1 : 0;
	size_t more = 0;
	uint32_t i;
	char *p;
	int ret;

	for (i = 0; i < argc; i++)
		more += strlen(argv[i]) + 1;
	ret = make_room(a, more, argc);
	if (ret < 0)
		return ret;
	memmove(a->bytes + more, a->bytes + first, a->size - first);
	for (i = 0, p = a->bytes; i < argc; i++) {
		memcpy(p, argv[i], strlen(argv[i]) + 1);
		p += strlen(argv[i]) + 1;
	}
	a->size += more - first;
	a->argc += argc - (first ? 1 : 0);
	return 0;
}

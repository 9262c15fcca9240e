/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack.c - the first stack of a program.
 *
 * From high to low, as Linux's: eight zero bytes, the program's name, the
 * environment's strings, the arguments', the platform's name, 16 random bytes;
 * then, upwards from the stack pointer: argc, argv, 0, envp, 0, auxv (System V
 * x86-64 psABI 3.4.1).
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/proc/exec.h"

enum auxv_type {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_HWCAP2 = 26,
	AT_EXECFN = 31,
	AT_SYSINFO_EHDR = 33,
	AT_MINSIGSTKSZ = 51
};

static const char platform[] = "x86_64";

/* The stack under construction; the first failure sticks. */
struct builder {
	const struct stack_info *info;
	stack_write *write;
	void *ctx;
	uint64_t p; /* lowest byte used so far, then the next to fill */
	int err;
	uint64_t words[32]; /* collected, to be written at p */
	size_t nwords;
};

static void put(struct builder *b, uint64_t addr, const void *src, size_t size)
{
	if (b->err == 0 && size)
		b->err = b->write(b->ctx, addr, src, size);
}

/* Below what is there; the address it got. */
static uint64_t push(struct builder *b, const void *src, size_t size)
{
	if (b->p - b->info->limit < size) {
		b->err = -E2BIG;
		return 0;
	}
	b->p -= size;
	put(b, b->p, src, size);
	return b->p;
}

static void flush_words(struct builder *b)
{
	put(b, b->p, b->words, b->nwords * sizeof(uint64_t));
	b->p += b->nwords * sizeof(uint64_t);
	b->nwords = 0;
}

static void put_word(struct builder *b, uint64_t word)
{
	b->words[b->nwords++] = word;
	if (b->nwords == ARRAY_SIZE(b->words))
		flush_words(b);
}

/* Pointers to @count strings of @args from offset @at; the offset behind. */
static size_t put_pointers(struct builder *b, uint64_t base, size_t at,
                           uint32_t count)
{
	const struct exec_args *args = b->info->args;

	while (count--) {
		put_word(b, base + at);
		at += strlen(args->bytes + at) + 1;
	}
	put_word(b, 0);
	return at;
}

static size_t add_aux(uint64_t *auxv, size_t n, enum auxv_type type,
                      uint64_t value)
{
	auxv[n] = type;
	auxv[n + 1] = value;
	return n + 2;
}

/* The number of words, without counting past AT_NULL. */
static size_t fill_auxv(const struct stack_info *i, uint64_t execfn,
                        uint64_t platform_at, uint64_t random, uint64_t *v)
{
	size_t n = 0;

	memset(v, 0, AUXV_WORDS * sizeof(*v));
	if (i->vdso)
		n = add_aux(v, n, AT_SYSINFO_EHDR, i->vdso);
	n = add_aux(v, n, AT_MINSIGSTKSZ, i->minsigstksz);
	n = add_aux(v, n, AT_HWCAP, i->hwcap);
	n = add_aux(v, n, AT_PAGESZ, PAGE_SIZE);
	n = add_aux(v, n, AT_CLKTCK, 100);
	n = add_aux(v, n, AT_PHDR, i->phdr);
	n = add_aux(v, n, AT_PHENT, ELF_PHDR_SIZE);
	n = add_aux(v, n, AT_PHNUM, i->nphdrs);
	n = add_aux(v, n, AT_BASE, i->base);
	n = add_aux(v, n, AT_FLAGS, 0);
	n = add_aux(v, n, AT_ENTRY, i->entry);
	n = add_aux(v, n, AT_UID, i->uid);
	n = add_aux(v, n, AT_EUID, i->euid);
	n = add_aux(v, n, AT_GID, i->gid);
	n = add_aux(v, n, AT_EGID, i->egid);
	n = add_aux(v, n, AT_SECURE, 0);
	n = add_aux(v, n, AT_RANDOM, random);
	/* Bit 1, FSGSBASE, stays clear: GS is the kernel's. */
	n = add_aux(v, n, AT_HWCAP2, 0);
	n = add_aux(v, n, AT_EXECFN, execfn);
	n = add_aux(v, n, AT_PLATFORM, platform_at);
	return add_aux(v, n, AT_NULL, 0);
}
static_assert(AUXV_WORDS >= 2 * 21, "auxv entries of fill_auxv()");

/* Go down to where the pointers start, so that they end below what is there. */
static void reserve_words(struct builder *b, size_t nwords)
{
	size_t size = nwords * sizeof(uint64_t) + 16; /* 16: alignment */

	if (b->p - b->info->limit < size) {
		b->err = -E2BIG;
		return;
	}
	b->p = ALIGN_DOWN(b->p - nwords * sizeof(uint64_t), 16);
}

static void put_tables(struct builder *b, struct stack_result *ret,
                       size_t nauxv)
{
	const struct exec_args *args = b->info->args;
	size_t i, at;

	reserve_words(b, 1 + args->argc + 1 + args->envc + 1 + nauxv);
	if (b->err < 0)
		return;
	ret->sp = b->p;
	put_word(b, args->argc);
	at = put_pointers(b, ret->arg_start, 0, args->argc);
	ret->env_start = ret->arg_start + at;
	ret->arg_end = ret->env_start;
	at = put_pointers(b, ret->arg_start, at, args->envc);
	ret->env_end = ret->arg_start + at;
	for (i = 0; i < nauxv; i++)
		put_word(b, ret->auxv[i]);
	flush_words(b);
}

int stack_build(const struct stack_info *info, stack_write *write, void *ctx,
                struct stack_result *ret)
{
	struct builder b = {
		.info = info, .write = write, .ctx = ctx, .p = info->top
	};
	uint64_t zero = 0, execfn, platform_at, random;
	size_t nauxv;

	push(&b, &zero, sizeof(zero));
	execfn = push(&b, info->execfn, strlen(info->execfn) + 1);
	ret->arg_start = push(&b, info->args->bytes, info->args->size);
	b.p = ALIGN_DOWN(b.p, 16);
	platform_at = push(&b, platform, sizeof(platform));
	random = push(&b, info->random, sizeof(info->random));
	if (b.err < 0)
		return b.err;
	nauxv = fill_auxv(info, execfn, platform_at, random, ret->auxv);
	put_tables(&b, ret, nauxv);
	return b.err;
}

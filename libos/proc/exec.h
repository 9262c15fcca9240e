/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.h - execve(2): another program in the same process.
 *
 * Everything that can be refused is refused first: the files are found and
 * parsed, the strings copied, the new mm is filled.  Then comes the point of
 * no return: the other threads are ended, the new mm takes the old one's place,
 * signals and descriptors are reset.  A failure behind it is SIGKILL.
 *
 * A program that is linked at a fixed address (not PIE) may need the very
 * addresses its predecessor occupies in this one address space; where the old
 * mm is not shared, it is torn down before the new one is filled, which moves
 * the point of no return to before the mapping.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/cpu/regs.h"
#include "libos/proc/elf.h"

struct file;
struct mm;
struct thread;

enum {
	EXEC_STRING_MAX = 131072, /* one argument, with its NUL: E2BIG */
	EXEC_ARGS_MIN = 131072,   /* what all may take whatever the stack is */
	EXEC_INTERP_DEPTH = 4,    /* scripts that name scripts: ELOOP */
	EXEC_HEAD_SIZE = 256      /* of the file, where #! is looked for */
};

/*
 * Strings of the new program, packed: argc arguments, then envc variables,
 * each with its NUL, in one kernel buffer that grows.
 */
struct exec_args {
	char *bytes;
	size_t size;
	size_t capacity;
	size_t limit; /* strings and their pointers: E2BIG above */
	uint32_t argc;
	uint32_t envc;
};

void exec_args_init(struct exec_args *a, size_t limit);
void exec_args_fini(struct exec_args *a);
/* Add one string and count it in *@count: &a->argc, then &a->envc. */
int __must_check exec_args_add(struct exec_args *a, const char *s,
                               uint32_t *count);
/*
 * Add all strings of a user array of pointers that ends with NULL; a NULL array
 * has none.  0, -E2BIG, -ENOMEM, -EFAULT.
 */
int __must_check exec_args_add_user(struct exec_args *a, uint64_t strings,
                                    uint32_t *count);
/*
 * Replace argv[0] by @argv (a script's interpreter, its option, the script).
 * 0, -E2BIG, -ENOMEM.
 */
int __must_check exec_args_replace_first(struct exec_args *a,
                                         const char *const *argv,
                                         uint32_t argc);

/* What the new program's stack tells it. */
struct stack_info {
	uint64_t top;   /* end of the stack mapping */
	uint64_t limit; /* nothing goes below this address */
	const struct exec_args *args;
	const char *execfn;
	uint64_t phdr, entry, base, vdso; /* addresses; base, vdso may be 0 */
	uint32_t nphdrs;
	uint32_t uid, euid, gid, egid;
	uint64_t hwcap; /* EDX of CPUID leaf 1 */
	size_t minsigstksz;
	uint8_t random[16];
};

enum { AUXV_WORDS = 42 };

/* Where the parts came to lie, for /proc. */
struct stack_result {
	uint64_t sp;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t auxv[AUXV_WORDS];
};

/*
 * Write argc, argv, envp, auxv and the strings below @info->top, in Linux's
 * order, with a 16-byte aligned stack pointer.  @write copies to the new mm.
 * 0, -E2BIG, or what @write returned.
 */
typedef int stack_write(void *ctx, uint64_t addr, const void *src, size_t size);
int __must_check stack_build(const struct stack_info *info, stack_write *write,
                             void *ctx, struct stack_result *ret);

/*
 * Hooks of other parts, each optional, set once at boot.
 */
struct exec_ops {
	/* Map the vDSO into @mm; its ELF header's address, or 0. */
	uint64_t (*map_vdso)(struct mm *mm);
};
void exec_set_ops(const struct exec_ops *ops);

struct exec_request {
	int dirfd; /* AT_FDCWD */
	const char *path;
	uint32_t flags; /* AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW */
	struct exec_args *args;
};

/*
 * Replace the calling thread's program.  Returns -errno with everything as
 * before, or 0 with self->regs at the program's entry.  A failure behind the
 * point of no return ends the process.
 */
int __must_check exec_replace(struct thread *self, struct exec_request *req);

/* The limit of strings and pointers together, from RLIMIT_STACK. */
size_t exec_args_limit(uint64_t rlimit_stack);

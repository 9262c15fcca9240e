/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_internal.h - the state of one exec, from the path to the registers.
 *
 *	exec_begin()     nothing is held
 *	exec_find()      files open and parsed, scripts resolved
 *	exec_build()     the new mm is filled, but for what is in clears[]
 *	exec_settle()    with the mm in its place: the rest of its contents
 *	exec_end()       lets go of all that was not taken over
 */
#pragma once

#include "libos/fs/namei.h"
#include "libos/mm/mm.h"
#include "libos/proc/exec.h"
#include "libos/proc/process.h"

/* One file that is mapped: the program, or its interpreter. */
struct exec_image {
	struct file *file;
	struct elf_image elf;
	uint64_t bias; /* added to the addresses in elf */
};

/* Zeros that must be written where file contents lie: the start of .bss. */
struct exec_clear {
	uint64_t addr;
	size_t size;
};

enum { EXEC_CLEARS_MAX = 2 * ELF_SEGMENTS_MAX, EXEC_NAME_MAX = 4096 };

struct exec {
	struct exec_args *args;
	struct cred cred;
	uint64_t rlimits[RLIM_NLIMITS];
	char name[EXEC_NAME_MAX]; /* AT_EXECFN: the path as given */
	char head[EXEC_HEAD_SIZE];
	size_t head_size;
	struct exec_image program;
	struct exec_image interp; /* file NULL: static */
	bool has_interp;
	struct mm *mm;
	uint64_t entry;
	struct stack_result stack;
	struct exec_clear clears[EXEC_CLEARS_MAX];
	size_t nclears;
	/* Of the process, prepared before the point of no return. */
	struct sighand *actions;
	struct fdtable *files;
};

struct exec *exec_begin(struct process *p, struct exec_args *args);
void exec_end(struct exec *x);

/*
 * Find what @path means.  @start is where it is looked up, @cwd where the names
 * inside scripts and ELF files are.
 */
int __must_check exec_find(struct exec *x, struct walk *start, struct walk *cwd,
                           const char *path, uint32_t flags);
/* The same for a file that is open: execveat with AT_EMPTY_PATH. */
int __must_check exec_find_file(struct exec *x, struct walk *cwd,
                                struct file *file);

int __must_check exec_build(struct exec *x);
int __must_check exec_settle(const struct exec *x, struct mm *mm);

/* The registers of a program that starts. */
void exec_set_regs(const struct exec *x, struct regs *regs);
/* The last component of the path, for thread->name. */
void exec_set_name(const struct exec *x, struct thread *t);

extern const struct exec_ops *exec_ops;

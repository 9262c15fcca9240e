/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copyfile.c - one file into the image, and what it needs after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/image/copier_internal.h"
#include "cli/image/program.h"
#include "cli/instance/file.h"
#include "cli/scope.h"

#include "base/banned.h"

enum { SCRIPT_LINE_MAX = 256 }; /* Linux's BINPRM_BUF_SIZE */

/* Same size and time: copied before. */
static bool is_current(int parent, const char *name, const struct stat *from)
{
	struct stat to;

	return fstatat(parent, name, &to, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(to.st_mode) && to.st_size == from->st_size &&
	       to.st_mode == from->st_mode &&
	       to.st_mtim.tv_sec == from->st_mtim.tv_sec &&
	       to.st_mtim.tv_nsec == from->st_mtim.tv_nsec;
}

static int write_copy(int in, const struct stat *st, int parent,
                      const char *name, const char *dest, struct cli_error *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	scope_fd int out = -1;
	int ret;

	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return cli_fail_errno(err, "cannot replace", dest);
	out = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	             0600);
	if (out < 0)
		return cli_fail_errno(err, "cannot create", dest);
	ret = file_copy_contents(in, out, dest, err);
	if (ret < 0)
		return ret;
	if (fchmod(out, st->st_mode & 07777) < 0)
		return cli_fail_errno(err, "cannot set the mode of", dest);
	/* Only so that the next `add` can skip it; no harm if it fails. */
	if (futimens(out, times) < 0)
		return 0;
	return 0;
}

static void show_progress(const struct copier *c, const char *path)
{
	if (c->is_terminal)
		fprintf(stderr, "\r\033[K%llu files, %.1f MB  %.50s",
		        (unsigned long long)c->n_files,
		        (double)c->n_bytes / 1e6, path);
}

static int copy_alone(struct copier *c, int in, const struct stat *st,
                      const char *path, const char *dest, struct cli_error *err)
{
	const char *name;
	scope_fd int parent = copier_open_parent(c, dest, &name, err);

	if (parent < 0)
		return parent;
	if (is_current(parent, name, st))
		return 0;
	c->n_files++;
	c->n_bytes += (uint64_t)st->st_size;
	show_progress(c, path);
	return write_copy(in, st, parent, name, dest, err);
}

/* musl's loader is its C library, under other names. */
static bool is_loader_itself(const char *name, const char *interp)
{
	return libpath_is_musl(interp) &&
	       (!strcmp(name, "libc.so") || !strncmp(name, "libc.musl-", 10));
}

/* /usr/local/lib is searched with a cache only, and the image has none. */
static int make_findable(struct copier *c, const char *library,
                         const char *name, struct cli_error *err)
{
	const char *slash = strrchr(library, '/');
	scope_free char *folder =
		mem_substring(library, (size_t)(slash - library));
	scope_free char *link =
		mem_format("/usr/lib/x86_64-linux-gnu/%s", name);

	if (libpath_is_default(folder))
		return 0;
	for (size_t i = 0; i < c->libpath.n_configured; i++)
		if (!strcmp(c->libpath.glibc.item[i], folder))
			return copier_make_link(c, link, library, err);
	return 0;
}

struct object {
	const char *path;
	const char *interp; /* of the program it belongs to, or NULL */
};

static int add_object(struct copier *c, const char *path, const char *interp,
                      struct cli_error *err);

static int add_library(struct copier *c, const char *name,
                       const struct elf_needs *needs,
                       const struct object *object, struct cli_error *err)
{
	scope_free char *found = libpath_find(&c->libpath, name, object->path,
	                                      needs, object->interp);
	int ret;

	if (!found) {
		strings_take(&c->missing, mem_format("%s (needed by %s)", name,
		                                     object->path));
		return 0;
	}
	ret = add_object(c, found, object->interp, err);
	if (ret == 0 && !libpath_is_musl(object->interp))
		ret = make_findable(c, found, name, err);
	return ret;
}

/* glibc loads it by itself when a thread is cancelled; no DT_NEEDED says so. */
static int add_libgcc(struct copier *c, const struct object *object,
                      struct cli_error *err)
{
	const struct elf_needs none = { .interp = NULL };
	scope_free char *found = libpath_find(&c->libpath, "libgcc_s.so.1",
	                                      object->path, &none, NULL);

	return found ? add_object(c, found, NULL, err) : 0;
}

/* Where musl's loader looks, if this machine's differs from the default. */
static int add_interp(struct copier *c, const char *interp,
                      struct cli_error *err)
{
	static const char musl_path[] = "/etc/ld-musl-x86_64.path";
	int ret = add_object(c, interp, interp, err);

	if (ret == 0 && libpath_is_musl(interp) && access(musl_path, R_OK) == 0)
		ret = add_object(c, musl_path, interp, err);
	return ret;
}

static int add_needs(struct copier *c, const struct elf_needs *needs,
                     const char *path, const char *interp,
                     struct cli_error *err)
{
	struct object object = { path, needs->interp ? needs->interp : interp };
	int ret = 0;

	if (needs->interp)
		ret = add_interp(c, needs->interp, err);
	for (size_t i = 0; i < needs->needed.count && ret == 0; i++) {
		const char *name = needs->needed.item[i];

		if (is_loader_itself(name, object.interp))
			continue;
		ret = add_library(c, name, needs, &object, err);
		if (ret == 0 && !strcmp(name, "libc.so.6"))
			ret = add_libgcc(c, &object, err);
	}
	return ret;
}

/* Ends the word at *@rest and returns it; "" at the end of the line. */
static char *take_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	char *end = word + strcspn(word, " \t");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* "#!/usr/bin/env python3" needs both; "#!/bin/sh -e" needs /bin/sh. */
static int add_script(struct copier *c, struct cspan file,
                      struct cli_error *err)
{
	size_t n = MIN(file.size, (size_t)SCRIPT_LINE_MAX);
	scope_free char *line =
		mem_substring((const char *)file.data + 2, n - 2);
	scope_free char *found = NULL;
	char *rest = line;
	char *program;
	int ret;

	line[strcspn(line, "\n")] = '\0';
	program = take_word(&rest);
	if (program[0] != '/' || access(program, X_OK) < 0)
		return 0;
	ret = add_object(c, program, NULL, err);
	if (ret < 0 || strcmp(strrchr(program, '/'), "/env") != 0)
		return ret;
	found = program_find(take_word(&rest));
	return found ? add_object(c, found, NULL, err) : 0;
}

static int read_needs(struct copier *c, struct cspan file, const char *path,
                      const char *interp, struct cli_error *err)
{
	struct elf_needs needs;
	int ret;

	if (file.size > 2 && !memcmp(file.data, "#!", 2))
		return add_script(c, file, err);
	if (elf_needs_read(file, &needs) < 0)
		return 0;
	ret = add_needs(c, &needs, path, interp, err);
	elf_needs_fini(&needs);
	return ret;
}

/* Every path is looked at once, so that libraries may need each other. */
static int copy_needs(struct copier *c, int fd, const struct stat *st,
                      const char *path, const char *interp,
                      struct cli_error *err)
{
	void *bytes;
	int ret;

	if (!st->st_size || strings_has(&c->seen, path))
		return 0;
	strings_add(&c->seen, path);
	bytes = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return cli_fail_errno(err, "cannot read", path);
	ret = read_needs(c, cspan_make(bytes, (size_t)st->st_size), path,
	                 interp, err);
	munmap(bytes, (size_t)st->st_size);
	return ret;
}

/* Only what may be executed or loaded is worth a look. */
static bool may_need(const struct stat *st, int fd)
{
	char magic[4];

	if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic))
		return false;
	return !memcmp(magic, "\177ELF", 4) ||
	       ((st->st_mode & 0111) && !memcmp(magic, "#!", 2));
}

static int copy_with_interp(struct copier *c, const char *path,
                            const char *dest, const char *interp,
                            struct cli_error *err)
{
	scope_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cli_fail_errno(err, "cannot open", path);
	ret = copy_alone(c, fd, &st, path, dest, err);
	if (ret < 0 || !may_need(&st, fd))
		return ret;
	return copy_needs(c, fd, &st, path, interp, err);
}

/* An interpreter or a library, by whatever name it was found. */
static int add_object(struct copier *c, const char *path, const char *interp,
                      struct cli_error *err)
{
	scope_free char *real = NULL;
	int ret = copier_walk(c, path, &real, err);

	return ret < 0 ? ret : copy_with_interp(c, real, real, interp, err);
}

int copier_copy_file(struct copier *c, const char *path, const char *dest,
                     enum copy_deps deps, struct cli_error *err)
{
	scope_fd int fd = -1;
	struct stat st;

	if (deps == COPY_WITH_DEPS)
		return copy_with_interp(c, path, dest, NULL, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cli_fail_errno(err, "cannot open", path);
	return copy_alone(c, fd, &st, path, dest, err);
}

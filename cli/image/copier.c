/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copier.c - paths, links and folders; files and their needs are in
 * copyfile.c.
 */
#include "cli/image/copier.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/image/copier_internal.h"
#include "cli/image/inside.h"
#include "cli/scope.h"

#include "base/banned.h"

enum { LINKS_MAX = 40 }; /* as Linux's own path walk */

int copier_init(struct copier *c, const char *image, struct cli_error *err)
{
	*c = (struct copier){ .is_terminal = isatty(STDERR_FILENO) };
	c->root_fd = open(image, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->root_fd < 0)
		return cli_fail_errno(err, "cannot open folder", image);
	libpath_init(&c->libpath);
	return 0;
}

void copier_fini(struct copier *c)
{
	if (c->root_fd >= 0)
		close(c->root_fd);
	libpath_fini(&c->libpath);
	strings_fini(&c->seen);
	strings_fini(&c->missing);
	strings_fini(&c->exclude);
}

/* Splits image path @path: a descriptor of its folder, made if need be. */
int copier_open_parent(struct copier *c, const char *path,
                       const char **ret_name, struct cli_error *err)
{
	const char *slash = strrchr(path, '/');
	scope_free char *parent =
		mem_substring(path, slash ? (size_t)(slash - path) : 0);

	*ret_name = slash ? slash + 1 : path;
	return inside_make_dirs(c->root_fd, parent, err);
}

int copier_make_folder(struct copier *c, const char *path,
                       struct cli_error *err)
{
	int fd = inside_make_dirs(c->root_fd, path, err);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* A folder that is made gets @mode; one that is there keeps its own. */
static int make_folder(struct copier *c, const char *path, mode_t mode,
                       struct cli_error *err)
{
	const char *name;
	scope_fd int parent = copier_open_parent(c, path, &name, err);

	if (parent < 0)
		return parent;
	if (!name[0])
		return 0;
	if (mkdirat(parent, name, mode & 07777) == 0)
		fchmodat(parent, name, mode & 07777, 0);
	else if (errno != EEXIST)
		return cli_fail_errno(err, "cannot make folder", path);
	return 0;
}

int copier_make_link(struct copier *c, const char *path, const char *target,
                     struct cli_error *err)
{
	const char *name;
	scope_fd int parent = copier_open_parent(c, path, &name, err);
	struct stat st;

	if (parent < 0)
		return parent;
	if (symlinkat(target, parent, name) == 0)
		return 0;
	/* A folder in its place stays: the image has a layout of its own. */
	if (errno != EEXIST ||
	    fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return cli_fail_errno(err, "cannot make link", path);
	if (S_ISDIR(st.st_mode))
		return 0;
	if (unlinkat(parent, name, 0) < 0 ||
	    symlinkat(target, parent, name) < 0)
		return cli_fail_errno(err, "cannot make link", path);
	return 0;
}

static char *read_link(const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	return n < 0 ? NULL : mem_substring(target, (size_t)n);
}

/* A walk along a host path: where we are, without links; what is left. */
struct walk {
	struct copier *c;
	char *here; /* "" is the root */
	char *rest;
	int n_links;
};

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->here, '/');

	if (slash)
		*slash = '\0';
}

/* @next is a link: make it in the image, go on with what it means. */
static int follow(struct walk *w, const char *next, struct cli_error *err)
{
	scope_free char *target = read_link(next);
	char *rest;
	int ret;

	if (!target || ++w->n_links > LINKS_MAX) {
		errno = target ? ELOOP : errno;
		return cli_fail_errno(err, "cannot follow link", next);
	}
	ret = copier_make_link(w->c, next, target, err);
	if (ret < 0)
		return ret;
	rest = mem_format("%s/%s", target, w->rest);
	free(w->rest);
	w->rest = rest;
	if (target[0] == '/')
		w->here[0] = '\0';
	return 0;
}

static int step(struct walk *w, const char *name, struct cli_error *err)
{
	scope_free char *next = mem_format("%s/%s", w->here, name);
	struct stat st;

	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, "..")) {
		go_up(w);
		return 0;
	}
	if (lstat(next, &st) < 0)
		return cli_fail_errno(err, "cannot find", next);
	if (S_ISLNK(st.st_mode))
		return follow(w, next, err);
	free(w->here);
	w->here = scope_take(&next);
	return S_ISDIR(st.st_mode) ? make_folder(w->c, w->here, st.st_mode, err)
	                           : 0;
}

static char *take_name(struct walk *w)
{
	const char *start = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(start, "/");
	char *name = mem_substring(start, n);
	char *rest = mem_string(start + n);

	free(w->rest);
	w->rest = rest;
	return name;
}

int copier_walk(struct copier *c, const char *path, char **ret_real,
                struct cli_error *err)
{
	struct walk w = {
		.c = c,
		.here = mem_string(""),
		.rest = mem_string(path),
	};
	int ret = 0;

	while (ret == 0) {
		scope_free char *name = take_name(&w);

		if (!name[0])
			break;
		ret = step(&w, name, err);
	}
	free(w.rest);
	if (ret < 0)
		free(w.here);
	else
		*ret_real = w.here;
	return ret;
}

static bool is_excluded(const struct copier *c, const char *name,
                        const char *path)
{
	for (size_t i = 0; i < c->exclude.count; i++)
		if (fnmatch(c->exclude.item[i], name, 0) == 0 ||
		    fnmatch(c->exclude.item[i], path, 0) == 0)
			return true;
	return false;
}

/*
 * A link inside a folder is kept as it is; if it leads to a file elsewhere,
 * that file comes along, if to a folder, only the link does.
 */
static int copy_inner_link(struct copier *c, const char *path, const char *dest,
                           struct cli_error *err)
{
	scope_free char *target = read_link(path);
	scope_free char *real = realpath(path, NULL);
	scope_free char *again = NULL;
	struct stat st;
	int ret;

	if (!target)
		return cli_fail_errno(err, "cannot read link", path);
	ret = copier_make_link(c, dest, target, err);
	if (ret < 0 || !real || strcmp(path, dest) || stat(real, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return ret;
	ret = copier_walk(c, path, &again, err);
	return ret < 0 ? ret
	               : copier_copy_file(c, again, again, COPY_WITH_DEPS, err);
}

static int copy_entry(struct copier *c, const char *path, const char *dest,
                      enum copy_deps deps, struct cli_error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return cli_fail_errno(err, "cannot look at", path);
	if (S_ISLNK(st.st_mode))
		return copy_inner_link(c, path, dest, err);
	if (S_ISREG(st.st_mode))
		return copier_copy_file(c, path, dest, deps, err);
	if (!S_ISDIR(st.st_mode))
		return 0; /* sockets and the like are not part of an image */
	if (make_folder(c, dest, st.st_mode, err) < 0)
		return -EIO;
	return copier_add_contents(c, path, dest, err);
}

int copier_add_contents(struct copier *c, const char *path, const char *dest,
                        struct cli_error *err)
{
	scope_dir DIR *dir = opendir(path);
	const struct dirent *de;
	int ret;

	if (!dir)
		return cli_fail_errno(err, "cannot read folder", path);
	while (errno = 0, (de = readdir(dir))) {
		scope_free char *from = mem_format("%s/%s", path, de->d_name);
		scope_free char *to = mem_format(
			"%s/%s", strcmp(dest, "/") ? dest : "", de->d_name);

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    is_excluded(c, de->d_name, from))
			continue;
		ret = copy_entry(c, from, to, COPY_WITH_DEPS, err);
		if (ret < 0)
			return ret;
	}
	return errno ? cli_fail_errno(err, "cannot read folder", path) : 0;
}

int copier_add(struct copier *c, const char *path, struct cli_error *err)
{
	scope_free char *real = NULL;
	int ret = copier_walk(c, path, &real, err);

	if (ret < 0)
		return ret;
	return copy_entry(c, real, real, COPY_WITH_DEPS, err);
}

int copier_add_as(struct copier *c, const char *path, const char *dest,
                  enum copy_deps deps, struct cli_error *err)
{
	scope_free char *real = realpath(path, NULL);

	if (!real)
		return cli_fail_errno(err, "cannot find", path);
	return copy_entry(c, real, dest, deps, err);
}

void copier_report(const struct copier *c)
{
	if (c->is_terminal)
		fputs("\r\033[K", stderr);
	for (size_t i = 0; i < c->missing.count; i++)
		cli_note("warning: this machine has no %s: a program that "
		         "loads it will fail",
		         c->missing.item[i]);
	printf("copied %llu files, %.1f MB\n", (unsigned long long)c->n_files,
	       (double)c->n_bytes / 1e6);
}

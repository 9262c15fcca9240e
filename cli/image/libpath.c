/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpath.c - the search for shared libraries.
 */
#include "cli/image/libpath.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/scope.h"

#include "base/banned.h"

enum { CONF_DEPTH_MAX = 8, HEADER_SIZE = 64 };

#define LIB_DIR "lib/x86_64-linux-gnu"

/* Built into ld.so: Debian's, then everybody's. */
static const char *const default_folders[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
};

bool libpath_is_default(const char *folder)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_folders); i++)
		if (!strcmp(default_folders[i], folder))
			return true;
	return false;
}

bool libpath_is_musl(const char *interp)
{
	return interp && strstr(interp, "/ld-musl-");
}

static void read_conf(struct strings *list, const char *path, int depth);

static void include(struct strings *list, const char *pattern, int depth)
{
	glob_t found;

	if (depth == CONF_DEPTH_MAX || glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_conf(list, found.gl_pathv[i], depth + 1);
	globfree(&found);
}

/* One line of ld.so.conf: a folder, "include PATTERN", or a comment. */
static void read_line(struct strings *list, char *line, int depth)
{
	static const char keyword[] = "include";
	size_t n = sizeof(keyword) - 1;

	line[strcspn(line, "#\n")] = '\0';
	line += strspn(line, " \t");
	if (!strncmp(line, keyword, n) && strchr(" \t", line[n]) && line[n]) {
		line += n;
		include(list, line + strspn(line, " \t"), depth);
		return;
	}
	for (n = strlen(line); n > 1 && strchr(" \t/", line[n - 1]); n--)
		line[n - 1] = '\0';
	if (line[0] == '/')
		strings_add(list, line);
}

static void read_conf(struct strings *list, const char *path, int depth)
{
	scope_file FILE *f = fopen(path, "re");
	scope_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) >= 0)
		read_line(list, line, depth);
}

/* Split at any of @separators; empty parts are left out. */
static void add_parts(struct strings *list, const char *text,
                      const char *separators)
{
	while (*text) {
		size_t n = strcspn(text, separators);

		if (n)
			strings_take(list, mem_substring(text, n));
		text += n;
		text += strspn(text, separators);
	}
}

static void read_musl(struct strings *list)
{
	scope_file FILE *f = fopen("/etc/ld-musl-x86_64.path", "re");
	scope_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) >= 0)
		add_parts(list, line, ":\n");
	if (!list->count)
		add_parts(list, "/lib:/usr/local/lib:/usr/lib", ":");
}

void libpath_init(struct libpath *lp)
{
	*lp = (struct libpath){ .n_configured = 0 };
	read_conf(&lp->glibc, "/etc/ld.so.conf", 0);
	lp->n_configured = lp->glibc.count;
	for (size_t i = 0; i < ARRAY_SIZE(default_folders); i++)
		strings_add(&lp->glibc, default_folders[i]);
	read_musl(&lp->musl);
}

void libpath_fini(struct libpath *lp)
{
	strings_fini(&lp->glibc);
	strings_fini(&lp->musl);
}

/* A library for another architecture has the same name; skip it. */
static bool is_usable(const char *path)
{
	scope_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t header[HEADER_SIZE];
	struct elf_needs needs;

	if (fd < 0 || read(fd, header, sizeof(header)) != sizeof(header))
		return false;
	/* Leave the program headers out: they are beyond what was read. */
	memset(header + 56, 0, 2);
	if (elf_needs_read(cspan_make(header, sizeof(header)), &needs) < 0)
		return false;
	elf_needs_fini(&needs);
	return true;
}

static char *try_folder(const char *folder, const char *name)
{
	scope_free char *path = mem_format("%s/%s", folder, name);

	return is_usable(path) ? scope_take(&path) : NULL;
}

static char *try_list(const struct strings *list, const char *name)
{
	char *path = NULL;

	for (size_t i = 0; i < list->count && !path; i++)
		path = try_folder(list->item[i], name);
	return path;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return mem_substring(path, slash ? (size_t)(slash - path) : 0);
}

/* What ld.so(8) replaces in DT_RPATH and DT_RUNPATH, with or without {}. */
static char *expand(const char *part, const char *origin)
{
	const struct {
		const char *token;
		const char *value;
	} tokens[] = {
		{ "${ORIGIN}", origin },     { "$ORIGIN", origin },
		{ "${LIB}", LIB_DIR },       { "$LIB", LIB_DIR },
		{ "${PLATFORM}", "x86_64" }, { "$PLATFORM", "x86_64" },
	};
	char *text = mem_string(part);

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		const char *at;

		while ((at = strstr(text, tokens[i].token))) {
			char *longer = mem_format("%.*s%s%s", (int)(at - text),
			                          text, tokens[i].value,
			                          at + strlen(tokens[i].token));

			free(text);
			text = longer;
		}
	}
	return text;
}

static char *try_path(const char *colons, const char *origin, const char *name)
{
	struct strings parts = { .item = NULL };
	char *found = NULL;

	add_parts(&parts, colons, ":");
	for (size_t i = 0; i < parts.count && !found; i++) {
		scope_free char *folder = expand(parts.item[i], origin);

		found = try_folder(folder, name);
	}
	strings_fini(&parts);
	return found;
}

char *libpath_find(const struct libpath *lp, const char *name,
                   const char *object, const struct elf_needs *needs,
                   const char *interp)
{
	scope_free char *origin = folder_of(object);
	char *found = NULL;

	if (strchr(name, '/'))
		return is_usable(name) ? mem_string(name) : NULL;
	/* DT_RPATH counts only where there is no DT_RUNPATH. */
	if (needs->runpath)
		found = try_path(needs->runpath, origin, name);
	else if (needs->rpath)
		found = try_path(needs->rpath, origin, name);
	if (!found)
		found = try_list(
			libpath_is_musl(interp) ? &lp->musl : &lp->glibc, name);
	return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - image/ becomes the measured root: an index and a body
 * (abi/rootidx.h).
 *
 * The result is a function of names, modes, links, contents and the files'
 * mtimes in whole seconds, of which none is later than build_epoch(): what was
 * made for the image has that time, what a distribution shipped has its own,
 * and bytecode and archives that name the time of their sources are valid.
 * Owners and the times of folders become 0; folders are read in bytewise order.
 *
 *	struct root root;
 *
 *	root_scan("image", &root, err);     what there is, where it will lie
 *	root_hash(&root, body_fd, err);     digests, and the body unless -1
 *	root_index(&root, &index);          the index as bytes
 *	root_fini(&root);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/rootidx.h"
#include "base/compiler.h"
#include "base/span.h"
#include "cli/error.h"
#include "cli/memory.h"

struct root_entry {
	char *path;   /* in the instance, "/bin/sh" */
	char *target; /* symbolic links             */
	mode_t mode;
	uint32_t mtime; /* regular files, also of a hard link */
	uint64_t size;  /* regular files, 0 for a hard link */
	uint64_t body_offset;
	size_t hardlink;     /* 0, or 1 + number of the entry */
	struct bytes digest; /* n_chunks times 32 bytes       */
	uint64_t sites_offset;
	struct bytes sites; /* site table; empty: none */
	dev_t dev;          /* to find hard links; only while scanning */
	ino_t ino;
	nlink_t nlink;
};

/*
 * root_sites_fn - make the site table (abi/sites.h) of the ELF file @file.
 *
 * Leaves @ret_table empty where the file needs none; -errno with @err filled
 * in fails the build.
 */
typedef int root_sites_fn(const char *path, struct cspan file,
                          struct bytes *ret_table, struct cli_error *err);

struct root {
	char *folder;
	struct root_entry *entry; /* sorted by path, "/" first */
	size_t n_entries;
	uint64_t body_size;
	root_sites_fn *sites; /* NULL: no site tables */
};

/*
 * root_scan - find everything below @folder.
 *
 * Sockets, devices, FIFOs and names the index cannot hold are refused.
 * @ret_root is to be released in either case.
 */
__must_check int root_scan(const char *folder, root_sites_fn *sites,
                           struct root *ret_root, struct cli_error *err);

/*
 * root_hash - read every file once, fill in the digests, and write the bytes
 * to @body_fd (an empty file) unless it is -1.
 */
__must_check int root_hash(struct root *root, int body_fd,
                           struct cli_error *err);

/* Append the index to @ret_index; root_hash() came before. */
void root_index(const struct root *root, struct bytes *ret_index);

/* The entry at @path, or NULL.  Links are not followed. */
const struct root_entry *root_find(const struct root *root, const char *path);

void root_fini(struct root *root);

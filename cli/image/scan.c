/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - finds what is below image/, sorts it, finds hard links.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "cli/epoch.h"
#include "cli/image/root.h"
#include "cli/scope.h"

#include "base/banned.h"

/* What else may lie in a folder, and how it gets there. */
static const char *kind_name(mode_t mode)
{
	if (S_ISSOCK(mode))
		return "a socket";
	if (S_ISFIFO(mode))
		return "a named pipe";
	return "a device";
}

static int refuse_kind(const struct root *root, const char *path, mode_t mode,
                       struct cli_error *err)
{
	return cli_fail(err, -EINVAL,
	                "%s%s is %s, which an image can't hold: remove it; "
	                "/dev and what programs create exist at run time",
	                root->folder, path, kind_name(mode));
}

/* Before 1970 is 1970. */
static uint32_t time_in_image(const struct stat *st)
{
	int64_t t = MAX((int64_t)st->st_mtim.tv_sec, 0);

	return (uint32_t)MIN(t, (int64_t)build_epoch());
}

static struct root_entry *add_entry(struct root *root, char *path,
                                    const struct stat *st)
{
	struct root_entry *entry;

	root->entry =
		mem_grow(root->entry, root->n_entries, sizeof(*root->entry));
	entry = &root->entry[root->n_entries++];
	*entry = (struct root_entry){
		.path = path,
		.mode = st->st_mode & (S_IFMT | 07777),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.nlink = st->st_nlink,
	};
	return entry;
}

static int read_target(struct root *root, struct root_entry *entry, int dir_fd,
                       const char *name, struct cli_error *err)
{
	char target[ROOTIDX_PATH_MAX + 2];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

	if (n < 0)
		return cli_fail_errno(err, "cannot read link", entry->path);
	if (n > ROOTIDX_PATH_MAX)
		return cli_fail(err, -ENAMETOOLONG,
		                "%s%s: the link's target is too long",
		                root->folder, entry->path);
	entry->target = mem_substring(target, (size_t)n);
	/* Every link is rwxrwxrwx; what lstat says depends on the host. */
	entry->mode = S_IFLNK | 0777;
	return 0;
}

static int scan_folder(struct root *root, int dir_fd, const char *path,
                       struct cli_error *err);

static int scan_subfolder(struct root *root, int dir_fd, const char *name,
                          const char *path, struct cli_error *err)
{
	int fd = openat(dir_fd, name,
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return cli_fail_errno(err, "cannot open folder", path);
	return scan_folder(root, fd, path, err);
}

static int scan_name(struct root *root, int dir_fd, const char *parent,
                     const char *name, struct cli_error *err)
{
	char *path = mem_format("%s/%s", parent[1] ? parent : "", name);
	struct root_entry *entry;
	struct stat st;

	if (strlen(path) > ROOTIDX_PATH_MAX ||
	    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		cli_fail_errno(err, "cannot look at", path);
		free(path);
		return -EINVAL;
	}
	entry = add_entry(root, path, &st);
	if (S_ISDIR(st.st_mode))
		return scan_subfolder(root, dir_fd, name, path, err);
	if (S_ISLNK(st.st_mode))
		return read_target(root, entry, dir_fd, name, err);
	if (!S_ISREG(st.st_mode))
		return refuse_kind(root, path, st.st_mode, err);
	entry->size = (uint64_t)st.st_size;
	entry->mtime = time_in_image(&st);
	return 0;
}

/* Takes @dir_fd over. */
static int scan_folder(struct root *root, int dir_fd, const char *path,
                       struct cli_error *err)
{
	/* The entry that @path belongs to may move while the array grows. */
	scope_free char *parent = mem_string(path);
	scope_dir DIR *dir = fdopendir(dir_fd);
	struct dirent *de;
	int ret;

	if (!dir) {
		close(dir_fd);
		return cli_fail_errno(err, "cannot read folder", parent);
	}
	while (errno = 0, (de = readdir(dir))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		ret = scan_name(root, dir_fd, parent, de->d_name, err);
		if (ret < 0)
			return ret;
	}
	return errno ? cli_fail_errno(err, "cannot read folder", parent) : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct root_entry *x = a;
	const struct root_entry *y = b;

	return strcmp(x->path, y->path);
}

/* Numbers of entries, so that equal inodes lie side by side, lowest first. */
struct inode {
	dev_t dev;
	ino_t ino;
	size_t number;
};

static int by_inode(const void *a, const void *b)
{
	const struct inode *x = a;
	const struct inode *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void mark_links(struct root *root, const struct inode *inode,
                       size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		struct root_entry *entry = &root->entry[inode[i].number];

		if (inode[i].dev != inode[first].dev ||
		    inode[i].ino != inode[first].ino) {
			first = i;
			continue;
		}
		entry->hardlink = 1 + inode[first].number;
		entry->size = 0;
	}
}

static void find_links(struct root *root)
{
	scope_free struct inode *inode =
		mem_alloc(root->n_entries, sizeof(*inode));
	size_t count = 0;

	for (size_t i = 0; i < root->n_entries; i++) {
		const struct root_entry *entry = &root->entry[i];

		if (S_ISREG(entry->mode) && entry->nlink > 1)
			inode[count++] =
				(struct inode){ entry->dev, entry->ino, i };
	}
	qsort(inode, count, sizeof(*inode), by_inode);
	mark_links(root, inode, count);
}

int root_scan(const char *folder, root_sites_fn *sites, struct root *ret_root,
              struct cli_error *err)
{
	/* The mode of image/ itself comes from somebody's umask. */
	static const struct stat root_stat = { .st_mode = S_IFDIR | 0755 };
	int fd;
	int ret;

	*ret_root =
		(struct root){ .folder = mem_string(folder), .sites = sites };
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail_errno(err, "cannot open folder", folder);
	add_entry(ret_root, mem_string("/"), &root_stat);
	ret = scan_folder(ret_root, fd, "/", err);
	if (ret < 0)
		return ret;
	qsort(ret_root->entry, ret_root->n_entries, sizeof(*ret_root->entry),
	      by_path);
	find_links(ret_root);
	return 0;
}

const struct root_entry *root_find(const struct root *root, const char *path)
{
	struct root_entry key = { .path = (char *)(uintptr_t)path };

	return bsearch(&key, root->entry, root->n_entries, sizeof(*root->entry),
	               by_path);
}

void root_fini(struct root *root)
{
	for (size_t i = 0; i < root->n_entries; i++) {
		free(root->entry[i].path);
		free(root->entry[i].target);
		bytes_fini(&root->entry[i].digest);
		bytes_fini(&root->entry[i].sites);
	}
	free(root->entry);
	free(root->folder);
	*root = (struct root){ 0 };
}

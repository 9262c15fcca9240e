/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.c - /proc/PID/fd and fdinfo.
 *
 * A link there is a jump: opening it reaches the same file whatever its name
 * is by now.
 */
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"
#include "libos/proc/procfs/internal.h"

#define SHOWN_SIZE 128 /* of a file without a path: "pipe:[17]" */

static struct file *key_file(uint64_t key)
{
	struct fdtable *files = key_files(key);
	struct file *f;

	if (!files)
		return NULL;
	f = fd_get_any(files, key_fd(key));
	fdtable_put(files);
	return f;
}

/* A name of the file's own choice, where its path would not say what it is. */
static int shown_text(struct file *f, struct link_target *ret)
{
	char *text;

	if (f->path.dentry && f->ops->show == file_show_path)
		return 0;
	text = kmalloc(SHOWN_SIZE);
	if (!text)
		return -ENOMEM;
	if (f->ops->show(f, text, SHOWN_SIZE) < 0) {
		kfree(text);
		return 0; /* the path, then */
	}
	ret->text = text;
	ret->owned = true;
	return 0;
}

static int link_fd(uint64_t key, struct link_target *ret)
{
	struct file *f = key_file(key);
	struct link_target link = { .is_jump = true };
	struct path place;
	int err;

	if (!f)
		return -ENOENT;
	err = shown_text(f, &link);
	if (err == 0)
		err = file_place(f, &place);
	file_put(f);
	if (err < 0) {
		if (link.owned)
			kfree((char *)(uintptr_t)link.text);
		return err;
	}
	link.jump_dentry = place.dentry;
	link.jump_mnt = place.mnt;
	*ret = link;
	return 0;
}

static int show_fdinfo(uint64_t key, struct synth_text *t)
{
	struct file *f = key_file(key);

	if (!f)
		return -ENOENT;
	synth_print(t, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%llu\n",
	            (long long)READ_ONCE(f->pos), READ_ONCE(f->flags),
	            f->path.mnt ? f->path.mnt->id : 0,
	            (unsigned long long)f->inode->ino);
	file_put(f);
	return 0;
}

/* proc(5): the permission bits of the link say how the file is open. */
static const struct synth_entry fd_links[] = {
	{ .mode = S_IFLNK, .readlink = link_fd, .owner = key_owner },
	{ .mode = S_IFLNK | 0500, .readlink = link_fd, .owner = key_owner },
	{ .mode = S_IFLNK | 0300, .readlink = link_fd, .owner = key_owner },
	{ .mode = S_IFLNK | 0700, .readlink = link_fd, .owner = key_owner },
};

static const struct synth_entry fdinfo_file = { .mode = S_IFREG | 0444,
	                                        .show = show_fdinfo,
	                                        .owner = key_owner };

static const struct synth_entry *fd_link_of(const struct file *f)
{
	return &fd_links[f->mode & (FILE_READ | FILE_WRITE)];
}

static const struct synth_entry *fdinfo_of(const struct file *f __unused)
{
	return &fdinfo_file;
}

typedef const struct synth_entry *entry_func(const struct file *f);

static int find_fd(uint64_t key, int fd, entry_func *entry,
                   struct synth_found *ret)
{
	struct file *f;

	key = key_with_fd(key, fd);
	f = key_file(key);
	if (!f)
		return -ENOENT;
	*ret = (struct synth_found){ .entry = entry(f), .key = key };
	file_put(f);
	return 0;
}

static int lookup_fd(uint64_t key, const struct name *name, entry_func *entry,
                     struct synth_found *ret)
{
	int64_t fd = name_to_number(name);

	if (fd < 0 || fd >= FD_COUNT_MAX)
		return -ENOENT;
	return find_fd(key, (int)fd, entry, ret);
}

static int next_fd(uint64_t key, uint64_t *pos, char *name, entry_func *entry,
                   struct synth_found *ret)
{
	struct fdtable *files = key_files(key);
	int fd, err = -ENOENT;

	if (!files)
		return -ENOENT;
	while (err == -ENOENT && *pos < FD_COUNT_MAX) {
		fd = fd_next(files, (uint32_t)*pos);
		if (fd < 0)
			break;
		*pos = (uint64_t)fd + 1;
		str_format(name, NAME_MAX + 1, "%d", fd);
		err = find_fd(key, fd, entry, ret); /* may be closed by now */
	}
	fdtable_put(files);
	return err;
}

static int fd_lookup(uint64_t key, const struct name *name,
                     struct synth_found *ret)
{
	return lookup_fd(key, name, fd_link_of, ret);
}

static int fd_list(uint64_t key, uint64_t *pos, char name[NAME_MAX + 1],
                   struct synth_found *ret)
{
	return next_fd(key, pos, name, fd_link_of, ret);
}

static int fdinfo_lookup(uint64_t key, const struct name *name,
                         struct synth_found *ret)
{
	return lookup_fd(key, name, fdinfo_of, ret);
}

static int fdinfo_list(uint64_t key, uint64_t *pos, char name[NAME_MAX + 1],
                       struct synth_found *ret)
{
	return next_fd(key, pos, name, fdinfo_of, ret);
}

const struct synth_dir_ops fd_names = { .lookup = fd_lookup, .next = fd_list };
const struct synth_dir_ops fdinfo_names = { .lookup = fdinfo_lookup,
	                                    .next = fdinfo_list };

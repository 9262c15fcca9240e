/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_refusal.c - what the slots of a file_ops table say when a kind of file
 * cannot do the thing, or needs nothing of its own for it.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/fs/file.h"
#include "libos/fs/mount.h"

long file_no_read(struct file *f __unused, struct iov *to __unused,
                  int64_t *pos __unused)
{
	return -EINVAL;
}

long file_no_write(struct file *f __unused, struct iov *from __unused,
                   int64_t *pos __unused)
{
	return -EINVAL;
}

long file_read_dir(struct file *f __unused, struct iov *to __unused,
                   int64_t *pos __unused)
{
	return -EISDIR;
}

int64_t file_no_lseek(struct file *f __unused, int64_t off __unused,
                      int whence __unused)
{
	return -ESPIPE;
}

int64_t file_null_lseek(struct file *f __unused, int64_t off __unused,
                        int whence __unused)
{
	return 0;
}

int64_t file_lseek_size(struct file *f, int64_t off, int whence)
{
	int64_t size = READ_ONCE(f->inode->size);
	int64_t base, pos;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		/* All data, and a hole at the end: lseek(2) allows that. */
		if (off < 0 || off >= size)
			return -ENXIO;
		return whence == SEEK_DATA ? off : size;
	default:
		return -EINVAL;
	}
	return add_overflow(base, off, &pos) || pos < 0 ? -EINVAL : pos;
}

uint32_t file_poll_always(struct file *f __unused,
                          struct poll_table *pt __unused)
{
	return POLL_ALWAYS;
}

long file_no_ioctl(struct file *f __unused, uint32_t cmd __unused,
                   uint64_t arg __unused)
{
	return -ENOTTY;
}

long file_no_fcntl(struct file *f __unused, uint32_t cmd __unused,
                   uint64_t arg __unused)
{
	return -EINVAL;
}

int file_no_fsync(struct file *f __unused)
{
	return -EINVAL;
}

int file_fsync_memory(struct file *f __unused)
{
	return 0;
}

int file_no_truncate(struct file *f __unused, int64_t size __unused)
{
	return -EINVAL;
}

int file_no_fallocate(struct file *f __unused, uint32_t mode __unused,
                      int64_t off __unused, int64_t size __unused)
{
	return -ENODEV;
}

int file_no_readdir(struct file *f __unused, struct dir_ctx *ctx __unused)
{
	return -ENOTDIR;
}

int file_no_mmap(struct file *f __unused, struct vm_object **ret __unused)
{
	return -ENODEV;
}

int file_flush_none(struct file *f __unused)
{
	return 0;
}

void file_release_none(struct file *f __unused)
{
}

static int show_nameless(struct file *f, char *buf, size_t size)
{
	unsigned long ino = f->inode->ino;

	if (S_ISFIFO(f->inode->mode))
		return str_format(buf, size, "pipe:[%lu]", ino);
	if (S_ISSOCK(f->inode->mode))
		return str_format(buf, size, "socket:[%lu]", ino);
	return str_format(buf, size, "anon_inode:[%s]", f->ops->name);
}

int file_show_path(struct file *f, char *buf, size_t size)
{
	struct path root = mount_root();
	char *text;
	size_t n;

	if (!f->path.dentry)
		return show_nameless(f, buf, size);
	text = d_path(&f->path, &root, buf, size);
	if (!text)
		return -ENAMETOOLONG;
	n = strlen(text);
	memmove(buf, text, n + 1);
	return (int)n;
}

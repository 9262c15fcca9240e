/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dirfile.c - open directories whose names are pinned dentries.
 *
 * The position is the cookie of the next entry.  Cookies only grow, so entries
 * that stay are met exactly once however many others come and go meanwhile.
 */
#include "base/errno.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/file.h"
#include "libos/fs/tmpfs_internal.h"

static bool emit_dots(struct dentry *dir, struct dir_ctx *ctx)
{
	static const struct name dots[] = { { ".", 1 }, { "..", 2 } };
	struct dentry *parent;
	uint64_t ino;

	while (ctx->pos < DENTRY_COOKIE_FIRST) {
		ino = dir->inode->ino;
		if (ctx->pos == 1) {
			parent = dentry_parent(dir);
			ino = parent->inode->ino;
			dentry_put(parent);
		}
		if (!ctx->emit(ctx, &dots[ctx->pos], ino, DT_OF_MODE(S_IFDIR),
		               ctx->pos + 1))
			return false;
		ctx->pos++;
	}
	return true;
}

static bool emit_child(struct dir_ctx *ctx, const struct dentry *d)
{
	struct name name = { d->name, d->name_size };
	int64_t next = (int64_t)d->cookie + 1;

	if (!ctx->emit(ctx, &name, d->inode->ino, DT_OF_MODE(d->inode->mode),
	               next))
		return false;
	ctx->pos = next;
	return true;
}

int dentry_readdir(struct file *f, struct dir_ctx *ctx)
{
	struct dentry *dir = f->path.dentry, *d;

	if (!dir)
		return -ENOTDIR;
	if (ctx->pos < 0)
		return -EINVAL;
	if (!emit_dots(dir, ctx))
		return 0;
	rwlock_read(&f->inode->lock);
	d = dentry_child_from(dir, (uint64_t)ctx->pos);
	while (d && emit_child(ctx, d))
		d = dentry_child_from(dir, (uint64_t)ctx->pos);
	rwlock_read_done(&f->inode->lock);
	inode_touch_atime(f->inode);
	return 0;
}

static int64_t dir_lseek(struct file *f, int64_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	return off < 0 ? -EINVAL : off;
}

const struct file_ops tmpfs_dir_ops = {
	.name = "tmpfs-dir",
	.read = file_read_dir,
	.write = file_no_write,
	.lseek = dir_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_fsync_memory,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = dentry_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};

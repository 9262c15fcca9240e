/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_file.c - open files of synthetic trees: texts and directories.
 */
#include <stdarg.h>

#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/fs/dentry.h"
#include "libos/fs/synth_internal.h"
#include "libos/mm/kheap.h"

#define TEXT_FIRST 1024
#define STORE_MAX 4096 /* one write; Linux: a page for sysctl files */

static bool text_room(struct synth_text *t, size_t size)
{
	size_t capacity = t->capacity ? t->capacity : TEXT_FIRST;
	char *data;

	if (t->failed)
		return false;
	while (capacity - t->size < size)
		capacity *= 2;
	if (capacity == t->capacity)
		return true;
	data = krealloc(t->data, capacity);
	if (!data) {
		t->failed = true;
		return false;
	}
	t->data = data;
	t->capacity = capacity;
	return true;
}

void synth_write(struct synth_text *t, const void *data, size_t size)
{
	if (size && text_room(t, size))
		memcpy(t->data + t->size, data, size);
	t->size += size;
}

void synth_print(struct synth_text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = str_vformat(NULL, 0, fmt, args);
	va_end(args);
	if (n <= 0)
		return;
	/* One more for the NUL, which is not part of the text. */
	if (text_room(t, (size_t)n + 1)) {
		va_start(args, fmt);
		str_vformat(t->data + t->size, (size_t)n + 1, fmt, args);
		va_end(args);
	}
	t->size += (size_t)n;
}

/* What was made for an open file; readers hold it while they copy. */
struct made_text {
	int32_t refs;
	struct synth_text text;
};

static void made_put(struct made_text *m)
{
	if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	kfree(m->text.data);
	kfree(m);
}

int synth_text_open(const struct synth_entry *e, struct file *f)
{
	if ((f->mode & FILE_READ) && !e->show)
		return -EACCES;
	if ((f->mode & FILE_WRITE) && !e->store)
		return -EACCES;
	return 0;
}

/* Make the text anew.  No lock of ours is held: show takes what it needs. */
static int text_make(struct file *f, struct made_text **ret)
{
	struct synth_inode *si = synth_inode(f->inode);
	struct made_text *m = kzalloc(sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->refs = 1;
	err = si->entry->show(si->key, &m->text);
	if (err == 0 && m->text.failed)
		err = -ENOMEM;
	if (err < 0) {
		made_put(m);
		return err;
	}
	*ret = m;
	return 0;
}

/* The text to read from, with a reference; from the start it is a new one. */
static int text_get(struct file *f, int64_t pos, struct made_text **ret)
{
	struct made_text *m = NULL, *old = NULL;
	int err;

	if (pos == 0 || !READ_ONCE(f->private)) {
		err = text_make(f, &m);
		if (err < 0)
			return err;
	}
	rwlock_write(&f->inode->lock);
	if (m) {
		old = f->private;
		f->private = m;
	}
	m = f->private;
	__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
	rwlock_write_done(&f->inode->lock);
	made_put(old);
	*ret = m;
	return 0;
}

static long text_read(struct file *f, struct iov *to, int64_t *pos)
{
	struct made_text *m;
	long n = text_get(f, *pos, &m);

	if (n < 0)
		return n;
	if ((uint64_t)*pos < m->text.size)
		n = iov_copy_to(to, m->text.data + *pos,
		                m->text.size - (size_t)*pos);
	made_put(m);
	if (n > 0)
		*pos += n;
	return n;
}

static long text_write(struct file *f, struct iov *from, int64_t *pos)
{
	struct synth_inode *si = synth_inode(f->inode);
	size_t size = iov_left(from);
	char *data;
	long n;
	int err;

	if (size > STORE_MAX)
		return -EINVAL;
	data = kmalloc(size + 1);
	if (!data)
		return -ENOMEM;
	n = iov_copy_from(from, data, size);
	if (n >= 0) {
		data[n] = '\0';
		err = si->entry->store(si->key, data, (size_t)n);
		if (err < 0)
			n = err;
		else
			*pos += n;
	}
	kfree(data);
	return n;
}

static void text_release(struct file *f)
{
	made_put(f->private);
}

/* What open with O_TRUNC does before a write: there is nothing to cut. */
static int text_truncate(struct file *f __unused, int64_t size __unused)
{
	return 0;
}

const struct file_ops synth_text_ops = {
	.name = "synth-text",
	.read = text_read,
	.write = text_write,
	.lseek = file_lseek_size,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = text_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = text_release,
	.show = file_show_path,
};

/* Sockets and fifos that nobody gave operations to. */
const struct file_ops synth_node_ops = { FILE_OPS_DEFAULTS("synth-node") };

static uint64_t entry_ino(const struct file *f)
{
	/* A lookup would tell; readers of d_ino accept any number but 0. */
	return f->inode->ino;
}

static bool emit_dots(struct file *f, struct dir_ctx *ctx)
{
	static const struct name dots[] = { { ".", 1 }, { "..", 2 } };

	for (; ctx->pos < 2; ctx->pos++) {
		if (!ctx->emit(ctx, &dots[ctx->pos], f->inode->ino,
		               DT_OF_MODE(S_IFDIR), ctx->pos + 1))
			return false;
	}
	return true;
}

/* Positions: two for the dots, then the table, then the function's cursor. */
static bool emit_table(struct file *f, const struct synth_entry *dir,
                       struct dir_ctx *ctx)
{
	uint64_t end = 2 + dir->nentries;

	for (; (uint64_t)ctx->pos < end; ctx->pos++) {
		const struct synth_entry *e = &dir->entries[ctx->pos - 2];
		struct name name = { e->name, strlen(e->name) };

		if (!ctx->emit(ctx, &name, entry_ino(f), DT_OF_MODE(e->mode),
		               ctx->pos + 1))
			return false;
	}
	return true;
}

static int emit_dynamic(struct file *f, const struct synth_inode *si,
                        struct dir_ctx *ctx)
{
	uint64_t base = 2 + si->entry->nentries;
	uint64_t cursor = (uint64_t)ctx->pos - base;
	struct synth_found found;
	struct name name;
	char text[NAME_MAX + 1];
	int err;

	for (;;) {
		err = si->entry->dir->next(si->key, &cursor, text, &found);
		if (err < 0)
			return err == -ENOENT ? 0 : err;
		name = (struct name){ text, strlen(text) };
		if (!ctx->emit(ctx, &name, entry_ino(f),
		               DT_OF_MODE(found.entry->mode),
		               (int64_t)(base + cursor)))
			return 0;
		ctx->pos = (int64_t)(base + cursor);
	}
}

static int synth_readdir(struct file *f, struct dir_ctx *ctx)
{
	const struct synth_inode *si = synth_inode(f->inode);

	if (ctx->pos < 0)
		return -EINVAL;
	if (!emit_dots(f, ctx) || !emit_table(f, si->entry, ctx))
		return 0;
	return si->entry->dir ? emit_dynamic(f, si, ctx) : 0;
}

const struct file_ops synth_dir_file_ops = {
	.name = "synth-dir",
	.read = file_read_dir,
	.write = file_no_write,
	.lseek = file_lseek_size,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = synth_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};

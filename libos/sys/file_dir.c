/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_dir.c - reading directories; the root and working directory.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

/* One call returns no more, whatever the program's buffer could take. */
#define DENTS_MAX 32768

/* How struct linux_dirent64 and struct linux_dirent differ, getdents(2). */
struct dents_form {
	size_t name_offset;
	bool type_is_last; /* at the record's last byte, not at offset 18 */
};

static const struct dents_form dents64 = { .name_offset = 19 };
static const struct dents_form dents_old = { .name_offset = 18,
	                                     .type_is_last = true };

struct dents {
	struct dir_ctx ctx;
	const struct dents_form *form;
	uint8_t *buf;
	size_t size, used;
	bool is_full;
};

static bool emit_dent(struct dir_ctx *ctx, const struct name *name,
                      uint64_t ino, uint32_t type, int64_t next_pos)
{
	struct dents *d = container_of(ctx, struct dents, ctx);
	size_t at = d->form->name_offset;
	size_t size = ALIGN_UP(at + name->size + 1 + d->form->type_is_last, 8);
	uint8_t *p = d->buf + d->used;
	uint16_t size16 = (uint16_t)size;

	if (size > d->size - d->used) {
		d->is_full = true;
		return false;
	}
	memset(p, 0, size);
	memcpy(p, &ino, 8);
	memcpy(p + 8, &next_pos, 8);
	memcpy(p + 16, &size16, 2);
	memcpy(p + at, name->text, name->size);
	p[d->form->type_is_last ? size - 1 : 18] = (uint8_t)type;
	d->used += size;
	return true;
}

static long fill_dents(struct file *f, struct dents *d)
{
	int err;

	mutex_lock(&f->pos_lock);
	d->ctx.pos = f->pos;
	if (f->path.dentry && (f->path.dentry->flags & DENTRY_DELETED))
		err = -ENOENT;
	else
		err = f->ops->readdir(f, &d->ctx);
	if (err == 0)
		f->pos = d->ctx.pos;
	mutex_unlock(&f->pos_lock);
	if (d->used)
		return (long)d->used;
	if (err < 0)
		return err;
	return d->is_full ? -EINVAL : 0;
}

static long do_getdents(struct thread *self, int fd, void __user *buf,
                        uint32_t size, const struct dents_form *form)
{
	struct dents d = { .ctx.emit = emit_dent,
		           .form = form,
		           .size = MIN(size, (uint32_t)DENTS_MAX) };
	struct file *f = fd_get(self->files, fd);
	long n;

	if (!f)
		return -EBADF;
	n = -ENOTDIR;
	if (!S_ISDIR(f->inode->mode))
		goto out;
	n = -ENOMEM;
	d.buf = kmalloc(d.size);
	if (!d.buf)
		goto out;
	n = fill_dents(f, &d);
	if (n > 0 && copy_to_user(buf, d.buf, (size_t)n) < 0)
		n = -EFAULT;
	kfree(d.buf);
out:
	file_put(f);
	return n;
}

/*
 * getdents64(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINVAL ENOENT ENOTDIR.
 */
long sys_getdents64(struct thread *self, int fd, void __user *buf,
                    uint32_t size)
{
	return do_getdents(self, fd, buf, size, &dents64);
}

/*
 * getdents(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as getdents64(2).
 */
long sys_getdents(struct thread *self, int fd, void __user *buf, uint32_t size)
{
	return do_getdents(self, fd, buf, size, &dents_old);
}

/*
 * getcwd(2): the size with the NUL, as the system call has it.
 *
 * Status: full.  Sleeps: yes.  Errors: EFAULT ENOENT ERANGE ENOMEM.
 */
long sys_getcwd(struct thread *self, char __user *buf, size_t size)
{
	struct path root = fs_context_root(self->fs);
	struct path cwd = fs_context_cwd(self->fs);
	char *text = kmalloc(PATH_MAX), *path;
	long n = -ENOMEM;

	if (!text)
		goto out;
	n = -ENOENT;
	if (cwd.dentry->flags & DENTRY_DELETED)
		goto out;
	n = -ENAMETOOLONG;
	path = d_path(&cwd, &root, text, PATH_MAX);
	if (!path)
		goto out;
	n = (long)strlen(path) + 1;
	if ((size_t)n > size)
		n = -ERANGE;
	else if (copy_to_user(buf, path, (size_t)n) < 0)
		n = -EFAULT;
out:
	kfree(text);
	path_put(&cwd);
	path_put(&root);
	return n;
}

static int check_dir(struct thread *self, const struct path *p)
{
	struct fs_cred *cred;
	int err;

	if (!S_ISDIR(p->dentry->inode->mode))
		return -ENOTDIR;
	cred = fs_context_cred(self->fs);
	err = path_permission(p, cred, MAY_EXEC);
	fs_cred_put(cred);
	return err;
}

/*
 * chdir(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EFAULT ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR.
 */
long sys_chdir(struct thread *self, const char __user *path)
{
	uint32_t flags = LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	struct path p;
	int err = user_lookup(self, AT_FDCWD, path, flags, &p);

	if (err < 0)
		return err;
	err = check_dir(self, &p);
	if (err == 0)
		fs_context_set_cwd(self->fs, &p);
	path_put(&p);
	return err;
}

/*
 * fchdir(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EACCES EBADF ENOTDIR.
 */
long sys_fchdir(struct thread *self, int fd)
{
	struct path p;
	int err = user_lookup_fd(self, fd, &p);

	if (err < 0)
		return err;
	err = check_dir(self, &p);
	if (err == 0)
		fs_context_set_cwd(self->fs, &p);
	path_put(&p);
	return err;
}

/*
 * chroot(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as chdir(2), EPERM.
 */
long sys_chroot(struct thread *self, const char __user *path)
{
	uint32_t flags = LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	struct fs_cred *cred;
	struct path p;
	int err = user_lookup(self, AT_FDCWD, path, flags, &p);

	if (err < 0)
		return err;
	err = check_dir(self, &p);
	cred = fs_context_cred(self->fs);
	if (err == 0 && !fs_cred_has_cap(cred, CAP_SYS_CHROOT))
		err = -EPERM;
	if (err == 0)
		fs_context_set_root(self->fs, &p);
	fs_cred_put(cred);
	path_put(&p);
	return err;
}

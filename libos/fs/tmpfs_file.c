/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_file.c - open regular files of tmpfs and of the measured root.
 *
 * While a part of a file is mapped shared, the mapping is newer than the
 * file's pages (mm/object.h): reads and writes then go through a page of the
 * kernel's, where both are put together.  Otherwise bytes move directly.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/fs/file.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/mm/kheap.h"
#include "libos/sched/thread.h"

#define SEALS_ALL                                                              \
	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |            \
	 F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)
#define SEALS_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

/* Move one page's part between the iterator and both places it can be in. */
typedef long part_func(struct tmpfs_file *tf, struct iov *it, void *page,
                       size_t size, uint64_t off);

static long read_shared_part(struct tmpfs_file *tf, struct iov *to, void *page,
                             size_t size, uint64_t off)
{
	long n = filedata_read_kernel(&tf->data, page, size, off);

	if (n < 0)
		return n;
	vm_object_overlay_read(&tf->object, page, size, off);
	return iov_copy_to(to, page, size);
}

static long write_shared_part(struct tmpfs_file *tf, struct iov *from,
                              void *page, size_t size, uint64_t off)
{
	long n = iov_copy_from(from, page, size);

	if (n <= 0)
		return n;
	n = filedata_write_kernel(&tf->data, page, (size_t)n, off);
	if (n > 0)
		vm_object_overlay_write(&tf->object, page, (size_t)n, off);
	return n;
}

static long move_shared(struct tmpfs_file *tf, struct iov *it, uint64_t off,
                        size_t size, part_func *move)
{
	void *page = kpages_alloc(1);
	size_t done = 0, part;
	long n = 0;

	if (!page)
		return -ENOMEM;
	while (done < size) {
		part = MIN(size - done,
		           PAGE_SIZE - ((off + done) & ~PAGE_MASK));
		n = move(tf, it, page, part, off + done);
		if (n <= 0)
			break;
		done += (size_t)n;
		if ((size_t)n < part)
			break;
	}
	kpages_free(page, 1);
	return done ? (long)done : n;
}

static long tmpfs_read(struct file *f, struct iov *to, int64_t *pos)
{
	struct tmpfs_file *tf = tmpfs_file(f->inode);
	uint64_t off = (uint64_t)*pos;
	size_t size;
	long n = 0;

	rwlock_read(&f->inode->lock);
	if (off < (uint64_t)f->inode->size) {
		size = MIN(iov_left(to), (uint64_t)f->inode->size - off);
		n = vm_object_is_shared(&tf->object)
		            ? move_shared(tf, to, off, size, read_shared_part)
		            : filedata_read(&tf->data, to, off, size);
	}
	rwlock_read_done(&f->inode->lock);
	if (n > 0)
		*pos += n;
	if (!(f->flags & O_NOATIME))
		inode_touch_atime(f->inode);
	return n;
}

/* chmod(2): who writes to a set-id program without being root unsets it. */
static void drop_set_id(struct inode *inode)
{
	uint32_t set_id = S_ISUID;
	struct fs_context *fs;
	struct fs_cred *cred;

	if (inode->mode & S_IXGRP)
		set_id |= S_ISGID;
	fs = inode->mode & set_id ? thread_self()->fs : NULL;
	if (!fs)
		return;
	cred = fs_context_cred(fs);
	if (!fs_cred_has_cap(cred, CAP_FSETID))
		inode->mode &= ~set_id;
	fs_cred_put(cred);
}

/* How much may be written at @off: seals, and the largest file there can be. */
static long write_limit(const struct tmpfs_file *tf, uint64_t off, size_t size)
{
	uint64_t old = (uint64_t)tf->t.inode.size;

	if (tf->seals & SEALS_WRITE)
		return -EPERM;
	/* Up to the last whole page: Linux asks at each page's beginning. */
	if ((tf->seals & F_SEAL_GROW) && off + size > old) {
		old = ALIGN_DOWN(old, PAGE_SIZE);
		return off < old ? (long)(old - off) : -EPERM;
	}
	if (off >= INT64_MAX)
		return -EFBIG;
	return (long)MIN(size, INT64_MAX - off);
}

static long write_locked(struct tmpfs_file *tf, struct iov *from, uint64_t off)
{
	struct inode *inode = &tf->t.inode;
	long n = write_limit(tf, off, iov_left(from));

	if (n <= 0)
		return n;
	n = vm_object_is_shared(&tf->object)
	            ? move_shared(tf, from, off, (size_t)n, write_shared_part)
	            : filedata_write(&tf->data, from, off, (size_t)n);
	if (n <= 0)
		return n;
	if ((int64_t)off + n > inode->size)
		inode->size = (int64_t)off + n;
	inode_touch_mtime(inode);
	drop_set_id(inode);
	return n;
}

static long tmpfs_write(struct file *f, struct iov *from, int64_t *pos)
{
	struct inode *inode = f->inode;
	long n;

	if (!iov_left(from))
		return 0;
	rwlock_write(&inode->lock);
	if (READ_ONCE(f->flags) & O_APPEND)
		*pos = inode->size;
	n = write_locked(tmpfs_file(inode), from, (uint64_t)*pos);
	rwlock_write_done(&inode->lock);
	if (n > 0)
		*pos += n;
	return n;
}

static int64_t tmpfs_lseek(struct file *f, int64_t off, int whence)
{
	struct inode *inode = f->inode;
	int64_t pos = -ENXIO;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return file_lseek_size(f, off, whence);
	rwlock_read(&inode->lock);
	if (off >= 0 && off < inode->size) {
		pos = (int64_t)filedata_next(
			&tmpfs_file(inode)->data, (uint64_t)off,
			(uint64_t)inode->size, whence == SEEK_DATA);
		if (whence == SEEK_DATA && pos >= inode->size)
			pos = -ENXIO;
	}
	rwlock_read_done(&inode->lock);
	return pos;
}

int tmpfs_resize(struct tmpfs_file *tf, int64_t size)
{
	struct inode *inode = &tf->t.inode;
	int64_t old = inode->size;
	int err = 0;

	if (size < old && (tf->seals & F_SEAL_SHRINK))
		return -EPERM;
	if (size > old && (tf->seals & F_SEAL_GROW))
		return -EPERM;
	if (size < old) {
		err = filedata_cut(&tf->data, (uint64_t)size);
		if (err < 0)
			return err;
	}
	WRITE_ONCE(inode->size, size);
	if (size < old)
		vm_object_truncate(&tf->object, (uint64_t)size);
	drop_set_id(inode);
	return 0;
}

static int tmpfs_truncate(struct file *f, int64_t size)
{
	struct inode *inode = f->inode;
	int err;

	rwlock_write(&inode->lock);
	err = tmpfs_resize(tmpfs_file(inode), size);
	if (err == 0)
		inode_touch_mtime(inode);
	rwlock_write_done(&inode->lock);
	return err;
}

/* Mappings are newer than the file: what was punched is zeros there too. */
static int zero_mapped(struct tmpfs_file *tf, uint64_t off, uint64_t size)
{
	void *zeros;

	if (!vm_object_is_shared(&tf->object))
		return 0;
	zeros = kpages_zalloc(1);
	if (!zeros)
		return -ENOMEM;
	for (uint64_t part; size > 0; off += part, size -= part) {
		part = MIN(size, PAGE_SIZE);
		vm_object_overlay_write(&tf->object, zeros, part, off);
	}
	kpages_free(zeros, 1);
	return 0;
}

static int punch_locked(struct tmpfs_file *tf, uint64_t off, uint64_t size)
{
	uint64_t end = (uint64_t)tf->t.inode.size;
	int err;

	if (tf->seals & SEALS_WRITE)
		return -EPERM;
	if (off >= end)
		return 0;
	size = MIN(size, end - off);
	err = filedata_punch(&tf->data, off, size);
	return err < 0 ? err : zero_mapped(tf, off, size);
}

static int reserve_locked(struct tmpfs_file *tf, uint32_t mode, uint64_t off,
                          uint64_t size)
{
	struct inode *inode = &tf->t.inode;
	bool grows = !(mode & FALLOC_FL_KEEP_SIZE) &&
	             off + size > (uint64_t)inode->size;
	int err;

	if (grows && (tf->seals & F_SEAL_GROW))
		return -EPERM;
	err = filedata_reserve(&tf->data, off, size);
	if (err == 0 && grows)
		inode->size = (int64_t)(off + size);
	return err;
}

static int tmpfs_fallocate(struct file *f, uint32_t mode, int64_t off,
                           int64_t size)
{
	struct inode *inode = f->inode;
	int err;

	if (mode & ~(uint32_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (mode == FALLOC_FL_PUNCH_HOLE) /* only together with KEEP_SIZE */
		return -EOPNOTSUPP;
	rwlock_write(&inode->lock);
	err = mode & FALLOC_FL_PUNCH_HOLE
	              ? punch_locked(tmpfs_file(inode), (uint64_t)off,
	                             (uint64_t)size)
	              : reserve_locked(tmpfs_file(inode), mode, (uint64_t)off,
	                               (uint64_t)size);
	if (err == 0)
		inode_touch_mtime(inode);
	rwlock_write_done(&inode->lock);
	return err;
}

static int tmpfs_fsync(struct file *f)
{
	return vm_object_sync(&tmpfs_file(f->inode)->object, 0, UINT64_MAX);
}

static int tmpfs_mmap(struct file *f, struct vm_object **ret)
{
	struct vm_object *obj = &tmpfs_file(f->inode)->object;

	vm_object_get(obj);
	*ret = obj;
	return 0;
}

static int add_seals(struct file *f, uint64_t seals)
{
	struct tmpfs_file *tf = tmpfs_file(f->inode);
	int err = 0;

	if (!(f->mode & FILE_WRITE))
		return -EPERM;
	if (seals & ~(uint64_t)SEALS_ALL)
		return -EINVAL;
	rwlock_write(&f->inode->lock);
	if (tf->seals & F_SEAL_SEAL)
		err = -EPERM;
	else if ((seals & F_SEAL_WRITE) && vm_object_is_shared(&tf->object))
		err = -EBUSY;
	else
		tf->seals |= (uint32_t)seals;
	rwlock_write_done(&f->inode->lock);
	return err;
}

/* Seals are for files that memfd_create(2) made: those without a name. */
static long tmpfs_fcntl(struct file *f, uint32_t cmd, uint64_t arg)
{
	switch (cmd) {
	case F_ADD_SEALS:
		return add_seals(f, arg);
	case F_GET_SEALS:
		return tmpfs_file(f->inode)->seals;
	default:
		return -EINVAL;
	}
}

static int tmpfs_show(struct file *f, char *buf, size_t size)
{
	const char *name = tmpfs_inode(f->inode)->link;
	int err;

	if (!name)
		return file_show_path(f, buf, size);
	err = str_copy(buf, size, name);
	return err < 0 ? err : (int)strlen(name);
}

const struct file_ops tmpfs_file_ops = {
	.name = "tmpfs",
	.read = tmpfs_read,
	.write = tmpfs_write,
	.lseek = tmpfs_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = tmpfs_fcntl,
	.fsync = tmpfs_fsync,
	.truncate = tmpfs_truncate,
	.fallocate = tmpfs_fallocate,
	.readdir = file_no_readdir,
	.mmap = tmpfs_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = tmpfs_show,
};

/* Fifos and the rest get the real operations from whoever opens them. */
const struct file_ops tmpfs_node_ops = { FILE_OPS_DEFAULTS("tmpfs-node") };

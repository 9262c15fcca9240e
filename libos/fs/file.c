/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - open files: making, counting and ending them, and the checks that
 * come before each operation.
 */
#include "libos/fs/file.h"

#include "base/arith.h"
#include "base/errno.h"
#include "libos/fs/file_internal.h"
#include "libos/fs/flock.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"

static void (*gone_hook)(struct file *f);
static uint64_t nfiles; /* atomic */

static void anon_release(struct inode *inode)
{
	flock_free(inode);
	kfree(inode);
}

static const struct inode_ops anon_inode_ops = {
	.name = "anon",
	.lookup = inode_no_lookup,
	.create = inode_no_create,
	.tmpfile = inode_no_tmpfile,
	.link = inode_no_link,
	.unlink = inode_no_unlink,
	.rename = inode_no_rename,
	.get_link = inode_no_get_link,
	.setattr = inode_simple_setattr,
	.getattr = inode_simple_getattr,
	.open = node_open,
	.getxattr = inode_no_getxattr,
	.setxattr = inode_no_setxattr,
	.listxattr = inode_no_listxattr,
	.removexattr = inode_no_removexattr,
	.release = anon_release,
};

static int anon_statfs(struct superblock *sb __unused, struct kstatfs *ret)
{
	*ret = (struct kstatfs){ .type = ANON_INODE_FS_MAGIC,
		                 .block_size = 4096 };
	return 0;
}

static const struct super_ops anon_super_ops = {
	.name = "anon_inodefs",
	.statfs = anon_statfs,
};

static const struct file_ops nameless_ops = { FILE_OPS_DEFAULTS("nameless") };

/* What has no name lies on a mount that is attached nowhere. */
static struct superblock anon_sb;
static struct inode *anon_shared;
static struct mount *anon_mount;

struct inode *file_anon_inode(uint32_t mode)
{
	struct inode *inode = kmalloc(sizeof(*inode));

	if (inode)
		inode_init(inode, &anon_sb, &anon_inode_ops, &nameless_ops,
		           mode);
	return inode;
}

int file_init(void)
{
	super_init(&anon_sb, &anon_super_ops);
	anon_shared = file_anon_inode(0600);
	anon_mount = kzalloc(sizeof(*anon_mount));
	if (!anon_shared || !anon_mount) {
		file_fini();
		return -ENOMEM;
	}
	anon_mount->refs = 1;
	anon_mount->sb = &anon_sb;
	list_init(&anon_mount->node);
	return 0;
}

void file_fini(void)
{
	inode_put(anon_shared);
	kfree(anon_mount);
	anon_shared = NULL;
	anon_mount = NULL;
}

/* The access mode 3 gives neither; device drivers use it for ioctl only. */
static uint32_t mode_of_flags(uint32_t flags)
{
	static const uint32_t modes[] = {
		[O_RDONLY] = FILE_READ,
		[O_WRONLY] = FILE_WRITE,
		[O_RDWR] = FILE_READ | FILE_WRITE,
		[O_ACCMODE] = 0,
	};

	return flags & O_PATH ? FILE_PATH : modes[flags & O_ACCMODE];
}

int file_alloc(struct inode *inode, struct path *p, const struct file_ops *ops,
               uint32_t flags, struct file **ret)
{
	struct file *f = kzalloc(sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->refs = 1;
	f->mode = mode_of_flags(flags);
	f->flags = flags & ~(uint32_t)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
	                               O_CLOEXEC);
	f->ops = ops;
	f->inode = inode_get(inode);
	if (p)
		f->path = *path_get(p);
	mutex_init(&f->pos_lock, RANK_FILE_POS);
	list_init(&f->watchers);
	__atomic_add_fetch(&nfiles, 1, __ATOMIC_RELAXED);
	*ret = f;
	return 0;
}

void file_discard(struct file *f)
{
	if (f->path.dentry)
		path_put(&f->path);
	inode_put(f->inode);
	kfree(f);
	__atomic_sub_fetch(&nfiles, 1, __ATOMIC_RELAXED);
}

uint64_t file_count(void)
{
	return __atomic_load_n(&nfiles, __ATOMIC_RELAXED);
}

int file_create(const struct file_spec *spec, struct file **ret)
{
	struct file *f;
	int err;

	err = file_alloc(spec->inode ? spec->inode : anon_shared, NULL,
	                 spec->ops, spec->flags, &f);
	if (err < 0)
		return err;
	f->private = spec->private;
	if (spec->can_seek)
		f->mode |= FILE_SEEK;
	*ret = f;
	return 0;
}

int file_place(struct file *f, struct path *ret)
{
	struct dentry *d;

	if (f->path.dentry) {
		*ret = *path_get(&f->path);
		return 0;
	}
	d = dentry_create_root(inode_get(f->inode));
	if (!d) {
		inode_put(f->inode);
		return -ENOMEM;
	}
	*ret = (struct path){ .mnt = mount_get(anon_mount), .dentry = d };
	return 0;
}

struct file *file_get(struct file *f)
{
	__atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
	return f;
}

void file_set_gone_hook(void (*hook)(struct file *f))
{
	gone_hook = hook;
}

static void file_end(struct file *f)
{
	if (!list_empty(&f->watchers) && gone_hook)
		gone_hook(f);
	flock_release_file(f);
	if (!(f->mode & FILE_PATH))
		f->ops->release(f);
	if (f->mode & FILE_EXEC)
		inode_allow_writers(f->inode);
	else if (f->mode & FILE_COUNTED)
		inode_writer_put(f->inode);
	file_discard(f);
}

void file_put(struct file *f)
{
	if (f && __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL) == 0)
		file_end(f);
}

/* Writers and executions exclude each other: the sign says who is in. */
static int count_towards(int32_t *counter, int32_t step)
{
	int32_t n = __atomic_load_n(counter, __ATOMIC_RELAXED);

	do {
		if ((step > 0 && n < 0) || (step < 0 && n > 0))
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(counter, &n, n + step, true,
	                                      __ATOMIC_ACQ_REL,
	                                      __ATOMIC_RELAXED));
	return 0;
}

int inode_writer_get(struct inode *inode)
{
	return count_towards(&inode->writers, 1);
}

void inode_writer_put(struct inode *inode)
{
	__atomic_sub_fetch(&inode->writers, 1, __ATOMIC_ACQ_REL);
}

int inode_deny_writers(struct inode *inode)
{
	return count_towards(&inode->writers, -1);
}

void inode_allow_writers(struct inode *inode)
{
	__atomic_add_fetch(&inode->writers, 1, __ATOMIC_ACQ_REL);
}

/* Is [@off, @off + @size) a range a file can have? */
static bool range_is_valid(int64_t off, size_t size)
{
	int64_t end;

	return off >= 0 && !add_overflow(off, size, &end);
}

long file_read(struct file *f, struct iov *to)
{
	long n;

	if (unlikely(!(f->mode & FILE_READ)))
		return -EBADF;
	if (!(f->mode & FILE_SEEK))
		return f->ops->read(f, to, &f->pos);

	mutex_lock(&f->pos_lock);
	n = range_is_valid(f->pos, to->left) ? f->ops->read(f, to, &f->pos)
	                                     : -EINVAL;
	mutex_unlock(&f->pos_lock);
	return n;
}

long file_write(struct file *f, struct iov *from)
{
	long n;

	if (unlikely(!(f->mode & FILE_WRITE)))
		return -EBADF;
	if (!(f->mode & FILE_SEEK))
		return f->ops->write(f, from, &f->pos);

	mutex_lock(&f->pos_lock);
	n = range_is_valid(f->pos, 0) ? f->ops->write(f, from, &f->pos)
	                              : -EINVAL;
	mutex_unlock(&f->pos_lock);
	return n;
}

long file_pread(struct file *f, struct iov *to, int64_t off)
{
	if (!(f->mode & FILE_READ))
		return -EBADF;
	if (off < 0)
		return -EINVAL;
	if (!(f->mode & FILE_SEEK))
		return -ESPIPE;
	if (!range_is_valid(off, to->left))
		return -EINVAL;
	return f->ops->read(f, to, &off);
}

long file_pwrite(struct file *f, struct iov *from, int64_t off)
{
	if (!(f->mode & FILE_WRITE))
		return -EBADF;
	if (off < 0)
		return -EINVAL;
	if (!(f->mode & FILE_SEEK))
		return -ESPIPE;
	if (!range_is_valid(off, from->left))
		return -EINVAL;
	return f->ops->write(f, from, &off);
}

int64_t file_lseek(struct file *f, int64_t off, int whence)
{
	int64_t pos;

	if (f->mode & FILE_PATH)
		return -EBADF;
	if (whence < SEEK_SET || whence > SEEK_HOLE)
		return -EINVAL;
	if (!(f->mode & FILE_SEEK))
		return f->ops->lseek(f, off, whence);
	mutex_lock(&f->pos_lock);
	pos = f->ops->lseek(f, off, whence);
	if (pos >= 0)
		f->pos = pos;
	mutex_unlock(&f->pos_lock);
	return pos;
}

long file_read_kernel(struct file *f, void *dst, size_t size, int64_t off)
{
	struct iov to;
	size_t done = 0;
	long n;

	while (done < size) {
		iov_init_kernel(&to, (char *)dst + done, size - done);
		n = file_pread(f, &to, off + (int64_t)done);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (long)done;
}

int file_stat(struct file *f, struct kstat *ret)
{
	struct inode *inode = f->inode;
	int err;

	rwlock_read(&inode->lock);
	err = inode->ops->getattr(inode, ret);
	rwlock_read_done(&inode->lock);
	return err;
}

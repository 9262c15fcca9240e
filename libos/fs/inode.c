/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inode.c - references, locks, permissions and attributes of inodes.
 */
#include "libos/fs/inode.h"

#include "base/errno.h"
#include "libos/fs/cred.h"
#include "libos/time/clock.h"

/* relatime, mount(8): once a day even if nothing changed. */
#define RELATIME_NS (24 * 3600 * (int64_t)NSEC_PER_SEC)

/* Minor numbers of major 0, for file systems without a device. */
static uint32_t next_dev = 1;

void super_init(struct superblock *sb, const struct super_ops *ops)
{
	uint32_t minor = __atomic_fetch_add(&next_dev, 1, __ATOMIC_RELAXED);

	*sb = (struct superblock){ .ops = ops,
		                   .dev = DEV_MAKE(0, minor),
		                   .next_ino = 1 };
}

uint64_t super_new_ino(struct superblock *sb)
{
	return __atomic_fetch_add(&sb->next_ino, 1, __ATOMIC_RELAXED);
}

int64_t inode_now_ns(void)
{
	return (int64_t)clock_realtime_ns();
}

void inode_init(struct inode *inode, struct superblock *sb,
                const struct inode_ops *ops, const struct file_ops *fops,
                uint32_t mode)
{
	int64_t now = inode_now_ns();

	*inode = (struct inode){
		.refs = 1,
		.sb = sb,
		.ops = ops,
		.fops = fops,
		.ino = super_new_ino(sb),
		.mode = mode,
		.nlink = S_ISDIR(mode) ? 2 : 1,
		.atime_ns = now,
		.mtime_ns = now,
		.ctime_ns = now,
		.btime_ns = now,
	};
	list_init(&inode->aliases);
	rwlock_init(&inode->lock, RANK_INODE);
}

struct inode *inode_get(struct inode *inode)
{
	__atomic_add_fetch(&inode->refs, 1, __ATOMIC_RELAXED);
	return inode;
}

void inode_put(struct inode *inode)
{
	if (inode && __atomic_sub_fetch(&inode->refs, 1, __ATOMIC_ACQ_REL) == 0)
		inode->ops->release(inode);
}

bool inode_is_owner(const struct inode *inode, const struct fs_cred *cred)
{
	return cred->fsuid == READ_ONCE(inode->uid) ||
	       fs_cred_has_cap(cred, CAP_FOWNER);
}

/* POSIX, "file access permissions": exactly one of the three classes counts. */
int inode_permission(const struct inode *inode, const struct fs_cred *cred,
                     uint32_t may)
{
	uint32_t mode = READ_ONCE(inode->mode);
	uint32_t bits;

	if ((may & MAY_WRITE) && (inode->sb->flags & SUPER_RDONLY) &&
	    (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
		return -EROFS;
	if (fs_cred_has_cap(cred, CAP_DAC_OVERRIDE)) {
		/* It executes what somebody may execute. */
		if ((may & MAY_EXEC) && !S_ISDIR(mode) && !(mode & 0111))
			return -EACCES;
		return 0;
	}
	if (cred->fsuid == READ_ONCE(inode->uid))
		bits = mode >> 6;
	else if (fs_cred_in_group(cred, READ_ONCE(inode->gid)))
		bits = mode >> 3;
	else
		bits = mode;
	return (may & ~bits & 7) ? -EACCES : 0;
}

void inode_stat(const struct inode *inode, struct kstat *ret)
{
	*ret = (struct kstat){
		.dev = inode->sb->dev,
		.ino = inode->ino,
		.rdev = inode->rdev,
		.mode = inode->mode,
		.nlink = inode->nlink,
		.uid = inode->uid,
		.gid = inode->gid,
		.size = inode->size,
		.blocks = (inode->size + 511) / 512,
		.block_size = 4096,
		.atime_ns = inode->atime_ns,
		.mtime_ns = inode->mtime_ns,
		.ctime_ns = inode->ctime_ns,
		.btime_ns = inode->btime_ns,
	};
}

void inode_apply(struct inode *inode, const struct iattr *attr)
{
	if (attr->mask & IATTR_MODE)
		inode->mode = (inode->mode & S_IFMT) | (attr->mode & S_IALLUGO);
	if (attr->mask & IATTR_UID)
		inode->uid = attr->uid;
	if (attr->mask & IATTR_GID)
		inode->gid = attr->gid;
	if (attr->mask & IATTR_ATIME)
		inode->atime_ns = attr->atime_ns;
	if (attr->mask & IATTR_MTIME)
		inode->mtime_ns = attr->mtime_ns;
	inode->ctime_ns = inode_now_ns();
}

void inode_touch_mtime(struct inode *inode)
{
	inode->mtime_ns = inode->ctime_ns = inode_now_ns();
}

void inode_touch_atime(struct inode *inode)
{
	int64_t atime = READ_ONCE(inode->atime_ns);
	int64_t now;

	if (inode->flags & INODE_NOATIME)
		return;
	/* The clock is asked only when the cheap test leaves it open. */
	if (atime > READ_ONCE(inode->mtime_ns) &&
	    atime > READ_ONCE(inode->ctime_ns)) {
		now = inode_now_ns();
		if (now - atime < RELATIME_NS)
			return;
	} else {
		now = inode_now_ns();
	}
	WRITE_ONCE(inode->atime_ns, now);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_names.c - what tmpfs does when names and attributes change.
 *
 * The names themselves are pinned dentries; here only counts follow: links,
 * and the size of directories.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/dentry.h"
#include "libos/fs/file.h"
#include "libos/fs/file_internal.h"
#include "libos/fs/tmpfs_internal.h"

#define LINKS_MAX 0x7fffffffu

static void entry_added(struct inode *dir, const struct inode *child)
{
	dir->size += TMPFS_ENTRY_SIZE;
	if (S_ISDIR(child->mode))
		dir->nlink++; /* its ".." */
}

static void entry_removed(struct inode *dir, const struct inode *child)
{
	dir->size -= TMPFS_ENTRY_SIZE;
	if (S_ISDIR(child->mode))
		dir->nlink--;
}

static void link_lost(struct inode *inode)
{
	inode->nlink = S_ISDIR(inode->mode) ? 0 : inode->nlink - 1;
	inode->ctime_ns = inode_now_ns();
}

static int tmpfs_create_entry(struct inode *dir,
                              const struct name *name __unused,
                              const struct create_spec *spec,
                              struct inode **ret)
{
	int err = tmpfs_inode_create(tmpfs_super(dir), spec, ret);

	if (err == 0)
		entry_added(dir, *ret);
	return err;
}

static int tmpfs_tmpfile(struct inode *dir, const struct create_spec *spec,
                         struct inode **ret)
{
	int err = tmpfs_inode_create(tmpfs_super(dir), spec, ret);

	if (err == 0) {
		(*ret)->nlink = 0;
		tmpfs_inode(*ret)->can_link = !spec->never_named;
	}
	return err;
}

static int tmpfs_link(struct inode *dir, const struct name *name __unused,
                      struct inode *inode)
{
	if (!inode->nlink && !tmpfs_inode(inode)->can_link)
		return -ENOENT;
	if (inode->nlink >= LINKS_MAX)
		return -EMLINK;
	inode->nlink++;
	inode->ctime_ns = inode_now_ns();
	entry_added(dir, inode);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *child)
{
	entry_removed(dir, child->inode);
	link_lost(child->inode);
	return 0;
}

static int tmpfs_rename(const struct rename_args *args)
{
	struct inode *old = args->old->inode;
	struct inode *victim = args->victim ? args->victim->inode : NULL;

	entry_removed(args->old_dir, old);
	if (victim)
		entry_removed(args->new_dir, victim);
	entry_added(args->new_dir, old);
	if (args->flags & RENAME_EXCHANGE)
		entry_added(args->old_dir, victim);
	else if (victim)
		link_lost(victim);
	return 0;
}

static int tmpfs_get_link(struct inode *inode, struct link_target *ret)
{
	if (!S_ISLNK(inode->mode))
		return -EINVAL;
	*ret = (struct link_target){ .text = tmpfs_inode(inode)->link };
	return 0;
}

static int tmpfs_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = 0;

	if ((attr->mask & IATTR_MODE) && S_ISREG(inode->mode) &&
	    (tmpfs_file(inode)->seals & F_SEAL_EXEC) &&
	    ((inode->mode ^ attr->mode) & 0111))
		return -EPERM;
	if (attr->mask & IATTR_SIZE)
		err = tmpfs_resize(tmpfs_file(inode), attr->size);
	if (err == 0)
		inode_apply(inode, attr);
	return err;
}

static int tmpfs_getattr(struct inode *inode, struct kstat *ret)
{
	struct filedata *d;

	inode_stat(inode, ret);
	if (!S_ISREG(inode->mode)) {
		ret->blocks = 0;
		return 0;
	}
	d = &tmpfs_file(inode)->data;
	ret->blocks = (int64_t)((READ_ONCE(d->npages) * 4096 +
	                         READ_ONCE(d->backed_size) + 511) /
	                        512);
	return 0;
}

static int tmpfs_open(struct inode *inode, struct file *f)
{
	bool is_node = !S_ISREG(inode->mode) && !S_ISDIR(inode->mode);

	return is_node ? node_open(inode, f) : 0;
}

static long tmpfs_getxattr(struct inode *inode, const char *name, void *value,
                           size_t size)
{
	return xattrs_get(&tmpfs_inode(inode)->xattrs, name, value, size);
}

static int tmpfs_setxattr(struct inode *inode, const char *name,
                          const void *value, size_t size, uint32_t flags)
{
	int err = xattrs_set(&tmpfs_inode(inode)->xattrs, name, value, size,
	                     flags);

	if (err == 0)
		inode->ctime_ns = inode_now_ns();
	return err;
}

static long tmpfs_listxattr(struct inode *inode, char *list, size_t size)
{
	return xattrs_list(&tmpfs_inode(inode)->xattrs, list, size);
}

static int tmpfs_removexattr(struct inode *inode, const char *name)
{
	int err = xattrs_remove(&tmpfs_inode(inode)->xattrs, name);

	if (err == 0)
		inode->ctime_ns = inode_now_ns();
	return err;
}

const struct inode_ops tmpfs_inode_ops = {
	.name = "tmpfs",
	.lookup = inode_no_entry,
	.create = tmpfs_create_entry,
	.tmpfile = tmpfs_tmpfile,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rename = tmpfs_rename,
	.get_link = tmpfs_get_link,
	.setattr = tmpfs_setattr,
	.getattr = tmpfs_getattr,
	.open = tmpfs_open,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.release = tmpfs_release,
};

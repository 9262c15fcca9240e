/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inode_refusal.c - what the slots of an inode_ops table say when a kind of
 * inode cannot do the thing, or has nothing of its own to do.
 */
#include "base/errno.h"
#include "libos/fs/inode.h"

int inode_no_lookup(struct inode *dir __unused,
                    const struct name *name __unused,
                    struct inode **ret __unused)
{
	return -ENOTDIR;
}

int inode_no_entry(struct inode *dir __unused, const struct name *name __unused,
                   struct inode **ret __unused)
{
	return -ENOENT;
}

int inode_no_create(struct inode *dir __unused,
                    const struct name *name __unused,
                    const struct create_spec *spec __unused,
                    struct inode **ret __unused)
{
	return -EPERM;
}

int inode_no_tmpfile(struct inode *dir __unused,
                     const struct create_spec *spec __unused,
                     struct inode **ret __unused)
{
	return -EOPNOTSUPP;
}

int inode_no_link(struct inode *dir __unused, const struct name *name __unused,
                  struct inode *inode __unused)
{
	return -EPERM;
}

int inode_no_unlink(struct inode *dir __unused, struct dentry *child __unused)
{
	return -EPERM;
}

int inode_no_rename(const struct rename_args *args __unused)
{
	return -EPERM;
}

int inode_no_get_link(struct inode *inode __unused,
                      struct link_target *ret __unused)
{
	return -EINVAL;
}

int inode_no_setattr(struct inode *inode __unused,
                     const struct iattr *attr __unused)
{
	return -EPERM;
}

int inode_simple_setattr(struct inode *inode, const struct iattr *attr)
{
	inode_apply(inode, attr);
	return 0;
}

int inode_simple_getattr(struct inode *inode, struct kstat *ret)
{
	inode_stat(inode, ret);
	return 0;
}

int inode_simple_open(struct inode *inode __unused, struct file *f __unused)
{
	return 0;
}

long inode_no_getxattr(struct inode *inode __unused, const char *name __unused,
                       void *value __unused, size_t size __unused)
{
	return -EOPNOTSUPP;
}

int inode_no_setxattr(struct inode *inode __unused, const char *name __unused,
                      const void *value __unused, size_t size __unused,
                      uint32_t flags __unused)
{
	return -EOPNOTSUPP;
}

long inode_no_listxattr(struct inode *inode __unused, char *list __unused,
                        size_t size __unused)
{
	return 0;
}

int inode_no_removexattr(struct inode *inode __unused,
                         const char *name __unused)
{
	return -EOPNOTSUPP;
}

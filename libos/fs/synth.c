/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/synth.h"

#include <stdarg.h>

#include "base/errno.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/string.h"
#include "libos/fs/dentry.h"
#include "libos/fs/flock.h"
#include "libos/fs/synth_internal.h"
#include "libos/mm/kheap.h"

struct synth_super {
	struct superblock sb;
	struct super_ops ops; /* the type's name is the caller's */
	uint64_t magic;
	int32_t ninodes; /* atomic; the last one frees this */
};

static int synth_statfs(struct superblock *sb, struct kstatfs *ret)
{
	struct synth_super *ss = container_of(sb, struct synth_super, sb);

	*ret = (struct kstatfs){ .type = ss->magic, .block_size = 4096 };
	return 0;
}

static const struct file_ops *fops_of(const struct synth_entry *e)
{
	if (e->fops)
		return e->fops;
	if (S_ISDIR(e->mode))
		return &synth_dir_file_ops;
	if (S_ISREG(e->mode))
		return &synth_text_ops;
	return &synth_node_ops;
}

/*
 * Made anew at each lookup, so the number comes from what it stands for: the
 * same file has the same number each time somebody looks.
 */
static int synth_inode_create(struct synth_super *ss,
                              const struct synth_entry *e, uint64_t key,
                              struct inode **ret)
{
	struct synth_inode *si = kzalloc(sizeof(*si));
	struct inode *inode;

	if (!si)
		return -ENOMEM;
	inode = &si->inode;
	inode_init(inode, &ss->sb, &synth_inode_ops, fops_of(e), e->mode);
	inode->ino = (hash_u64((uintptr_t)e ^ hash_u64(key)) >> 16) | 1;
	inode->rdev = e->rdev;
	/* Its lookups call back, for names or for owners. */
	if (S_ISDIR(e->mode) && (e->dir || key))
		inode->flags |= INODE_VOLATILE;
	inode->flags |= INODE_NOATIME;
	si->entry = e;
	si->key = key;
	if (e->owner)
		e->owner(key, &inode->uid, &inode->gid);
	__atomic_add_fetch(&ss->ninodes, 1, __ATOMIC_RELAXED);
	*ret = inode;
	return 0;
}

static void synth_release(struct inode *inode)
{
	struct synth_super *ss =
		container_of(inode->sb, struct synth_super, sb);

	flock_free(inode);
	kfree(synth_inode(inode));
	if (__atomic_sub_fetch(&ss->ninodes, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(ss);
}

uint64_t synth_inode_key(const struct inode *inode)
{
	return container_of(inode, const struct synth_inode, inode)->key;
}

const struct synth_entry *synth_inode_entry(const struct inode *inode)
{
	return container_of(inode, const struct synth_inode, inode)->entry;
}

static const struct synth_entry *find_entry(const struct synth_entry *dir,
                                            const struct name *name)
{
	for (size_t i = 0; i < dir->nentries; i++) {
		const char *text = dir->entries[i].name;

		if (strlen(text) == name->size &&
		    memcmp(text, name->text, name->size) == 0)
			return &dir->entries[i];
	}
	return NULL;
}

static int synth_lookup(struct inode *dir, const struct name *name,
                        struct inode **ret)
{
	struct synth_inode *si = synth_inode(dir);
	struct synth_found found = { .key = si->key };
	struct synth_super *ss = container_of(dir->sb, struct synth_super, sb);
	int err;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	found.entry = find_entry(si->entry, name);
	if (!found.entry) {
		if (!si->entry->dir)
			return -ENOENT;
		err = si->entry->dir->lookup(si->key, name, &found);
		if (err < 0)
			return err;
	}
	return synth_inode_create(ss, found.entry, found.key, ret);
}

static int synth_get_link(struct inode *inode, struct link_target *ret)
{
	struct synth_inode *si = synth_inode(inode);

	if (!si->entry->readlink)
		return -EINVAL;
	return si->entry->readlink(si->key, ret);
}

static int synth_open(struct inode *inode, struct file *f)
{
	struct synth_inode *si = synth_inode(inode);
	const struct synth_entry *e = si->entry;

	if (e->open)
		return e->open(si->key, f);
	if (S_ISREG(inode->mode) && !e->fops)
		return synth_text_open(e, f);
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) || e->fops ? 0
	                                                               : -ENXIO;
}

/* chmod and chown of /dev/tty and the like last as long as the inode does. */
const struct inode_ops synth_inode_ops = {
	.name = "synth",
	.lookup = synth_lookup,
	.create = inode_no_create,
	.tmpfile = inode_no_tmpfile,
	.link = inode_no_link,
	.unlink = inode_no_unlink,
	.rename = inode_no_rename,
	.get_link = synth_get_link,
	.setattr = inode_simple_setattr,
	.getattr = inode_simple_getattr,
	.open = synth_open,
	.getxattr = inode_no_getxattr,
	.setxattr = inode_no_setxattr,
	.listxattr = inode_no_listxattr,
	.removexattr = inode_no_removexattr,
	.release = synth_release,
};

int synth_create(const char *type, uint64_t magic,
                 const struct synth_entry *root, struct dentry **ret_root)
{
	struct synth_super *ss = kzalloc(sizeof(*ss));
	struct inode *inode;
	struct dentry *d;
	int err;

	if (!ss)
		return -ENOMEM;
	ss->ops = (struct super_ops){ .name = type, .statfs = synth_statfs };
	ss->magic = magic;
	super_init(&ss->sb, &ss->ops);
	err = synth_inode_create(ss, root, 0, &inode);
	if (err < 0) {
		kfree(ss);
		return err;
	}
	d = dentry_create_root(inode);
	if (!d) {
		inode_put(inode); /* and with it the super */
		return -ENOMEM;
	}
	*ret_root = d;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs.c - instances of tmpfs and their inodes: making, limits, freeing.
 */
#include "libos/fs/tmpfs.h"

#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/file_internal.h"
#include "libos/fs/flock.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/mm/kheap.h"

#define MEMFD_NAME_MAX 249 /* memfd_create(2): NAME_MAX less "memfd:" */

static int tmpfs_statfs(struct superblock *sb, struct kstatfs *ret)
{
	struct tmpfs_super *ts = container_of(sb, struct tmpfs_super, sb);
	uint64_t used = __atomic_load_n(&ts->pages.used, __ATOMIC_RELAXED);
	uint64_t files = __atomic_load_n(&ts->ninodes, __ATOMIC_RELAXED);

	*ret = (struct kstatfs){
		.type = TMPFS_MAGIC,
		.block_size = PAGE_SIZE,
		.blocks = ts->pages.max,
		.blocks_free = ts->pages.max - MIN(used, ts->pages.max),
		.files = ts->max_inodes,
		.files_free = ts->max_inodes - MIN(files, ts->max_inodes),
	};
	return 0;
}

static const struct super_ops tmpfs_super_ops = {
	.name = "tmpfs",
	.statfs = tmpfs_statfs,
};

/* tmpfs(5): half of memory where no limit is given; here of the heap. */
static uint64_t default_pages(void)
{
	struct kheap_stats stats;

	kheap_stats(&stats);
	return stats.max / 2 / PAGE_SIZE;
}

/* An inode and its name take about half a KiB: a quarter of the heap. */
static uint64_t default_inodes(void)
{
	struct kheap_stats stats;

	kheap_stats(&stats);
	return MAX(stats.max / 4 / 512, 1024ul);
}

struct tmpfs_super *tmpfs_super_create(const struct tmpfs_options *opts)
{
	struct tmpfs_super *ts = kzalloc(sizeof(*ts));

	if (!ts)
		return NULL;
	super_init(&ts->sb, &tmpfs_super_ops);
	ts->pages.max =
		opts->max_bytes ? PAGES_FOR(opts->max_bytes) : default_pages();
	ts->max_inodes = opts->max_inodes ? opts->max_inodes : default_inodes();
	return ts;
}

void tmpfs_super_destroy(struct tmpfs_super *ts)
{
	if (ts->root_free)
		ts->root_free(ts);
	kfree(ts);
}

static bool inode_quota_take(struct tmpfs_super *ts)
{
	if (__atomic_add_fetch(&ts->ninodes, 1, __ATOMIC_RELAXED) <=
	    ts->max_inodes)
		return true;
	__atomic_sub_fetch(&ts->ninodes, 1, __ATOMIC_RELAXED);
	return false;
}

static void inode_quota_return(struct tmpfs_super *ts)
{
	if (__atomic_sub_fetch(&ts->ninodes, 1, __ATOMIC_ACQ_REL) == 0)
		tmpfs_super_destroy(ts);
}

static const struct file_ops *fops_of(uint32_t mode)
{
	if (S_ISREG(mode))
		return &tmpfs_file_ops;
	return S_ISDIR(mode) ? &tmpfs_dir_ops : &tmpfs_node_ops;
}

static struct tmpfs_inode *alloc_kind(struct tmpfs_super *ts,
                                      const struct create_spec *spec)
{
	size_t text = S_ISLNK(spec->mode) ? strlen(spec->link_target) + 1 : 0;
	struct tmpfs_file *tf;
	struct tmpfs_inode *t;

	if (S_ISREG(spec->mode)) {
		tf = kzalloc(sizeof(*tf));
		if (!tf)
			return NULL;
		tf->seals = F_SEAL_SEAL; /* only memfd_create(2) lifts it */
		filedata_init(&tf->data, &ts->pages);
		vm_object_init(&tf->object, &tmpfs_object_ops);
		return &tf->t;
	}
	t = kzalloc(sizeof(*t) + text);
	if (t && text) {
		t->link = (char *)(t + 1);
		memcpy(t->link, spec->link_target, text);
	}
	return t;
}

int tmpfs_inode_create(struct tmpfs_super *ts, const struct create_spec *spec,
                       struct inode **ret)
{
	struct tmpfs_inode *t;
	struct inode *inode;

	if (!inode_quota_take(ts))
		return -ENOSPC;
	t = alloc_kind(ts, spec);
	if (!t) {
		/* Not _return: with the first inode the super is the caller's. */
		__atomic_sub_fetch(&ts->ninodes, 1, __ATOMIC_RELAXED);
		return -ENOSPC;
	}
	inode = &t->inode;
	inode_init(inode, &ts->sb, &tmpfs_inode_ops, fops_of(spec->mode),
	           spec->mode);
	xattrs_init(&t->xattrs);
	inode->uid = spec->uid;
	inode->gid = spec->gid;
	inode->rdev = spec->rdev;
	if (S_ISDIR(spec->mode)) {
		inode->flags |= INODE_PINNED;
		inode->size = 2 * TMPFS_ENTRY_SIZE;
	}
	if (S_ISLNK(spec->mode))
		inode->size = (int64_t)strlen(t->link);
	*ret = inode;
	return 0;
}

void tmpfs_release(struct inode *inode)
{
	struct tmpfs_super *ts = tmpfs_super(inode);

	if (S_ISREG(inode->mode)) {
		filedata_fini(&tmpfs_file(inode)->data);
		kfree(tmpfs_inode(inode)->link);
	}
	xattrs_fini(&tmpfs_inode(inode)->xattrs);
	flock_free(inode);
	kfree(tmpfs_inode(inode)); /* the first member of either struct */
	inode_quota_return(ts);
}

int tmpfs_create(const struct tmpfs_options *opts, struct dentry **ret_root)
{
	struct create_spec spec = { .mode = S_IFDIR | (opts->mode & S_IALLUGO),
		                    .uid = opts->uid,
		                    .gid = opts->gid };
	struct tmpfs_super *ts = tmpfs_super_create(opts);
	struct inode *inode;
	struct dentry *root;
	int err;

	if (!ts)
		return -ENOMEM;
	err = tmpfs_inode_create(ts, &spec, &inode);
	if (err < 0) {
		tmpfs_super_destroy(ts);
		return err;
	}
	root = dentry_create_root(inode);
	if (!root) {
		inode_put(inode); /* and with it the super */
		return -ENOMEM;
	}
	*ret_root = root;
	return 0;
}

static struct tmpfs_super *memfd_super;

int tmpfs_init(void)
{
	struct tmpfs_options opts = { .mode = 0 };

	filedata_total.max = default_pages() + default_pages() / 2;
	memfd_super = tmpfs_super_create(&opts);
	if (!memfd_super)
		return -ENOMEM;
	memfd_super->ninodes = 1; /* never freed with its last file */
	return 0;
}

void tmpfs_fini(void)
{
	if (memfd_super)
		inode_quota_return(memfd_super);
	memfd_super = NULL;
}

/* "/memfd:NAME (deleted)", as /proc shows it; NULL: no memory. */
static char *memfd_shown(const char *name)
{
	size_t size = strlen(name) + sizeof("/memfd: (deleted)");
	char *shown = kmalloc(size);

	if (shown)
		str_format(shown, size, "/memfd:%s (deleted)", name);
	return shown;
}

static uint32_t memfd_seals(uint32_t flags)
{
	uint32_t seals = 0;

	if (!(flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)))
		seals |= F_SEAL_SEAL;
	if (flags & MFD_NOEXEC_SEAL)
		seals |= F_SEAL_EXEC;
	return seals;
}

int tmpfs_memfd(const char *name, uint32_t flags, struct file **ret)
{
	struct create_spec spec = { .mode = S_IFREG | 0777 };
	struct inode *inode;
	struct file *f;
	int err;

	if (strlen(name) > MEMFD_NAME_MAX)
		return -EINVAL;
	if (flags & MFD_NOEXEC_SEAL)
		spec.mode = S_IFREG | 0666;
	err = tmpfs_inode_create(memfd_super, &spec, &inode);
	if (err < 0)
		return err == -ENOSPC ? -ENOMEM : err;
	inode->nlink = 0;
	tmpfs_file(inode)->seals = memfd_seals(flags);
	tmpfs_inode(inode)->link = memfd_shown(name);
	err = -ENOMEM;
	if (tmpfs_inode(inode)->link)
		err = file_alloc(inode, NULL, &tmpfs_file_ops, O_RDWR, &f);
	inode_put(inode);
	if (err < 0)
		return err;
	f->mode |= FILE_SEEK;
	*ret = f;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfs.c - the measured root: from the index to a tree of tmpfs.
 *
 * Names stay in the index and digests too, so an entry costs its inode and its
 * dentry.  Everything belongs to the tmpfs_super and goes with its last inode.
 */
#include "libos/fs/rootfs.h"

#include "base/errno.h"
#include "base/log.h"
#include "base/string.h"
#include "base/units.h"
#include "crypto/sha256.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/file.h"
#include "libos/fs/rootchunk.h"
#include "libos/fs/rootindex.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/mm/kheap.h"

#define CACHE_MIN (1 * MIB)
#define CACHE_MAX (32 * MIB)

struct rootfs {
	uint8_t *index;
	size_t index_size;
	struct root_chunks *chunks;
	struct root_file *files; /* one for each entry; few are wasted */
	uint32_t n_files;
};

/* Only while the tree is built. */
struct build {
	struct rootfs *fs;
	struct tmpfs_super *ts;
	struct dentry *root;
	bool has_root_inode;   /* fs and ts go with it */
	struct inode **inodes; /* by entry number, borrowed: for hard links */
	char *text; /* PATH_MAX bytes: a link's target with its NUL */
	/* The directory of the entry before; most share it. */
	struct dentry *dir;
	const char *dir_path;
	size_t dir_size;
};

static void rootfs_destroy(struct rootfs *fs)
{
	uint32_t i;

	root_chunks_destroy(fs->chunks);
	for (i = 0; i < fs->n_files; i++)
		kfree(fs->files[i].id);
	kpages_free(fs->index, PAGES_FOR(fs->index_size));
	kfree(fs->files);
	kfree(fs);
}

static void root_free(struct tmpfs_super *ts)
{
	rootfs_destroy(ts->root);
}

/* Copy the index into the enclave, once; only then look at it. */
static int load_index(struct rootfs *fs, const struct rootfs_config *config)
{
	uint8_t digest[SHA256_SIZE];
	long n;

	if (!config->index_size || config->index_size > UINT32_MAX)
		return -EBADMSG;
	fs->index_size = config->index_size;
	fs->index = kpages_alloc(PAGES_FOR(fs->index_size));
	if (!fs->index)
		return -ENOMEM;
	n = config->read_index(config->arg, fs->index, fs->index_size);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != fs->index_size)
		return -EBADMSG;
	sha256(fs->index, fs->index_size, digest);
	if (memcmp(digest, config->index_sha256, sizeof(digest)) != 0)
		return -EBADMSG;
	return 0;
}

static uint64_t cache_size(const struct rootfs_config *config)
{
	struct kheap_stats stats;

	if (config->cache_bytes)
		return config->cache_bytes;
	kheap_stats(&stats);
	return MIN(MAX(stats.total / 8, CACHE_MIN), CACHE_MAX);
}

static int rootfs_load(const struct rootfs_config *config, struct rootfs **ret)
{
	struct rootfs *fs = kzalloc(sizeof(*fs));
	int err;

	if (!fs)
		return -ENOMEM;
	err = load_index(fs, config);
	if (err == 0) {
		fs->chunks = root_chunks_create(config->read_body,
		                                cache_size(config));
		if (!fs->chunks)
			err = -ENOMEM;
	}
	if (err < 0) {
		rootfs_destroy(fs);
		return err;
	}
	*ret = fs;
	return 0;
}

/* The directory @path of @size bytes, or NULL; borrowed: names are pinned. */
static struct dentry *find_dir(struct build *b, const char *path, size_t size)
{
	struct dentry *dir = b->root, *child;
	const char *end = path + size;
	struct name name;

	if (b->dir && b->dir_size == size &&
	    memcmp(b->dir_path, path, size) == 0)
		return b->dir;
	while (path < end) {
		const char *slash;

		path++; /* the slash ahead of each name */
		slash = memchr(path, '/', (size_t)(end - path));
		name.text = path;
		name.size = (size_t)((slash ? slash : end) - path);
		child = dentry_lookup(dir, &name);
		if (!child)
			return NULL;
		dentry_put(child);
		dir = child;
		path += name.size;
	}
	return dir;
}

/* Split an entry's path, which is not "/", into directory and name. */
static int find_parent(struct build *b, const struct root_entry *r,
                       struct name *ret)
{
	size_t size = r->e.path_size;
	struct dentry *dir;

	while (r->path[size - 1] != '/')
		size--;
	*ret = (struct name){ r->path + size, r->e.path_size - size };
	dir = find_dir(b, r->path, size - 1);
	if (!dir || !S_ISDIR(dir->inode->mode))
		return -EBADMSG;
	b->dir = dir;
	b->dir_path = r->path;
	b->dir_size = size - 1;
	return 0;
}

static void set_backing(struct build *b, uint32_t number, struct inode *inode,
                        const struct root_entry *r)
{
	struct root_file *file = &b->fs->files[number];
	struct filedata *d = &tmpfs_file(inode)->data;

	*file = (struct root_file){ .chunks = b->fs->chunks,
		                    .body_offset = r->e.body_offset,
		                    .size = r->e.size,
		                    .digests = r->digests,
		                    .sites_offset = r->e.sites_offset,
		                    .sites_digest = r->sites_digest,
		                    .sites_size = r->e.sites_size };
	d->backing = file;
	d->backed_size = r->e.size;
	inode->size = (int64_t)r->e.size;
}

static int make_inode(struct build *b, uint32_t number,
                      const struct root_entry *r, struct inode **ret)
{
	struct create_spec spec = { .mode = r->e.mode, .link_target = b->text };
	struct inode *inode;
	int err;

	if (S_ISLNK(spec.mode)) {
		memcpy(b->text, r->target, r->e.target_size);
		b->text[r->e.target_size] = '\0';
	}
	err = tmpfs_inode_create(b->ts, &spec, &inode);
	if (err < 0)
		return -ENOMEM;
	if (S_ISREG(spec.mode))
		set_backing(b, number, inode, r);
	inode->mtime_ns = r->e.mtime * (int64_t)NSEC_PER_SEC;
	inode->atime_ns = inode->ctime_ns = inode->mtime_ns;
	inode->btime_ns = inode->mtime_ns;
	*ret = inode;
	return 0;
}

/* The inode of an entry: a new one, or the one it is another name of. */
static int entry_inode(struct build *b, uint32_t number,
                       const struct root_entry *r, struct inode **ret)
{
	struct inode *inode;

	if (!r->e.hardlink)
		return make_inode(b, number, r, ret);
	inode = b->inodes[r->e.hardlink - 1];
	if (S_ISDIR(inode->mode) || ((inode->mode ^ r->e.mode) & S_IFMT))
		return -EBADMSG;
	inode->nlink++;
	*ret = inode_get(inode);
	return 0;
}

static int add_entry(struct build *b, uint32_t number,
                     const struct root_entry *r)
{
	struct inode *inode, *parent;
	struct dentry *d;
	struct name name;
	int err;

	err = find_parent(b, r, &name);
	if (err < 0)
		return err;
	err = entry_inode(b, number, r, &inode);
	if (err < 0)
		return err;
	d = dentry_create_static(b->dir, &name, inode);
	b->inodes[number] = inode;
	inode_put(inode);
	if (!d)
		return -ENOMEM;
	dentry_hash(d);
	dentry_put(d); /* its name pins it */
	parent = b->dir->inode;
	parent->size += TMPFS_ENTRY_SIZE;
	parent->nlink += S_ISDIR(inode->mode);
	return 0;
}

static int add_root(struct build *b, const struct root_entry *r)
{
	struct inode *inode;
	int err;

	if (!S_ISDIR(r->e.mode) || r->e.hardlink)
		return -EBADMSG;
	err = make_inode(b, 0, r, &inode);
	if (err < 0)
		return err;
	b->has_root_inode = true;
	b->ts->root = b->fs;
	b->ts->root_free = root_free;
	b->root = dentry_create_root(inode);
	if (!b->root) {
		inode_put(inode);
		return -ENOMEM;
	}
	b->inodes[0] = inode;
	return 0;
}

static int add_all(struct build *b, struct root_index *x)
{
	struct root_entry r;
	int ret;

	while ((ret = root_index_next(x, &r)) == 1) {
		ret = add_entry(b, x->next - 1, &r);
		if (ret < 0)
			break;
	}
	return ret;
}

static int build_memory(struct build *b, uint32_t n_entries)
{
	b->inodes = kcalloc(n_entries, sizeof(*b->inodes));
	b->text = kmalloc(PATH_MAX);
	b->fs->files = kcalloc(n_entries, sizeof(*b->fs->files));
	if (b->fs->files)
		b->fs->n_files = n_entries;
	return b->inodes && b->text && b->fs->files ? 0 : -ENOMEM;
}

/* The root first, because what follows is undone through it. */
static int build_tree(struct build *b, struct root_index *x)
{
	struct root_entry r;
	int ret = root_index_next(x, &r);

	if (ret == 1)
		ret = add_root(b, &r);
	if (ret < 0) {
		/* Without a root inode nobody else frees these two. */
		if (!b->has_root_inode) {
			tmpfs_super_destroy(b->ts);
			rootfs_destroy(b->fs);
		}
		return ret;
	}
	ret = add_all(b, x);
	if (ret < 0) {
		dentry_prune(b->root);
		dentry_put(b->root);
	}
	return ret;
}

int rootfs_create(const struct rootfs_config *config, struct dentry **ret_root)
{
	struct tmpfs_options opts = { 0 };
	struct build b = { 0 };
	struct root_index x;
	int err;

	err = rootfs_load(config, &b.fs);
	if (err < 0)
		return err;
	err = root_index_open(&x, cspan_make(b.fs->index, b.fs->index_size),
	                      config->body_size);
	if (err == 0)
		err = build_memory(&b, x.n_entries);
	if (err == 0) {
		b.ts = tmpfs_super_create(&opts);
		err = b.ts ? 0 : -ENOMEM;
	}
	if (err < 0) {
		rootfs_destroy(b.fs);
		goto out;
	}
	b.ts->max_inodes += x.n_entries;
	err = build_tree(&b, &x);
	if (err == 0)
		*ret_root = b.root;
out:
	if (err == -EBADMSG)
		log_error("the root's index breaks its own format");
	kfree(b.inodes);
	kfree(b.text);
	return err;
}

static long read_sites(const struct filedata *d, void **ret)
{
	const struct root_file *root = d->backing;
	void *bytes;
	int err;

	if (!root || READ_ONCE(d->is_written) || !root->sites_size)
		return 0;
	bytes = kmalloc(root->sites_size);
	if (!bytes)
		return -ENOMEM;
	err = root_body_read(root->chunks, bytes, root->sites_size,
	                     root->sites_offset, root->sites_digest);
	if (err < 0) {
		kfree(bytes);
		return err;
	}
	*ret = bytes;
	return root->sites_size;
}

long rootfs_sites(struct file *f, void **ret)
{
	if (f->inode->ops != &tmpfs_inode_ops || !S_ISREG(f->inode->mode))
		return 0;
	return read_sites(&tmpfs_file(f->inode)->data, ret);
}

long rootfs_object_sites(struct vm_object *obj, void **ret)
{
	if (obj->ops != &tmpfs_object_ops)
		return 0;
	return read_sites(&container_of(obj, struct tmpfs_file, object)->data,
	                  ret);
}

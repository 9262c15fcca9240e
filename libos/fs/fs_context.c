/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/fs_context.h"

#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"

static struct fs_context *context_alloc(uint32_t umask)
{
	struct fs_context *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	fs->refs = 1;
	fs->umask = umask & 0777;
	spin_init(&fs->lock, RANK_LEAF);
	return fs;
}

struct fs_context *fs_context_create(struct fs_cred *cred, uint32_t umask)
{
	struct fs_context *fs = context_alloc(umask);

	if (!fs)
		return NULL;
	fs->root = mount_root();
	fs->cwd = fs->root;
	path_get(&fs->root);
	path_get(&fs->cwd);
	fs->cred = cred;
	return fs;
}

struct fs_context *fs_context_copy(struct fs_context *old)
{
	struct fs_context *fs = context_alloc(fs_context_umask(old));

	if (!fs)
		return NULL;
	fs->root = fs_context_root(old);
	fs->cwd = fs_context_cwd(old);
	fs->cred = fs_context_cred(old);
	return fs;
}

struct fs_context *fs_context_get(struct fs_context *fs)
{
	__atomic_add_fetch(&fs->refs, 1, __ATOMIC_RELAXED);
	return fs;
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || __atomic_sub_fetch(&fs->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	fs_cred_put(fs->cred);
	kfree(fs);
}

struct path fs_context_root(struct fs_context *fs)
{
	struct path p;

	spin_lock(&fs->lock);
	p = *path_get(&fs->root);
	spin_unlock(&fs->lock);
	return p;
}

struct path fs_context_cwd(struct fs_context *fs)
{
	struct path p;

	spin_lock(&fs->lock);
	p = *path_get(&fs->cwd);
	spin_unlock(&fs->lock);
	return p;
}

struct fs_cred *fs_context_cred(struct fs_context *fs)
{
	struct fs_cred *c;

	spin_lock(&fs->lock);
	c = fs_cred_get(fs->cred);
	spin_unlock(&fs->lock);
	return c;
}

static void replace(struct fs_context *fs, struct path *slot, struct path *p)
{
	struct path old;

	path_get(p);
	spin_lock(&fs->lock);
	old = *slot;
	*slot = *p;
	spin_unlock(&fs->lock);
	path_put(&old);
}

void fs_context_set_root(struct fs_context *fs, struct path *p)
{
	replace(fs, &fs->root, p);
}

void fs_context_set_cwd(struct fs_context *fs, struct path *p)
{
	replace(fs, &fs->cwd, p);
}

void fs_context_set_cred(struct fs_context *fs, struct fs_cred *c)
{
	struct fs_cred *old;

	spin_lock(&fs->lock);
	old = fs->cred;
	fs->cred = c;
	spin_unlock(&fs->lock);
	fs_cred_put(old);
}

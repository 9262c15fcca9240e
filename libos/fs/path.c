/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.c - places, and how they are written.
 */
#include "base/string.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/mount.h"
#include "libos/fs/mount_internal.h"

struct path *path_get(struct path *p)
{
	dentry_get(p->dentry);
	mount_get(p->mnt);
	return p;
}

void path_put(struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mnt);
	*p = (struct path){ 0 };
}

/* Text that grows towards the start of a buffer; start is NULL once full. */
struct backward {
	char *buf;
	char *start;
};

static void prepend(struct backward *b, const char *text, size_t size)
{
	if (!b->start)
		return;
	if ((size_t)(b->start - b->buf) < size) {
		b->start = NULL;
		return;
	}
	b->start -= size;
	memcpy(b->start, text, size);
}

/*
 * Write the names from @p up to @root; true if @root was met.  The lock keeps
 * the chain of parents alive, which @p's references already pin.
 */
static bool prepend_names_locked(struct backward *b, const struct path *p,
                                 const struct path *root)
{
	const struct dentry *d = p->dentry;
	const struct mount *m = p->mnt;

	while (d != root->dentry || m != root->mnt) {
		if (d == m->root || d->parent == d) {
			if (!m->parent)
				return false;
			d = m->point;
			m = m->parent;
			continue;
		}
		prepend(b, d->name, d->name_size);
		prepend(b, "/", 1);
		d = d->parent;
	}
	return true;
}

/* Under dcache_lock.  A pointer into @buf, or NULL. */
static char *format_locked(const struct path *p, const struct path *root,
                           char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	static const char unreachable[] = "(unreachable)";
	struct backward b = { .buf = buf, .start = buf + size };
	const char *end;
	bool reached;

	prepend(&b, "", 1);
	if (p->dentry->flags & DENTRY_DELETED)
		prepend(&b, deleted, sizeof(deleted) - 1);
	end = b.start;
	reached = prepend_names_locked(&b, p, root);
	if (b.start == end)
		prepend(&b, "/", 1);
	if (!reached)
		prepend(&b, unreachable, sizeof(unreachable) - 1);
	return b.start;
}

char *d_path(const struct path *p, const struct path *root, char *buf,
             size_t size)
{
	char *text;

	spin_lock(&dcache_lock);
	text = format_locked(p, root, buf, size);
	spin_unlock(&dcache_lock);
	return text;
}

size_t inode_path(struct inode *inode, char *dst, size_t size)
{
	struct path root = mount_root(), p;
	const char *text = NULL;
	size_t n = 0;

	spin_lock(&dcache_lock);
	if (!list_empty(&inode->aliases)) {
		p.dentry = list_first_entry(&inode->aliases, struct dentry,
		                            alias_node);
		p.mnt = mount_find_locked(inode->sb);
		if (p.mnt)
			text = format_locked(&p, &root, dst, size);
	}
	if (text) {
		n = strlen(text);
		memmove(dst, text, n + 1);
	}
	spin_unlock(&dcache_lock);
	if (!n && size)
		dst[0] = '\0';
	return n;
}

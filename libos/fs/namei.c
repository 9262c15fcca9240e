/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namei.c - walking a path.
 *
 * A loop, not a recursion: a symbolic link pushes its text, and the walk goes
 * on in it until it is used up.  What a step may do is decided in three places:
 * search permission in steps_into(), confinement (RESOLVE_xxx) in
 * check_crossing() and go_up(), links in enter_link().
 */
#include "libos/fs/namei.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/cred.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei_internal.h"
#include "libos/mm/kheap.h"
#include "libos/sched/thread.h"

void walk_begin_fs(struct walk *w, struct fs_context *fs)
{
	*w = (struct walk){ .root = fs_context_root(fs),
		            .start = fs_context_cwd(fs),
		            .cred = fs_context_cred(fs),
		            .umask = fs_context_umask(fs) };
}

void walk_begin(struct walk *w, struct thread *t, int dirfd)
{
	struct file *f;

	walk_begin_fs(w, t->fs);
	if (dirfd == AT_FDCWD)
		return;
	path_put(&w->start);
	f = fd_get_any(t->files, dirfd);
	if (!f) {
		w->start_error = -EBADF;
		return;
	}
	if (f->path.dentry)
		w->start = *path_get(&f->path);
	else
		w->start_error = -ENOTDIR;
	file_put(f);
}

void walk_end(struct walk *w)
{
	path_put(&w->root);
	if (w->start.dentry)
		path_put(&w->start);
	fs_cred_put(w->cred);
}

bool name_is_dots(const struct name *name)
{
	return name->text[0] == '.' &&
	       (name->size == 1 || (name->size == 2 && name->text[1] == '.'));
}

/*
 * openat2(2): under RESOLVE_BENEATH and RESOLVE_IN_ROOT the start is the root.
 */
static bool is_confined(const struct walk *w)
{
	return (w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0;
}

static const struct path *walk_top(const struct walk *w)
{
	return is_confined(w) ? &w->start : &w->root;
}

static void set_place(struct steps *s, const struct path *p)
{
	struct path next = *p;

	path_get(&next);
	path_put(&s->at);
	s->at = next;
}

int steps_begin(struct steps *s, struct walk *w, const char *path,
                uint32_t flags)
{
	const struct path *from = *path == '/' ? walk_top(w) : &w->start;

	if (!*path && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	if (*path == '/' && (w->resolve & RESOLVE_BENEATH))
		return -EXDEV;
	if (!from->dentry)
		return w->start_error;
	*s = (struct steps){ .w = w, .rest = path, .at = *from };
	path_get(&s->at);
	return 0;
}

static void pop_link(struct steps *s)
{
	struct link_frame *frame = &s->links[--s->depth];

	s->rest = frame->rest;
	inode_put(frame->inode);
	kfree(frame->owned);
}

void steps_end(struct steps *s)
{
	while (s->depth)
		pop_link(s);
	kfree(s->links);
	path_put(&s->at);
}

static const char *skip_slashes(const char *text)
{
	while (*text == '/')
		text++;
	return text;
}

/* The next name, out of this text or of one that a link interrupted. */
static bool next_name(struct steps *s, struct name *ret)
{
	const char *end;

	for (;;) {
		s->rest = skip_slashes(s->rest);
		if (*s->rest)
			break;
		if (!s->depth)
			return false;
		pop_link(s);
	}
	end = s->rest;
	while (*end && *end != '/')
		end++;
	*ret = (struct name){ s->rest, (size_t)(end - s->rest) };
	s->rest = end;
	return true;
}

/* Does nothing follow but slashes?  Notes whether there is one. */
static bool is_last_name(struct steps *s)
{
	const char *text = s->rest;
	bool slash = false;

	for (uint32_t i = s->depth;; i--) {
		slash |= *text == '/';
		if (*skip_slashes(text))
			return false;
		if (!i)
			break;
		text = s->links[i - 1].rest;
	}
	s->slash |= slash;
	return true;
}

int child_lookup_locked(struct dentry *dir, const struct name *name,
                        struct dentry **ret)
{
	struct inode *inode = dir->inode, *found;
	bool is_volatile = (inode->flags & INODE_VOLATILE) != 0;
	struct dentry *d = is_volatile ? NULL : dentry_lookup(dir, name);
	int err;

	if (d) {
		*ret = d;
		return 0;
	}
	err = inode->ops->lookup(inode, name, &found);
	if (err < 0)
		return err;
	d = dentry_create(dir, name, found);
	inode_put(found);
	if (!d)
		return -ENOMEM;
	if (!is_volatile)
		dentry_hash(d);
	*ret = d;
	return 0;
}

int child_lookup(struct dentry *dir, const struct name *name,
                 struct dentry **ret)
{
	struct inode *inode = dir->inode;
	int err;

	/* The cache of a pinned directory is complete: no lock, no question. */
	if (inode->flags & INODE_PINNED) {
		*ret = dentry_lookup(dir, name);
		return *ret ? 0 : -ENOENT;
	}
	/* Made up, by functions that take locks of other subsystems. */
	if (inode->flags & INODE_VOLATILE)
		return child_lookup_locked(dir, name, ret);
	/* Alone, so that one name never gets two dentries. */
	rwlock_write(&inode->lock);
	err = child_lookup_locked(dir, name, ret);
	rwlock_write_done(&inode->lock);
	return err;
}

static int check_crossing(const struct steps *s, bool moved)
{
	return moved && (s->w->resolve & RESOLVE_NO_XDEV) ? -EXDEV : 0;
}

static int go_up(struct steps *s)
{
	struct dentry *parent;
	bool moved = false;

	if (path_equal(&s->at, walk_top(s->w)))
		return s->w->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
	while (s->at.dentry == s->at.mnt->root) {
		if (!mount_leave(&s->at))
			return 0; /* the top of everything is its own parent */
		moved = true;
		if (path_equal(&s->at, walk_top(s->w)))
			break;
	}
	if (!path_equal(&s->at, walk_top(s->w))) {
		parent = dentry_parent(s->at.dentry);
		dentry_put(s->at.dentry);
		s->at.dentry = parent;
	}
	moved |= mount_enter(&s->at);
	return check_crossing(s, moved);
}

/* /proc/self/fd/3 and its like: a place instead of a text. */
static int jump(struct steps *s, struct link_target *t)
{
	struct path to = { .mnt = t->jump_mnt, .dentry = t->jump_dentry };
	uint32_t refused = RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
	int err = 0;

	if (t->owned)
		kfree((char *)(uintptr_t)t->text);
	if (s->w->resolve & refused)
		err = -ELOOP;
	else if (is_confined(s->w))
		err = -EXDEV;
	else
		err = check_crossing(s, to.mnt != s->at.mnt);
	if (err < 0) {
		path_put(&to);
		return err;
	}
	path_put(&s->at);
	s->at = to;
	return 0;
}

static int push_text(struct steps *s, struct inode *link,
                     const struct link_target *t)
{
	struct link_frame *frame;

	if (!s->links)
		s->links = kmalloc(WALK_LINKS_MAX * sizeof(*s->links));
	if (!s->links)
		return -ENOMEM;
	if (!*t->text)
		return -ENOENT;
	if (*t->text == '/') {
		if (s->w->resolve & RESOLVE_BENEATH)
			return -EXDEV;
		if (check_crossing(s, walk_top(s->w)->mnt != s->at.mnt) < 0)
			return -EXDEV;
		set_place(s, walk_top(s->w));
	}
	/* Bounded: each push was counted in nlinks. */
	frame = &s->links[s->depth++];
	frame->rest = s->rest;
	frame->inode = inode_get(link);
	frame->owned = t->owned ? (char *)(uintptr_t)t->text : NULL;
	s->rest = t->text;
	return 0;
}

static int enter_link(struct steps *s, struct inode *link)
{
	struct link_target t = { 0 };
	int err;

	if ((s->w->resolve & RESOLVE_NO_SYMLINKS) ||
	    s->nlinks++ >= WALK_LINKS_MAX)
		return -ELOOP;
	err = link->ops->get_link(link, &t);
	if (err < 0)
		return err;
	if (t.is_jump)
		return jump(s, &t);
	err = push_text(s, link, &t);
	if (err < 0 && t.owned)
		kfree((char *)(uintptr_t)t.text);
	return err;
}

int steps_into_child(struct steps *s, struct dentry *child, enum step_link link)
{
	struct path to = { .mnt = s->at.mnt, .dentry = child };
	int err;

	if (S_ISLNK(child->inode->mode) && link == STEP_FOLLOW) {
		err = enter_link(s, child->inode);
		dentry_put(child);
		return err;
	}
	mount_get(to.mnt);
	err = check_crossing(s, mount_enter(&to));
	if (err < 0) {
		path_put(&to);
		return err;
	}
	path_put(&s->at);
	s->at = to;
	return 0;
}

int steps_into(struct steps *s, const struct name *name, enum step_link link)
{
	struct dentry *child;
	int err;

	if (!S_ISDIR(s->at.dentry->inode->mode))
		return -ENOTDIR;
	err = inode_permission(s->at.dentry->inode, s->w->cred, MAY_EXEC);
	if (err < 0)
		return err;
	if (name->size > NAME_MAX)
		return -ENAMETOOLONG;
	if (name_is_dots(name))
		return name->size == 1 ? 0 : go_up(s);
	err = child_lookup(s->at.dentry, name, &child);
	if (err < 0)
		return err;
	return steps_into_child(s, child, link);
}

int steps_to_last(struct steps *s, struct name *ret)
{
	int err;

	while (next_name(s, ret)) {
		if (is_last_name(s)) {
			if (!S_ISDIR(s->at.dentry->inode->mode))
				return -ENOTDIR;
			return inode_permission(s->at.dentry->inode, s->w->cred,
			                        MAY_EXEC);
		}
		err = steps_into(s, ret, STEP_FOLLOW);
		if (err < 0)
			return err;
	}
	*ret = (struct name){ "", 0 };
	return 0;
}

static int walk_whole(struct steps *s, uint32_t flags)
{
	enum step_link link;
	struct name name;
	int err;

	for (;;) {
		err = steps_to_last(s, &name);
		if (err < 0)
			return err;
		if (!name.size)
			break;
		link = (flags & LOOKUP_FOLLOW) || s->slash ? STEP_FOLLOW
		                                           : STEP_STAY;
		err = steps_into(s, &name, link);
		if (err < 0)
			return err;
	}
	if ((s->slash || (flags & LOOKUP_DIRECTORY)) &&
	    !S_ISDIR(s->at.dentry->inode->mode))
		return -ENOTDIR;
	return 0;
}

int path_lookup(struct walk *w, const char *path, uint32_t flags,
                struct path *ret)
{
	struct steps s;
	int err = steps_begin(&s, w, path, flags);

	if (err < 0)
		return err;
	err = walk_whole(&s, flags);
	if (err == 0)
		*ret = *path_get(&s.at);
	steps_end(&s);
	return err;
}

int path_permission(const struct path *p, const struct fs_cred *cred,
                    uint32_t may)
{
	const struct inode *inode = p->dentry->inode;

	if ((may & MAY_WRITE) && !S_ISFIFO(inode->mode) &&
	    !S_ISCHR(inode->mode) && !S_ISSOCK(inode->mode) &&
	    mount_check_write(p->mnt) < 0)
		return -EROFS;
	if ((may & MAY_EXEC) && S_ISREG(inode->mode) &&
	    (p->mnt->flags & MOUNT_NOEXEC))
		return -EACCES;
	return inode_permission(inode, cred, may);
}

int path_stat(const struct path *p, struct kstat *ret)
{
	struct inode *inode = p->dentry->inode;
	int err;

	rwlock_read(&inode->lock);
	err = inode->ops->getattr(inode, ret);
	rwlock_read_done(&inode->lock);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namei_internal.h - a walk in progress, shared by looking up (namei.c),
 * opening (open.c) and changing names (names.c).
 *
 *	struct steps s;
 *
 *	ret = steps_begin(&s, w, path, 0);
 *	if (ret < 0)
 *		return ret;
 *	ret = steps_to_last(&s, &last);
 *	...				s.at is the directory, last the name
 *	steps_end(&s);
 */
#pragma once

#include "base/errno.h"
#include "libos/fs/cred.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei.h"

/* The rest of a text that a link interrupted, and who owns the text. */
struct link_frame {
	const char *rest;
	struct inode *inode; /* a reference: keeps borrowed text alive */
	char *owned;
};

struct steps {
	struct walk *w;
	struct path at;   /* references */
	const char *rest; /* what is left of the current text */
	/* links[i] describes text i + 1 and keeps what is left of text i. */
	struct link_frame *links;
	uint32_t depth;
	uint32_t nlinks;
	bool slash; /* one followed the last name: it must be a directory */
};

int __must_check steps_begin(struct steps *s, struct walk *w, const char *path,
                             uint32_t flags);
void steps_end(struct steps *s);

/*
 * Walk up to the last name.  An empty name: there is none ("/").  The name is
 * valid until the next step.
 */
int __must_check steps_to_last(struct steps *s, struct name *ret);

enum step_link { STEP_FOLLOW, STEP_STAY };

/*
 * Take one step to @name.  With STEP_FOLLOW a link is entered: its text comes
 * next, ahead of what was left.
 */
int __must_check steps_into(struct steps *s, const struct name *name,
                            enum step_link link);
/* The same to a child of s->at that was found already; takes over @child. */
int __must_check steps_into_child(struct steps *s, struct dentry *child,
                                  enum step_link link);

bool name_is_dots(const struct name *name);

/*
 * The child @name of directory @dir, a new reference.  -ENOENT.  Takes the
 * directory's lock shared if it must ask the file system; the _locked form
 * wants it held, either way.
 */
int __must_check child_lookup(struct dentry *dir, const struct name *name,
                              struct dentry **ret);
int __must_check child_lookup_locked(struct dentry *dir,
                                     const struct name *name,
                                     struct dentry **ret);

/*
 * Create @name, which is not there, in @dir, whose lock is held exclusively.
 * @spec's mode has the umask applied already.
 */
int __must_check child_create_locked(struct path *dir, const struct name *name,
                                     const struct create_spec *spec,
                                     const struct walk *w, struct dentry **ret);

/* May entries of @dir be added or removed?  Lock held. */
int __must_check dir_may_change(const struct path *dir,
                                const struct fs_cred *cred);

static inline int mount_check_write(const struct mount *m)
{
	return (m->flags & MOUNT_RDONLY) || (m->sb->flags & SUPER_RDONLY)
	               ? -EROFS
	               : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c - mounts, mountinfo and filesystems, proc(5).
 */
#include "base/errno.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"
#include "libos/proc/procfs/internal.h"

struct listing {
	struct synth_text *text;
	char *path; /* PATH_MAX bytes */
	void (*line)(struct listing *l, const struct mount *m,
	             const char *point);
};

/* Of the reader, who has the one tree that all have. */
static int visit(const struct mount *m, void *arg)
{
	struct listing *l = arg;
	struct path root = mount_root();
	struct path at = { .mnt = (struct mount *)(uintptr_t)m,
		           .dentry = m->root };
	const char *point = d_path(&at, &root, l->path, PATH_MAX);

	if (point)
		l->line(l, m, point);
	return 0;
}

static int list_mounts(struct listing *l)
{
	l->path = kmalloc(PATH_MAX);
	if (!l->path)
		return -ENOMEM;
	(void)mount_for_each(visit, l);
	kfree(l->path);
	return 0;
}

/* Names with white space are written in octal: fstab(5). */
static void print_name(struct synth_text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\')
			synth_print(t, "\\%03o", (unsigned int)*s);
		else
			synth_write(t, s, 1);
	}
}

static void print_flags(struct synth_text *t, uint32_t flags)
{
	synth_print(t, "%s%s%s%s,relatime", flags & MOUNT_RDONLY ? "ro" : "rw",
	            flags & MOUNT_NOSUID ? ",nosuid" : "",
	            flags & MOUNT_NODEV ? ",nodev" : "",
	            flags & MOUNT_NOEXEC ? ",noexec" : "");
}

static void mounts_line(struct listing *l, const struct mount *m,
                        const char *point)
{
	struct synth_text *t = l->text;

	synth_print(t, "%s ", m->source ? m->source : "none");
	print_name(t, point);
	synth_print(t, " %s ", m->sb->ops->name);
	print_flags(t, m->flags);
	synth_print(t, " 0 0\n");
}

static void mountinfo_line(struct listing *l, const struct mount *m,
                           const char *point)
{
	struct synth_text *t = l->text;

	synth_print(t, "%d %d %u:%u / ", m->id, m->parent ? m->parent->id : 0,
	            DEV_MAJOR(m->sb->dev), DEV_MINOR(m->sb->dev));
	print_name(t, point);
	synth_print(t, " ");
	print_flags(t, m->flags);
	synth_print(t, " - %s %s %s\n", m->sb->ops->name,
	            m->source ? m->source : "none",
	            m->sb->flags & SUPER_RDONLY ? "ro" : "rw");
}

int show_pid_mounts(uint64_t key __unused, struct synth_text *t)
{
	struct listing l = { .text = t, .line = mounts_line };

	return list_mounts(&l);
}

int show_pid_mountinfo(uint64_t key __unused, struct synth_text *t)
{
	struct listing l = { .text = t, .line = mountinfo_line };

	return list_mounts(&l);
}

int show_filesystems(uint64_t key __unused, struct synth_text *t)
{
	static const char *const names[] = { "rootfs", "tmpfs", "devtmpfs",
		                             "proc",   "sysfs", "pipefs" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		synth_print(t, "nodev\t%s\n", names[i]);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/dev/devfs.h"

#include "base/errno.h"
#include "libos/dev/console.h"
#include "libos/dev/devices_internal.h"
#include "libos/fs/namei.h"
#include "libos/fs/synth.h"

static int link_to(const char *text, struct link_target *ret)
{
	*ret = (struct link_target){ .text = text };
	return 0;
}

static int link_fd(uint64_t key __unused, struct link_target *ret)
{
	return link_to("/proc/self/fd", ret);
}

static int link_stdin(uint64_t key __unused, struct link_target *ret)
{
	return link_to("/proc/self/fd/0", ret);
}

static int link_stdout(uint64_t key __unused, struct link_target *ret)
{
	return link_to("/proc/self/fd/1", ret);
}

static int link_stderr(uint64_t key __unused, struct link_target *ret)
{
	return link_to("/proc/self/fd/2", ret);
}

static int link_core(uint64_t key __unused, struct link_target *ret)
{
	return link_to("/proc/kcore", ret);
}

/* A position that never moves: pread and lseek work, as on Linux. */
static int memory_open(uint64_t key __unused, struct file *f)
{
	f->mode |= FILE_SEEK;
	return 0;
}

/* Any table of operations: console_open_tty() puts the terminal's there. */
static int tty_open(uint64_t key __unused, struct file *f)
{
	return console_open_tty(f);
}

/* Numbers: Documentation/admin-guide/devices.txt of Linux. */
static const struct synth_entry dev_entries[] = {
	{ .name = "null",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(1, 3),
	  .fops = &null_ops,
	  .open = memory_open },
	{ .name = "zero",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(1, 5),
	  .fops = &zero_ops,
	  .open = memory_open },
	{ .name = "full",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(1, 7),
	  .fops = &full_ops,
	  .open = memory_open },
	{ .name = "random",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(1, 8),
	  .fops = &random_ops,
	  .open = memory_open },
	{ .name = "urandom",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(1, 9),
	  .fops = &random_ops,
	  .open = memory_open },
	{ .name = "tty",
	  .mode = S_IFCHR | 0666,
	  .rdev = DEV_MAKE(5, 0),
	  .fops = &null_ops,
	  .open = tty_open },
	{ .name = "console",
	  .mode = S_IFCHR | 0620,
	  .rdev = DEV_MAKE(5, 1),
	  .fops = &null_ops,
	  .open = tty_open },
	{ .name = "fd", .mode = S_IFLNK | 0777, .readlink = link_fd },
	{ .name = "stdin", .mode = S_IFLNK | 0777, .readlink = link_stdin },
	{ .name = "stdout", .mode = S_IFLNK | 0777, .readlink = link_stdout },
	{ .name = "stderr", .mode = S_IFLNK | 0777, .readlink = link_stderr },
	{ .name = "core", .mode = S_IFLNK | 0777, .readlink = link_core },
	/* Mount points. */
	{ .name = "shm", .mode = S_IFDIR | 01777 },
	{ .name = "pts", .mode = S_IFDIR | 0755 },
};

static const struct synth_entry dev_root = {
	.name = "dev",
	.mode = S_IFDIR | 0755,
	.entries = dev_entries,
	.nentries = ARRAY_SIZE(dev_entries),
};

/* A device node of another file system, by its number. */
static int open_by_number(struct inode *inode, struct file *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(dev_entries); i++) {
		const struct synth_entry *e = &dev_entries[i];

		if (!S_ISCHR(e->mode) || !S_ISCHR(inode->mode) ||
		    e->rdev != inode->rdev)
			continue;
		f->ops = e->fops;
		return e->open(0, f);
	}
	return -ENXIO;
}

int devfs_create(struct dentry **ret_root)
{
	static const struct name console = { "console", 7 };
	struct inode *root, *node;
	int err;

	fs_set_device_open(open_by_number);
	err = synth_create("devtmpfs", TMPFS_MAGIC, &dev_root, ret_root);
	if (err < 0)
		return err;
	root = (*ret_root)->inode;
	if (root->ops->lookup(root, &console, &node) == 0) {
		console_set_node(node);
		inode_put(node);
	}
	return 0;
}

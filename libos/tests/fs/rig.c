/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/errno.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/fs.h"
#include "libos/fs/mount.h"
#include "libos/fs/mount_internal.h"
#include "libos/fs/tmpfs.h"

static int context_up(void)
{
	struct fs_cred ids = { .caps = UINT64_MAX };
	struct fs_cred *cred = fs_cred_create(&ids, NULL, 0);

	if (!cred)
		return -ENOMEM;
	T->fs = fs_context_create(cred, 022);
	if (!T->fs) {
		fs_cred_put(cred);
		return -ENOMEM;
	}
	T->files = fdtable_create();
	if (!T->files) {
		fs_context_put(T->fs);
		return -ENOMEM;
	}
	return 0;
}

static void root_down(void)
{
	struct path root = mount_root();

	dentry_get(root.dentry);
	mount_fini();
	dentry_prune(root.dentry);
	dentry_put(root.dentry);
	fs_fini();
}

int rig_up_root(struct dentry *root)
{
	int err = mount_set_root(root, 0, "test");

	if (err < 0) {
		dentry_prune(root);
		dentry_put(root);
		fs_fini();
		return err;
	}
	err = context_up();
	if (err < 0)
		root_down();
	return err;
}

int rig_up(void)
{
	struct tmpfs_options opts = { .mode = 0755 };
	struct dentry *root;
	int err = fs_init();

	if (err < 0)
		return err;
	err = tmpfs_create(&opts, &root);
	if (err < 0) {
		fs_fini();
		return err;
	}
	return rig_up_root(root);
}

void rig_down(void)
{
	fdtable_put(T->files);
	fs_context_put(T->fs);
	root_down();
	fake_expect_unlocked();
}

void rig_become(uint32_t uid, uint32_t gid)
{
	struct fs_cred ids = {
		.uid = uid,
		.gid = gid,
		.fsuid = uid,
		.fsgid = gid,
		.caps = uid == 0 ? UINT64_MAX : 0,
	};

	fs_context_set_cred(T->fs, fs_cred_create(&ids, NULL, 0));
}

static void want(bool good, const char *what, const char *path)
{
	if (good)
		return;
	fprintf(stderr, "rig: %s %s\n", what, path);
	abort();
}

void rig_file(const char *path, const char *text)
{
	long fd = sys_open(T, path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	want(fd >= 0, "open", path);
	want(sys_write(T, (int)fd, text, strlen(text)) == (long)strlen(text),
	     "write", path);
	want(sys_close(T, (int)fd) == 0, "close", path);
}

void rig_dir(const char *path)
{
	want(sys_mkdir(T, path, 0755) == 0, "mkdir", path);
}

const char *rig_cat(const char *path)
{
	static char buf[4096];
	long fd = sys_open(T, path, O_RDONLY, 0), n = fd;

	if (fd >= 0) {
		n = sys_read(T, (int)fd, buf, sizeof(buf) - 1);
		want(sys_close(T, (int)fd) == 0, "close", path);
	}
	if (n < 0)
		snprintf(buf, sizeof(buf), "<%ld>", n);
	else
		buf[n] = '\0';
	return buf;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *rig_ls(const char *path)
{
	static char buf[8192], out[8192];
	char *names[512];
	size_t count = 0;
	long fd = sys_open(T, path, O_RDONLY | O_DIRECTORY, 0), n;

	if (fd < 0) {
		snprintf(out, sizeof(out), "<%ld>", fd);
		return out;
	}
	n = sys_getdents64(T, (int)fd, buf, sizeof(buf));
	for (long at = 0; at < n;) {
		unsigned short size;

		memcpy(&size, buf + at + 16, 2);
		if (strcmp(buf + at + 19, ".") && strcmp(buf + at + 19, ".."))
			names[count++] = buf + at + 19;
		at += size;
	}
	want(sys_close(T, (int)fd) == 0, "close", path);
	qsort(names, count, sizeof(names[0]), by_name);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(out);

		snprintf(out + used, sizeof(out) - used, "%s%s", i ? " " : "",
		         names[i]);
	}
	return out;
}

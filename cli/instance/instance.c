/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance.c - folders and locks of an instance.
 */
#include "cli/instance/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config/config.h"
#include "cli/image/skeleton.h"
#include "cli/instance/file.h"
#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/*
 * Occlum.json comes last: a folder without it is no instance, so an `init`
 * that failed half-way can be repeated.
 */
int instance_create(struct cli_error *err)
{
	static const char *const folders[] = { INSTANCE_IMAGE, INSTANCE_BUILD,
		                               INSTANCE_VOLUMES, INSTANCE_RUN };
	int ret;

	if (exists(CONFIG_FILE))
		return cli_fail(
			err, -EEXIST,
			"this folder is an instance already: edit " CONFIG_FILE
			", or run \"occlum build\"");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		ret = file_make_dirs(folders[i], err);
		if (ret < 0)
			return ret;
	}
	ret = skeleton_create(INSTANCE_IMAGE, err);
	if (ret < 0)
		return ret;
	return file_write(CONFIG_FILE, cspan_str(config_template()), 0644, err);
}

int instance_check(struct cli_error *err)
{
	if (!exists(CONFIG_FILE))
		return cli_fail(
			err, -ENOENT,
			"this folder is no instance (it has no " CONFIG_FILE
			"): run \"occlum init\" here, or "
			"\"occlum new DIR\"");
	if (!exists(INSTANCE_IMAGE))
		return cli_fail(err, -ENOENT,
		                "the instance has no folder image/: make it, "
		                "and fill it with \"occlum add\" or \"occlum "
		                "bom\"");
	return 0;
}

int instance_lock_build(int *ret_fd, struct cli_error *err)
{
	/* image/ is what is written and read; its own inode is the lock. */
	int fd = open(INSTANCE_IMAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return cli_fail_errno(err, "cannot open folder",
		                      INSTANCE_IMAGE);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return cli_fail(err, -EBUSY,
		                "another occlum command is changing this "
		                "instance: wait until it has ended");
	}
	*ret_fd = fd;
	return 0;
}

bool instance_is_built(void)
{
	return exists(INSTANCE_BUILD "/" BUILD_INFO);
}

int instance_open_build(int *ret_fd, struct cli_error *err)
{
	int fd;

	if (!instance_is_built())
		return cli_fail(err, -ENOENT,
		                "the instance is not built yet: run \"occlum "
		                "build\"");
	fd = open(INSTANCE_BUILD, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail_errno(err, "cannot open folder",
		                      INSTANCE_BUILD);
	*ret_fd = fd;
	return 0;
}

int instance_swap_build(struct cli_error *err)
{
	/* Exchanging is atomic; not every file system can. */
	if (renameat2(AT_FDCWD, INSTANCE_BUILD_NEW, AT_FDCWD, INSTANCE_BUILD,
	              RENAME_EXCHANGE) == 0)
		return file_remove_tree(INSTANCE_BUILD_NEW, err);
	if (file_remove_tree(INSTANCE_BUILD, err) < 0)
		return -EIO;
	if (rename(INSTANCE_BUILD_NEW, INSTANCE_BUILD) < 0)
		return cli_fail_errno(err, "cannot replace folder",
		                      INSTANCE_BUILD);
	return 0;
}

/*
 * A folder for each run would cost its start and end more than all else that
 * `occlum` does itself: file systems keep a journal of them.
 */
static int open_pids(struct cli_error *err)
{
	int flags = O_RDONLY | O_CREAT | O_CLOEXEC;
	int fd = open(INSTANCE_PIDS, flags, 0644);

	if (fd < 0 && errno == ENOENT) {
		if (file_make_dirs(INSTANCE_RUN, err) < 0)
			return -EIO;
		fd = open(INSTANCE_PIDS, flags, 0644);
	}
	return fd < 0 ? cli_fail_errno(err, "cannot open", INSTANCE_PIDS) : fd;
}

/* A read lock, for which others need not be able to write to the file. */
int instance_enter_run(int *ret_fd, struct cli_error *err)
{
	struct flock lock = {
		.l_type = F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = getpid(),
		.l_len = 1,
	};
	scope_fd int fd = open_pids(err);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		return cli_fail_errno(err, "cannot lock", INSTANCE_PIDS);
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

/* The kernel tells of one lock in a range, and not of the first. */
static void list_range(int fd, off_t start, off_t end,
                       void (*each)(void *ctx, pid_t pid), void *ctx)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = end - start,
	};

	if (start >= end || fcntl(fd, F_OFD_GETLK, &lock) < 0 ||
	    lock.l_type == F_UNLCK)
		return;
	list_range(fd, start, lock.l_start, each, ctx);
	each(ctx, (pid_t)lock.l_start);
	list_range(fd, lock.l_start + 1, end, each, ctx);
}

void instance_list_runs(void (*each)(void *ctx, pid_t pid), void *ctx)
{
	scope_fd int fd = open(INSTANCE_PIDS, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		list_range(fd, 1, INT_MAX, each, ctx);
}

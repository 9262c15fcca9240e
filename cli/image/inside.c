/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.c - openat2(2) with RESOLVE_IN_ROOT.
 */
#include "cli/image/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

int inside_open_at(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int inside_open(const char *folder, const char *path)
{
	scope_fd int root_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0)
		return -errno;
	return inside_open_at(root_fd, path, O_RDONLY);
}

/* One more folder below @parent, or the one there is. */
static int enter(int root_fd, int parent, const char *name, const char *path,
                 struct cli_error *err)
{
	int fd;

	if (mkdirat(parent, name, 0755) == 0)
		fchmodat(parent, name, 0755, 0);
	else if (errno != EEXIST)
		return cli_fail_errno(err, "cannot make folder", path);
	/* From the root again, because @name may be a link to anywhere. */
	fd = inside_open_at(root_fd, path, O_PATH | O_DIRECTORY);
	if (fd >= 0)
		return fd;
	errno = -fd;
	return cli_fail_errno(err, "cannot make a folder of the image at",
	                      path);
}

int inside_make_dirs(int root_fd, const char *path, struct cli_error *err)
{
	scope_free char *part = mem_string(path);
	char *name = part;
	int dir = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);

	if (dir < 0)
		return cli_fail_errno(err, "cannot open", "image");
	for (;;) {
		scope_fd int parent = dir;
		char *end;
		char rest;

		name += strspn(name, "/");
		if (!*name)
			return scope_take_fd(&parent);
		end = name + strcspn(name, "/");
		rest = *end;
		*end = '\0';
		dir = enter(root_fd, parent, name, part, err);
		*end = rest;
		if (dir < 0)
			return dir;
		name = end;
	}
}

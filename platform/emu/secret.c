/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - the file that stands for a CPU's fuses: 32 random bytes from which
 * every key of this platform comes.  Whoever reads it can forge reports and
 * open seals, which is all the protection the software platform has to offer.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/emu/emu.h"

static int path_below(const char *folder, const char *rest, char *path,
                      size_t size)
{
	int n;

	if (!folder || folder[0] != '/')
		return -ENOENT;
	n = snprintf(path, size, "%s%s/sofaenclave/emu.secret", folder, rest);
	return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/*
 * For cron and services, which set nothing.  The file itself: getpwuid() would
 * load libraries, which a static program can't.
 */
static int path_of_user(char *path, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user;
	int ret = -ENOENT;

	while (file && (user = fgetpwent(file))) {
		if (user->pw_uid != geteuid())
			continue;
		ret = path_below(user->pw_dir, "/.local/state", path, size);
		break;
	}
	if (file)
		fclose(file);
	return ret;
}

static int default_path(char *path, size_t size)
{
	int ret = path_below(getenv("XDG_STATE_HOME"), "", path, size);

	if (ret == -ENOENT)
		ret = path_below(getenv("HOME"), "/.local/state", path, size);
	return ret == -ENOENT ? path_of_user(path, size) : ret;
}

/* mkdir -p of what is above @path's last component. */
static int make_parents(const char *path)
{
	char dir[512];
	size_t size = strlen(path) + 1;

	if (size > sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, size);
	for (char *slash = strchr(dir + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int read_secret(const char *path, uint8_t secret[EMU_SECRET_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, secret, EMU_SECRET_SIZE);
	close(fd);
	return n == EMU_SECRET_SIZE ? 0 : -EIO;
}

static int write_new(const char *path)
{
	uint8_t secret[EMU_SECRET_SIZE];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_written;

	if (fd < 0)
		return -errno;
	is_written = getrandom(secret, sizeof(secret), 0) == sizeof(secret) &&
	             write(fd, secret, sizeof(secret)) == sizeof(secret) &&
	             fsync(fd) == 0;
	explicit_bzero(secret, sizeof(secret));
	close(fd);
	return is_written ? 0 : -EIO;
}

/* Written aside and linked in, so that two first users agree on one. */
static int create_secret(const char *path)
{
	char aside[544];
	int ret = make_parents(path);

	if (ret < 0)
		return ret;
	snprintf(aside, sizeof(aside), "%s.%ld", path, (long)getpid());
	unlink(aside);
	ret = write_new(aside);
	if (ret == 0 && link(aside, path) < 0 && errno != EEXIST)
		ret = -errno;
	unlink(aside);
	return ret;
}

int emu_secret_load(struct emu_platform *p)
{
	int ret = 0;

	if (!p->secret_path[0])
		ret = default_path(p->secret_path, sizeof(p->secret_path));
	if (ret == 0)
		ret = read_secret(p->secret_path, p->secret);
	if (ret == -ENOENT && p->secret_path[0]) {
		ret = create_secret(p->secret_path);
		if (ret == 0)
			ret = read_secret(p->secret_path, p->secret);
	}
	if (ret == 0 && getrandom(p->keyid, sizeof(p->keyid), 0) !=
	                        (ssize_t)sizeof(p->keyid))
		ret = -EIO;
	return ret;
}

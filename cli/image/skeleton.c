/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skeleton.c - the table of what a new image holds.
 *
 * /bin, /lib, /lib64 and /sbin are links into /usr, as in every current
 * distribution, so that a file has one place whichever way it is named.
 */
#include "cli/image/skeleton.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
	{ "", 0755 },          { "dev", 0755 },       { "etc", 0755 },
	{ "home", 0755 },      { "host", 0755 },      { "opt", 0755 },
	{ "proc", 0755 },      { "root", 0700 },      { "run", 0755 },
	{ "sys", 0755 },       { "tmp", 01777 },      { "usr", 0755 },
	{ "usr/bin", 0755 },   { "usr/lib", 0755 },   { "usr/lib64", 0755 },
	{ "usr/sbin", 0755 },  { "usr/local", 0755 }, { "usr/local/bin", 0755 },
	{ "usr/share", 0755 }, { "var", 0755 },       { "var/lib", 0755 },
	{ "var/log", 0755 },   { "var/tmp", 01777 },
};

static const struct {
	const char *path;
	const char *target;
} links[] = {
	{ "bin", "usr/bin" },     { "lib", "usr/lib" },
	{ "lib64", "usr/lib64" }, { "sbin", "usr/sbin" },
	{ "var/run", "../run" },
};

static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
	                "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n" },
	{ "etc/group", "root:x:0:\nnogroup:x:65534:\n" },
	{ "etc/hosts", "127.0.0.1 localhost occlum\n"
	               "::1 localhost ip6-localhost ip6-loopback\n" },
	{ "etc/nsswitch.conf", "passwd: files\n"
	                       "group: files\n"
	                       "hosts: files dns\n"
	                       "networks: files\n"
	                       "protocols: files\n"
	                       "services: files\n" },
	{ "etc/host.conf", "multi on\n" },
	{ "etc/shells", "/bin/sh\n" },
};

static int make_folder(const char *root, const char *name, mode_t mode,
                       struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", root, name);

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return cli_fail_errno(err, "cannot make folder", path);
	/* mkdir() obeys the umask; the measurement must not. */
	if (chmod(path, mode) < 0)
		return cli_fail_errno(err, "cannot set the mode of", path);
	return 0;
}

static int make_link(const char *root, const char *name, const char *target,
                     struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", root, name);

	if (symlink(target, path) < 0 && errno != EEXIST)
		return cli_fail_errno(err, "cannot make link", path);
	return 0;
}

static int make_file(const char *root, const char *name, const char *text,
                     struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", root, name);

	return file_write(path, cspan_str(text), 0644, err);
}

int skeleton_create(const char *folder, struct cli_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && ret == 0; i++)
		ret = make_folder(folder, folders[i].path, folders[i].mode,
		                  err);
	for (size_t i = 0; i < ARRAY_SIZE(links) && ret == 0; i++)
		ret = make_link(folder, links[i].path, links[i].target, err);
	for (size_t i = 0; i < ARRAY_SIZE(files) && ret == 0; i++)
		ret = make_file(folder, files[i].path, files[i].text, err);
	return ret;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users.c - reads the passwd and group files of an image.
 */
#include "cli/image/users.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/image/inside.h"
#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

/* UINT32_MAX is no id: chown(2) reads it as "leave it". */
static int parse_number(const char *text, uint32_t *ret)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number >= UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)number;
	return 0;
}

static FILE *open_inside(const char *folder, const char *path)
{
	int fd = inside_open(folder, path);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

/* By @name, or by @uid where @name is NULL. */
static bool find_user(const char *folder, const char *name, uint32_t uid,
                      struct user *ret_user)
{
	scope_file FILE *f = open_inside(folder, "/etc/passwd");
	const struct passwd *pw;

	while (f && (pw = fgetpwent(f))) {
		if (name ? strcmp(pw->pw_name, name) != 0 : pw->pw_uid != uid)
			continue;
		*ret_user = (struct user){ pw->pw_uid, pw->pw_gid };
		return true;
	}
	return false;
}

/*
 * "NAME:PASSWORD:GID:MEMBERS"; read by hand, because glibc's <grp.h> names
 * parameters __user, which is a macro of ours.
 */
static bool parse_group(char *line, const char *name, uint32_t *ret_gid)
{
	char *password = strchr(line, ':');
	char *gid = password ? strchr(password + 1, ':') : NULL;

	if (!gid)
		return false;
	*password = '\0';
	gid++;
	gid[strcspn(gid, ":\n")] = '\0';
	return !strcmp(line, name) && parse_number(gid, ret_gid) == 0;
}

static bool find_group(const char *folder, const char *name, uint32_t *ret_gid)
{
	scope_file FILE *f = open_inside(folder, "/etc/group");
	scope_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) >= 0)
		if (parse_group(line, name, ret_gid))
			return true;
	return false;
}

static int parse_user(const char *folder, const char *text,
                      struct user *ret_user, struct cli_error *err)
{
	uint32_t uid;

	if (parse_number(text, &uid) == 0) {
		if (!find_user(folder, NULL, uid, ret_user))
			*ret_user = (struct user){ uid, uid };
		return 0;
	}
	if (text[0] && find_user(folder, text, 0, ret_user))
		return 0;
	return cli_fail(err, -EINVAL,
	                "there is no user \"%s\" in %s/etc/passwd: add a line "
	                "for it, or give a number",
	                text, folder);
}

int user_parse(const char *folder, const char *text, struct user *ret_user,
               struct cli_error *err)
{
	const char *colon = strchr(text, ':');
	scope_free char *name = mem_substring(
		text, colon ? (size_t)(colon - text) : strlen(text));
	struct user user;
	int ret = parse_user(folder, name, &user, err);

	if (ret < 0)
		return ret;
	if (colon && parse_number(colon + 1, &user.gid) < 0 &&
	    !find_group(folder, colon + 1, &user.gid))
		return cli_fail(err, -EINVAL,
		                "there is no group \"%s\" in %s/etc/group: add "
		                "a line for it, or give a number",
		                colon + 1, folder);
	*ret_user = user;
	return 0;
}

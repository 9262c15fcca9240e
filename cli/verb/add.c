/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add.c - `occlum add PROGRAM...`: from this machine into image/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/image/copier.h"
#include "cli/image/program.h"
#include "cli/instance/instance.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

enum { OPTION_LOCALE, OPTION_TZ, OPTION_TO };

static const char *const locale_files[] = {
	"/usr/lib/locale",
	"/usr/lib/x86_64-linux-gnu/gconv",
	NULL,
};

static const char *const zone_files[] = {
	"/usr/share/zoneinfo",
	NULL,
};

static int add_to(struct copier *c, const char *file, const char *folder,
                  struct cli_error *err)
{
	scope_free char *trimmed = mem_string(file);
	const char *slash;
	scope_free char *dest = NULL;
	size_t n = strlen(trimmed);

	while (n > 1 && trimmed[n - 1] == '/')
		trimmed[--n] = '\0';
	slash = strrchr(trimmed, '/');
	if (folder[0] != '/')
		return cli_misuse(err, "--to needs an absolute folder of the "
		                       "image, such as /bin");
	dest = mem_format("%s/%s", strcmp(folder, "/") ? folder : "",
	                  slash ? slash + 1 : trimmed);
	return copier_add_as(c, trimmed, dest, COPY_WITH_DEPS, err);
}

/*
 * A name is looked for in the system and keeps its path; so does an absolute path.
 * A relative one would put the builder's own folders into the image, so the
 * program goes to /bin.
 */
static int add_one(struct copier *c, const char *file, const char *folder,
                   struct cli_error *err)
{
	scope_free char *found = NULL;

	if (folder)
		return add_to(c, file, folder, err);
	if (file[0] == '/')
		return copier_add(c, file, err);
	if (strchr(file, '/'))
		return add_to(c, file, "/bin", err);
	found = program_find(file);
	if (!found)
		return cli_fail(err, -ENOENT,
		                "this machine has no program %s: install its "
		                "package, or give a path such as ./%s",
		                file, file);
	return copier_add(c, found, err);
}

/* What this machine does not have is left out. */
static int add_list(struct copier *c, const char *const *list,
                    struct cli_error *err)
{
	int ret = 0;

	for (; *list && ret == 0; list++)
		if (access(*list, F_OK) == 0)
			ret = copier_add(c, *list, err);
	return ret;
}

static int add_all(struct copier *c, const struct invocation *in,
                   struct cli_error *err)
{
	int ret = 0;

	for (int i = 0; i < in->argc && ret == 0; i++)
		ret = add_one(c, in->argv[i], in->value[OPTION_TO], err);
	if (ret == 0 && in->value[OPTION_LOCALE])
		ret = add_list(c, locale_files, err);
	if (ret == 0 && in->value[OPTION_TZ])
		ret = add_list(c, zone_files, err);
	return ret;
}

static int run(const struct invocation *in, struct cli_error *err)
{
	scope_fd int lock = -1;
	struct copier c;
	int ret = instance_check(err);

	if (ret == 0 && !in->argc && !in->value[OPTION_LOCALE] &&
	    !in->value[OPTION_TZ])
		return cli_misuse(err, "add what? for example: occlum add "
		                       "python3 /usr/lib/python3.11");
	if (ret == 0)
		ret = instance_lock_build(&lock, err);
	if (ret == 0)
		ret = copier_init(&c, INSTANCE_IMAGE, err);
	if (ret < 0)
		return ret;
	ret = add_all(&c, in, err);
	if (ret == 0)
		copier_report(&c);
	copier_fini(&c);
	return ret;
}

const struct verb verb_add = {
	.name = "add",
	.operands = "PROGRAM...",
	.summary = "copy programs and what they need into image/",
	.text = "Copies each PROGRAM, by its name or path, into image/ with its "
		"interpreter and shared\nlibraries. A folder is copied whole, "
		"with the libraries that files in it need. Paths\nstay as they "
		"are on this machine; a relative path such as ./hello goes to "
		"/bin.\nNothing is executed. Then run \"occlum build\".",
	.example = "occlum add python3 /usr/lib/python3.11",
	.option = {
		[OPTION_LOCALE] = { .name = "locale",
		                    .help = "this machine's locales and "
		                            "character sets too" },
		[OPTION_TZ] = { .name = "tz",
		                .help = "the time zone database too" },
		[OPTION_TO] = { .name = "to", .arg = "DIR",
		                .help = "put them into folder DIR of the "
		                        "image" },
	},
	.max_operands = -1,
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * new.c - `occlum new DIR` and `occlum init`.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/instance/instance.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

static int create(const char *name, struct cli_error *err)
{
	int ret = instance_create(err);

	if (ret < 0)
		return ret;
	printf("%s is an Occlum instance now; next: \"occlum add PROGRAM\", "
	       "\"occlum build\"\n",
	       name);
	return CLI_EXIT_OK;
}

static int run_new(const struct invocation *in, struct cli_error *err)
{
	const char *dir = in->argv[0];
	struct stat st;
	int ret;

	if (stat(dir, &st) == 0)
		return cli_fail(err, -EEXIST,
		                "%s exists already: choose another name, or "
		                "run \"occlum init\" in it",
		                dir);
	ret = file_make_dirs(dir, err);
	if (ret < 0)
		return ret;
	if (chdir(dir) < 0)
		return cli_fail_errno(err, "cannot change to folder", dir);
	return create(dir, err);
}

static int run_init(const struct invocation *in, struct cli_error *err)
{
	(void)in;
	return create("this folder", err);
}

const struct verb verb_new = {
	.name = "new",
	.operands = "DIR",
	.summary = "make folder DIR with a new instance in it",
	.text = "Makes DIR and does what \"occlum init\" does in it.",
	.example = "occlum new hello && cd hello",
	.min_operands = 1,
	.max_operands = 1,
	.exit_failed = CLI_EXIT_FAILED,
	.run = run_new,
};

const struct verb verb_init = {
	.name = "init",
	.operands = "",
	.summary = "make the current folder an instance",
	.text = "Writes Occlum.json, which says how much memory programs get "
		"and which may be\nstarted, and image/, the root folder as "
		"programs will see it. Nothing in them comes\nfrom this "
		"machine: time zone UTC, locale C.UTF-8, users root and "
		"nobody.\n\nWhat is in an instance:\n\n"
		"    Occlum.json   edit it; see Occlum.json(5)\n"
		"    image/        put programs and files here, or use "
		"\"occlum "
		"add\"\n"
		"    build/        what \"occlum build\" makes\n"
		"    volumes/      data that programs keep; never touched by "
		"build\n"
		"    run/          which programs are running",
	.exit_failed = CLI_EXIT_FAILED,
	.run = run_init,
};

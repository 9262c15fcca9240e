/* SPDX-License-Identifier: Apache-2.0 */
/*
 * occlum.c - the program `occlum`: runs instances, and leaves every other verb
 * to occlum-tools.
 *
 * Building an instance needs OpenSSL, Zydis and libyaml.  To load and relocate
 * them takes longer than the start of a small program, and `run` uses none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/instance/place.h"
#include "cli/memory.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

const struct verb *const verbs[] = { &verb_run, NULL };

/* Relative to the folder of this program. */
static const char *const places[] = {
	"../lib/occlum/occlum-tools", /* installed    */
	"occlum-tools",               /* build folder */
	NULL,
};

/* The verb behind any -C DIR, or NULL. */
static const char *verb_name(char **argv)
{
	for (argv++; *argv && !strcmp(*argv, "-C") && argv[1]; argv += 2)
		;
	return *argv;
}

static int run_tools(char **argv)
{
	char *path = place_find(places);

	if (!path) {
		cli_note("occlum-tools is not at %s beside this program: "
		         "install occlum again",
		         places[0]);
		return CLI_EXIT_FAILED;
	}
	execv(path, argv);
	cli_note("cannot start %s: %s", path, strerror(errno));
	free(path);
	return CLI_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	const char *name = verb_name(argv);

	if (name && !strcmp(name, verb_run.name))
		return command_main(argc, argv);
	return run_tools(argv);
}

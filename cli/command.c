/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.c - finds the verb, runs it, prints what went wrong.
 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/error.h"
#include "cli/verb.h"
#include "crypto/features_host.h"

#include "base/banned.h"

/* @verb may be NULL. */
static int report(const struct cli_error *err, const struct verb *verb)
{
	cli_note("%s", err->text);
	if (!err->exit_code)
		return verb ? verb->exit_failed : CLI_EXIT_FAILED;
	if (err->exit_code == CLI_EXIT_USAGE && verb && verb->exit_misused)
		return verb->exit_misused;
	return err->exit_code;
}

static int unknown_verb(const char *name, struct cli_error *err)
{
	const struct verb *like = verb_suggest(name);

	if (like)
		return cli_misuse(err, "there is no verb %s; did you mean %s?",
		                  name, like->name);
	return cli_misuse(err, "there is no verb %s; see \"occlum --help\"",
	                  name);
}

/*
 * -C DIR in front of the verb; may be repeated, as in git and make.  Goes on to
 * the verb behind a folder that isn't there: it decides the exit code.
 */
static int change_folder(int *argc, char ***argv, struct cli_error *err)
{
	int ret = 0;

	while (*argc > 0 && !strcmp((*argv)[0], "-C")) {
		if (*argc < 2)
			return cli_misuse(err, "-C needs a folder: -C DIR");
		if (ret == 0 && chdir((*argv)[1]) < 0)
			ret = cli_fail_errno(err, "cannot change to folder",
			                     (*argv)[1]);
		*argc -= 2;
		*argv += 2;
	}
	return ret;
}

/* "VERB --help" means "help VERB", unless it is PROGRAM's own --help. */
static int wants_help(int argc, char **argv)
{
	return argc > 0 &&
	       (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"));
}

static int run_verb(const struct verb *verb, int argc, char **argv,
                    struct cli_error *err)
{
	struct invocation in;
	int ret;

	if (wants_help(argc, argv)) {
		verb_print_help(verb);
		return CLI_EXIT_OK;
	}
	ret = verb_parse(verb, argc, argv, &in, err);
	if (ret == 0)
		ret = verb->run(&in, err);
	if (ret < 0)
		return report(err, verb);
	if (fflush(stdout) || ferror(stdout)) {
		cli_note("cannot write to standard output");
		return verb->exit_failed;
	}
	return ret;
}

int command_main(int argc, char **argv)
{
	struct cli_error err = { 0 };
	const struct verb *verb;

	/*
	 * Chooses the fast SHA-256.  It fails where AES is missing, which only
	 * running an enclave needs, and that has its own word for it.
	 */
	if (crypto_init_host() < 0)
		err.text[0] = '\0';

	argc--;
	argv++;
	if (change_folder(&argc, &argv, &err) < 0)
		return report(&err, argc > 0 ? verb_find(argv[0]) : NULL);
	if (!argc || wants_help(argc, argv)) {
		verb_print_overview();
		return argc ? CLI_EXIT_OK : CLI_EXIT_USAGE;
	}
	verb = verb_find(strcmp(argv[0], "--version") ? argv[0] : "version");
	if (!verb) {
		unknown_verb(argv[0], &err);
		return report(&err, NULL);
	}
	return run_verb(verb, argc - 1, argv + 1, &err);
}

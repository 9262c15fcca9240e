/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.c - `occlum help [VERB]`.
 */
#include <stdio.h>

#include "cli/verb/verbs.h"

#include "base/banned.h"

static int run(const struct invocation *in, struct cli_error *err)
{
	const struct verb *verb;

	if (!in->argc) {
		verb_print_overview();
		return CLI_EXIT_OK;
	}
	verb = verb_find(in->argv[0]);
	if (!verb)
		return cli_misuse(err,
		                  "there is no verb %s; see \"occlum "
		                  "help\"",
		                  in->argv[0]);
	verb_print_help(verb);
	return CLI_EXIT_OK;
}

const struct verb verb_help = {
	.name = "help",
	.operands = "[VERB]",
	.summary = "explain a verb",
	.text = "Without VERB lists all of them. The manual is occlum(1), the "
		"format of Occlum.json\nOcclum.json(5).",
	.max_operands = 1,
	.exit_failed = CLI_EXIT_USAGE,
	.run = run,
};

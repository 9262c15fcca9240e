/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - `occlum check`: every finding about Occlum.json.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/config/config.h"
#include "cli/instance/instance.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

static void print_all(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->item[i];
		scope_free char *sentence = problem_sentence(p, CONFIG_FILE);

		printf("%s: %s\n",
		       p->severity == SEVERITY_ERROR ? "error" : "warning",
		       sentence);
	}
}

static int run(const struct invocation *in, struct cli_error *err)
{
	struct problems problems = { 0 };
	struct config config;
	int ret = instance_check(err);

	(void)in;
	if (ret < 0)
		return ret;
	ret = config_load(CONFIG_FILE, &config, &problems, err);
	config_fini(&config);
	print_all(&problems);
	if (ret == 0)
		printf("%s is right%s\n", CONFIG_FILE,
		       problems.count ? ", but some of it has no effect" : "");
	/* The findings are the message; without any, @err is. */
	if (ret < 0 && problems.n_errors)
		ret = CLI_EXIT_FAILED;
	problems_fini(&problems);
	return ret;
}

const struct verb verb_check = {
	.name = "check",
	.operands = "",
	.summary = "say what is wrong with Occlum.json, and on which line",
	.text = "Prints every unknown, ill-typed, contradictory or ineffective "
		"field of Occlum.json\nwith its line and what to do about it. "
		"Exit code 1 if \"occlum build\" would refuse it.",
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

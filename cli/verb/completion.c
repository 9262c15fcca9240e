/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.c - `occlum completion bash`: a script made from the verb table.
 */
#include <stdio.h>
#include <string.h>

#include "cli/verb/verbs.h"

#include "base/banned.h"

static void print_spaced(const char *alternatives)
{
	for (const char *p = alternatives; *p; p++)
		putchar(*p == '|' ? ' ' : *p);
}

/* "--epc" takes a value, so the word behind it is not an operand. */
static void print_value_cases(const struct verb *verb)
{
	for (size_t i = 0; verb->option[i].name; i++) {
		const struct verb_option *o = &verb->option[i];

		if (!o->values && (!o->arg || strcmp(o->arg, "FILE")))
			continue;
		printf("\t%s:--%s)\n\t\tCOMPREPLY=($(compgen ", verb->name,
		       o->name);
		if (o->values) {
			printf("-W \"");
			print_spaced(o->values);
			printf("\"");
		} else {
			printf("-f");
		}
		printf(" -- \"$word\"))\n\t\treturn ;;\n");
	}
}

static void print_verb_case(const struct verb *verb)
{
	printf("\t%s)\n\t\twords=\"", verb->name);
	for (size_t i = 0; verb->option[i].name; i++)
		printf("--%s ", verb->option[i].name);
	if (verb == &verb_help)
		for (size_t i = 0; verbs[i]; i++)
			printf("%s ", verbs[i]->name);
	else if (strchr(verb->operands, '|'))
		print_spaced(verb->operands);
	printf("\" ;;\n");
}

static void print_bash(void)
{
	printf("# bash completion for occlum, made by \"occlum completion "
	       "bash\"\n"
	       "_occlum()\n{\n"
	       "\tlocal word=$2 verb=${COMP_WORDS[1]} words=\n\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"");
	for (size_t i = 0; verbs[i]; i++)
		printf("%s ", verbs[i]->name);
	printf("--help --version\" -- \"$word\"))\n\t\treturn\n\tfi\n"
	       "\tcase $verb:$3 in\n");
	for (size_t i = 0; verbs[i]; i++)
		print_value_cases(verbs[i]);
	printf("\tesac\n\tcase $verb in\n");
	for (size_t i = 0; verbs[i]; i++)
		print_verb_case(verbs[i]);
	printf("\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	       "\t[ \"${#COMPREPLY[@]}\" -gt 0 ] ||\n"
	       "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	       "}\ncomplete -F _occlum occlum\n");
}

static int run(const struct invocation *in, struct cli_error *err)
{
	if (strcmp(in->argv[0], "bash"))
		return cli_misuse(err, "there is a completion for bash only");
	print_bash();
	return CLI_EXIT_OK;
}

const struct verb verb_completion = {
	.name = "completion",
	.operands = "bash",
	.summary = "print a completion script for the shell",
	.text = "Prints a script that makes bash complete occlum's verbs and "
		"options. Packages install\nit; by hand:",
	.example = "source <(occlum completion bash)",
	.min_operands = 1,
	.max_operands = 1,
	.exit_failed = CLI_EXIT_USAGE,
	.run = run,
};

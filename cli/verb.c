/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb.c - finding verbs, and the parser of their command lines.
 */
#include "cli/verb.h"

#include <stdio.h>
#include <string.h>

#include "cli/config/nearest.h"

#include "base/banned.h"

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

const struct verb *verb_suggest(const char *name)
{
	const struct verb *best = NULL;
	unsigned int best_far = NEAREST_FAR;

	for (size_t i = 0; verbs[i]; i++) {
		unsigned int far = nearest_distance(name, verbs[i]->name);

		if (far < best_far && far < strlen(name)) {
			best_far = far;
			best = verbs[i];
		}
	}
	return best;
}

static int find_long(const struct verb *verb, const char *name, size_t size)
{
	for (int i = 0; verb->option[i].name; i++)
		if (strlen(verb->option[i].name) == size &&
		    !strncmp(verb->option[i].name, name, size))
			return i;
	return -1;
}

static int find_letter(const struct verb *verb, char letter)
{
	for (int i = 0; verb->option[i].name; i++)
		if (verb->option[i].letter == letter)
			return i;
	return -1;
}

/* Index of the option that @word names, and what follows its '='. */
static int find_option(const struct verb *verb, const char *word,
                       const char **ret_value)
{
	const char *equals = strchr(word, '=');

	*ret_value = NULL;
	if (word[1] != '-')
		return word[2] ? -1 : find_letter(verb, word[1]);
	if (!equals)
		return find_long(verb, word + 2, strlen(word + 2));
	*ret_value = equals + 1;
	return find_long(verb, word + 2, (size_t)(equals - word - 2));
}

struct words {
	int argc;
	char **argv;
	int next;
};

static int take_option(const struct verb *verb, struct words *w,
                       struct invocation *in, struct cli_error *err)
{
	const char *word = w->argv[w->next++];
	const struct verb_option *option;
	const char *value;
	int i = find_option(verb, word, &value);

	if (i < 0)
		return cli_misuse(err,
		                  "%s has no option %s; see \"occlum help %s\"",
		                  verb->name, word, verb->name);
	option = &verb->option[i];
	if (!option->arg && value)
		return cli_misuse(err, "--%s takes no value", option->name);
	if (option->arg && option->arg[0] != '[' && !value) {
		if (w->next == w->argc)
			return cli_misuse(err, "--%s needs a value: --%s %s",
			                  option->name, option->name,
			                  option->arg);
		value = w->argv[w->next++];
	}
	in->value[i] = value ? value : "";
	return 0;
}

static int check_count(const struct verb *verb, int count,
                       struct cli_error *err)
{
	if (count >= verb->min_operands &&
	    (verb->max_operands < 0 || count <= verb->max_operands))
		return 0;
	return cli_misuse(err, "usage: occlum %s%s%s%s; see \"occlum help %s\"",
	                  verb->name, verb->option[0].name ? " [OPTIONS]" : "",
	                  verb->operands[0] ? " " : "", verb->operands,
	                  verb->name);
}

int verb_parse(const struct verb *verb, int argc, char **argv,
               struct invocation *ret_in, struct cli_error *err)
{
	struct words w = { .argc = argc, .argv = argv };
	int ret;

	/* Operands are moved to the front of argv, behind those before. */
	*ret_in = (struct invocation){ .argv = argv };
	while (w.next < argc) {
		char *word = argv[w.next];

		if (!strcmp(word, "--")) {
			w.next++;
			break;
		}
		if (word[0] == '-' && word[1]) {
			ret = take_option(verb, &w, ret_in, err);
			if (ret < 0)
				return ret;
			continue;
		}
		if (verb->syntax == SYNTAX_IN_FRONT)
			break;
		argv[ret_in->argc++] = argv[w.next++];
	}
	while (w.next < argc)
		argv[ret_in->argc++] = argv[w.next++];
	argv[ret_in->argc] = NULL;
	return check_count(verb, ret_in->argc, err);
}

void verb_print_overview(void)
{
	printf("occlum runs unmodified Linux programs in an enclave.\n\n"
	       "usage: occlum [-C DIR] VERB [OPTIONS] [ARGS]\n\n"
	       "A first enclave, in an empty folder:\n\n"
	       "    occlum new hello && cd hello\n"
	       "    occlum add /bin/busybox\n"
	       "    occlum build\n"
	       "    occlum run /bin/busybox uname -a\n\n"
	       "Verbs:\n\n");
	for (size_t i = 0; verbs[i]; i++)
		printf("    %-11s %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\n-C DIR works in DIR instead of the current folder.\n"
	       "\"occlum help VERB\" tells more about one of them.\n");
}

static void print_option(const struct verb_option *option)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
	         option->letter ? "-" : "",
	         option->letter ? option->letter : ' ',
	         option->letter ? ", " : "", option->name,
	         option->arg && option->arg[0] != '[' ? " " : "",
	         option->arg ? option->arg : "");
	printf("    %-30s %s\n", left[0] == ' ' ? left + 1 : left,
	       option->help);
}

void verb_print_help(const struct verb *verb)
{
	printf("usage: occlum %s%s%s%s\n\n%s\n", verb->name,
	       verb->option[0].name ? " [OPTIONS]" : "",
	       verb->operands[0] ? " " : "", verb->operands, verb->text);
	if (verb->option[0].name)
		printf("\nOptions:\n\n");
	for (size_t i = 0; verb->option[i].name; i++)
		print_option(&verb->option[i]);
	if (verb->example)
		printf("\nExample:\n\n    %s\n", verb->example);
}

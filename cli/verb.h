/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb.h - a sub-command of `occlum`: its words, its options, its function.
 *
 * Each verb is one file in cli/verb/ that defines one struct verb; each program
 * lists the verbs it has (cli/command.h).  Parsing, --help, the man page's synopsis and shell completion
 * all come from these tables.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"
#include "cli/error.h"

enum { VERB_OPTIONS_MAX = 8 };

/*
 * @arg: NULL for a flag; "FILE" for --name FILE or --name=FILE; "[=LIST]" where
 * the value is optional and only comes behind an equals sign.
 */
struct verb_option {
	const char *name; /* without "--"; NULL ends the table */
	char letter;      /* short form, or 0 */
	const char *arg;
	const char *values; /* "auto|sgx|emu" for completion, or NULL */
	const char *help;
};

struct invocation {
	/* By index in verb->option: NULL not given, "" given without value. */
	const char *value[VERB_OPTIONS_MAX];
	int argc; /* operands */
	char **argv;
};

/* Where options may stand. */
enum verb_syntax {
	SYNTAX_ANYWHERE, /* before, between and behind operands   */
	SYNTAX_IN_FRONT  /* from the first operand on, all is PROGRAM's */
};

struct verb {
	const char *name;
	const char *operands; /* "PROGRAM [ARGS...]", or "" */
	const char *summary;  /* one line */
	const char *text;     /* what it does, for people new to it */
	const char *example;
	struct verb_option option[VERB_OPTIONS_MAX + 1];
	enum verb_syntax syntax;
	int min_operands;
	int max_operands; /* -1: any number */
	int exit_failed;  /* exit code where @run fails                  */
	int exit_misused; /* for wrong words; 0: CLI_EXIT_USAGE          */
	/* An exit code, or a negative errno with @err filled in. */
	int (*run)(const struct invocation *in, struct cli_error *err);
};

/* The program's verbs in the order of --help; NULL at the end. */
extern const struct verb *const verbs[];

const struct verb *verb_find(const char *name);

/* The verb most like @name, or NULL. */
const struct verb *verb_suggest(const char *name);

/* Fill @ret_in from the words behind the verb; 0 or a usage error. */
__must_check int verb_parse(const struct verb *verb, int argc, char **argv,
                            struct invocation *ret_in, struct cli_error *err);

/* --help for all, and for one verb; on stdout. */
void verb_print_overview(void);
void verb_print_help(const struct verb *verb);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools.c - the program occlum-tools: every verb.
 */
#include "cli/command.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

const struct verb *const verbs[] = {
	&verb_new,     &verb_init,    &verb_add,    &verb_bom,
	&verb_check,   &verb_build,   &verb_run,    &verb_print,
	&verb_measure, &verb_status,  &verb_doctor, &verb_completion,
	&verb_help,    &verb_version, NULL,
};

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}

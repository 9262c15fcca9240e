/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - main() of a program that has verbs: those of cli/verb.h's table.
 *
 * There are two.  `occlum` has the verb "run" alone and starts quickly; it lets
 * `occlum-tools`, which has them all, do the rest.
 */
#pragma once

int command_main(int argc, char **argv);

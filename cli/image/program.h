/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - which file a program's bare name means.
 */
#pragma once

/*
 * program_find - the absolute path of program @name, to be freed, or NULL.
 *
 * The system's own folders come before $PATH: those are where the image's PATH
 * points, while a builder's PATH may lead into a home folder first.
 */
char *program_find(const char *name);

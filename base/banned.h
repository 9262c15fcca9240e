/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h - library calls that have no safe use.  Include it last.
 *
 * Whoever includes it cannot name them any more, not even in a header that
 * follows; hence last.  `make lint` looks for the same names in all sources,
 * so a file that forgot the include is found too.
 *
 *   strcpy strcat stpcpy      no bound: str_copy(), str_format()
 *   strncpy strncat           no NUL, or a bound that means something else
 *   sprintf vsprintf          no bound: str_format(), snprintf()
 *   gets                      no bound
 *   strtok                    hidden state: strchr(), spans
 *   alloca                    no failure: an array of known size, or the heap
 *   atoi atol atoll atof      no error: strtoul() and its end pointer
 *   tmpnam mktemp tempnam     a race: mkstemp()
 */
#pragma once

#undef strcpy
#undef strcat
#undef stpcpy
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef gets
#undef strtok
#undef alloca
#undef atoi
#undef atol
#undef atoll
#undef atof
#undef tmpnam
#undef mktemp
#undef tempnam

#pragma GCC poison strcpy strcat stpcpy strncpy strncat
#pragma GCC poison sprintf vsprintf gets strtok alloca
#pragma GCC poison atoi atol atoll atof tmpnam mktemp tempnam

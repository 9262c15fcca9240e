/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem.h - what is wrong, or without effect, in an Occlum.json.
 *
 * A check does not stop at the first finding: all are collected, and the verb
 * decides whether to print the first or every one.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct problem {
	enum severity severity;
	unsigned int line; /* 0: the file as a whole */
	char *field;       /* "mount[1].target", or "" */
	char *message;     /* what is wrong, and the remedy */
};

/* All zero is the empty list. */
struct problems {
	struct problem *item;
	size_t count;
	size_t n_errors;
};

__printf(5, 6) void problems_add(struct problems *list, enum severity severity,
                                 unsigned int line, const char *field,
                                 const char *fmt, ...);
void problems_fini(struct problems *list);

/* "FILE:LINE: FIELD: message", to be freed. */
char *problem_sentence(const struct problem *problem, const char *file);

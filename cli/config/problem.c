/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem.c - a list of findings.
 */
#include "cli/config/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/memory.h"

#include "base/banned.h"

void problems_add(struct problems *list, enum severity severity,
                  unsigned int line, const char *field, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);

	list->item = mem_grow(list->item, list->count, sizeof(*list->item));
	list->item[list->count++] = (struct problem){
		.severity = severity,
		.line = line,
		.field = mem_string(field),
		.message = mem_string(message),
	};
	if (severity == SEVERITY_ERROR)
		list->n_errors++;
}

void problems_fini(struct problems *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->item[i].field);
		free(list->item[i].message);
	}
	free(list->item);
	*list = (struct problems){ 0 };
}

char *problem_sentence(const struct problem *problem, const char *file)
{
	const char *colon = problem->field[0] ? ": " : "";

	if (!problem->line)
		return mem_format("%s: %s%s%s", file, problem->field, colon,
		                  problem->message);
	return mem_format("%s:%u: %s%s%s", file, problem->line, problem->field,
	                  colon, problem->message);
}

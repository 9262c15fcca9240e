/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locate.h - the line on which a field of a JSON text stands.
 *
 * jansson tells a line for syntax errors only.  A message about a field that
 * parsed well, but is wrong, needs one too, so we look for the key again in
 * the text.
 *
 *	struct json_path path = { 0 };
 *
 *	json_path_key(&path, "mount");
 *	json_path_index(&path, 1);
 *	line = json_locate(text, size, &path);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

enum {
	JSON_PATH_MAX = 24, /* far deeper than any field we know */
	JSON_NAME_MAX = 512,
};

/* One step down: into an object by @key, or into an array by @index. */
struct json_step {
	const char *key; /* NULL: an index; borrowed */
	size_t index;
};

struct json_path {
	struct json_step step[JSON_PATH_MAX];
	size_t depth;
};

/* False where the path is full; json_path_up() takes the last step back. */
__must_check bool json_path_key(struct json_path *path, const char *key);
__must_check bool json_path_index(struct json_path *path, size_t index);
void json_path_up(struct json_path *path);

/* The path as people write it, "mount[1].target", or as the table of fields
 * does, "mount[].target"; cut to fit. */
enum json_name_form { JSON_NAME_EXACT, JSON_NAME_PATTERN };
void json_path_name(const struct json_path *path, enum json_name_form form,
                    char ret_name[JSON_NAME_MAX]);

/*
 * json_locate - the line, from 1, of the key (or array element) that @path
 * names in @text.
 *
 * Where a step does not exist, the line of the last one that does.  The text
 * has been accepted by a JSON parser before; on any other the answer is some
 * line of it.
 */
unsigned int json_locate(const char *text, size_t size,
                         const struct json_path *path);

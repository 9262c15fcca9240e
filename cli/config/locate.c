/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locate.c - a scanner that skips JSON values and counts lines.
 *
 * It validates nothing.  Whatever the bytes are, each step consumes at least
 * one of them or ends the scan, so it always ends.
 */
#include "cli/config/locate.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

struct scan {
	const char *pos;
	const char *end;
	unsigned int line;
};

bool json_path_key(struct json_path *path, const char *key)
{
	if (path->depth == JSON_PATH_MAX)
		return false;
	path->step[path->depth++] = (struct json_step){ .key = key };
	return true;
}

bool json_path_index(struct json_path *path, size_t index)
{
	if (path->depth == JSON_PATH_MAX)
		return false;
	path->step[path->depth++] = (struct json_step){ .index = index };
	return true;
}

void json_path_up(struct json_path *path)
{
	path->depth--;
}

void json_path_name(const struct json_path *path, enum json_name_form form,
                    char ret_name[JSON_NAME_MAX])
{
	size_t used = 0;
	int n;

	ret_name[0] = '\0';
	for (size_t i = 0; i < path->depth && used < JSON_NAME_MAX; i++) {
		const struct json_step *step = &path->step[i];
		char *at = ret_name + used;
		size_t left = JSON_NAME_MAX - used;

		if (step->key)
			n = snprintf(at, left, "%s%s", i ? "." : "", step->key);
		else if (form == JSON_NAME_EXACT)
			n = snprintf(at, left, "[%zu]", step->index);
		else
			n = snprintf(at, left, "[]");
		used += n > 0 ? (size_t)n : 0;
	}
}

static char peek(const struct scan *s)
{
	return s->pos < s->end ? *s->pos : '\0';
}

static void advance(struct scan *s)
{
	if (s->pos == s->end)
		return;
	if (*s->pos == '\n')
		s->line++;
	s->pos++;
}

static void skip_space(struct scan *s)
{
	while (s->pos < s->end && strchr(" \t\r\n", *s->pos))
		advance(s);
}

/* Over a string, from its opening quote to behind the closing one. */
static void skip_string(struct scan *s)
{
	advance(s);
	while (s->pos < s->end && *s->pos != '"') {
		if (*s->pos == '\\')
			advance(s);
		advance(s);
	}
	advance(s);
}

/* Over any value: brackets are counted, strings skipped as a whole. */
static void skip_value(struct scan *s)
{
	size_t depth = 0;

	do {
		skip_space(s);
		if (peek(s) == '"') {
			skip_string(s);
		} else if (peek(s) == '{' || peek(s) == '[') {
			depth++;
			advance(s);
		} else if (peek(s) == '}' || peek(s) == ']') {
			if (!depth)
				return;
			depth--;
			advance(s);
		} else if (depth) {
			advance(s);
		} else {
			while (s->pos < s->end &&
			       !strchr(",]} \t\r\n", *s->pos))
				advance(s);
		}
	} while (depth && s->pos < s->end);
}

/* Does the string at [@quoted, @end), quotes included, mean @key? */
static bool key_equals(const char *quoted, const char *end, const char *key)
{
	size_t size = (size_t)(end - quoted);
	json_t *decoded;
	bool equal;

	if (!memchr(quoted, '\\', size))
		return size == strlen(key) + 2 &&
		       !memcmp(quoted + 1, key, size - 2);
	decoded = json_loadb(quoted, size, JSON_DECODE_ANY, NULL);
	equal = decoded && !strcmp(json_string_value(decoded), key);
	json_decref(decoded);
	return equal;
}

/* Behind a value: true, and past the comma, if another member follows. */
static bool next_member(struct scan *s)
{
	skip_space(s);
	if (peek(s) != ',')
		return false;
	advance(s);
	return true;
}

/* Into an object, up to the value of @key; *ret_line is the key's line. */
static bool enter_object(struct scan *s, const char *key,
                         unsigned int *ret_line)
{
	const char *quoted;
	bool found;

	if (peek(s) != '{')
		return false;
	advance(s);
	do {
		skip_space(s);
		if (peek(s) != '"')
			return false;
		*ret_line = s->line;
		quoted = s->pos;
		skip_string(s);
		found = key_equals(quoted, s->pos, key);
		skip_space(s);
		advance(s); /* the colon */
		skip_space(s);
		if (found)
			return true;
		skip_value(s);
	} while (next_member(s));
	return false;
}

static bool enter_array(struct scan *s, size_t index, unsigned int *ret_line)
{
	if (peek(s) != '[')
		return false;
	advance(s);
	for (size_t i = 0; i < index; i++) {
		skip_value(s);
		if (!next_member(s))
			return false;
	}
	skip_space(s);
	*ret_line = s->line;
	return true;
}

unsigned int json_locate(const char *text, size_t size,
                         const struct json_path *path)
{
	struct scan s = { .pos = text, .end = text + size, .line = 1 };
	unsigned int line;
	unsigned int here;
	bool found;

	skip_space(&s);
	line = s.line;
	for (size_t i = 0; i < path->depth; i++) {
		const struct json_step *step = &path->step[i];

		found = step->key ? enter_object(&s, step->key, &here)
		                  : enter_array(&s, step->index, &here);
		if (!found)
			break;
		line = here;
	}
	return line;
}

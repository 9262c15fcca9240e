/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tests/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
	char *name;
	char *text;
	uint8_t *bytes;
};

struct vectors {
	FILE *file;
	char *line;
	size_t line_size;
	char section[64];
	struct field field[VECTOR_FIELDS_MAX];
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "vectors: %s: %s\n", what, name);
	exit(1);
}

struct vectors *vectors_open(const char *dir, const char *file)
{
	struct vectors *v = calloc(1, sizeof(*v));
	char path[512];

	if (!v)
		die("out of memory", file);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	v->file = fopen(path, "r");
	if (!v->file)
		die("install python3-cryptography-vectors; cannot open", path);
	return v;
}

void vectors_close(struct vectors *v)
{
	for (size_t i = 0; i < VECTOR_FIELDS_MAX; i++) {
		free(v->field[i].name);
		free(v->field[i].text);
		free(v->field[i].bytes);
	}
	fclose(v->file);
	free(v->line);
	free(v);
}

static struct field *find(const struct vectors *v, const char *name)
{
	for (size_t i = 0; i < VECTOR_FIELDS_MAX; i++)
		if (v->field[i].name && strcmp(v->field[i].name, name) == 0)
			return (struct field *)&v->field[i];
	return NULL;
}

static struct field *find_or_add(struct vectors *v, const char *name)
{
	struct field *f = find(v, name);

	for (size_t i = 0; !f && i < VECTOR_FIELDS_MAX; i++)
		if (!v->field[i].name) {
			f = &v->field[i];
			f->name = strdup(name);
		}
	if (!f)
		die("too many fields at", name);
	return f;
}

/* Cut @s after its last character that is not white. */
static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

static void set_field(struct vectors *v, const char *name, const char *text)
{
	struct field *f = find_or_add(v, name);

	free(f->text);
	f->text = strdup(text);
}

/* True if the line set the field @last. */
static bool take_line(struct vectors *v, char *line, const char *last)
{
	char *equals, *name;

	line = trim(line);
	if (line[0] == '[') {
		line[strcspn(line, "]")] = '\0';
		snprintf(v->section, sizeof(v->section), "%s", line + 1);
		return false;
	}
	if (strcmp(line, "FAIL") == 0) {
		set_field(v, last, line);
		return true;
	}
	equals = strchr(line, '=');
	if (line[0] == '#' || !equals)
		return false;
	*equals = '\0';
	name = trim(line);
	set_field(v, name, trim(equals + 1));
	return strcmp(name, last) == 0;
}

bool vectors_next(struct vectors *v, const char *last)
{
	while (getline(&v->line, &v->line_size, v->file) >= 0)
		if (take_line(v, v->line, last))
			return true;
	return false;
}

const char *vectors_section(const struct vectors *v)
{
	return v->section;
}

const char *vectors_text(const struct vectors *v, const char *name)
{
	struct field *f = find(v, name);

	if (!f)
		die("no field", name);
	return f->text;
}

struct cspan vectors_bytes(struct vectors *v, const char *name)
{
	const char *hex = vectors_text(v, name);
	struct field *f = find(v, name);
	size_t n = strlen(hex) / 2;

	free(f->bytes);
	f->bytes = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &f->bytes[i]) != 1)
			die("not hexadecimal", name);
	return cspan_make(f->bytes, n);
}

size_t vectors_number(const struct vectors *v, const char *name)
{
	return strtoul(vectors_text(v, name), NULL, 10);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - the table of all fields of Occlum.json.
 *
 * Occlum 0.31's fields are all here, so that a file written for it is read:
 * those that mean something are used, the others are accepted with a warning
 * that says what happens instead.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum field_type {
	FIELD_OBJECT,
	FIELD_LIST,  /* of objects                            */
	FIELD_SIZE,  /* "64MB"; uint64_t, whole pages         */
	FIELD_COUNT, /* integer; uint64_t                     */
	FIELD_BOOL,
	FIELD_TEXT,
	FIELD_TEXTS, /* list of strings                       */
	FIELD_HEX,   /* "0x0"; uint64_t                       */
	FIELD_OCTAL, /* "022"; uint64_t                       */
	FIELD_TYPES
};

/* Which struct @offset counts in. */
enum field_home { HOME_NONE, HOME_CONFIG, HOME_MOUNT };

struct field {
	const char *path; /* "mount[].target" */
	enum field_type type;
	enum field_home home; /* HOME_NONE: checked, kept nowhere */
	size_t offset;
	uint64_t min, max;    /* FIELD_SIZE, _COUNT, _HEX, _OCTAL */
	const char *fallback; /* the default, as written in the file */
	const char *help;     /* one line for the documentation */
	const char *ignored;  /* NULL: used; else why it has no effect */
};

extern const struct field schema[];
extern const size_t schema_size;

/*
 * schema_find - the field named by pattern @name, or NULL.
 *
 * The layers of a unionfs are mounts: mount[].options.layers[] stands for
 * mount[], at any depth.
 */
const struct field *schema_find(const char *name);

/* The field beside @name (same parent) whose name is most like it, or NULL. */
const struct field *schema_suggest(const char *name);

/* "a size such as \"64MB\"" */
const char *schema_type_name(enum field_type type);

/* The last component of @path. */
const char *schema_leaf(const char *path);

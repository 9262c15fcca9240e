/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors.h - a reader for NIST's and the RFCs' files of "Name = value" lines.
 *
 * Lines build up one record; a record is complete when its last field, which
 * differs per file, has been seen.  A file that is missing or has fewer records
 * than it must have fails the test: vectors that were not run prove nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
	VECTOR_FIELDS_MAX = 12,
};

struct vectors;

/* @dir: where python3-cryptography-vectors is.  Exits if there is no file. */
struct vectors *vectors_open(const char *dir, const char *file);
void vectors_close(struct vectors *v);

/*
 * Read until field @last has been set.  False at the end of the file.  Fields
 * of earlier records keep their values until they are set again.  Where NIST
 * writes FAIL instead of the last field, that is its text.
 */
bool vectors_next(struct vectors *v, const char *last);

/* The line "[section]" in force, "" before the first. */
const char *vectors_section(const struct vectors *v);

/* Field @name; exits if it was never set.  Bytes are decoded from hex. */
const char *vectors_text(const struct vectors *v, const char *name);
struct cspan vectors_bytes(struct vectors *v, const char *name);
size_t vectors_number(const struct vectors *v, const char *name);

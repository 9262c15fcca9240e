/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - a file for mapping tests: a vm_object over a buffer.  Byte i of the
 * file is file_byte(seed, i) until somebody writes.
 */
#pragma once

#include "libos/mm/object.h"

struct test_file {
	struct vm_object obj;
	uint32_t refs;
	uint8_t *bytes;
	uint64_t size;
	uint64_t seed;
	bool is_cacheable;
	uint64_t reads, writes; /* calls */
	int read_error;         /* -errno, or 0 */
};

uint8_t file_byte(uint64_t seed, uint64_t offset);
struct test_file *file_create(uint64_t seed, uint64_t size);
void file_put_last(struct test_file *f); /* dies if refs are left */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootimage.h - a measured root made by the test itself (abi/rootidx.h), and a
 * host that serves it and can lie.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "libos/fs/rootfs.h"

struct image_entry {
	const char *path;
	uint32_t mode;
	const char *target; /* symbolic links */
	size_t size;        /* regular files: see image_byte() */
	uint32_t hardlink;  /* 1 + number of the entry */
	size_t sites_size;
	uint32_t mtime;
};

#define IMAGE_INDEX_MAX (1u << 20)
#define IMAGE_BODY_MAX (8u << 20)

struct image {
	uint8_t index[IMAGE_INDEX_MAX];
	size_t index_size;
	uint8_t body[IMAGE_BODY_MAX];
	size_t body_size;
	uint8_t digest[32];
	unsigned int body_reads;
	long index_error; /* what reading the index answers instead */
};

extern struct image image;

/* Byte @off of entry @number's content; of its site table with @off >= 2^40. */
uint8_t image_byte(size_t number, uint64_t off);
void image_build(const struct image_entry *entries, size_t count);
/* After a change of the index: measure it again. */
void image_measure(void);
void image_config(struct rootfs_config *ret);
/* Where entry @number's content lies in the body. */
uint64_t image_body_offset(size_t number);

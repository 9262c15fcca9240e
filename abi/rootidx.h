/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootidx.h - the measured root: an index that is hashed whole into the boot
 * config, and a body that is verified 64 KiB at a time when first read.
 *
 * index = struct rootidx_header, then n_entries times
 *         struct rootidx_entry, path, link target, n_chunks digests, packed
 *         without padding.
 * A digest is sha256_halves() of crypto/sha256.h, which verifies almost twice as
 * fast as SHA-256 itself.
 * Entries are sorted by path, bytewise; a directory comes before what is in
 * it; the first entry is "/".  Paths are absolute, normalised, without a
 * trailing slash.  Owners are 0, and so are the times of folders and links.
 *
 * body  = the files one after another, each from a 4 KiB boundary; holes
 *         between them are zeros and belong to no digest.
 *
 * An ELF file may carry a site table (abi/sites.h): bytes of the body as
 * well, with one digest of their own in the entry.
 */
#pragma once

#include <stdint.h>

#include "abi/wire.h"

#define ROOTIDX_MAGIC 0x3158444941464f53ull /* "SOFAIDX1" */
#define ROOTIDX_VERSION 3
#define ROOTIDX_CHUNK 65536
#define ROOTIDX_DIGEST 32
#define ROOTIDX_PATH_MAX 4095

struct rootidx_header {
	uint64_t magic;
	uint32_t version;
	uint32_t n_entries;
	uint64_t index_size; /* whole file, bytes */
	uint64_t body_size;
};
WIRE_SIZE(struct rootidx_header, 32);

struct rootidx_entry {
	uint64_t size;         /* regular files: bytes                        */
	uint64_t body_offset;  /* regular files: where they start in the body */
	uint64_t sites_offset; /* 0: no site table                           */
	uint32_t sites_size;
	uint32_t mode;     /* type and permission bits, as st_mode       */
	uint32_t n_chunks; /* ceil(size / ROOTIDX_CHUNK)                 */
	uint32_t hardlink; /* 0, or 1 + number of the entry it is a link to */
	uint16_t path_size;
	uint16_t target_size; /* symbolic links */
	uint32_t mtime;       /* regular files: seconds since 1970 */
	uint8_t sites_digest[ROOTIDX_DIGEST];
};
WIRE_SIZE(struct rootidx_entry, 80);

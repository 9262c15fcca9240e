/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootchunk.h - verified bytes of the measured root's body.
 *
 * The body lies with the host.  It is read in chunks of ROOTIDX_CHUNK bytes
 * into enclave memory, hashed there, and used only if the digest is the one
 * of the measured index.  A bounded number of chunks is kept, the least
 * recently used go first; a chunk that went is verified anew.  So is one that
 * was wanted whole (to be mapped): the cache is for who reads in pieces.
 *
 * Locking: the cache's own mutex, RANK_ROOT_CHUNKS, never held while the host
 * is asked.
 */
#pragma once

#include "abi/rootidx.h"
#include "base/compiler.h"
#include "base/types.h"

struct iov;
struct root_chunks;

/* Hostile bytes: 0 or -EIO. */
typedef int root_read_func(void *dst, size_t size, uint64_t offset);

/* A file of the root as the index describes it; lives as long as the root. */
struct root_file {
	struct root_chunks *chunks;
	uint64_t body_offset;
	uint64_t size;
	const uint8_t *digests; /* one for each chunk, into the index */
	/* The site table of an ELF file; size 0: none. */
	uint64_t sites_offset;
	const uint8_t *sites_digest;
	uint32_t sites_size;
	/* Of size and digests; made when first wanted, set once, by release. */
	uint8_t *id;
};

/* Bytes at f->digests: one digest for each chunk. */
static inline size_t root_file_digests(const struct root_file *f)
{
	return (size_t)((f->size + ROOTIDX_CHUNK - 1) / ROOTIDX_CHUNK) *
	       ROOTIDX_DIGEST;
}

struct root_chunks *root_chunks_create(root_read_func *read, uint64_t bytes);
void root_chunks_destroy(struct root_chunks *c);

/* [@off, @off + @size) is inside the file.  0, -EIO, -ENOMEM. */
int __must_check root_file_read(const struct root_file *f, void *dst,
                                size_t size, uint64_t off);
/* The same to an iterator, up to the end of one chunk: bytes, or -errno. */
long __must_check root_file_copy(const struct root_file *f, struct iov *to,
                                 size_t size, uint64_t off);
/* @size bytes at @offset of the body into @dst, if they have that digest. */
int __must_check root_body_read(struct root_chunks *c, void *dst, size_t size,
                                uint64_t offset, const uint8_t *digest);

struct root_chunk_stats {
	uint64_t loads;    /* read from the host and verified  */
	uint64_t failures; /* did not have the measured digest */
	uint64_t cached;   /* chunks in memory now             */
};
void root_chunks_stats(struct root_chunks *c, struct root_chunk_stats *ret);

/* SPDX-License-Identifier: Apache-2.0 */
#include "rootimage.h"

#include <string.h>

#include "abi/rootidx.h"
#include "base/errno.h"
#include "crypto/sha256.h"
#include "libos/fs/uapi.h"

struct image image;
static uint64_t body_offsets[4096];

uint8_t image_byte(size_t number, uint64_t off)
{
	uint64_t x = (number + 1) * 0x9e3779b97f4a7c15ull + off;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ull;
	return (uint8_t)(x >> 32);
}

uint64_t image_body_offset(size_t number)
{
	return body_offsets[number];
}

static void put(const void *data, size_t size)
{
	if (size)
		memcpy(image.index + image.index_size, data, size);
	image.index_size += size;
}

static uint64_t put_body(size_t number, size_t size, uint64_t salt)
{
	uint64_t at = image.body_size;

	for (size_t i = 0; i < size; i++)
		image.body[at + i] = image_byte(number, salt + i);
	image.body_size = (at + size + 4095) & ~4095ull;
	return at;
}

static void put_entry(size_t number, const struct image_entry *e)
{
	struct rootidx_entry r = { .size = e->size,
		                   .mode = e->mode,
		                   .hardlink = e->hardlink,
		                   .mtime = e->mtime,
		                   .path_size = (uint16_t)strlen(e->path),
		                   .sites_size = (uint32_t)e->sites_size };
	uint8_t digest[32];

	if (e->target)
		r.target_size = (uint16_t)strlen(e->target);
	if (S_ISREG(e->mode) && !e->hardlink) {
		r.body_offset = put_body(number, e->size, 0);
		r.n_chunks = (uint32_t)((e->size + ROOTIDX_CHUNK - 1) /
		                        ROOTIDX_CHUNK);
		body_offsets[number] = r.body_offset;
	}
	if (e->sites_size) {
		r.sites_offset = put_body(number, e->sites_size, 1ull << 40);
		sha256_halves(image.body + r.sites_offset, e->sites_size,
		              r.sites_digest);
	}
	put(&r, sizeof(r));
	put(e->path, r.path_size);
	put(e->target, r.target_size);
	for (size_t i = 0; i < r.n_chunks; i++) {
		size_t at = i * ROOTIDX_CHUNK;
		size_t n = e->size - at < ROOTIDX_CHUNK ? e->size - at
		                                        : ROOTIDX_CHUNK;

		sha256_halves(image.body + r.body_offset + at, n, digest);
		put(digest, sizeof(digest));
	}
}

void image_measure(void)
{
	sha256(image.index, image.index_size, image.digest);
}

void image_build(const struct image_entry *entries, size_t count)
{
	struct rootidx_header h = { .magic = ROOTIDX_MAGIC,
		                    .version = ROOTIDX_VERSION,
		                    .n_entries = (uint32_t)count };

	image.index_size = sizeof(h);
	image.body_size = 0;
	image.body_reads = 0;
	image.index_error = 0;
	for (size_t i = 0; i < count; i++)
		put_entry(i, &entries[i]);
	h.index_size = image.index_size;
	h.body_size = image.body_size;
	memcpy(image.index, &h, sizeof(h));
	image_measure();
}

static long read_index(void *arg, void *dst, size_t size)
{
	(void)arg;
	if (image.index_error)
		return image.index_error;
	memcpy(dst, image.index, size);
	return (long)size;
}

static int read_body(void *dst, size_t size, uint64_t offset)
{
	image.body_reads++;
	if (offset > image.body_size || size > image.body_size - offset)
		return -EIO;
	memcpy(dst, image.body + offset, size);
	return 0;
}

void image_config(struct rootfs_config *ret)
{
	*ret = (struct rootfs_config){ .index_sha256 = image.digest,
		                       .index_size = image.index_size,
		                       .body_size = image.body_size,
		                       .cache_bytes = 4 * ROOTIDX_CHUNK,
		                       .read_index = read_index,
		                       .read_body = read_body };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/rootindex.h"

#include "base/arith.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/fs/uapi.h"

#define SITES_SIZE_MAX (64 * MIB) /* four million sites */

int root_index_open(struct root_index *x, struct cspan bytes,
                    uint64_t body_size)
{
	struct rootidx_header h;

	*x = (struct root_index){ .body_size = body_size };
	cursor_init(&x->cursor, bytes);
	cursor_copy(&x->cursor, &h, sizeof(h));
	if (!cursor_ok(&x->cursor) || h.magic != ROOTIDX_MAGIC ||
	    h.version != ROOTIDX_VERSION || h.index_size != bytes.size ||
	    h.body_size != body_size)
		return -EBADMSG;
	/* Every entry needs its fixed part: bounds what is allocated later. */
	if (!h.n_entries ||
	    h.n_entries > bytes.size / sizeof(struct rootidx_entry))
		return -EBADMSG;
	x->n_entries = h.n_entries;
	return 0;
}

/* One component of a normalised path, which has no NUL in it. */
static bool component_is_valid(const char *text, size_t size)
{
	if (!size || size > NAME_MAX)
		return false;
	return !(text[0] == '.' &&
	         (size == 1 || (size == 2 && text[1] == '.')));
}

static bool path_is_valid(const char *path, size_t size)
{
	const char *slash;
	size_t n;

	if (!size || size > ROOTIDX_PATH_MAX || path[0] != '/' ||
	    memchr(path, '\0', size))
		return false;
	if (size == 1)
		return true;
	for (path++, size--;; path += n + 1, size -= n + 1) {
		slash = memchr(path, '/', size);
		n = slash ? (size_t)(slash - path) : size;
		if (!component_is_valid(path, n))
			return false;
		if (!slash)
			return true;
	}
}

/* Strictly sorted: so nothing is there twice, and parents come first. */
static bool is_sorted(const struct root_index *x, const struct root_entry *r)
{
	size_t n = MIN(x->last_size, (size_t)r->e.path_size);
	int cmp;

	if (!x->next)
		return r->e.path_size == 1; /* the first is "/" */
	cmp = memcmp(x->last_path, r->path, n);
	return cmp < 0 || (cmp == 0 && x->last_size < r->e.path_size);
}

static bool file_is_valid(const struct root_index *x,
                          const struct rootidx_entry *e)
{
	uint64_t chunks =
		e->size / ROOTIDX_CHUNK + (e->size % ROOTIDX_CHUNK != 0);

	return chunks == e->n_chunks && !e->target_size &&
	       IS_ALIGNED(e->body_offset, PAGE_SIZE) &&
	       range_within(e->body_offset, e->size, x->body_size) &&
	       e->sites_size <= SITES_SIZE_MAX &&
	       range_within(e->sites_offset, e->sites_size, x->body_size);
}

static bool entry_is_valid(const struct root_index *x,
                           const struct root_entry *r)
{
	const struct rootidx_entry *e = &r->e;

	if (e->mode & ~(uint32_t)(S_IFMT | S_IALLUGO) ||
	    (e->mtime && !S_ISREG(e->mode)))
		return false;
	if (e->hardlink) /* to one that came before */
		return e->hardlink <= x->next && !S_ISDIR(e->mode);
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return file_is_valid(x, e);
	case S_IFLNK:
		return !e->n_chunks && !e->sites_size && e->target_size &&
		       e->target_size <= ROOTIDX_PATH_MAX &&
		       !memchr(r->target, '\0', e->target_size);
	case S_IFDIR:
	case S_IFIFO:
		return !e->n_chunks && !e->sites_size && !e->target_size;
	default:
		return false; /* devices come from devfs only */
	}
}

int root_index_next(struct root_index *x, struct root_entry *ret)
{
	const uint8_t *raw;

	if (x->next == x->n_entries)
		return cursor_done(&x->cursor) ? 0 : -EBADMSG;

	raw = cursor_bytes(&x->cursor, sizeof(ret->e));
	if (!raw)
		return -EBADMSG;
	memcpy(&ret->e, raw, sizeof(ret->e));
	ret->sites_digest = raw + offsetof(struct rootidx_entry, sites_digest);
	ret->path = (const char *)cursor_bytes(&x->cursor, ret->e.path_size);
	ret->target =
		(const char *)cursor_bytes(&x->cursor, ret->e.target_size);
	ret->digests = cursor_bytes(&x->cursor,
	                            (size_t)ret->e.n_chunks * ROOTIDX_DIGEST);
	if (!cursor_ok(&x->cursor) ||
	    !path_is_valid(ret->path, ret->e.path_size) || !is_sorted(x, ret) ||
	    !entry_is_valid(x, ret))
		return -EBADMSG;
	x->last_path = ret->path;
	x->last_size = ret->e.path_size;
	x->next++;
	return 1;
}

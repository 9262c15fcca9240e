/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the measured root, walked to its end. */
#include <string.h>

#include "base/arith.h"
#include "libos/fs/rootindex.h"
#include "tests/fuzz/fuzz.h"

/* Is [@p, +@n) within the input? */
static void check_inside(const uint8_t *data, size_t size, const void *p,
                         size_t n)
{
	MUST(range_within((uint64_t)((const uint8_t *)p - data), n, size));
}

static void check_entry(const uint8_t *data, size_t size,
                        const struct root_index *x, const struct root_entry *r)
{
	check_inside(data, size, r->path, r->e.path_size);
	check_inside(data, size, r->target, r->e.target_size);
	check_inside(data, size, r->digests,
	             (size_t)r->e.n_chunks * ROOTIDX_DIGEST);
	check_inside(data, size, r->sites_digest, ROOTIDX_DIGEST);
	MUST(r->path[0] == '/');
	MUST(!memchr(r->path, '\0', r->e.path_size));
	MUST(r->e.path_size == 1 || r->path[r->e.path_size - 1] != '/');
	MUST(r->e.hardlink < x->next);
	/* A link says nothing but where to. */
	MUST(r->e.hardlink || !r->e.n_chunks ||
	     range_within(r->e.body_offset, r->e.size, x->body_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t body_size = UINT64_MAX;
	struct root_entry r;
	struct root_index x;
	uint32_t n = 0;
	int ret;

	/* What the boot config says too. */
	if (size >= sizeof(struct rootidx_header))
		memcpy(&body_size,
		       data + offsetof(struct rootidx_header, body_size),
		       sizeof(body_size));
	if (root_index_open(&x, cspan_make(data, size), body_size) < 0)
		return 0;
	while ((ret = root_index_next(&x, &r)) > 0) {
		check_entry(data, size, &x, &r);
		n++;
	}
	MUST(ret < 0 || n == x.n_entries);
	return 0;
}

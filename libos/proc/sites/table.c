/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/sites/table.h"

#include "base/errno.h"
#include "base/log.h"
#include "base/string.h"
#include "libos/fs/rootfs.h"
#include "libos/mm/kheap.h"
#include "libos/mm/object.h"

static const struct site_opcode opcodes[] = SITE_OPCODES;

enum { NCHAINS = 64 };

static struct site_table *chains[NCHAINS];
static uint64_t total;

static bool is_site(const struct site *s)
{
	return s->kind >= SITE_SYSCALL && s->kind <= SITE_KIND_MAX &&
	       s->zero == 0 && s->size >= SITE_JUMP_SIZE &&
	       s->size <= SITE_WINDOW_MAX &&
	       s->at + opcodes[s->kind].size <= s->size;
}

int site_table_check(const void *bytes, size_t size, uint64_t file_size)
{
	const struct site *s;
	struct sites_header h;
	uint64_t end = 0;
	uint32_t i;

	if (size < sizeof(h))
		return -EBADMSG;
	memcpy(&h, bytes, sizeof(h));
	if (h.magic != SITES_MAGIC || h.version != SITES_VERSION ||
	    (size - sizeof(h)) % sizeof(*s) ||
	    (size - sizeof(h)) / sizeof(*s) != h.count)
		return -EBADMSG;
	s = (const void *)((const uint8_t *)bytes + sizeof(h));
	for (i = 0; i < h.count; i++) {
		if (!is_site(&s[i]) || s[i].offset < end)
			return -EBADMSG;
		end = (uint64_t)s[i].offset + s[i].size;
	}
	return end <= file_size ? 0 : -EBADMSG;
}

static struct site_table **chain_of(const struct content_id *id)
{
	return &chains[id->word[0] % NCHAINS];
}

static const struct site_table *find(const struct content_id *id)
{
	const struct site_table *t;

	for (t = *chain_of(id); t; t = t->next)
		if (memcmp(t->id, id->word, sizeof(t->id)) == 0)
			return t;
	return NULL;
}

/* Takes @bytes over: they stay, or go if they are no table. */
static const struct site_table *keep(const struct content_id *id, void *bytes,
                                     size_t size, uint64_t file_size)
{
	struct site_table *t = kzalloc(sizeof(*t));

	if (!t) {
		kfree(bytes);
		return NULL;
	}
	memcpy(t->id, id->word, sizeof(t->id));
	if (site_table_check(bytes, size, file_size) == 0) {
		t->count = (uint32_t)((size - sizeof(struct sites_header)) /
		                      sizeof(struct site));
		t->sites = (const void *)((const uint8_t *)bytes +
		                          sizeof(struct sites_header));
		t->bytes = bytes;
	} else {
		log_error("a measured site table breaks its own format");
		kfree(bytes);
	}
	t->next = *chain_of(id);
	*chain_of(id) = t;
	total++;
	return t;
}

const struct site_table *site_table_get(struct vm_object *obj,
                                        const struct content_id *id)
{
	const struct site_table *t = find(id);
	void *bytes;
	long n;

	if (t)
		return t;
	n = rootfs_object_sites(obj, &bytes);
	return n > 0 ? keep(id, bytes, (size_t)n, obj->ops->size(obj)) : NULL;
}

uint32_t site_table_from(const struct site_table *t, uint64_t offset)
{
	uint32_t lo = 0, hi = t->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->sites[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint64_t site_table_total(void)
{
	return __atomic_load_n(&total, __ATOMIC_RELAXED);
}

void site_table_fini(void)
{
	uint32_t i;

	for (i = 0; i < NCHAINS; i++)
		while (chains[i]) {
			struct site_table *t = chains[i];

			chains[i] = t->next;
			kfree(t->bytes);
			kfree(t);
		}
	total = 0;
}

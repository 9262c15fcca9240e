/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/measure.h"

#include "base/string.h"

static void flush(struct measure *m)
{
	sha256_update(&m->hash, m->pending, m->n_pending);
	m->n_pending = 0;
}

/* Inline: sizes are constants, and a copy of 64 bytes is two instructions. */
static __always_inline uint8_t *place(struct measure *m, const void *bytes,
                                      size_t size)
{
	uint8_t *to;

	if (size > sizeof(m->pending) - m->n_pending)
		flush(m);
	to = m->pending + m->n_pending;
	__builtin_memcpy(to, bytes, size);
	m->n_pending += size;
	return to;
}

static void tell(struct measure *m, const void *bytes, size_t size)
{
	if (m->sink.write && m->err == 0)
		m->err = m->sink.write(m->sink.arg, bytes, size);
}

static __always_inline void put(struct measure *m, const void *bytes,
                                size_t size)
{
	tell(m, place(m, bytes, size), size);
}

void measure_init(struct measure *m, const struct secs *secs,
                  const struct measure_sink *sink)
{
	struct measure_record record = { .tag = "ECREATE" };

	memset(m, 0, sizeof(*m));
	sha256_init(&m->hash);
	if (sink)
		m->sink = *sink;

	record.ecreate.ssaframesize = secs->ssaframesize;
	record.ecreate.size_low = (uint32_t)secs->size;
	record.ecreate.size_high = (uint32_t)(secs->size >> 32);
	memcpy(record.ecreate.cet_leg_bitmap_offset,
	       &secs->cet_leg_bitmap_offset,
	       sizeof(record.ecreate.cet_leg_bitmap_offset));
	put(m, &record, sizeof(record));
}

void measure_eadds(struct measure *m, uint64_t offset, uint64_t npages,
                   const struct secinfo *secinfo)
{
	struct measure_record record = { .tag = "EADD" };
	uint64_t end = offset + npages * MEASURE_PAGE_SIZE;
	uint64_t flags = secinfo->flags;

	if (secinfo_page_type(flags) == SGX_PT_TCS)
		flags &= ~(uint64_t)SGX_SECINFO_RWX;
	memcpy(record.page.secinfo, secinfo, sizeof(record.page.secinfo));
	memcpy(record.page.secinfo, &flags, sizeof(flags));
	/* The offset goes to its place alone: a copy would wait for it. */
	for (; offset < end; offset += MEASURE_PAGE_SIZE) {
		uint8_t *to = place(m, &record, sizeof(record));

		memcpy(to + offsetof(struct measure_record, page.offset),
		       &offset, sizeof(offset));
		tell(m, to, sizeof(record));
	}
}

void measure_eadd(struct measure *m, uint64_t offset,
                  const struct secinfo *secinfo)
{
	measure_eadds(m, offset, 1, secinfo);
}

void measure_eextend(struct measure *m, uint64_t offset,
                     const uint8_t chunk[MEASURE_CHUNK_SIZE])
{
	struct measure_record record = { .tag = "EEXTEND" };

	record.page.offset = offset;
	put(m, &record, sizeof(record));
	put(m, chunk, MEASURE_CHUNK_SIZE);
}

static void eextend_page(struct measure *m, uint64_t offset,
                         const uint8_t page[MEASURE_PAGE_SIZE])
{
	size_t i;

	for (i = 0; i < MEASURE_PAGE_SIZE; i += MEASURE_CHUNK_SIZE)
		measure_eextend(m, offset + i, page + i);
}

void measure_page(struct measure *m, uint64_t offset,
                  const struct secinfo *secinfo,
                  const uint8_t page[MEASURE_PAGE_SIZE])
{
	struct tcs tcs;

	measure_eadd(m, offset, secinfo);
	if (secinfo_page_type(secinfo->flags) != SGX_PT_TCS) {
		eextend_page(m, offset, page);
		return;
	}
	memcpy(&tcs, page, sizeof(tcs));
	measure_tcs_as_loaded(&tcs);
	eextend_page(m, offset, (const uint8_t *)&tcs);
}

void measure_tcs_as_loaded(struct tcs *tcs)
{
	tcs->state = SGX_TCS_FREE;
	tcs->flags &= ~(uint64_t)SGX_TCS_DBGOPTIN;
	tcs->cssa = 0;
	tcs->aep = 0;
}

int measure_finish(struct measure *m, uint8_t ret_mrenclave[SGX_HASH_SIZE])
{
	if (m->err < 0)
		return m->err;
	flush(m);
	sha256_final(&m->hash, ret_mrenclave);
	return 0;
}

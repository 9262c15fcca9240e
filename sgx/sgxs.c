/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/sgxs.h"

#include "base/errno.h"
#include "base/string.h"
#include "sgx/zero.h"

static int refuse(struct sgxs_order *o, const char *why)
{
	o->fault = why;
	return -EINVAL;
}

static int take_ecreate(struct sgxs_order *o, const struct measure_record *raw,
                        struct sgxs_record *rec)
{
	uint64_t size =
		(uint64_t)raw->ecreate.size_high << 32 | raw->ecreate.size_low;

	rec->kind = SGXS_ECREATE;
	rec->size = size;
	rec->ssaframesize = raw->ecreate.ssaframesize;
	if (o->size)
		return refuse(o, "a second ECREATE");
	if (size < SGX_SIZE_MIN || (size & (size - 1)) != 0)
		return refuse(o, "ECREATE: SIZE is not a power of two");
	if (rec->ssaframesize == 0)
		return refuse(o, "ECREATE: SSAFRAMESIZE is 0");
	if (!is_zero(raw->bytes + 12, sizeof(raw->bytes) - 12))
		return refuse(o, "ECREATE: reserved bytes");
	o->size = size;
	return 0;
}

static bool page_flags_are_canonical(uint64_t flags)
{
	uint64_t rwx = flags & SGX_SECINFO_RWX;

	switch (flags & ~(uint64_t)SGX_SECINFO_RWX) {
	case SGX_SECINFO_TCS:
		return rwx == 0;
	case SGX_SECINFO_REG:
		return !(rwx & SGX_SECINFO_W) || rwx & SGX_SECINFO_R;
	default:
		return false;
	}
}

static int take_eadd(struct sgxs_order *o, const struct measure_record *raw,
                     struct sgxs_record *rec)
{
	uint64_t offset = raw->page.offset;

	rec->kind = SGXS_EADD;
	rec->offset = offset;
	memcpy(&rec->flags, raw->page.secinfo, sizeof(rec->flags));
	if (!o->size)
		return refuse(o, "EADD before ECREATE");
	if (offset % MEASURE_PAGE_SIZE != 0 || offset >= o->size)
		return refuse(o, "EADD: offset is not a page of the enclave");
	if (o->in_page && offset <= o->page)
		return refuse(o, "EADD: offsets do not rise");
	if (!page_flags_are_canonical(rec->flags))
		return refuse(o, "EADD: page type or permissions");
	if (!is_zero(raw->page.secinfo + sizeof(rec->flags),
	             sizeof(raw->page.secinfo) - sizeof(rec->flags)))
		return refuse(o, "EADD: reserved bytes");
	o->in_page = true;
	o->page = offset;
	o->chunks_seen = 0;
	return 0;
}

static int take_eextend(struct sgxs_order *o, const struct measure_record *raw,
                        struct sgxs_record *rec)
{
	uint64_t offset = raw->page.offset;
	uint16_t bit;

	rec->kind = SGXS_EEXTEND;
	rec->offset = offset;
	if (!o->in_page)
		return refuse(o, "EEXTEND before EADD");
	if (offset % MEASURE_CHUNK_SIZE != 0 || offset < o->page ||
	    offset - o->page >= MEASURE_PAGE_SIZE)
		return refuse(o, "EEXTEND: not a chunk of the page before it");
	bit = (uint16_t)(1u << ((offset - o->page) / MEASURE_CHUNK_SIZE));
	if (o->chunks_seen & bit)
		return refuse(o, "EEXTEND: the same chunk twice");
	if (!IS_ZERO(raw->page.secinfo))
		return refuse(o, "EEXTEND: reserved bytes");
	o->chunks_seen |= bit;
	return 0;
}

static const struct {
	char tag[8];
	int (*take)(struct sgxs_order *o, const struct measure_record *raw,
	            struct sgxs_record *rec);
} kinds[] = {
	[SGXS_ECREATE] = { "ECREATE", take_ecreate },
	[SGXS_EADD] = { "EADD", take_eadd },
	[SGXS_EEXTEND] = { "EEXTEND", take_eextend },
};

/* Decode @raw, judge it, and remember it in @o. */
static int take(struct sgxs_order *o, const struct measure_record *raw,
                struct sgxs_record *ret_rec)
{
	struct sgxs_record rec = { 0 };
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (memcmp(raw->tag, kinds[i].tag, sizeof(raw->tag)) == 0)
			break;
	if (i == ARRAY_SIZE(kinds))
		return refuse(o, "unknown record");
	err = kinds[i].take(o, raw, &rec);
	if (err == 0)
		*ret_rec = rec;
	return err;
}

void sgxs_reader_init(struct sgxs_reader *r, struct cspan stream)
{
	memset(r, 0, sizeof(*r));
	r->left = stream;
}

/* Cut @size bytes off the front; NULL if there are fewer. */
static const uint8_t *cut(struct sgxs_reader *r, size_t size)
{
	const uint8_t *bytes = r->left.data;

	if (r->left.size < size)
		return NULL;
	r->left.data += size;
	r->left.size -= size;
	return bytes;
}

int sgxs_next(struct sgxs_reader *r, struct sgxs_record *ret_record)
{
	struct measure_record raw;
	struct sgxs_record rec;
	const uint8_t *bytes;
	int err;

	if (r->order.fault)
		return -EINVAL;
	if (r->left.size == 0 && r->order.size)
		return 0;
	bytes = cut(r, sizeof(raw));
	if (!bytes)
		return refuse(&r->order, "the stream ends within a record");
	memcpy(&raw, bytes, sizeof(raw));
	err = take(&r->order, &raw, &rec);
	if (err < 0)
		return err;
	if (rec.kind == SGXS_EEXTEND) {
		rec.chunk = cut(r, MEASURE_CHUNK_SIZE);
		if (!rec.chunk)
			return refuse(&r->order,
			              "the stream ends within a chunk");
	}
	*ret_record = rec;
	return 1;
}

int sgxs_check(struct cspan stream, uint8_t ret_mrenclave[SGX_HASH_SIZE],
               const char **ret_fault)
{
	struct sgxs_reader r;
	struct sgxs_record rec;
	int more;

	sgxs_reader_init(&r, stream);
	do {
		more = sgxs_next(&r, &rec);
	} while (more > 0);
	if (more < 0) {
		if (ret_fault)
			*ret_fault = r.order.fault;
		return more;
	}
	sha256(stream.data, stream.size, ret_mrenclave);
	return 0;
}

void sgxs_writer_init(struct sgxs_writer *w, const struct measure_sink *out)
{
	memset(w, 0, sizeof(*w));
	w->out = *out;
}

static int writer_write(void *arg, const void *bytes, size_t size)
{
	struct sgxs_writer *w = arg;
	struct measure_record raw;
	struct sgxs_record rec;
	int err;

	/* measure.h's sink gets whole records and whole chunks. */
	if (size == sizeof(raw)) {
		memcpy(&raw, bytes, sizeof(raw));
		err = take(&w->order, &raw, &rec);
		if (err < 0)
			return err;
	}
	return w->out.write(w->out.arg, bytes, size);
}

struct measure_sink sgxs_writer_sink(struct sgxs_writer *w)
{
	return (struct measure_sink){ .write = writer_write, .arg = w };
}

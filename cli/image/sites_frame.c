/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_frame.c - functions and landing pads from .eh_frame.
 *
 * Formats: LSB core specification, "Exception Frames"; encodings DW_EH_PE_*;
 * the tables of call sites are those of the Itanium C++ ABI as gcc writes them.
 */
#include <string.h>

#include "base/cursor.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

enum {
	PE_ABSPTR = 0x00,
	PE_ULEB128 = 0x01,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_FORMAT = 0x0f,
	PE_PCREL = 0x10,
	PE_APPLICATION = 0x70,
	PE_OMIT = 0xff
};

/* A cursor that knows which address its bytes are loaded at. */
struct reader {
	struct cursor c;
	const uint8_t *start;
	uint64_t vaddr; /* of start */
};

static void reader_init(struct reader *r, struct cspan bytes, uint64_t vaddr)
{
	cursor_init(&r->c, bytes);
	r->start = bytes.data;
	r->vaddr = vaddr;
}

static uint64_t reader_vaddr(const struct reader *r)
{
	return r->vaddr + (uint64_t)(r->c.pos - r->start);
}

static uint64_t read_uleb(struct cursor *c)
{
	uint64_t v = 0;
	unsigned int shift = 0;
	uint8_t b;

	do {
		b = cursor_u8(c);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while ((b & 0x80) && cursor_ok(c));
	return v;
}

static uint64_t read_format(struct cursor *c, uint8_t format)
{
	switch (format) {
	case PE_ULEB128:
		return read_uleb(c);
	case PE_UDATA2:
		return cursor_u16le(c);
	case PE_SDATA2:
		return (uint64_t)(int16_t)cursor_u16le(c);
	case PE_UDATA4:
		return cursor_u32le(c);
	case PE_SDATA4:
		return (uint64_t)(int32_t)cursor_u32le(c);
	case PE_ABSPTR:
	case PE_UDATA8:
	case PE_SDATA8:
		return cursor_u64le(c);
	default:
		c->failed = true;
		return 0;
	}
}

/* An address; 0: none, or relative to something unusual. */
static uint64_t read_pointer(struct reader *r, uint8_t encoding)
{
	uint64_t at = reader_vaddr(r);
	uint64_t v;

	if (encoding == PE_OMIT)
		return 0;
	v = read_format(&r->c, encoding & PE_FORMAT);
	if ((encoding & PE_APPLICATION) == PE_PCREL)
		return v ? v + at : 0;
	return encoding & PE_APPLICATION ? 0 : v;
}

struct cie {
	uint8_t code; /* encoding of code addresses */
	uint8_t lsda; /* of the table of call sites */
	bool has_augmentation;
	bool is_signal; /* a handler's return address, not behind a call */
};

static bool read_cie(struct reader *r, struct cie *ret)
{
	const char *letters;
	uint8_t version = cursor_u8(&r->c);

	*ret = (struct cie){ .code = PE_ABSPTR, .lsda = PE_OMIT };
	letters = (const char *)r->c.pos;
	if (!memchr(letters, '\0', cursor_left(&r->c)))
		return false;
	cursor_skip(&r->c, strlen(letters) + 1);
	read_uleb(&r->c); /* code alignment */
	read_uleb(&r->c); /* data alignment, as many bytes as unsigned */
	if (version == 1)
		cursor_u8(&r->c);
	else
		read_uleb(&r->c);
	if (*letters != 'z')
		return *letters == '\0';
	ret->has_augmentation = true;
	read_uleb(&r->c);
	while (*++letters) {
		if (*letters == 'R')
			ret->code = cursor_u8(&r->c);
		else if (*letters == 'L')
			ret->lsda = cursor_u8(&r->c);
		else if (*letters == 'P')
			read_pointer(r, cursor_u8(&r->c));
		else if (*letters == 'S')
			ret->is_signal = true;
		else if (*letters != 'B')
			return false;
	}
	return cursor_ok(&r->c);
}

/* Landing pads, relative to the function unless the table says otherwise. */
static void read_call_sites(const struct text *t, uint64_t lsda,
                            uint64_t function)
{
	struct cspan bytes = text_loaded(t, lsda);
	uint64_t base = function;
	uint64_t size, pad;
	struct reader r;
	uint8_t encoding;

	if (!bytes.size)
		return;
	reader_init(&r, bytes, lsda);
	encoding = cursor_u8(&r.c);
	if (encoding != PE_OMIT)
		base = read_pointer(&r, encoding);
	if (cursor_u8(&r.c) != PE_OMIT)
		read_uleb(&r.c);
	encoding = cursor_u8(&r.c) & PE_FORMAT;
	size = read_uleb(&r.c);
	if (!cursor_ok(&r.c) || size > cursor_left(&r.c))
		return;
	cursor_init(&r.c, cspan_make(r.c.pos, size));
	while (cursor_ok(&r.c) && cursor_left(&r.c)) {
		read_format(&r.c, encoding);
		read_format(&r.c, encoding);
		pad = read_format(&r.c, encoding);
		read_uleb(&r.c);
		if (pad && cursor_ok(&r.c))
			text_mark(t, base + pad, TARGET_SEEN);
	}
}

static void read_fde(struct text *t, struct reader *r, const struct cie *cie)
{
	uint64_t start = read_pointer(r, cie->code);
	uint64_t size = read_format(&r->c, cie->code & PE_FORMAT);
	uint64_t lsda;

	if (!cursor_ok(&r->c) || !start)
		return;
	/* Begins a byte early, as if there had been a call. */
	if (cie->is_signal && size)
		text_add_function(t, start + 1, size - 1);
	else
		text_add_function(t, start, size);
	if (!cie->has_augmentation)
		return;
	read_uleb(&r->c);
	lsda = read_pointer(r, cie->lsda);
	if (cursor_ok(&r->c) && lsda)
		read_call_sites(t, lsda, start);
}

/* The entry at @at of @frames, whose id names its CIE by distance. */
static void read_entry(struct text *t, struct cspan frames, uint64_t vaddr,
                       size_t at, uint32_t size)
{
	struct cspan body, head;
	struct reader r, c;
	struct cie cie;
	uint32_t id, cie_size;
	size_t cie_at;

	if (!cspan_sub(frames, at, size, &body) || size < sizeof(id))
		return;
	reader_init(&r, body, vaddr + at);
	id = cursor_u32le(&r.c);
	if (id == 0 || id > at || at - id + sizeof(cie_size) > frames.size)
		return;
	cie_at = at - id;
	memcpy(&cie_size, frames.data + cie_at, sizeof(cie_size));
	if (cie_size < sizeof(id) ||
	    !cspan_sub(frames, cie_at + sizeof(cie_size), cie_size, &head))
		return;
	reader_init(&c, head, vaddr + cie_at + sizeof(cie_size));
	cursor_skip(&c.c, sizeof(id));
	if (read_cie(&c, &cie))
		read_fde(t, &r, &cie);
}

static void read_section(struct text *t, struct cspan frames, uint64_t vaddr)
{
	uint32_t size;
	size_t at = 0;

	while (frames.size - at > sizeof(size)) {
		memcpy(&size, frames.data + at, sizeof(size));
		at += sizeof(size);
		/* The end, or an entry of more than 4 GiB. */
		if (size == 0 || size == UINT32_MAX || size > frames.size - at)
			return;
		read_entry(t, frames, vaddr, at, size);
		at += size;
	}
}

void text_read_frames(struct text *t)
{
	for (size_t i = 0; i < t->nph; i++) {
		uint64_t vaddr = t->ph[i].p_vaddr;
		struct cspan header = text_loaded(t, vaddr);
		struct reader r;
		uint64_t frames;
		uint8_t encoding;

		if (t->ph[i].p_type != PT_GNU_EH_FRAME || header.size < 8)
			continue;
		reader_init(&r, header, vaddr);
		cursor_u8(&r.c); /* version */
		encoding = cursor_u8(&r.c);
		cursor_skip(&r.c, 2);
		frames = read_pointer(&r, encoding);
		if (cursor_ok(&r.c) && frames)
			read_section(t, text_loaded(t, frames), frames);
	}
}

bool text_has_frames(const struct text *t)
{
	for (size_t i = 0; i < t->nph; i++)
		if (t->ph[i].p_type == PT_GNU_EH_FRAME)
			return true;
	return false;
}

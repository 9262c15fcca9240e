/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hygiene/xstate.h"

#include <cpuid.h>
#include <string.h>

#include "base/compiler.h"

enum { FCW_INIT = 0x37f, MXCSR_INIT = 0x1f80, XSTATE_BV = 512 };
enum { FSW = 2, FOP = 6, POINTERS = 18, MXCSR = 24, ST = 32, XMM = 160 };
enum { ST_BYTES = 10, ST_STEP = 16, SUMMARY = 0x8080 };
enum { LEAF_XSAVE = 0xd, PKRU = 9, AVX512_END = 8 };

struct part {
	const char *name;
	int component;
	size_t offset, size; /* 0: CPUID says */
	uint32_t init;       /* of the first bytes; the rest is 0 */
};

/* Where components lie: SDM vol. 1, 13.4.1, and CPUID leaf 0DH. */
static struct part parts[] = {
	{ "FCW", 0, 0, 2, FCW_INIT },
	{ "FSW", 0, FSW, 2, 0 },
	{ "FTW", 0, 4, 1, 0 },
	{ "FOP, FIP or FDP", 0, FOP, POINTERS, 0 },
	{ "MXCSR", 1, MXCSR, 4, MXCSR_INIT },
	{ "an x87 register", 0, ST, 128, 0 },
	{ "an xmm register", 1, XMM, 256, 0 },
	{ "a ymm register's upper half", 2, 0, 0, 0 },
	{ "a mask register", 5, 0, 0, 0 },
	{ "a zmm register's upper half", 6, 0, 0, 0 },
	{ "one of zmm16 to zmm31", 7, 0, 0, 0 },
	{ "TILECFG", 17, 0, 0, 0 },
	{ "a tile", 18, 0, 0, 0 },
};

static void find_parts(void)
{
	static int done;
	uint32_t a, b, c, d;

	for (size_t i = 0; !done && i < ARRAY_SIZE(parts); i++) {
		if (parts[i].component < 2)
			continue;
		__cpuid_count(LEAF_XSAVE, (unsigned int)parts[i].component, a,
		              b, c, d);
		parts[i].size = a;
		parts[i].offset = b;
	}
	done = 1;
}

static uint64_t in_use(const struct xstate *s)
{
	uint64_t bv;

	memcpy(&bv, s->bytes + XSTATE_BV, sizeof(bv));
	return bv;
}

/* A part that a CPU, or this kernel, does not have is INIT. */
static void get_part(const struct xstate *s, const struct part *p,
                     uint8_t *bytes)
{
	/* MXCSR is stored with AVX in use, too: ptrace always has it right. */
	if (p->offset + p->size <= s->size &&
	    (in_use(s) >> p->component & 1 || p->offset == MXCSR)) {
		memcpy(bytes, s->bytes + p->offset, p->size);
		for (size_t at = ST_BYTES; p->offset == ST && at < p->size;
		     at += ST_STEP)
			memset(bytes + at, 0, ST_STEP - ST_BYTES);
		return;
	}
	memset(bytes, 0, p->size);
	memcpy(bytes, &p->init, MIN(p->size, sizeof(p->init)));
}

/* Every exception is pending, so those that @fcw unmasks want a #MF. */
static void put_x87_words(struct xstate *s, uint16_t fcw)
{
	uint16_t fsw = 0x3f;

	if (fsw & ~fcw)
		fsw |= SUMMARY;
	memcpy(s->bytes, &fcw, sizeof(fcw));
	memcpy(s->bytes + FSW, &fsw, sizeof(fsw));
}

void xstate_poison(struct xstate *s, unsigned long seed)
{
	static const uint16_t fcw[] = { 0x40, 0x37b, 0xc7f, 0x37f };
	static const uint32_t mxcsr[] = { 0xffbf, 0, 0x7fbf, 0x1f80 };
	uint64_t bv = in_use(s) & 1ull << PKRU;

	find_parts();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const struct part *p = &parts[i];

		if (p->component >= AVX512_END || !p->size ||
		    p->offset + p->size > s->size)
			continue;
		memset(s->bytes + p->offset, (int)(0x80 | (seed + i)), p->size);
		bv |= 1ull << p->component;
	}
	memset(s->bytes + FOP, 0, POINTERS);
	put_x87_words(s, fcw[seed % ARRAY_SIZE(fcw)]);
	memcpy(s->bytes + MXCSR, &mxcsr[seed / 4 % ARRAY_SIZE(mxcsr)],
	       sizeof(mxcsr[0]));
	memcpy(s->bytes + XSTATE_BV, &bv, sizeof(bv));
}

void xstate_clear(struct xstate *s)
{
	uint64_t bv = in_use(s) & 1ull << PKRU;
	uint32_t mxcsr = MXCSR_INIT;

	memcpy(s->bytes + XSTATE_BV, &bv, sizeof(bv));
	memcpy(s->bytes + MXCSR, &mxcsr, sizeof(mxcsr));
}

const char *xstate_difference(const struct xstate *a, const struct xstate *b)
{
	static uint8_t of_a[XSTATE_MAX], of_b[XSTATE_MAX];

	find_parts();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		get_part(a, &parts[i], of_a);
		get_part(b, &parts[i], of_b);
		if (memcmp(of_a, of_b, parts[i].size))
			return parts[i].name;
	}
	return NULL;
}

uint64_t xstate_first_word(const struct xstate *s, const char *name)
{
	static uint8_t bytes[XSTATE_MAX];
	uint64_t word = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(parts[i].name, name))
			continue;
		get_part(s, &parts[i], bytes);
		for (size_t at = 0; at < parts[i].size && !word;
		     at += sizeof(word))
			memcpy(&word, bytes + at,
			       MIN(sizeof(word), parts[i].size - at));
	}
	return word;
}

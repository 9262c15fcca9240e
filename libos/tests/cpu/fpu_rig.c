/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/cpu/fpu_rig.h"

#include <cpuid.h>
#include <string.h>

enum { MXCSR = 24, XMM = 160, XSTATE_BV = 512, HEADER_END = 576 };

static struct {
	uint32_t offset, size;
} layout[NCOMPONENTS];
static uint64_t components;

static uint64_t xcr0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

uint64_t rig_components(void)
{
	uint32_t a, b, c, d, i;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 0;
	components = xcr0() & KNOWN;
	for (i = 2; i < NCOMPONENTS; i++) {
		__cpuid_count(0xd, i, a, b, c, d);
		layout[i].size = a;
		layout[i].offset = b;
		if (b + a > AREA)
			return 0;
	}
	return components;
}

bool rig_has_xinuse(void)
{
	uint32_t a, b, c, d;

	__cpuid_count(0xd, 1, a, b, c, d);
	return a >> 2 & 1;
}

uint32_t rig_random(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 33);
}

static void fill(uint8_t *p, size_t size)
{
	while (size--)
		*p++ = (uint8_t)rig_random();
}

/* Control words as after FNINIT, full registers of ten bytes. */
static void random_x87(uint8_t *p)
{
	int i;

	memset(p, 0, MXCSR);
	p[0] = 0x7f;
	p[1] = (uint8_t)((rig_random() & 0xc) | 3); /* rounding */
	p[4] = (uint8_t)rig_random();               /* tags     */
	for (i = 0; i < 8; i++)
		fill(p + 32 + 16 * i, 10);
}

static uint64_t bv_of(const struct area *a)
{
	uint64_t bv;

	memcpy(&bv, a->bytes + XSTATE_BV, sizeof(bv));
	return bv & components;
}

void rig_random_state(struct area *a, uint64_t mask)
{
	uint64_t bv = rig_random() & mask & components;
	uint32_t mxcsr = 0x1f80 | (rig_random() & 0xe03f);

	memset(a, 0, sizeof(*a));
	fill(a->bytes + HEADER_END, sizeof(a->bytes) - HEADER_END);
	random_x87(a->bytes);
	memcpy(a->bytes + MXCSR, &mxcsr, sizeof(mxcsr));
	fill(a->bytes + XMM, 256);
	memcpy(a->bytes + XSTATE_BV, &bv, sizeof(bv));
}

static const uint8_t *part(const struct area *a, int i)
{
	static const uint8_t zeros[AREA];

	return bv_of(a) >> i & 1 ? a->bytes + layout[i].offset : zeros;
}

static bool same_x87(const struct area *a, const struct area *b)
{
	static const struct area init = { { 0x7f, 3 } };
	const uint8_t *x = bv_of(a) & X87 ? a->bytes : init.bytes;
	const uint8_t *y = bv_of(b) & X87 ? b->bytes : init.bytes;
	int i;

	/* FCW, FSW, FTW; FOP, FIP and FDP need not survive. */
	if (memcmp(x, y, 5))
		return false;
	for (i = 0; i < 8; i++)
		if (memcmp(x + 32 + 16 * i, y + 32 + 16 * i, 10))
			return false;
	return true;
}

static bool same_sse(const struct area *a, const struct area *b)
{
	static const uint8_t zeros[256];
	const uint8_t *x = bv_of(a) & SSE ? a->bytes + XMM : zeros;
	const uint8_t *y = bv_of(b) & SSE ? b->bytes + XMM : zeros;

	/* MXCSR is there in any case (SDM vol. 1, 13.8.1). */
	return !memcmp(a->bytes + MXCSR, b->bytes + MXCSR, 4) &&
	       !memcmp(x, y, 256);
}

bool rig_same_state(const struct area *a, const struct area *b)
{
	int i;

	for (i = 2; i < NCOMPONENTS; i++)
		if ((components >> i & 1) &&
		    memcmp(part(a, i), part(b, i), layout[i].size))
			return false;
	return same_x87(a, b) && same_sse(a, b);
}

void rig_xsave(struct area *a)
{
	size_t size = sizeof(*a);
	void *p = a;

	/* The C library's memset() would use the registers. */
	__asm__ volatile("rep stosb" : "+D"(p), "+c"(size) : "a"(0) : "memory");
	__asm__ volatile("xsave64 (%0)"
	                 :
	                 : "r"(a), "a"((uint32_t)components), "d"(0)
	                 : "memory");
}

void rig_xrstor(const struct area *a)
{
	__asm__ volatile("xrstor64 (%0)"
	                 :
	                 : "r"(a), "a"((uint32_t)components), "d"(0)
	                 : "memory");
}

void rig_touch(uint64_t component)
{
	switch (component & components) {
	case X87:
		__asm__ volatile("fld1; faddp %st, %st(1); fnclex");
		break;
	case SSE:
		__asm__ volatile("pcmpeqd %xmm3, %xmm3; paddb %xmm3, %xmm7");
		break;
	case AVX:
		__asm__ volatile("vxorps %ymm2, %ymm3, %ymm4; vzeroupper;"
		                 "vcmpeqps %ymm1, %ymm1, %ymm5");
		break;
	case OPMASK:
		__asm__ volatile("kxnorq %k1, %k1, %k1; kaddq %k1, %k3, %k7");
		break;
	case ZMM_HI256:
		__asm__ volatile("vpternlogd $0xff, %zmm9, %zmm9, %zmm9");
		break;
	case HI16_ZMM:
		__asm__ volatile("vpaddd %zmm17, %zmm18, %zmm31");
		break;
	default: /* none, or nothing that this CPU has */
		break;
	}
}

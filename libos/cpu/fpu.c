/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/fpu.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/fpu_hand.h"
#include "libos/cpu/vcpu.h"

#define XSAVE_LEGACY_SIZE 512
#define XSAVE_HEADER_SIZE 64
#define XSAVE_MIN (XSAVE_LEGACY_SIZE + XSAVE_HEADER_SIZE)
#define FCW_INIT 0x37f
#define MXCSR_INIT 0x1f80
#define MXCSR_VALID 0xffffu

/* The words of an area that software looks at (SDM vol. 1, 13.4). */
struct xsave_area {
	uint16_t fcw;
	uint8_t pad0[22];
	uint32_t mxcsr;
	uint32_t mxcsr_mask;
	uint8_t pad1[480];
	uint64_t xstate_bv;
	uint64_t xcomp_bv;
	uint64_t reserved[6];
};
_Static_assert(sizeof(struct xsave_area) == XSAVE_MIN, "xsave header");

static uint8_t init_area[FPU_AREA_MAX] __aligned(64);
static uint8_t probe_area[FPU_AREA_MAX] __aligned(64);
static uint64_t xfrm;
static size_t area_size = XSAVE_MIN;

#define XSTATE_SSE (1ull << 1)
#define XSTATE_OPMASK (1ull << 5)
#define XSTATE_HI16_ZMM (1ull << 7)
#define OPMASK_SIZE 64
#define HI16_ZMM_SIZE 1024

static bool has_xinuse;

/*
 * Components that are moved register by register, which takes a tenth of the
 * time of XSAVE and XRSTOR: what programs have in use when they call.  The C
 * library's string functions keep to XMM and, with AVX-512, to masks and to the
 * upper sixteen registers, that no VZEROUPPER is needed for.
 */
static uint64_t by_hand;
static size_t opmask_offset, hi16_offset;

/* Components that are not INIT: XGETBV with ECX = 1 (SDM vol. 1, 13.6). */
static uint64_t in_use(void)
{
	uint32_t lo, hi;

	if (!has_xinuse)
		return xfrm;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(1));
	return ((uint64_t)hi << 32 | lo) & xfrm;
}

/*
 * Not XSAVEOPT, which leaves out what was not changed since the XRSTOR: there
 * are CPUs (AMD family 19H) that forget the change when an SSE instruction
 * brings AVX into use beside ZMM_Hi256.
 */
static void xsave(void *area)
{
	__asm__ volatile("xsave64 (%0)"
	                 :
	                 : "r"(area), "a"((uint32_t)xfrm),
	                   "d"((uint32_t)(xfrm >> 32))
	                 : "memory");
}

static void xrstor(const void *area)
{
	__asm__ volatile("xrstor64 (%0)"
	                 :
	                 : "r"(area), "a"((uint32_t)xfrm),
	                   "d"((uint32_t)(xfrm >> 32))
	                 : "memory");
}

/* End of what XSAVE writes over a background of @fill. */
static size_t probe_size(uint8_t fill)
{
	struct xsave_area *area = (void *)probe_area;
	size_t end = sizeof(probe_area);

	memset(probe_area, fill, sizeof(probe_area));
	area->xstate_bv = 0;
	area->xcomp_bv = 0;
	xsave(probe_area);
	while (end > XSAVE_MIN && probe_area[end - 1] == fill)
		end--;
	return end;
}

void fpu_setup(uint64_t enclave_xfrm)
{
	size_t a, b;

	xfrm = enclave_xfrm;
	fpu_init(init_area);
	xrstor(init_area);
	a = probe_size(0x5a);
	b = probe_size(0xa5);
	area_size = ALIGN_UP(MAX(a, b), (size_t)64);
	memset(probe_area, 0, sizeof(probe_area));
}

/*
 * Where XSAVE puts a component, which only CPUID tells and CPUID is the host's:
 * where a pattern turns up that @load brought into the registers.  0: nowhere.
 */
static size_t find_component(void (*load)(const void *), size_t size)
{
	uint8_t *pattern = probe_area + area_size;
	size_t i, found = 0;

	if (area_size + size > sizeof(probe_area))
		return 0;
	memset(probe_area, 0, area_size);
	for (i = 0; i < size; i++)
		pattern[i] = (uint8_t)(1 + i % 251);
	load(pattern);
	xsave(probe_area);
	for (i = XSAVE_MIN; !found && i + size <= area_size; i += 8)
		if (!memcmp(probe_area + i, pattern, size))
			found = i;
	memset(probe_area, 0, sizeof(probe_area));
	xrstor(init_area);
	return found;
}

static void find_avx512(void)
{
	opmask_offset = find_component(fpu_opmask_load, OPMASK_SIZE);
	hi16_offset = find_component(fpu_hi16_load, HI16_ZMM_SIZE);
	if (opmask_offset && hi16_offset)
		by_hand |= XSTATE_OPMASK | XSTATE_HI16_ZMM;
}

void fpu_use_features(const struct fpu_features *f)
{
	has_xinuse = f->xinuse;
	by_hand = has_xinuse ? XSTATE_SSE : 0;
	if (has_xinuse && f->avx512)
		find_avx512();
}

uint64_t fpu_xfrm(void)
{
	return xfrm;
}

size_t fpu_size(void)
{
	return area_size;
}

void fpu_init(void *p)
{
	struct xsave_area *area = p;

	memset(area, 0, area_size);
	area->fcw = FCW_INIT;
	area->mxcsr = MXCSR_INIT;
}

int fpu_check(const void *p)
{
	const struct xsave_area *area = p;
	unsigned int i;

	if (area->xstate_bv & ~xfrm)
		return -EINVAL;
	if (area->xcomp_bv || (area->mxcsr & ~MXCSR_VALID))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(area->reserved); i++)
		if (area->reserved[i])
			return -EINVAL;
	return 0;
}

void fpu_set_owner(void *area, uint32_t *in_memory)
{
	struct vcpu *v = vcpu_self();

	v->fpu = area;
	v->fpu_in_memory = in_memory;
}

/* Returns what was in use. */
static uint64_t save(struct xsave_area *area)
{
	uint64_t used = in_use();

	if (used & ~by_hand) {
		xsave(area);
		return used;
	}
	fpu_sse_save(area);
	if (used & XSTATE_OPMASK)
		fpu_opmask_save((uint8_t *)area + opmask_offset);
	if (used & XSTATE_HI16_ZMM)
		fpu_hi16_save((uint8_t *)area + hi16_offset);
	area->xstate_bv = used | XSTATE_SSE;
	return used;
}

/* The component at @offset if @area has one, INIT from init_area if not. */
static const void *part_of(const struct xsave_area *area, uint64_t component,
                           size_t offset)
{
	bool has = area->xstate_bv & component;

	return (has ? (const uint8_t *)area : init_area) + offset;
}

/* @dirty: components of the registers that need not be INIT now. */
static void load(const struct xsave_area *area, uint64_t dirty)
{
	uint64_t parts = area->xstate_bv | dirty;

	if (!(area->xstate_bv & XSTATE_SSE) || (parts & ~by_hand)) {
		xrstor(area);
		return;
	}
	fpu_sse_load(area);
	if (parts & XSTATE_OPMASK)
		fpu_opmask_load(part_of(area, XSTATE_OPMASK, opmask_offset));
	if (parts & XSTATE_HI16_ZMM)
		fpu_hi16_load(part_of(area, XSTATE_HI16_ZMM, hi16_offset));
}

void fpu_save_current(void)
{
	struct vcpu *v = vcpu_self();

	if (!v->fpu || *v->fpu_in_memory)
		return;
	v->fpu_clean = ~save(v->fpu);
	*v->fpu_in_memory = 1;
}

void fpu_restore_current(void)
{
	struct vcpu *v = vcpu_self();

	if (!v->fpu || !*v->fpu_in_memory)
		return;
	load(v->fpu, ~v->fpu_clean & xfrm);
	*v->fpu_in_memory = 0;
}

void fpu_forget_current(void)
{
	fpu_set_owner(NULL, NULL);
	vcpu_self()->fpu_clean = 0;
}

void fpu_leave(void)
{
	fpu_save_current();
	xrstor(init_area);
	/* The host comes back with what it likes. */
	vcpu_self()->fpu_clean = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/fpu.h"

#include "base/errno.h"
#include "base/string.h"
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

#define XSTATE_SSE 2ull

/* fpu_sse.S */
void fpu_sse_save(void *area);
void fpu_sse_load(const void *area);

static bool has_xsaveopt;
static bool has_xinuse;

/*
 * Is nothing but SSE in use?  XGETBV with ECX = 1 gives the components that are
 * not INIT (SDM vol. 1, 13.6).  Saving and loading by hand takes a tenth of the
 * time that XSAVE and XRSTOR do.
 */
static bool only_sse_in_use(void)
{
	uint32_t lo, hi;

	if (!has_xinuse)
		return false;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(1));
	return ((((uint64_t)hi << 32 | lo) & xfrm) & ~XSTATE_SSE) == 0;
}

/* Leaves out what is INIT or was not changed since the last XRSTOR of @area. */
static void xsaveopt(void *area)
{
	__asm__ volatile("xsaveopt64 (%0)"
	                 :
	                 : "r"(area), "a"((uint32_t)xfrm),
	                   "d"((uint32_t)(xfrm >> 32))
	                 : "memory");
}

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

void fpu_use_features(bool xsaveopt_works, bool xinuse_works)
{
	has_xsaveopt = xsaveopt_works;
	has_xinuse = xinuse_works;
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

static void save(struct xsave_area *area)
{
	if (only_sse_in_use()) {
		fpu_sse_save(area);
		area->xstate_bv = XSTATE_SSE;
	} else if (has_xsaveopt) {
		xsaveopt(area);
	} else {
		xsave(area);
	}
}

static void load(const struct xsave_area *area)
{
	if (area->xstate_bv == XSTATE_SSE && only_sse_in_use())
		fpu_sse_load(area);
	else
		xrstor(area);
}

void fpu_save_current(void)
{
	struct vcpu *v = vcpu_self();

	if (!v->fpu || *v->fpu_in_memory)
		return;
	save(v->fpu);
	*v->fpu_in_memory = 1;
}

void fpu_restore_current(void)
{
	struct vcpu *v = vcpu_self();

	if (!v->fpu || !*v->fpu_in_memory)
		return;
	load(v->fpu);
	*v->fpu_in_memory = 0;
}

void fpu_leave(void)
{
	fpu_save_current();
	xrstor(init_area);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/xsave.h"

#include "base/compiler.h"
#include "base/string.h"
#include "sgx/attributes.h"
#include "sgx/ssa.h"
#include "sgx/zero.h"

uint32_t xsave_size(const struct xsave_table *table, uint64_t xfrm)
{
	uint32_t size = XSAVE_SIZE_MIN;
	unsigned int i;

	if (xfrm >> XSAVE_COMPONENTS)
		return 0;
	for (i = 2; i < XSAVE_COMPONENTS; i++) {
		uint32_t end;

		if (!(xfrm >> i & 1))
			continue;
		if (table->component[i].size == 0 ||
		    table->component[i].offset < XSAVE_SIZE_MIN ||
		    __builtin_add_overflow(table->component[i].offset,
		                           table->component[i].size, &end))
			return 0;
		size = MAX(size, end);
	}
	return size;
}

/* All of @group or none of it. */
static bool is_whole(uint64_t xfrm, uint64_t group)
{
	return (xfrm & group) == 0 || (xfrm & group) == group;
}

bool xfrm_is_legal(uint64_t xfrm, uint64_t supported)
{
	if ((xfrm & SGX_XFRM_LEGACY) != SGX_XFRM_LEGACY)
		return false;
	if (xfrm & ~supported || xfrm >> 63)
		return false;
	if (xfrm & SGX_XFRM_AVX512 && !(xfrm & SGX_XFRM_AVX))
		return false;
	return is_whole(xfrm, SGX_XFRM_MPX) &&
	       is_whole(xfrm, SGX_XFRM_AVX512) && is_whole(xfrm, SGX_XFRM_AMX);
}

bool ssa_frame_fits(uint32_t ssaframesize, uint32_t xsave_bytes,
                    uint32_t miscselect)
{
	uint64_t need = (uint64_t)xsave_bytes + sizeof(struct gprsgx);

	/* EXINFO's 16 bytes serve #CP as well (35.9.2). */
	if (miscselect & (SGX_MISC_EXINFO | SGX_MISC_CPINFO))
		need += sizeof(struct exinfo);
	return need <= ssa_frame_size(ssaframesize);
}

bool xsave_restorable(const struct xsave_area *area, uint64_t xfrm,
                      uint32_t mxcsr_mask)
{
	const struct xsave_header *header = &area->header;

	if (mxcsr_mask == 0)
		mxcsr_mask = XSAVE_MXCSR_MASK_DEFAULT;
	/* Bytes 8-23 only: XRSTOR's standard form ignores the rest. */
	return (header->xstate_bv & ~xfrm) == 0 && header->xcomp_bv == 0 &&
	       header->reserved[0] == 0 &&
	       (area->legacy.mxcsr & ~mxcsr_mask) == 0;
}

void xsave_init(struct xsave_area *area)
{
	memset(area, 0, sizeof(*area));
	area->legacy.fcw = XSAVE_FCW_INIT;
	area->legacy.mxcsr = XSAVE_MXCSR_INIT;
}

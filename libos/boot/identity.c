/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/identity.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/enclu.h"
#include "sgx/attributes.h"
#include "sgx/report.h"

#define XFRM_X87_SSE 3ull
/* What SSA frames of four pages and this kernel know how to keep. */
#define XFRM_KNOWN 0x602ffull

static struct targetinfo target __aligned(512);
static uint8_t report_data[SGX_REPORTDATA_SIZE] __aligned(128);
static struct sgx_report report __aligned(512);

int identity_read(bool is_debuggable, struct identity *ret)
{
	const struct sgx_report_body *b = &report.body;

	if (enclu_ereport(&target, report_data, &report))
		return -EINVAL;
	ret->attributes = b->attributes.flags;
	ret->xfrm = b->attributes.xfrm;
	ret->miscselect = b->miscselect;
	memcpy(ret->mrenclave, b->mrenclave, sizeof(ret->mrenclave));
	memcpy(ret->mrsigner, b->mrsigner, sizeof(ret->mrsigner));
	ret->isvprodid = b->isvprodid;
	ret->isvsvn = b->isvsvn;
	if (!(ret->attributes & SGX_ATTR_MODE64BIT) ||
	    (ret->xfrm & XFRM_X87_SSE) != XFRM_X87_SSE ||
	    (ret->xfrm & ~XFRM_KNOWN))
		return -EINVAL;
	if ((ret->attributes & SGX_ATTR_DEBUG) && !is_debuggable)
		return -EINVAL;
	return 0;
}

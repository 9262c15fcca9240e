/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/keyrequest.h"

#include "sgx/zero.h"

bool keyrequest_is_legal(const struct keyrequest *req, uint64_t flags)
{
	if (req->reserved1 != 0 || !IS_ZERO(req->reserved2))
		return false;
	if (req->keypolicy & ~SGX_KEYPOLICY_ALL)
		return false;
	/* Without CET the mask's byte is reserved like the one after it. */
	if (req->cet_attributes_mask != 0 && !(flags & SGX_ATTR_CET))
		return false;
	if (flags & SGX_ATTR_KSS)
		return true;
	return !(req->keypolicy & SGX_KEYPOLICY_KSS) && req->configsvn == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/secinfo.h"

#include "sgx/zero.h"

bool secinfo_is_canonical(const struct secinfo *secinfo)
{
	return (secinfo->flags & SGX_SECINFO_RESERVED) == 0 &&
	       IS_ZERO(secinfo->reserved);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/report.h"

#include "base/string.h"
#include "sgx/zero.h"

bool targetinfo_is_canonical(const struct targetinfo *target)
{
	return target->reserved1 == 0 && IS_ZERO(target->reserved2) &&
	       IS_ZERO(target->reserved3);
}

void targetinfo_from_report(struct targetinfo *ret_target,
                            const struct sgx_report_body *body)
{
	memset(ret_target, 0, sizeof(*ret_target));
	memcpy(ret_target->measurement, body->mrenclave,
	       sizeof(ret_target->measurement));
	ret_target->attributes = body->attributes;
	ret_target->cet_attributes = body->cet_attributes;
	ret_target->configsvn = body->configsvn;
	ret_target->miscselect = body->miscselect;
	memcpy(ret_target->configid, body->configid,
	       sizeof(ret_target->configid));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/keydep.h"

#include "base/compiler.h"
#include "base/string.h"

/*
 * Table 38-66, a column per key.  REPORT is not here: it takes everything from
 * the enclave as it is, see keydep_report().
 */
struct column {
	uint64_t needs; /* ATTRIBUTES bit without which: code 2 */
	/* What enters whatever the policy says. */
	bool mask;
	bool ownerepoch;
	bool mrsigner;
	bool keyid;
	bool keypolicy;
	/* Policy bits that count; the others are ignored. */
	uint16_t policy;
};

static const struct column columns[] = {
	[SGX_KEY_EINITTOKEN] = {
		.needs = SGX_ATTR_EINITTOKEN_KEY,
		.ownerepoch = true,
		.mrsigner = true,
		.keyid = true,
	},
	[SGX_KEY_PROVISION] = {
		.needs = SGX_ATTR_PROVISIONKEY,
		.mask = true,
		.mrsigner = true,
	},
	[SGX_KEY_PROVISION_SEAL] = {
		.needs = SGX_ATTR_PROVISIONKEY,
		.mask = true,
		.mrsigner = true,
		.keypolicy = true,
		.policy = SGX_KEYPOLICY_KSS,
	},
	[SGX_KEY_SEAL] = {
		.mask = true,
		.ownerepoch = true,
		.keyid = true,
		.keypolicy = true,
		.policy = SGX_KEYPOLICY_ALL,
	},
};

bool cpusvn_is_beyond(const uint8_t svn[SGX_CPUSVN_SIZE],
                      const uint8_t current[SGX_CPUSVN_SIZE])
{
	size_t i;

	for (i = 0; i < SGX_CPUSVN_SIZE; i++)
		if (svn[i] > current[i])
			return true;
	return false;
}

static enum sgx_error check(const struct column *column,
                            const struct key_identity *id,
                            const struct keyrequest *req,
                            const struct key_platform *platform)
{
	if ((id->attributes.flags & column->needs) != column->needs)
		return SGX_INVALID_ATTRIBUTE;
	if (cpusvn_is_beyond(req->cpusvn, platform->cpusvn))
		return SGX_INVALID_CPUSVN;
	if (req->isvsvn > id->isvsvn || req->configsvn > id->configsvn)
		return SGX_INVALID_ISVSVN;
	return SGX_SUCCESS;
}

/* INIT and DEBUG always count: a debug enclave never gets production keys. */
static void fill_attributes(struct keydep *dep, const struct key_identity *id,
                            const struct keyrequest *req)
{
	uint64_t always = SGX_ATTR_INIT | SGX_ATTR_DEBUG;

	dep->attributes.flags =
		(req->attributemask.flags | always) & id->attributes.flags;
	dep->attributes.xfrm = req->attributemask.xfrm & id->attributes.xfrm;
	dep->miscselect = req->miscmask & id->miscselect;
	dep->cet_attributes = req->cet_attributes_mask & id->cet_attributes;
}

static void fill_mask(struct keydep *dep, const struct keyrequest *req)
{
	dep->attributemask = req->attributemask;
	dep->miscmask = req->miscmask;
	dep->cet_attributes_mask = req->cet_attributes_mask;
}

#define COPY(dst, src)                                                         \
	do {                                                                   \
		static_assert(sizeof(dst) == sizeof(src), "same field");       \
		memcpy(dst, src, sizeof(dst));                                 \
	} while (0)

static void fill_by_policy(struct keydep *dep, const struct key_identity *id,
                           const struct keyrequest *req, uint16_t policy)
{
	if (!(policy & SGX_KEYPOLICY_NOISVPRODID))
		dep->isvprodid = id->isvprodid;
	if (policy & SGX_KEYPOLICY_MRENCLAVE)
		COPY(dep->mrenclave, id->mrenclave);
	if (policy & SGX_KEYPOLICY_MRSIGNER)
		COPY(dep->mrsigner, id->mrsigner);
	if (policy & SGX_KEYPOLICY_CONFIGID) {
		COPY(dep->configid, id->configid);
		dep->configsvn = req->configsvn;
	}
	if (policy & SGX_KEYPOLICY_ISVFAMILYID)
		COPY(dep->isvfamilyid, id->isvfamilyid);
	if (policy & SGX_KEYPOLICY_ISVEXTPRODID)
		COPY(dep->isvextprodid, id->isvextprodid);
}

static void fill_column(struct keydep *dep, const struct column *column,
                        const struct key_identity *id,
                        const struct keyrequest *req)
{
	fill_attributes(dep, id, req);
	fill_by_policy(dep, id, req, req->keypolicy & column->policy);
	dep->isvsvn = req->isvsvn;
	COPY(dep->cpusvn, req->cpusvn);
	if (column->mask)
		fill_mask(dep, req);
	if (column->mrsigner)
		COPY(dep->mrsigner, id->mrsigner);
	if (column->keyid)
		COPY(dep->keyid, req->keyid);
	if (column->keypolicy)
		dep->keypolicy = req->keypolicy;
}

/* How an enclave asks for reports to itself. */
static void own_target(struct targetinfo *ret_target,
                       const struct key_identity *id)
{
	memset(ret_target, 0, sizeof(*ret_target));
	COPY(ret_target->measurement, id->mrenclave);
	ret_target->attributes = id->attributes;
	ret_target->cet_attributes = id->cet_attributes;
	ret_target->miscselect = id->miscselect;
	COPY(ret_target->configid, id->configid);
	ret_target->configsvn = id->configsvn;
}

enum sgx_error keydep_fill(struct keydep *ret_dep,
                           const struct key_identity *id,
                           const struct keyrequest *req,
                           const struct key_platform *platform)
{
	const struct column *column;
	struct targetinfo own;
	enum sgx_error err;

	if (req->keyname >= ARRAY_SIZE(columns))
		return SGX_INVALID_KEYNAME;
	if (req->keyname == SGX_KEY_REPORT) {
		own_target(&own, id);
		keydep_report(ret_dep, &own, req->keyid, platform);
		return SGX_SUCCESS;
	}
	column = &columns[req->keyname];
	err = check(column, id, req, platform);
	if (err != SGX_SUCCESS)
		return err;

	memset(ret_dep, 0, sizeof(*ret_dep));
	ret_dep->keyname = req->keyname;
	fill_column(ret_dep, column, id, req);
	if (column->ownerepoch)
		COPY(ret_dep->ownerepoch, platform->ownerepoch);
	return SGX_SUCCESS;
}

void keydep_report(struct keydep *ret_dep, const struct targetinfo *target,
                   const uint8_t keyid[SGX_KEYID_SIZE],
                   const struct key_platform *platform)
{
	memset(ret_dep, 0, sizeof(*ret_dep));
	ret_dep->keyname = SGX_KEY_REPORT;
	ret_dep->attributes = target->attributes;
	ret_dep->cet_attributes = target->cet_attributes;
	ret_dep->miscselect = target->miscselect;
	COPY(ret_dep->mrenclave, target->measurement);
	COPY(ret_dep->configid, target->configid);
	ret_dep->configsvn = target->configsvn;
	COPY(ret_dep->cpusvn, platform->cpusvn);
	COPY(ret_dep->ownerepoch, platform->ownerepoch);
	memcpy(ret_dep->keyid, keyid, sizeof(ret_dep->keyid));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - EINIT.  First what the Linux driver looks at, then the leaf's
 * checks in the order of SDM Vol. 3D 38.3; its code is reported beside EPERM.
 */
#include <errno.h>
#include <string.h>

#include "platform/emu/emu.h"
#include "platform/rsa/verify.h"

/* The driver's share; 0 or -errno. */
static int driver_check(const struct emu_enclave *e,
                        const struct sigstruct *sig, struct platform_error *err)
{
	const struct platform_caps *caps = &e->platform->base.caps;
	uint64_t flags = sig->attributes.flags & sig->attributemask.flags;
	uint64_t xfrm = sig->attributes.xfrm & sig->attributemask.xfrm;
	uint32_t misc = sig->miscselect & sig->miscmask;

	if (emu_is_initialized(e))
		return platform_fail(err, -EINVAL, 0,
		                     "the enclave is already initialised");
	/* With a launch policy of its own the platform asks the leaf. */
	if (!e->platform->opt.lepubkeyhash &&
	    e->secs.attributes.flags & SGX_ATTR_EINITTOKEN_KEY)
		return platform_fail(err, -EACCES, 0,
		                     "EINITTOKEN_KEY is not for this host's "
		                     "enclaves");
	if (sig->vendor != SGX_VENDOR_NONE && sig->vendor != SGX_VENDOR_INTEL)
		return platform_fail(err, -EINVAL, 0,
		                     "SIGSTRUCT names an unknown vendor");
	if (flags & ~caps->attributes || xfrm & ~caps->xfrm ||
	    misc & ~caps->miscselect)
		return platform_fail(err, -EINVAL, 0,
		                     "SIGSTRUCT demands a feature that this "
		                     "platform does not have");
	return 0;
}

static enum sgx_error launch_check(const struct emu_platform *p,
                                   const struct sigstruct *sig)
{
	uint8_t mrsigner[SGX_HASH_SIZE];

	if (!p->opt.lepubkeyhash)
		return SGX_SUCCESS;
	sigstruct_mrsigner(sig, mrsigner);
	if (memcmp(mrsigner, p->lepubkeyhash, sizeof(mrsigner)) != 0)
		return SGX_INVALID_EINITTOKEN;
	return SGX_SUCCESS;
}

static enum sgx_error leaf_check(const struct emu_enclave *e,
                                 const struct sigstruct *sig,
                                 const struct secs *secs)
{
	uint8_t mrsigner[SGX_HASH_SIZE];
	const uint8_t *hash = e->platform->opt.lepubkeyhash;
	enum sgx_error code = sigstruct_check_header(sig);

	if (code == SGX_SUCCESS)
		code = rsa3072_verify_sigstruct(sig);
	if (code != SGX_SUCCESS)
		return code;
	sigstruct_mrsigner(sig, mrsigner);
	code = sigstruct_check_identity(sig, secs, hash ? hash : mrsigner);
	if (code != SGX_SUCCESS)
		return code;
	return launch_check(e->platform, sig);
}

static void commit(struct emu_enclave *e, const struct sigstruct *sig)
{
	sigstruct_mrsigner(sig, e->secs.mrsigner);
	e->secs.isvprodid = sig->isvprodid;
	e->secs.isvsvn = sig->isvsvn;
	e->secs.attributes.flags |= SGX_ATTR_INIT;
	e->id = (struct key_identity){
		.attributes = e->secs.attributes,
		.miscselect = e->secs.miscselect,
		.isvprodid = sig->isvprodid,
		.isvsvn = sig->isvsvn,
		.configsvn = e->secs.configsvn,
	};
	memcpy(e->id.mrenclave, e->secs.mrenclave, SGX_HASH_SIZE);
	memcpy(e->id.mrsigner, e->secs.mrsigner, SGX_HASH_SIZE);
	memcpy(e->id.configid, e->secs.configid, SGX_CONFIGID_SIZE);
	memcpy(e->id.isvfamilyid, sig->isvfamilyid, sizeof(sig->isvfamilyid));
	memcpy(e->id.isvextprodid, sig->isvextprodid,
	       sizeof(sig->isvextprodid));
	__atomic_store_n(&e->initialized, 1, __ATOMIC_RELEASE);
}

int emu_init(struct enclave *base, const struct sigstruct *sig,
             struct platform_error *err)
{
	struct emu_enclave *e = emu_enclave(base);
	struct secs secs = e->secs;
	int ret = driver_check(e, sig, err);
	enum sgx_error code;

	if (ret < 0)
		return ret;
	/* A copy is finished: EINIT may be tried again. */
	ret = recorder_finish(&e->recorder, secs.mrenclave);
	if (ret < 0)
		return platform_fail(err, ret, 0, "measuring failed");
	code = leaf_check(e, sig, &secs);
	if (code != SGX_SUCCESS)
		return platform_fail(err, -EPERM, code, "EINIT: %s",
		                     sgx_error_name(code));
	ret = emu_pads_install(e);
	if (ret < 0)
		return platform_fail(err, ret, 0, "out of memory");
	e->secs = secs;
	commit(e, sig);
	return 0;
}

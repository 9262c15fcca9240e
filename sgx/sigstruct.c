/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/sigstruct.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "sgx/zero.h"

static const uint8_t header[16] = {
	0x06, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0,
};
static const uint8_t header2[16] = {
	0x01, 0x01, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 0x01, 0, 0, 0,
};

/* The value of eight bits in BCD, or 255 if they are not BCD. */
static unsigned int bcd(uint32_t bits)
{
	unsigned int tens = bits >> 4 & 0xf;
	unsigned int units = bits & 0xf;

	return tens > 9 || units > 9 ? 255 : 10 * tens + units;
}

static bool date_is_sane(uint32_t date)
{
	unsigned int month = bcd(date >> 8);
	unsigned int day = bcd(date);

	return bcd(date >> 24) != 255 && bcd(date >> 16) != 255 && month >= 1 &&
	       month <= 12 && day >= 1 && day <= 31;
}

static bool params_are_sane(const struct sigstruct_params *p)
{
	return (p->attributes.flags & ~p->attributemask.flags) == 0 &&
	       (p->attributes.xfrm & ~p->attributemask.xfrm) == 0 &&
	       (p->miscselect & ~p->miscmask) == 0 &&
	       !(p->attributes.flags & SGX_ATTR_INIT) && date_is_sane(p->date);
}

int sigstruct_fill(struct sigstruct *ret_sig,
                   const struct sigstruct_params *params)
{
	struct sigstruct *sig = ret_sig;

	if (!params_are_sane(params))
		return -EINVAL;
	memset(sig, 0, sizeof(*sig));
	memcpy(sig->header, header, sizeof(header));
	memcpy(sig->header2, header2, sizeof(header2));
	sig->vendor = params->vendor;
	sig->date = params->date;
	sig->swdefined = params->swdefined;
	sig->exponent = SGX_RSA_EXPONENT;
	sig->miscselect = params->miscselect;
	sig->miscmask = params->miscmask;
	sig->attributes = params->attributes;
	sig->attributemask = params->attributemask;
	sig->isvprodid = params->isvprodid;
	sig->isvsvn = params->isvsvn;
	memcpy(sig->isvfamilyid, params->isvfamilyid, sizeof(sig->isvfamilyid));
	memcpy(sig->isvextprodid, params->isvextprodid,
	       sizeof(sig->isvextprodid));
	memcpy(sig->enclavehash, params->enclavehash, sizeof(sig->enclavehash));
	return 0;
}

/* Without CET in this model its two bytes are reserved like the rest. */
static bool reserved_are_zero(const struct sigstruct *sig)
{
	return IS_ZERO(sig->reserved1) && sig->cet_attributes == 0 &&
	       sig->cet_attributes_mask == 0 && IS_ZERO(sig->reserved2) &&
	       IS_ZERO(sig->reserved3) && IS_ZERO(sig->reserved4);
}

enum sgx_error sigstruct_check_header(const struct sigstruct *sig)
{
	if (memcmp(sig->header, header, sizeof(header)) != 0 ||
	    (sig->vendor != SGX_VENDOR_NONE &&
	     sig->vendor != SGX_VENDOR_INTEL) ||
	    memcmp(sig->header2, header2, sizeof(header2)) != 0 ||
	    sig->exponent != SGX_RSA_EXPONENT || !reserved_are_zero(sig))
		return SGX_INVALID_SIG_STRUCT;
	return SGX_SUCCESS;
}

static bool attributes_match(const struct sigstruct *sig,
                             const struct sgx_attributes *attributes)
{
	const struct sgx_attributes *mask = &sig->attributemask;

	return (attributes->flags & mask->flags) == sig->attributes.flags &&
	       (attributes->xfrm & mask->xfrm) == sig->attributes.xfrm;
}

enum sgx_error sigstruct_check_identity(const struct sigstruct *sig,
                                        const struct secs *secs,
                                        const uint8_t lepubkeyhash[32])
{
	uint64_t flags = secs->attributes.flags;
	uint8_t signer[SHA256_SIZE];

	if (!(flags & SGX_ATTR_KSS) && !IS_ZERO(sig->isvfamilyid))
		return SGX_INVALID_SIG_STRUCT;
	if (memcmp(sig->enclavehash, secs->mrenclave, SGX_HASH_SIZE) != 0)
		return SGX_INVALID_MEASUREMENT;

	sigstruct_mrsigner(sig, signer);
	if (flags & SGX_ATTR_EINITTOKEN_KEY &&
	    memcmp(signer, lepubkeyhash, sizeof(signer)) != 0)
		return SGX_INVALID_ATTRIBUTE;
	if (!attributes_match(sig, &secs->attributes) ||
	    (secs->miscselect & sig->miscmask) != sig->miscselect)
		return SGX_INVALID_ATTRIBUTE;
	return SGX_SUCCESS;
}

enum sgx_error sigstruct_check_launch(const struct sigstruct *sig,
                                      const uint8_t lepubkeyhash[32])
{
	uint8_t signer[SHA256_SIZE];

	sigstruct_mrsigner(sig, signer);
	if (memcmp(signer, lepubkeyhash, sizeof(signer)) != 0)
		return SGX_INVALID_EINITTOKEN;
	return SGX_SUCCESS;
}

void sigstruct_signed_bytes(const struct sigstruct *sig,
                            uint8_t ret_bytes[SGX_SIGSTRUCT_SIGNED_SIZE])
{
	const uint8_t *bytes = (const uint8_t *)sig;
	const size_t half = SGX_SIGSTRUCT_SIGNED_SIZE / 2;

	memcpy(ret_bytes, bytes, half);
	memcpy(ret_bytes + half, bytes + SGX_SIGSTRUCT_BODY_OFFSET, half);
}

void sigstruct_digest(const struct sigstruct *sig, uint8_t ret_digest[32])
{
	uint8_t bytes[SGX_SIGSTRUCT_SIGNED_SIZE];

	sigstruct_signed_bytes(sig, bytes);
	sha256(bytes, sizeof(bytes), ret_digest);
}

void sigstruct_mrsigner(const struct sigstruct *sig, uint8_t ret_hash[32])
{
	sha256(sig->modulus, sizeof(sig->modulus), ret_hash);
}

void sigstruct_swap_bytes(uint8_t *dst, const uint8_t *src, size_t size)
{
	size_t i;

	for (i = 0; i < (size + 1) / 2; i++) {
		uint8_t low = src[i];
		uint8_t high = src[size - 1 - i];

		dst[i] = high;
		dst[size - 1 - i] = low;
	}
}

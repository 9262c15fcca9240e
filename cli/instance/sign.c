/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.c - fills in and signs SIGSTRUCT.
 */
#include "cli/instance/sign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/endian.h"
#include "cli/epoch.h"
#include "platform/rsa/rsa3072.h"

#include "base/banned.h"

static uint32_t bcd(unsigned int number)
{
	uint32_t digits = 0;

	for (unsigned int shift = 0; number; shift += 4, number /= 10)
		digits |= number % 10 << shift;
	return digits;
}

/*
 * DATE as 0xYYYYMMDD.  It tells nothing that EINIT checks, but it is signed: the
 * same sources must give the same bytes on any day.
 */
static uint32_t sign_date(void)
{
	time_t t = build_epoch();
	struct tm tm;

	gmtime_r(&t, &tm); /* which fails for years that are no int */
	return bcd((unsigned int)tm.tm_year + 1900) << 16 |
	       bcd((unsigned int)tm.tm_mon + 1) << 8 |
	       bcd((unsigned int)tm.tm_mday);
}

static void choose_xfrm(const struct config *config, struct sigstruct_params *p)
{
	uint64_t open = SGX_XFRM_AVX | SGX_XFRM_AVX512;

	p->attributes.xfrm = SGX_XFRM_LEGACY;
	if (config->amx == 1)
		p->attributes.xfrm |= SGX_XFRM_AMX;
	else if (config->amx == 2)
		open |= SGX_XFRM_AMX;
	p->attributemask.xfrm = ~open;
}

static void choose_flags(const struct config *config,
                         struct sigstruct_params *p)
{
	uint64_t open = 0;

	p->attributes.flags = SGX_ATTR_MODE64BIT;
	if (config->debuggable)
		open |= SGX_ATTR_DEBUG;
	if (config->enable_kss)
		p->attributes.flags |= SGX_ATTR_KSS;
	else
		open |= SGX_ATTR_KSS;
	p->attributemask.flags = ~open;
}

static void put_id(uint8_t id[16], uint64_t high, uint64_t low)
{
	put_le64(id, low);
	put_le64(id + 8, high);
}

int sign_image(const struct config *config,
               const uint8_t mrenclave[SGX_HASH_SIZE], EVP_PKEY *key,
               struct sigstruct *ret_sig, struct cli_error *err)
{
	struct sigstruct_params p = {
		.vendor = SGX_VENDOR_NONE,
		.date = sign_date(),
		.miscmask = ~(uint32_t)SGX_MISC_EXINFO,
		.isvprodid = (uint16_t)config->product_id,
		.isvsvn = (uint16_t)config->version_number,
	};

	choose_flags(config, &p);
	choose_xfrm(config, &p);
	put_id(p.isvfamilyid, config->family_id_high, config->family_id_low);
	put_id(p.isvextprodid, config->ext_prod_id_high,
	       config->ext_prod_id_low);
	memcpy(p.enclavehash, mrenclave, SGX_HASH_SIZE);
	if (sigstruct_fill(ret_sig, &p) < 0)
		return cli_fail(err, -EINVAL, "SIGSTRUCT can't be filled in");
	if (rsa3072_sign_sigstruct(key, ret_sig) < 0)
		return cli_fail(err, -EIO, "OpenSSL cannot sign the image");
	return 0;
}

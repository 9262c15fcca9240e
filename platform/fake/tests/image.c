/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - see image.h.
 */
#include "platform/fake/tests/image.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/rsa/rsa3072.h"
#include "sgx/measure.h"

int te_failures;
const char *te_current = "setup";

void te_check(bool ok, const char *text, int line)
{
	if (ok)
		return;
	te_failures++;
	printf("  %s: line %d: %s\n", te_current, line, text);
}

void te_check_eq(uint64_t got, uint64_t want, const char *text, int line)
{
	if (got == want)
		return;
	te_failures++;
	printf("  %s: line %d: %s is %#lx, not %#lx\n", te_current, line, text,
	       (unsigned long)got, (unsigned long)want);
}

#define RW (SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W)

static uint8_t code[8192] __attribute__((aligned(4096)));
static uint8_t zeros[64 * 4096] __attribute__((aligned(4096)));
static struct tcs tcs[2] __attribute__((aligned(4096)));

#define THREAD(n)                                                              \
	{ TE_TCS0 + (n)*TE_THREAD_STRIDE, &tcs[n], 1, SGX_SECINFO_TCS, true }, \
		{ TE_SSA0 + (n)*TE_THREAD_STRIDE, zeros, 12, RW, true },       \
		{ TE_BLOCK0 + (n)*TE_THREAD_STRIDE, zeros, 2, RW, true },      \
	{                                                                      \
		TE_STACK0 + (n)*TE_THREAD_STRIDE, zeros, 2, RW, true           \
	}

struct image_part image_part[] = {
	{ TE_CODE, code, 2, SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_X,
	  true },
	{ TE_DATA, zeros, 4, RW, true },
	THREAD(0),
	THREAD(1),
	{ TE_RW, zeros, 64, RW, false },
	{ TE_RO, zeros, 1, SGX_SECINFO_REG | SGX_SECINFO_R, false },
};
const size_t image_n_parts = sizeof(image_part) / sizeof(image_part[0]);

_Static_assert(sizeof(struct tcs) == 4096, "TCSs are pages");

void image_setup(void)
{
	memcpy(code, te_begin, (size_t)(te_end - te_begin));
	for (unsigned int n = 0; n < 2; n++)
		tcs[n] = (struct tcs){
			.ossa = TE_SSA0 + n * TE_THREAD_STRIDE,
			.nssa = 3,
			.oentry = TE_ADDR(te_entry),
			.ofsbase = TE_BLOCK0 + n * TE_THREAD_STRIDE,
			.ogsbase = TE_BLOCK0 + n * TE_THREAD_STRIDE,
		};
}

void image_secs(const struct platform_caps *caps, struct secs *secs)
{
	*secs = (struct secs){
		.size = TE_SIZE,
		.ssaframesize = 4,
		.miscselect = caps->miscselect,
		.attributes.flags = SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG,
		.attributes.xfrm = caps->xfrm,
	};
}

static void measure_part(struct measure *m, const struct image_part *part)
{
	struct secinfo secinfo = { .flags = part->flags };

	for (size_t i = 0; i < part->npages; i++) {
		uint64_t offset = part->offset + i * 4096;

		if (part->is_measured)
			measure_page(m, offset, &secinfo,
			             (const uint8_t *)part->src + i * 4096);
		else
			measure_eadd(m, offset, &secinfo);
	}
}

void image_sign(const struct secs *secs, struct sigstruct *sig,
                void (*edit)(struct sigstruct *sig))
{
	static EVP_PKEY *key;
	struct sigstruct_params p = {
		.date = 0x20261122,
		.attributes.flags = SGX_ATTR_MODE64BIT,
		.attributemask.flags = ~(uint64_t)SGX_ATTR_DEBUG &
		                       ~(uint64_t)SGX_ATTR_PROVISIONKEY,
	};
	struct measure m;

	if (!key)
		key = rsa3072_generate();
	measure_init(&m, secs, NULL);
	for (size_t i = 0; i < image_n_parts; i++)
		measure_part(&m, &image_part[i]);
	CHECK(measure_finish(&m, p.enclavehash) == 0);
	CHECK(sigstruct_fill(sig, &p) == 0);
	if (edit)
		edit(sig);
	CHECK(rsa3072_sign_sigstruct(key, sig) == 0);
}

static char folder[] = "/tmp/sgx-test-XXXXXX";
static char secret[64];

static void remove_secret(void)
{
	unlink(secret);
	rmdir(folder);
}

const char *image_secret(void)
{
	if (!secret[0] && mkdtemp(folder)) {
		snprintf(secret, sizeof(secret), "%s/secret", folder);
		atexit(remove_secret);
	}
	return secret;
}

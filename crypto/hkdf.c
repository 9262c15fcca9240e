/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hkdf.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/hmac.h"

void hkdf_extract(struct cspan salt, struct cspan secret,
                  uint8_t ret_prk[SHA256_SIZE])
{
	/* HMAC pads its key with zeros, so an empty salt needs no copy. */
	hmac_sha256(salt, secret, ret_prk);
}

int hkdf_expand(struct span dst, const uint8_t prk[SHA256_SIZE],
                struct cspan info)
{
	uint8_t t[SHA256_SIZE];
	struct hmac keyed, m;
	uint8_t counter = 0;
	size_t off, n;

	if (dst.size > HKDF_OUTPUT_MAX)
		return -EINVAL;
	hmac_init(&keyed, cspan_make(prk, SHA256_SIZE));
	for (off = 0; off < dst.size; off += n) {
		m = keyed;
		if (counter)
			hmac_update(&m, t, sizeof(t));
		hmac_update(&m, info.data, info.size);
		counter++;
		hmac_update(&m, &counter, sizeof(counter));
		hmac_final(&m, t);
		n = MIN(dst.size - off, sizeof(t));
		memcpy(dst.data + off, t, n);
	}
	memzero_explicit(&keyed, sizeof(keyed));
	memzero_explicit(t, sizeof(t));
	return 0;
}

int hkdf_sha256(struct span dst, struct cspan salt, struct cspan secret,
                struct cspan info)
{
	uint8_t prk[SHA256_SIZE];
	int err;

	hkdf_extract(salt, secret, prk);
	err = hkdf_expand(dst, prk, info);
	memzero_explicit(prk, sizeof(prk));
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hkdf.h - HKDF with SHA-256 (RFC 5869): one good secret into many.
 *
 * Keys for different purposes must differ in @info.
 */
#pragma once

#include "base/compiler.h"
#include "base/span.h"
#include "crypto/sha256.h"

enum {
	HKDF_OUTPUT_MAX = 255 * SHA256_SIZE, /* RFC 5869, 2.3 */
};

/* The pseudorandom key; an empty @salt stands for 32 zero bytes. */
void hkdf_extract(struct cspan salt, struct cspan secret,
                  uint8_t ret_prk[SHA256_SIZE]);

/*
 * hkdf_expand - fill @dst from @prk.
 *
 * -EINVAL if @dst is longer than HKDF_OUTPUT_MAX; it is untouched then.  @dst
 * may not overlap the inputs.
 */
__must_check int hkdf_expand(struct span dst, const uint8_t prk[SHA256_SIZE],
                             struct cspan info);

/* Both steps; errors as hkdf_expand(). */
__must_check int hkdf_sha256(struct span dst, struct cspan salt,
                             struct cspan secret, struct cspan info);

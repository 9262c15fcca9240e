/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac.h - HMAC-SHA256 (FIPS 198-1).
 *
 *	struct hmac m;
 *
 *	hmac_init(&m, key);
 *	hmac_update(&m, data, size);       // as often as wanted
 *	hmac_final(&m, tag);               // wipes m
 *
 * Compare tags with crypto_equal().
 */
#pragma once

#include "base/span.h"
#include "crypto/sha256.h"

struct hmac {
	struct sha256 inner;
	struct sha256 outer; /* has swallowed the outer pad */
};

/* @key of any length; only read here. */
void hmac_init(struct hmac *m, struct cspan key);
void hmac_update(struct hmac *m, const void *data, size_t size);
void hmac_final(struct hmac *m, uint8_t ret_tag[SHA256_SIZE]);

void hmac_sha256(struct cspan key, struct cspan data,
                 uint8_t ret_tag[SHA256_SIZE]);

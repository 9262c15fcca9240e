/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmac.h - AES-CMAC (SP 800-38B, RFC 4493), keys of 16 or 32 bytes.
 *
 *	struct cmac m;
 *	int err = cmac_init(&m, key);
 *
 *	if (err < 0)
 *		return err;
 *	cmac_update(&m, data, size);       // as often as wanted
 *	cmac_final(&m, tag);               // wipes m
 *
 * The MAC of SGX reports and the PRF of emulated SGX keys.  Compare tags with
 * crypto_equal().
 */
#pragma once

#include "base/compiler.h"
#include "base/span.h"
#include "crypto/aes.h"

enum {
	CMAC_SIZE = 16,
};

struct cmac {
	struct aes_key key;
	uint8_t mac[AES_BLOCK_SIZE];
	uint8_t block[AES_BLOCK_SIZE]; /* 1 to 16 bytes once there is data */
	size_t used;
};

/* Errors as aes_key_init(). */
__must_check int cmac_init(struct cmac *m, struct cspan key);
void cmac_update(struct cmac *m, const void *data, size_t size);
void cmac_final(struct cmac *m, uint8_t ret_tag[CMAC_SIZE]);

__must_check int cmac_aes(struct cspan key, struct cspan data,
                          uint8_t ret_tag[CMAC_SIZE]);

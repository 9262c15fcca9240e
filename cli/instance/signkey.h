/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signkey.h - the key that signs enclaves.
 *
 * No key is ever shipped: without --sign-key each user has a key of his own,
 * made at the first build, $XDG_CONFIG_HOME/sofaenclave/sign-key.pem, mode
 * 0600.  Whoever has it can sign a new version that reads this one's sealed
 * data, so it is worth a backup and no copy.
 */
#pragma once

#include <openssl/evp.h>

#include "base/compiler.h"
#include "cli/error.h"

/*
 * signkey_load - the private key in PEM file @path, or the user's own one if
 * @path is NULL.  RSA-3072 with exponent 3, else -EINVAL.
 */
__must_check int signkey_load(const char *path, EVP_PKEY **ret_key,
                              struct cli_error *err);

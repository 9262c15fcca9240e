/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.h - SIGSTRUCT of an image: what is pinned and what the loader may
 * choose.
 *
 *   MODE64BIT                pinned to 1
 *   DEBUG                    left to the loader if metadata.debuggable, else
 *                            pinned to 0
 *   KSS                      pinned to 1 with metadata.enable_kss, else open
 *   other ATTRIBUTES         pinned to 0
 *   XFRM x87, SSE            pinned to 1
 *   XFRM AVX, AVX-512        open: what the CPU has
 *   XFRM AMX                 feature.amx: 0 pinned to 0, 1 to 1, 2 open
 *   other XFRM               pinned to 0
 *   MISCSELECT.EXINFO        open: SGX1 lacks it
 *   other MISCSELECT         pinned to 0
 */
#pragma once

#include <openssl/evp.h>

#include "base/compiler.h"
#include "cli/config/config.h"
#include "cli/error.h"
#include "sgx/sigstruct.h"

__must_check int sign_image(const struct config *config,
                            const uint8_t mrenclave[SGX_HASH_SIZE],
                            EVP_PKEY *key, struct sigstruct *ret_sig,
                            struct cli_error *err);

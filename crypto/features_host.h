/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features_host.h - for host programs only: crypto_init() from CPUID.
 */
#pragma once

#include "crypto/crypto.h"

void crypto_features_host(struct crypto_features *ret_features);

/* crypto_init() with what this CPU has. */
__must_check int crypto_init_host(void);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - EINIT's test of SIGSTRUCT's signature, Q1 and Q2.
 *
 * As the CPU does it, by multiplications alone (SDM Vol. 3D, EINIT), which is
 * all that running an enclave needs: loading OpenSSL takes longer than
 * starting a kernel.  Its numbers are public, so nothing here is constant-time.
 *
 * Whoever plays EINIT calls sigstruct_check_header() first, because that is
 * the CPU's order.
 */
#pragma once

#include "base/compiler.h"
#include "sgx/sigstruct.h"

/* SGX_SUCCESS or SGX_INVALID_SIGNATURE. */
__must_check enum sgx_error
rsa3072_verify_sigstruct(const struct sigstruct *sig);

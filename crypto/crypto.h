/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.h - start-up, and what every primitive in this folder shares.
 *
 * Freestanding and the same inside and outside the enclave: no allocation, no
 * CPUID (illegal in an enclave), no locks, no state but the feature table set
 * once by crypto_init().  Every function may be called from any thread on
 * objects that no other thread is using.
 *
 * Constant time: no branch and no address depends on a key or on data.  Sizes
 * are not secret.
 *
 * Vector registers: an enclave kernel is compiled without them, because while
 * it runs they hold the program's.  Functions that need them are entered
 * through simd.S, which saves the vector registers that they use, and puts them
 * back and wipes the stack beneath afterwards, so that no key stays in either.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* What the CPU can do, as whoever may execute CPUID has found out. */
struct crypto_features {
	bool ssse3;
	bool sse41;
	bool aesni;
	bool sha;
	bool pclmul;
	/*
	 * VAES and VPCLMULQDQ with the AVX2, or the AVX-512 F, BW and VL, to use
	 * them, and XSAVEC; and XCR0 (in an enclave: XFRM) enables the state.
	 */
	bool vaes256;
	bool vaes512;
};

/*
 * crypto_init - choose the code paths.  Call before any other thread runs.
 *
 * A feature claimed but absent is an invalid-opcode fault at first use, never
 * a wrong result.  -ENOSYS if AES-NI, SSSE3 or SSE4.1 is missing: SHA-256 and
 * what is built on it work even then (and before this call), AES does not.
 */
__must_check int crypto_init(const struct crypto_features *features);

/* Whether @size bytes are equal, in time that depends on @size only. */
__must_check bool crypto_equal(const void *a, const void *b, size_t size);

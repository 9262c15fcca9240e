/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm_internal.h - the work of one message, and the paths that do it.
 */
#pragma once

#include "crypto/gcm.h"

/* All that a path needs; it writes dst and tag. */
struct gcm_work {
	const struct gcm_key *key;
	const struct gcm_message *message;
	uint8_t tag[GCM_TAG_SIZE]; /* computed; nothing has been compared */
	bool opening;              /* src is what is hashed, not dst */
};

/* The doors of simd.S, and behind each the function of the name plus _simd. */
void gcm_ni_powers(struct gcm_key *key);
void gcm_ni_run(struct gcm_work *w);
void gcm_vaes256_run(struct gcm_work *w);
void gcm_vaes512_run(struct gcm_work *w);

void gcm_ni_powers_simd(struct gcm_key *key);
void gcm_ni_run_simd(struct gcm_work *w);
void gcm_vaes256_run_simd(struct gcm_work *w);
void gcm_vaes512_run_simd(struct gcm_work *w);

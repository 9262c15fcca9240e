/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enclu.h - the leaves that change pages, as entry/enclu.S wraps them.
 *
 * @si lies in the enclave, 64-byte aligned.  EACCEPT of an absent page makes
 * the driver EAUG it first (SDM Vol. 3D 36.4; Linux adds it on the fault).
 */
#pragma once

#include "base/types.h"
#include "sgx/secinfo.h"

/* What a wrapper answers when the leaf itself faulted: #PF or #GP. */
#define ENCLU_FAULT UINT64_MAX

/* 0, an SGX error code, or ENCLU_FAULT. */
uint64_t enclu_eaccept(const struct secinfo *si, uint64_t addr);
/* @dst is pending; @src is a page of the kernel. */
uint64_t enclu_eacceptcopy(const struct secinfo *si, uint64_t dst,
			   uint64_t src);
/* Reports nothing; a fault is swallowed. */
void enclu_emodpe(const struct secinfo *si, uint64_t addr);

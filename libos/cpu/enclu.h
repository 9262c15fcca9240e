/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enclu.h - the ENCLU leaves the kernel executes inside the enclave.
 *
 * Results are the leaf's RAX (0 or an SGX error code).  An operand that the
 * leaf refuses by a fault is a bug of ours or a hostile host: the exception
 * table turns it into ENCLU_FAULT.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct secinfo;

#define ENCLU_FAULT UINT64_MAX

/* @si: SECINFO in enclave memory, 64-byte aligned; @addr: a page. */
uint64_t __must_check enclu_eaccept(const struct secinfo *si, uint64_t addr);
uint64_t __must_check enclu_eacceptcopy(const struct secinfo *si, uint64_t dst,
                                        uint64_t src);
/*
 * @more: how many pages behind this one follow with the same rights.  It lies in
 * RDX, which the CPU does not look at; a model that has to tell its host about
 * rights can do so once for a run.
 */
uint64_t __must_check enclu_emodpe(const struct secinfo *si, uint64_t addr,
                                   uint64_t more);
/* 512-byte aligned operands; @reportdata 128. */
uint64_t __must_check enclu_ereport(const void *targetinfo,
                                    const void *reportdata, void *report);
uint64_t __must_check enclu_egetkey(const void *keyrequest, void *key);

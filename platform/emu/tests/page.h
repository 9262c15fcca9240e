/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - page instructions as vectors issue them, inside and by the driver.
 */
#pragma once

#include "platform/emu/tests/harness.h"

#define SECINFO_AT TE_DATA /* a page for the leaf's SECINFO */
#define FLAGS_ALL 0x8d5    /* CF PF AF ZF SF OF */
#define FLAG_ZF 0x40

static inline uint64_t with_secinfo(struct te *te, unsigned int leaf,
                                    uint64_t flags, uint64_t rcx, uint64_t rdx)
{
	te_write64(te, SECINFO_AT, flags);
	return te_leaf(te, leaf, SECINFO_AT, rcx, rdx, NULL);
}

static inline uint64_t accept(struct te *te, uint64_t flags, uint64_t page)
{
	return with_secinfo(te, ENCLU_EACCEPT, flags, page, 0);
}

/* The last leaf faulted with @vector at the ENCLU. */
static inline void faulted(struct te *te, unsigned int vector, uint64_t page)
{
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, vector);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_enclu));
	if (vector == 14)
		CHECK_EQ(te->run.exception_addr, page);
}

static inline void went_well(struct te *te)
{
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
}

static inline int restricted(struct te *te, uint64_t page, uint32_t rwx)
{
	struct enclave_progress done;

	return enclave_restrict(te->e, page, 1, rwx, &done);
}

static inline int modified(struct te *te, uint64_t page, uint32_t type)
{
	struct enclave_progress done;

	return enclave_modify(te->e, page, 1, type, &done);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/ssa.h"

#include "base/compiler.h"
#include "sgx/attributes.h"

/* 35.9.1.2: who is reported, as what, and if which MISCSELECT bit is set. */
static const struct {
	uint8_t vector;
	uint8_t type;
	uint8_t misc;
} reported[] = {
	{ SGX_VECTOR_DE, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_DB, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_BP, SGX_EXIT_SOFTWARE, 0 },
	{ SGX_VECTOR_BR, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_UD, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_GP, SGX_EXIT_HARDWARE, SGX_MISC_EXINFO },
	{ SGX_VECTOR_PF, SGX_EXIT_HARDWARE, SGX_MISC_EXINFO },
	{ SGX_VECTOR_MF, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_AC, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_XM, SGX_EXIT_HARDWARE, 0 },
	{ SGX_VECTOR_CP, SGX_EXIT_HARDWARE, SGX_MISC_CPINFO },
};

uint32_t exitinfo_make(unsigned int vector, uint32_t miscselect)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reported); i++) {
		if (reported[i].vector != vector)
			continue;
		if ((reported[i].misc & miscselect) != reported[i].misc)
			return 0;
		return SGX_EXITINFO_VALID | (uint32_t)reported[i].type << 8 |
		       vector;
	}
	return 0;
}

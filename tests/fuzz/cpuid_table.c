/* SPDX-License-Identifier: Apache-2.0 */
/* The host's CPUID table: eight bytes of XFRM, the entries. */
#include <string.h>

#include "libos/cpu/cpuid.h"
#include "tests/fuzz/fuzz.h"

#define XSAVE_LEAF 0xd

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_cpuid table[CPUID_TABLE_MAX + 1];
	struct cpuid_regs r;
	uint64_t xfrm;
	size_t count;

	if (size < sizeof(xfrm))
		return 0;
	memcpy(&xfrm, data, sizeof(xfrm));
	count = (size - sizeof(xfrm)) / sizeof(table[0]);
	if (count > CPUID_TABLE_MAX + 1)
		count = CPUID_TABLE_MAX + 1;
	memcpy(table, data + sizeof(xfrm), count * sizeof(table[0]));
	if (cpuid_setup(table, count, xfrm) < 0)
		return 0;
	MUST(count <= CPUID_TABLE_MAX);
	for (uint32_t leaf = 0; leaf < 0x40; leaf++)
		for (uint32_t sub = 0; sub < 4; sub++)
			cpuid_lookup(leaf, sub, &r);
	/* No program is told of state that it can't have. */
	cpuid_lookup(XSAVE_LEAF, 0, &r);
	MUST(!(((uint64_t)r.edx << 32 | r.eax) & ~xfrm));
	return 0;
}

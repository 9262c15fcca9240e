/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/fsbase.h"

uint64_t fsbase_read(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

void fsbase_write(uint64_t base)
{
	__asm__ volatile("wrfsbase %0" : : "r"(base));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/extable.h"

extern const struct ex_entry ex_table_start[], ex_table_end[];

uint64_t extable_find(uint64_t rip)
{
	const struct ex_entry *e;

	for (e = ex_table_start; e < ex_table_end; e++)
		if (e->insn == rip)
			return e->fixup;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that `occlum add` and `occlum build` look into: what it needs, and
 * where its instructions are.
 */
#include <string.h>

#include "abi/sites.h"
#include "cli/image/elfneeds.h"
#include "cli/image/sites.h"
#include "tests/fuzz/fuzz.h"

static void check_table(const struct bytes *table, size_t file_size)
{
	struct sites_header h;
	uint64_t end = 0;
	struct site s;

	if (!table->size)
		return;
	memcpy(&h, table->data, sizeof(h));
	MUST(h.magic == SITES_MAGIC);
	MUST(table->size == sizeof(h) + h.count * sizeof(s));
	for (uint32_t i = 0; i < h.count; i++) {
		memcpy(&s, table->data + sizeof(h) + i * sizeof(s), sizeof(s));
		MUST(s.offset >= end);
		end = (uint64_t)s.offset + s.size;
		MUST(end <= file_size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cspan file = cspan_make(data, size);
	struct sites_report report = { .unclear = 0 };
	struct bytes table = { .size = 0 };
	struct elf_needs needs;

	if (elf_needs_read(file, &needs) == 0) {
		for (size_t i = 0; i < needs.needed.count; i++)
			MUST(strlen(needs.needed.item[i]) < size);
		elf_needs_fini(&needs);
	}
	sites_scan(file, &table, &report);
	check_table(&table, size);
	bytes_fini(&table);
	return 0;
}

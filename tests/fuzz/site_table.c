/* SPDX-License-Identifier: Apache-2.0 */
/* A table of instructions to be rewritten: two bytes of file size, the table. */
#include <string.h>

#include "libos/proc/sites/table.h"
#include "tests/fuzz/fuzz.h"

static void check_site(const struct site *s, uint64_t end, uint64_t file_size)
{
	static const struct site_opcode opcodes[] = SITE_OPCODES;

	MUST(s->kind && s->kind <= SITE_KIND_MAX);
	MUST(s->size >= SITE_JUMP_SIZE && s->size <= SITE_WINDOW_MAX);
	MUST(s->at + opcodes[s->kind].size <= s->size);
	MUST(s->offset >= end && s->offset + s->size <= file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t file_size, end = 0;
	struct site *sites;
	void *bytes;

	if (size < 2)
		return 0;
	file_size = data[0] | (uint64_t)data[1] << 8;
	size -= 2;
	bytes = malloc(size ? size : 1);
	memcpy(bytes, data + 2, size);
	sites = (void *)((struct sites_header *)bytes + 1);
	if (site_table_check(bytes, size, file_size) == 0)
		for (size_t i = 0;
		     i < (size - sizeof(struct sites_header)) / sizeof(*sites);
		     i++) {
			check_site(&sites[i], end, file_size);
			end = sites[i].offset + sites[i].size;
		}
	free(bytes);
	return 0;
}

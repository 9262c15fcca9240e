/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's ELF file and a boot config, laid out: two bytes of the config's
 * size, the config, the kernel.
 */
#include <string.h>

#include "abi/layout.h"
#include "base/units.h"
#include "host/image.h"
#include "tests/fuzz/fuzz.h"

/* Beyond it only time would pass. */
enum { FILE_MAX = 4 << 20 };

static void check_regions(const struct image *image)
{
	uint64_t end = 0;

	for (size_t i = 0; i < image->n_regions; i++) {
		const struct image_region *r = &image->region[i];

		MUST(r->npages && r->addr % PAGE_SIZE == 0);
		MUST(r->addr >= end);
		end = r->addr + r->npages * PAGE_SIZE;
		MUST(end > r->addr && end <= image->size);
	}
}

/*
 * What is written in canonical form is read as the same image.  Without an
 * ENCLU, where nothing could ever leave, the list of them may be lost.
 */
static void check_canonical(const struct elf_image *elf)
{
	size_t size = elf_image_file_size(elf);
	uint8_t *bytes = calloc(1, size);
	struct elf_image again;
	const char *reason;

	elf_image_write(elf, bytes);
	MUST(elf_image_parse(&again, cspan_make(bytes, size), &reason) == 0);
	MUST(again.entry == elf->entry && again.n_segments == elf->n_segments);
	MUST(elf_image_is_canonical(&again, cspan_make(bytes, size)));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *reason = NULL;
	struct image image;
	size_t config_size;

	if (size < 2)
		return 0;
	config_size = data[0] | (size_t)data[1] << 8;
	if (config_size > size - 2)
		return 0;
	if (image_init(
		    &image,
		    cspan_make(data + 2 + config_size, size - 2 - config_size),
		    cspan_make(data + 2, config_size), &reason) < 0) {
		MUST(reason && reason[0]);
		return 0;
	}
	check_regions(&image);
	if (elf_image_pad_count(&image.elf) &&
	    elf_image_file_size(&image.elf) <= FILE_MAX)
		check_canonical(&image.elf);
	image_fini(&image);
	return 0;
}

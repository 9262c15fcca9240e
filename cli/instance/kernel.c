/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.c - finds the kernel image, and reads it.
 */
#include "cli/instance/kernel.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/instance/file.h"
#include "cli/instance/place.h"
#include "cli/scope.h"
#include "host/elf_image.h"

#include "base/banned.h"

/* Relative to the folder of occlum-tools. */
static const char *const places[] = {
	"occlum-kernel",          /* installed    */
	"../libos/occlum-kernel", /* build folder */
	NULL,
};

int kernel_find(char **ret_path, struct cli_error *err)
{
	const char *chosen = secure_getenv("OCCLUM_KERNEL");
	scope_free char *folder = NULL;

	*ret_path = chosen ? mem_string(chosen) : place_find(places);
	if (*ret_path)
		return 0;
	folder = place_own_folder();
	return cli_fail(err, -ENOENT,
	                "the kernel image is not at %s/%s: install occlum "
	                "again, or set OCCLUM_KERNEL to its path",
	                folder, places[0]);
}

static int make_canonical(const struct bytes *file, const char *path,
                          struct bytes *ret_bytes, struct cli_error *err)
{
	struct elf_image elf;
	const char *reason;
	int ret = elf_image_parse(&elf, cspan_make(file->data, file->size),
	                          &reason);

	if (ret < 0)
		return cli_fail(err, ret, "the kernel image %s %s", path,
		                reason);
	bytes_add(ret_bytes, NULL, elf_image_file_size(&elf));
	elf_image_write(&elf, ret_bytes->data);
	return 0;
}

int kernel_read(struct bytes *ret_bytes, struct cli_error *err)
{
	scope_free char *path = NULL;
	struct bytes file = { 0 };
	int ret = kernel_find(&path, err);

	if (ret == 0)
		ret = file_read(path, &file, err);
	if (ret == 0)
		ret = make_canonical(&file, path, ret_bytes, err);
	bytes_fini(&file);
	return ret;
}

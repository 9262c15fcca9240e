/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.c - finds the kernel image relative to this program.
 */
#include "cli/instance/kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/scope.h"
#include "host/elf_image.h"

#include "base/banned.h"

/* Relative to the folder of the program. */
static const char *const places[] = {
	"../lib/occlum/occlum-kernel", /* installed                      */
	"../libos/occlum-kernel",      /* build folder, program in cli/  */
	"libos/occlum-kernel",         /* build folder, program at top   */
};

static char *own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n < 0)
		return mem_string(".");
	path[n] = '\0';
	slash = strrchr(path, '/');
	return mem_substring(path, slash ? (size_t)(slash - path) : 0);
}

int kernel_find(char **ret_path, struct cli_error *err)
{
	const char *chosen = secure_getenv("OCCLUM_KERNEL");
	scope_free char *folder = own_folder();

	if (chosen) {
		*ret_path = mem_string(chosen);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		scope_free char *path = mem_format("%s/%s", folder, places[i]);

		if (access(path, R_OK) == 0) {
			*ret_path = scope_take(&path);
			return 0;
		}
	}
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

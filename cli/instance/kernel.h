/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h - where the kernel image is.
 *
 * $OCCLUM_KERNEL, or beside this program: PREFIX/lib/occlum/occlum-kernel
 * where it is PREFIX/bin/occlum, libos/occlum-kernel in a build folder.
 */
#pragma once

#include "base/compiler.h"
#include "cli/error.h"
#include "cli/memory.h"

__must_check int kernel_find(char **ret_path, struct cli_error *err);

/*
 * kernel_read - the image in canonical form (host/elf_image.h): as build/ has
 * it, whatever debug information the installed file carries.
 */
__must_check int kernel_read(struct bytes *ret_bytes, struct cli_error *err);

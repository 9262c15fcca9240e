/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso_image.h - the linked vDSO (vdso/vdso.c) as the kernel carries it: whole
 * pages, to be mapped read-only and executable into every program.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

extern const uint8_t vdso_image[];
extern const size_t vdso_image_size;

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - finds what is installed, or was built, together with this program.
 */
#pragma once

#include "base/compiler.h"

/* The folder of this program.  Free it. */
__must_check char *place_own_folder(void);

/*
 * place_find - the first of @places that can be read, or NULL.  Free it.
 *
 * Each is relative to the folder of this program; NULL ends the list.
 */
__must_check char *place_find(const char *const *places);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elsewhere.h - the vectors on another back end than emu.
 *
 * There a vector may be beyond what user space can do, and it may hang or end
 * its process: each runs in a child, with a limit.
 */
#pragma once

#include "platform/emu/tests/harness.h"

/* Sets te_platform.  False: no platform of that name. */
bool elsewhere_choose(const char *name);

/* Prints what te_platform, if not emu, can do.  False: it can't be opened. */
bool elsewhere_describe(void);

/* Why @v can't be run with @isa on te_platform, or NULL. */
const char *elsewhere_left_out(const struct vector *v, enum platform_isa isa);

/* Whether @run says so in a child that ends by itself in time. */
bool elsewhere_run(bool (*run)(const struct vector *v, enum platform_isa isa),
                   const struct vector *v, enum platform_isa isa);

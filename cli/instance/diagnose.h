/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.h - which file of a build is to blame when an enclave does not
 * start.
 *
 * The platform refuses a changed image by its measurement, which says that
 * something is different, not what.  This compares each file with the digest
 * that `build` noted in image.json.  For people only: no decision hangs on it,
 * and it is asked after a failure, when time no longer matters.
 */
#pragma once

#include <jansson.h>

#include "base/compiler.h"
#include "cli/error.h"

/*
 * diagnose_build - look at the build in @folder, described by @info.
 *
 * 0 if its files are as they were made; else negative, and @err names the one
 * that is not.
 */
__must_check int diagnose_build(const char *folder, const json_t *info,
                                struct cli_error *err);

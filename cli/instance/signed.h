/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed.h - reads back what `occlum build` made: SIGSTRUCT and image.json.
 */
#pragma once

#include <jansson.h>

#include "base/compiler.h"
#include "cli/error.h"
#include "sgx/sigstruct.h"

/* build/SIGSTRUCT, of the right size; its signature is not looked at. */
__must_check int signed_read(struct sigstruct *ret_sig, struct cli_error *err);

/* build/image.json, to be released with json_decref(). */
__must_check int signed_info(json_t **ret_info, struct cli_error *err);

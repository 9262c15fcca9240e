/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - from the instance folder to an enclave image, in memory.
 *
 * `build` makes a plan, signs it and writes it down; `measure` makes the same
 * plan and only prints its measurement.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "cli/config/config.h"
#include "cli/config/problem.h"
#include "cli/error.h"
#include "cli/image/root.h"
#include "cli/image/users.h"
#include "cli/memory.h"
#include "host/image.h"
#include "sgx/measure.h"

struct plan {
	struct config config;
	struct problems problems;
	struct root root;
	struct user user;
	struct user *users; /* as many as config.users */
	struct bytes kernel;
	struct bytes index;
	struct bytes boot_config;
	struct image image; /* points into kernel */
};

/*
 * plan_make - read Occlum.json, image/ and the kernel.
 *
 * @body_path: where to write the root's body; NULL: nowhere.
 * @ret_plan is to be released in either case.
 */
__must_check int plan_make(struct plan *ret_plan, const char *body_path,
                           struct cli_error *err);

/* The measurement; @sink (may be NULL) gets the records. */
__must_check int plan_measure(const struct plan *plan,
                              const struct measure_sink *sink,
                              uint8_t ret_mrenclave[SGX_HASH_SIZE]);

/* Print the warnings about Occlum.json on stderr. */
void plan_print_warnings(const struct plan *plan);

void plan_fini(struct plan *plan);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - an Occlum.json, checked.
 *
 * Every field is optional; what is missing has the value that `occlum init`
 * would write.  cli/config/schema.c is the one table of fields: reading,
 * checking, help and documentation come from it.
 *
 *	struct config config;
 *	struct problems problems = { 0 };
 *
 *	ret = config_load("Occlum.json", &config, &problems, err);
 *	...
 *	config_fini(&config);
 *	problems_fini(&problems);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cli/config/problem.h"
#include "cli/error.h"
#include "cli/memory.h"

#define CONFIG_FILE "Occlum.json"

/* One member of mount[]; layers of a unionfs are checked and not kept. */
struct config_mount {
	char *type;
	char *target;
	char *source;
};

struct config {
	/* resource_limits, bytes and counts */
	uint64_t kernel_heap_size;
	uint64_t kernel_heap_max_size;
	uint64_t user_space_size;
	uint64_t user_space_max_size;
	uint64_t max_threads;
	uint64_t max_vcpus;

	/* process */
	uint64_t default_stack_size;
	uint64_t default_heap_size;
	uint64_t umask;
	char *user; /* "U" or "U:G", numbers or names of the image */
	char *cwd;
	char *hostname;
	struct strings users; /* what --user may ask for */

	struct strings entry_points;
	struct strings env_default;
	struct strings env_untrusted;

	/* metadata */
	uint64_t product_id;
	uint64_t version_number;
	bool debuggable;
	bool disable_log;
	bool enable_kss;
	uint64_t family_id_high, family_id_low;
	uint64_t ext_prod_id_high, ext_prod_id_low;

	uint64_t amx; /* 0 off, 1 required, 2 if the CPU has it */

	struct config_mount *mount;
	size_t n_mounts;
};

/*
 * config_load - read and check the file at @path.
 *
 * All findings go to @problems.  0 if none of them is an error; else -EINVAL
 * with the first in @err, or the errno of reading.  @ret_config is to be
 * released in either case.
 */
__must_check int config_load(const char *path, struct config *ret_config,
                             struct problems *problems, struct cli_error *err);

/* The same for a text in memory; @name stands for it in messages. */
__must_check int config_parse(const char *text, size_t size, const char *name,
                              struct config *ret_config,
                              struct problems *problems, struct cli_error *err);

void config_fini(struct config *config);

/* What `occlum init` writes to Occlum.json; static storage. */
const char *config_template(void);

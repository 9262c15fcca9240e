/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - private to cli/config: one pass over an Occlum.json.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/config/config.h"
#include "cli/config/locate.h"
#include "cli/config/problem.h"

enum { CONFIG_TEXT_MAX = 4095 };

struct reader {
	const char *text;
	size_t size;
	struct json_path path; /* where we are: every report names it */
	struct config *config;
	struct config_mount *mount; /* the member of mount[] we are in */
	struct problems *problems;
	/* Maxima that hold where the file gives none. */
	uint64_t default_user_max;
	uint64_t default_heap_max;
};

void reader_report(struct reader *r, enum severity severity,
                   const char *message);

/* What fields must be together; r->path is empty. */
void config_check_rules(struct reader *r);

void config_drop_mounts(struct config *config);

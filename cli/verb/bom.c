/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bom.c - `occlum bom FILE`: fills image/ by a bill of materials.
 */
#include "cli/image/bom.h"

#include <stddef.h>

#include "cli/instance/instance.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

enum { OPTION_INCLUDE_DIR };

static int apply(const struct invocation *in, struct cli_error *err)
{
	struct strings dirs = { .item = NULL };
	struct copier c;
	int ret = copier_init(&c, INSTANCE_IMAGE, err);

	if (ret < 0)
		return ret;
	if (in->value[OPTION_INCLUDE_DIR])
		strings_add(&dirs, in->value[OPTION_INCLUDE_DIR]);
	ret = bom_apply(&c, in->argv[0], &dirs, err);
	if (ret == 0)
		copier_report(&c);
	copier_fini(&c);
	strings_fini(&dirs);
	return ret;
}

static int run(const struct invocation *in, struct cli_error *err)
{
	scope_fd int lock = -1;
	int ret = instance_check(err);

	if (ret == 0)
		ret = instance_lock_build(&lock, err);
	return ret < 0 ? ret : apply(in, err);
}

const struct verb verb_bom = {
	.name = "bom",
	.operands = "FILE",
	.summary = "fill image/ by a list of files (Occlum's copy_bom YAML)",
	.text = "Makes the folders and links and copies the files that FILE "
		"lists, with the libraries\nthey need. Nothing in image/ is "
		"deleted. FILE has the form of Occlum's copy_bom:\n\n"
		"    includes: [base.yaml]\n"
		"    excludes: [.git]\n"
		"    targets:\n"
		"      - target: /opt/app\n"
		"        mkdirs: [log]\n"
		"        createlinks:\n"
		"          - { src: /opt/app/server, linkname: current }\n"
		"        copy:\n"
		"          - from: ../app\n"
		"            dirs: [data]\n"
		"            files:\n"
		"              - server\n"
		"              - { name: conf.in, rename: conf, autodep: false "
		"}",
	.example = "occlum bom ../app.yaml",
	.option = {
		[OPTION_INCLUDE_DIR] = { .name = "include-dir", .letter = 'i',
		                         .arg = "DIR",
		                         .help = "where included files are" },
	},
	.min_operands = 1,
	.max_operands = 1,
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

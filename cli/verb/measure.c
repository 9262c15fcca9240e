/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.c - `occlum measure`: the measurement from the sources, no key.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/instance/hex.h"
#include "cli/instance/plan.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"
#include "sgx/sgxs.h"

#include "base/banned.h"

enum { OPTION_SGXS };

static int write_record(void *arg, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, arg) == size ? 0 : -EIO;
}

static int measure_to(const struct plan *plan, const char *path,
                      uint8_t ret_mrenclave[SGX_HASH_SIZE],
                      struct cli_error *err)
{
	scope_file FILE *f = path ? fopen(path, "we") : NULL;
	struct measure_sink out = { .write = write_record, .arg = f };
	struct measure_sink sink;
	struct sgxs_writer writer;
	int ret;

	if (!path)
		return plan_measure(plan, NULL, ret_mrenclave);
	if (!f)
		return cli_fail_errno(err, "cannot create", path);
	sgxs_writer_init(&writer, &out);
	sink = sgxs_writer_sink(&writer);
	ret = plan_measure(plan, &sink, ret_mrenclave);
	if (ret == -EINVAL && writer.order.fault)
		return cli_fail(err, ret, "%s: %s", path, writer.order.fault);
	if (ret < 0 || fflush(f))
		return cli_fail_errno(err, "cannot write", path);
	return 0;
}

static int run(const struct invocation *in, struct cli_error *err)
{
	uint8_t mrenclave[SGX_HASH_SIZE];
	char text[2 * SGX_HASH_SIZE + 1];
	struct plan plan;
	int ret = plan_make(&plan, NULL, err);

	if (ret == 0)
		ret = measure_to(&plan, in->value[OPTION_SGXS], mrenclave, err);
	plan_fini(&plan);
	if (ret < 0)
		return ret;
	hex_encode(mrenclave, sizeof(mrenclave), text);
	puts(text);
	return CLI_EXIT_OK;
}

const struct verb verb_measure = {
	.name = "measure",
	.operands = "",
	.summary = "compute MRENCLAVE without a signing key",
	.text = "Computes the measurement that \"occlum build\" would give "
		"Occlum.json, image/ and the\ninstalled kernel now. Writes "
		"nothing in the instance and needs no key: it is for whoever\n"
		"wants to check that a published measurement belongs to these "
		"files.",
	.example = "test \"$(occlum measure)\" = \"$(occlum print mrenclave)\"",
	.option = {
		[OPTION_SGXS] = { .name = "sgxs", .arg = "FILE",
		                  .help = "write the measured records too "
		                          "(SGXS)" },
	},
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

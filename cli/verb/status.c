/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - `occlum status [--json]`.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/config/config.h"
#include "cli/instance/file.h"
#include "cli/instance/hex.h"
#include "cli/instance/instance.h"
#include "cli/instance/signed.h"
#include "cli/verb/verbs.h"
#include "crypto/sha256.h"

#include "base/banned.h"

enum { OPTION_JSON };

static void add_pid(void *ctx, pid_t pid)
{
	json_array_append_new(ctx, json_integer(pid));
}

/* Has Occlum.json changed since the build that @info describes? */
static int config_changed(const json_t *info, struct cli_error *err)
{
	const char *then =
		json_string_value(json_object_get(info, "config_sha256"));
	char now[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct bytes text = { 0 };
	int ret = file_read(CONFIG_FILE, &text, err);

	sha256(text.data, text.size, digest);
	bytes_fini(&text);
	if (ret < 0)
		return ret;
	hex_encode(digest, sizeof(digest), now);
	return !then || strcmp(then, now) != 0;
}

static int add_build(json_t *status, struct cli_error *err)
{
	static const char *const copied[] = { "version", "mrenclave",
		                              "mrsigner", "debuggable" };
	json_t *info;
	int ret = signed_info(&info, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		json_object_set(status, copied[i],
		                json_object_get(info, copied[i]));
	ret = config_changed(info, err);
	if (ret >= 0)
		json_object_set_new(status, "config_changed",
		                    json_boolean(ret));
	json_decref(info);
	return ret < 0 ? ret : 0;
}

static int collect(json_t *status, struct cli_error *err)
{
	json_t *pids = json_array();
	const char *state = "initialized";
	int ret = instance_check(err);

	if (ret == 0 && instance_is_built()) {
		state = "built";
		ret = add_build(status, err);
	}
	if (ret == 0)
		instance_list_runs(add_pid, pids);
	if (json_array_size(pids))
		state = "running";
	json_object_set_new(status, "state", json_string(state));
	json_object_set_new(status, "pids", pids);
	return ret;
}

static void print_field(const json_t *status, const char *key)
{
	const json_t *value = json_object_get(status, key);

	if (value)
		printf("%-11s %s\n", key, json_string_value(value));
}

static void print_plain(const json_t *status)
{
	const json_t *pids = json_object_get(status, "pids");

	print_field(status, "state");
	print_field(status, "mrenclave");
	print_field(status, "mrsigner");
	if (json_is_true(json_object_get(status, "debuggable")))
		printf("debuggable  yes: fit for tests only\n");
	if (json_is_true(json_object_get(status, "config_changed")))
		printf("note        Occlum.json has changed since the build: "
		       "run \"occlum build\"\n");
	for (size_t i = 0; i < json_array_size(pids); i++)
		printf("running     pid %" JSON_INTEGER_FORMAT "\n",
		       json_integer_value(json_array_get(pids, i)));
}

static int run(const struct invocation *in, struct cli_error *err)
{
	json_t *status = json_object();
	int ret = collect(status, err);

	if (ret == 0 && in->value[OPTION_JSON]) {
		json_dumpf(status, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	} else if (ret == 0) {
		print_plain(status);
	}
	json_decref(status);
	return ret;
}

const struct verb verb_status = {
	.name = "status",
	.operands = "",
	.summary = "tell the state of the instance",
	.text = "Prints initialized, built or running, the measurements of the "
		"build, and the process\nnumbers of the runs.",
	.option = {
		[OPTION_JSON] = { .name = "json",
		                  .help = "the same as a JSON object" },
	},
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

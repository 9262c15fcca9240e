/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - `occlum build`: measures and signs the instance.
 *
 * Everything goes to .build.new, which then takes the place of build/ at once:
 * who looks sees the old build or the new one.  The body of the root, the one
 * large file, is taken over from the old build where the index, and with it
 * every digest, is still the same.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/instance/hex.h"
#include "cli/instance/instance.h"
#include "cli/instance/plan.h"
#include "cli/instance/sign.h"
#include "cli/instance/signkey.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"
#include "cli/version.h"

#include "base/banned.h"

enum { OPTION_SIGN_KEY, OPTION_FORCE };

#define NEW_FILE(name) INSTANCE_BUILD_NEW "/" name
#define OLD_FILE(name) INSTANCE_BUILD "/" name

static void hex_field(json_t *object, const char *key, const uint8_t *bytes)
{
	char text[2 * SGX_HASH_SIZE + 1];

	hex_encode(bytes, SGX_HASH_SIZE, text);
	json_object_set_new(object, key, json_string(text));
}

static int add_config_digest(json_t *info, struct cli_error *err)
{
	uint8_t digest[SHA256_SIZE];
	struct bytes text = { 0 };
	int ret = file_read(CONFIG_FILE, &text, err);

	sha256(text.data, text.size, digest);
	bytes_fini(&text);
	hex_field(info, "config_sha256", digest);
	return ret;
}

static json_t *user_json(const char *name, struct user user)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "uid", json_integer(user.uid));
	json_object_set_new(object, "gid", json_integer(user.gid));
	return object;
}

static json_t *users_json(const struct plan *plan)
{
	json_t *list = json_array();

	json_array_append_new(list, user_json(plan->config.user, plan->user));
	for (size_t i = 0; i < plan->config.users.count; i++)
		json_array_append_new(
			list,
			user_json(plan->config.users.item[i], plan->users[i]));
	return list;
}

static void digest_field(json_t *object, const char *name, const void *data,
                         size_t size)
{
	uint8_t digest[SHA256_SIZE];

	sha256(data, size, digest);
	hex_field(object, name, digest);
}

/* For cli/instance/diagnose.h, by the names of the files. */
static json_t *digests_json(const struct plan *plan,
                            const struct sigstruct *sig)
{
	json_t *object = json_object();

	digest_field(object, BUILD_KERNEL, plan->kernel.data,
	             plan->kernel.size);
	digest_field(object, BUILD_CONFIG, plan->boot_config.data,
	             plan->boot_config.size);
	digest_field(object, BUILD_INDEX, plan->index.data, plan->index.size);
	digest_field(object, BUILD_SIGSTRUCT, sig, sizeof(*sig));
	return object;
}

/* What `status` and `run` want to know without decoding binaries. */
static int write_info(const struct plan *plan, const struct sigstruct *sig,
                      struct cli_error *err)
{
	uint8_t digest[SGX_HASH_SIZE];
	json_t *info = json_object();
	char *text;
	int ret = add_config_digest(info, err);

	json_object_set_new(info, "version", json_string(OCCLUM_VERSION));
	json_object_set_new(info, "debuggable",
	                    json_boolean(plan->config.debuggable));
	json_object_set_new(info, "users", users_json(plan));
	hex_field(info, "mrenclave", sig->enclavehash);
	sigstruct_mrsigner(sig, digest);
	hex_field(info, "mrsigner", digest);
	json_object_set_new(info, "sha256", digests_json(plan, sig));

	text = json_dumps(info, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(info);
	if (ret == 0)
		ret = file_write(NEW_FILE(BUILD_INFO), cspan_str(text), 0644,
		                 err);
	free(text);
	return ret;
}

static int write_bytes(const char *path, const struct bytes *bytes,
                       struct cli_error *err)
{
	return file_write(path, cspan_make(bytes->data, bytes->size), 0644,
	                  err);
}

static int write_all(const struct plan *plan, const struct sigstruct *sig,
                     struct cli_error *err)
{
	int ret = write_bytes(NEW_FILE(BUILD_KERNEL), &plan->kernel, err);

	if (ret == 0)
		ret = write_bytes(NEW_FILE(BUILD_CONFIG), &plan->boot_config,
		                  err);
	if (ret == 0)
		ret = write_bytes(NEW_FILE(BUILD_INDEX), &plan->index, err);
	if (ret == 0)
		ret = file_write(NEW_FILE(BUILD_SIGSTRUCT),
		                 cspan_make(sig, sizeof(*sig)), 0644, err);
	if (ret == 0)
		ret = write_info(plan, sig, err);
	return ret;
}

/* Is the body of the old build the one that @plan's index describes? */
static bool same_root(const struct plan *plan)
{
	struct cli_error ignored;
	struct bytes old = { 0 };
	struct stat st;
	bool same;

	same = stat(OLD_FILE(BUILD_BODY), &st) == 0 &&
	       (uint64_t)st.st_size == plan->root.body_size &&
	       file_read(OLD_FILE(BUILD_INDEX), &old, &ignored) == 0 &&
	       cspan_equal(cspan_make(old.data, old.size),
	                   cspan_make(plan->index.data, plan->index.size));
	bytes_fini(&old);
	return same;
}

/*
 * Hash first and write only what has changed; with nothing to compare, hash
 * and write in one go.
 */
static int make_plan(struct plan *plan, bool fresh, struct cli_error *err)
{
	int ret;

	if (!fresh && access(OLD_FILE(BUILD_INDEX), F_OK) == 0) {
		ret = plan_make(plan, NULL, err);
		if (ret < 0)
			return ret;
		if (same_root(plan) &&
		    link(OLD_FILE(BUILD_BODY), NEW_FILE(BUILD_BODY)) == 0)
			return 0;
		plan_fini(plan);
	}
	return plan_make(plan, NEW_FILE(BUILD_BODY), err);
}

static int sign_plan(const struct plan *plan, const char *key_path,
                     struct sigstruct *ret_sig, struct cli_error *err)
{
	uint8_t mrenclave[SGX_HASH_SIZE];
	EVP_PKEY *key;
	int ret;

	if (plan_measure(plan, NULL, mrenclave) < 0)
		return cli_fail(err, -EIO, "the image can't be measured");
	ret = signkey_load(key_path, &key, err);
	if (ret < 0)
		return ret;
	ret = sign_image(&plan->config, mrenclave, key, ret_sig, err);
	EVP_PKEY_free(key);
	return ret;
}

static void print_summary(const struct plan *plan, const struct sigstruct *sig)
{
	char text[2 * SGX_HASH_SIZE + 1];

	hex_encode(sig->enclavehash, SGX_HASH_SIZE, text);
	printf("built %zu files and folders, %.1f MB; MRENCLAVE %s\n",
	       plan->root.n_entries, (double)plan->root.body_size / 1e6, text);
}

static int build(const struct invocation *in, struct plan *plan,
                 struct cli_error *err)
{
	struct sigstruct sig;
	int ret = file_remove_tree(INSTANCE_BUILD_NEW, err);

	if (ret == 0)
		ret = file_make_dirs(INSTANCE_BUILD_NEW, err);
	if (ret == 0)
		ret = make_plan(plan, in->value[OPTION_FORCE] != NULL, err);
	if (ret < 0)
		return ret;
	plan_print_warnings(plan);
	ret = sign_plan(plan, in->value[OPTION_SIGN_KEY], &sig, err);
	if (ret == 0)
		ret = write_all(plan, &sig, err);
	if (ret == 0)
		ret = instance_swap_build(err);
	if (ret == 0)
		print_summary(plan, &sig);
	return ret;
}

static int run(const struct invocation *in, struct cli_error *err)
{
	struct plan plan = { .users = NULL };
	struct cli_error ignored;
	scope_fd int lock = -1;
	int ret = instance_check(err);

	if (ret == 0)
		ret = instance_lock_build(&lock, err);
	if (ret < 0)
		return ret;
	ret = build(in, &plan, err);
	plan_fini(&plan);
	if (ret < 0 && file_remove_tree(INSTANCE_BUILD_NEW, &ignored) < 0)
		cli_note("%s", ignored.text);
	return ret;
}

const struct verb verb_build = {
	.name = "build",
	.operands = "",
	.summary = "measure and sign the instance",
	.text = "Makes build/ from Occlum.json, image/ and the installed "
		"kernel: an enclave image that\nruns on SGX hardware and on the "
		"emulator alike. The same files give the same\nMRENCLAVE on "
		"every machine, for every user, at any time. volumes/ is not "
		"touched.\n\nThe image is signed with an RSA-3072 key of "
		"exponent 3. Without --sign-key that is your\nown key, which "
		"the first build makes (~/.config/sofaenclave/sign-key.pem).",
	.example = "occlum build --sign-key release.pem",
	.option = {
		[OPTION_SIGN_KEY] = { .name = "sign-key", .arg = "FILE",
		                      .help = "sign with the key in this PEM "
		                              "file" },
		[OPTION_FORCE] = { .name = "force", .letter = 'f',
		                   .help = "write everything anew, changed or "
		                           "not" },
	},
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.c - compares the files of a build with what image.json says.
 */
#include "cli/instance/diagnose.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/instance/hex.h"
#include "cli/instance/instance.h"
#include "cli/memory.h"
#include "cli/scope.h"
#include "crypto/sha256.h"
#include "platform/rsa/verify.h"

#include "base/banned.h"

static int blame(struct cli_error *err, const char *name, const char *what)
{
	return cli_fail(err, -EINVAL,
	                INSTANCE_BUILD "/%s %s: run \"occlum build\", and find "
	                               "out who did it",
	                name, what);
}

static int check_present(const char *folder, const char *name,
                         struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", folder, name);

	if (access(path, R_OK) == 0)
		return 0;
	return blame(err, name,
	             errno == ENOENT ? "is missing" : "can't be read");
}

static int check_digest(const char *folder, const char *name,
                        const char *wanted, struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", folder, name);
	char found[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct bytes bytes = { 0 };
	int ret = file_read(path, &bytes, err);

	sha256(bytes.data, bytes.size, digest);
	bytes_fini(&bytes);
	if (ret < 0)
		return ret;
	hex_encode(digest, sizeof(digest), found);
	if (wanted && !strcmp(found, wanted))
		return 0;
	return blame(err, name, "was changed after the build");
}

static int check_signature(const char *folder, struct cli_error *err)
{
	scope_free char *path = mem_format("%s/%s", folder, BUILD_SIGSTRUCT);
	struct bytes bytes = { 0 };
	struct sigstruct sig;
	int ret = file_read(path, &bytes, err);

	if (ret == 0 && bytes.size == sizeof(sig)) {
		memcpy(&sig, bytes.data, sizeof(sig));
		if (sigstruct_check_header(&sig) != SGX_SUCCESS ||
		    rsa3072_verify_sigstruct(&sig) != SGX_SUCCESS)
			ret = blame(err, BUILD_SIGSTRUCT,
			            "carries a wrong signature");
	} else if (ret == 0) {
		ret = blame(err, BUILD_SIGSTRUCT, "has a wrong size");
	}
	bytes_fini(&bytes);
	return ret;
}

int diagnose_build(const char *folder, const json_t *info,
                   struct cli_error *err)
{
	static const char *const names[] = { BUILD_KERNEL, BUILD_CONFIG,
		                             BUILD_INDEX, BUILD_BODY,
		                             BUILD_SIGSTRUCT };
	/* The body's digests are the index's, and the kernel checks them. */
	static const char *const digested[] = { BUILD_KERNEL, BUILD_CONFIG,
		                                BUILD_INDEX, BUILD_SIGSTRUCT };
	const json_t *files = json_object_get(info, "sha256");
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && ret == 0; i++)
		ret = check_present(folder, names[i], err);
	if (ret == 0)
		ret = check_signature(folder, err);
	for (size_t i = 0; i < ARRAY_SIZE(digested) && ret == 0; i++)
		ret = check_digest(
			folder, digested[i],
			json_string_value(json_object_get(files, digested[i])),
			err);
	return ret;
}

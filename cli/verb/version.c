/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.c - `occlum version` (and --version): release, and which kernel.
 */
#include "cli/version.h"

#include <stdio.h>

#include "cli/instance/hex.h"
#include "cli/instance/kernel.h"
#include "cli/verb/verbs.h"
#include "crypto/sha256.h"

#include "base/banned.h"

static int run(const struct invocation *in, struct cli_error *err)
{
	struct bytes kernel = { 0 };
	uint8_t digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	int ret;

	(void)in;
	printf("occlum %s\n", OCCLUM_VERSION);
	ret = kernel_read(&kernel, err);
	if (ret == 0) {
		sha256(kernel.data, kernel.size, digest);
		hex_encode(digest, sizeof(digest), text);
		printf("kernel sha256:%s\n", text);
	}
	bytes_fini(&kernel);
	return ret;
}

const struct verb verb_version = {
	.name = "version",
	.operands = "",
	.summary = "print the release and the SHA-256 of the kernel image",
	.text = "Prints the release and the SHA-256 of the kernel image, which "
		"together with Occlum.json\nand image/ decides MRENCLAVE. "
		"\"occlum --version\" does the same.",
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print.c - `occlum print mrenclave|mrsigner`, from build/SIGSTRUCT.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/instance/hex.h"
#include "cli/instance/instance.h"
#include "cli/instance/signed.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

static int run(const struct invocation *in, struct cli_error *err)
{
	struct sigstruct sig;
	uint8_t hash[SGX_HASH_SIZE];
	char text[2 * SGX_HASH_SIZE + 1];
	int ret;

	if (strcmp(in->argv[0], "mrenclave") && strcmp(in->argv[0], "mrsigner"))
		return cli_misuse(err, "print either mrenclave or mrsigner");
	ret = signed_read(&sig, err);
	if (ret < 0)
		return ret;
	if (!strcmp(in->argv[0], "mrenclave"))
		memcpy(hash, sig.enclavehash, sizeof(hash));
	else
		sigstruct_mrsigner(&sig, hash);
	hex_encode(hash, sizeof(hash), text);
	puts(text);
	return CLI_EXIT_OK;
}

const struct verb verb_print = {
	.name = "print",
	.operands = "mrenclave|mrsigner",
	.summary = "print the measurement of the image, or of its signer",
	.text = "Prints, as 64 hexadecimal digits, what the CPU will report "
		"for "
		"the image in build/:\n\n"
		"    mrenclave   what runs: kernel, Occlum.json and every file "
		"of image/\n"
		"    mrsigner    who signed it: SHA-256 of the signing key's "
		"modulus",
	.example = "occlum print mrenclave",
	.min_operands = 1,
	.max_operands = 1,
	.exit_failed = CLI_EXIT_FAILED,
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_example - write a signed SIGSTRUCT to standard output, for
 * openssl_cli.sh.  The private key (PEM) is on standard input.
 */
#include <openssl/pem.h>
#include <stdio.h>

#include "platform/rsa/rsa3072.h"

int main(void)
{
	const struct sigstruct_params params = {
		.date = 0x20261122,
		.attributes = { SGX_ATTR_MODE64BIT, SGX_XFRM_LEGACY },
		.attributemask = { ~0ull, SGX_XFRM_LEGACY },
		.enclavehash = { 0xab, 0xcd },
	};
	EVP_PKEY *key = PEM_read_PrivateKey(stdin, NULL, NULL, NULL);
	struct sigstruct sig;
	int err;

	if (!key || sigstruct_fill(&sig, &params) < 0)
		return 1;
	err = rsa3072_sign_sigstruct(key, &sig);
	EVP_PKEY_free(key);
	if (err < 0)
		return 1;
	return fwrite(&sig, sizeof(sig), 1, stdout) == 1 ? 0 : 1;
}

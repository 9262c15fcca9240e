/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signkey.c - loads or makes the signing key.
 */
#include "cli/instance/signkey.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/instance/file.h"
#include "cli/memory.h"
#include "cli/scope.h"
#include "platform/rsa/rsa3072.h"

#include "base/banned.h"

static int own_folder(char **ret_path, struct cli_error *err)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	const struct passwd *user;

	/* Cron and services set nothing. */
	if (!home || home[0] != '/') {
		user = getpwuid(geteuid());
		home = user ? user->pw_dir : NULL;
	}
	/* The XDG specification: a relative path is to be ignored. */
	if (config && config[0] == '/')
		*ret_path = mem_format("%s/sofaenclave", config);
	else if (home && home[0] == '/')
		*ret_path = mem_format("%s/.config/sofaenclave", home);
	else
		return cli_fail(err, -ENOENT,
		                "no place for your signing key: set "
		                "XDG_CONFIG_HOME, or give a key with "
		                "--sign-key FILE");
	return 0;
}

static int read_key(const char *path, EVP_PKEY **ret_key, struct cli_error *err)
{
	scope_file FILE *f = fopen(path, "re");
	EVP_PKEY *key;

	if (!f)
		return cli_fail_errno(err, "cannot open the signing key", path);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (!key || !rsa3072_key_is_usable(key)) {
		EVP_PKEY_free(key);
		return cli_fail(err, -EINVAL,
		                "%s is no RSA key of 3072 bits with exponent "
		                "3 in PEM form: make one with \"openssl genrsa "
		                "-3 -out FILE 3072\"",
		                path);
	}
	*ret_key = key;
	return 0;
}

/* The key as PEM goes to @path; the copy in memory is wiped with the BIO. */
static int save_key(EVP_PKEY *key, const char *path, struct cli_error *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *pem;
	long size;
	int ret;

	if (!bio ||
	    !PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
		BIO_free(bio);
		return cli_fail(err, -EIO, "OpenSSL cannot encode the key");
	}
	size = BIO_get_mem_data(bio, &pem);
	ret = file_write(path, cspan_make(pem, (size_t)size), 0600, err);
	BIO_free(bio);
	return ret;
}

static int make_key(const char *folder, const char *path, EVP_PKEY **ret_key,
                    struct cli_error *err)
{
	EVP_PKEY *key;
	int ret = file_make_dirs(folder, err);

	if (ret < 0)
		return ret;
	chmod(folder, 0700);
	key = rsa3072_generate();
	if (!key)
		return cli_fail(err, -EIO, "OpenSSL cannot make an RSA key");
	ret = save_key(key, path, err);
	if (ret < 0) {
		EVP_PKEY_free(key);
		return ret;
	}
	cli_note("made your signing key %s: back it up, and keep it secret",
	         path);
	*ret_key = key;
	return 0;
}

int signkey_load(const char *path, EVP_PKEY **ret_key, struct cli_error *err)
{
	scope_free char *folder = NULL;
	scope_free char *own = NULL;
	int ret;

	if (path)
		return read_key(path, ret_key, err);
	ret = own_folder(&folder, err);
	if (ret < 0)
		return ret;
	own = mem_format("%s/sign-key.pem", folder);
	if (access(own, F_OK) == 0)
		return read_key(own, ret_key, err);
	return make_key(folder, own, ret_key, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_cache.c - tables of the last build, by digest of the file.
 *
 * Disassembling a large library takes a tenth of a second, and few files change
 * from one build to the next.  The cache is as good as image/ beside it: who
 * can write to one can write to the other, and what counts is what is measured.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "cli/image/sites.h"
#include "cli/instance/file.h"
#include "cli/instance/hex.h"
#include "cli/instance/instance.h"
#include "cli/scope.h"
#include "crypto/sha256.h"

#include "base/banned.h"

/* A smaller file is scanned before its table is found. */
enum { CACHE_MIN_SIZE = 65536, KEY_SIZE = 16 };

/* Changes whenever other windows are chosen for the same file. */
static const char revision[] = "site tables, revision 1";

static char *key_of(struct cspan file)
{
	char text[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct sha256 h;

	sha256_init(&h);
	sha256_update(&h, revision, sizeof(revision));
	sha256_update(&h, file.data, file.size);
	sha256_final(&h, digest);
	hex_encode(digest, KEY_SIZE, text);
	return mem_string(text);
}

/* An empty file says that there is nothing to rewrite. */
static bool is_table(const struct bytes *b)
{
	struct sites_header h;

	if (!b->size)
		return true;
	if (b->size < sizeof(h))
		return false;
	memcpy(&h, b->data, sizeof(h));
	return h.magic == SITES_MAGIC && h.version == SITES_VERSION &&
	       b->size - sizeof(h) == h.count * sizeof(struct site);
}

static bool look_up(const char *build, const char *key, struct bytes *ret)
{
	scope_free char *path = mem_format("%s/" BUILD_SITES "/%s", build, key);
	struct cli_error ignored;

	if (access(path, R_OK) == 0 && file_read(path, ret, &ignored) == 0 &&
	    is_table(ret))
		return true;
	bytes_fini(ret);
	return false;
}

/* Only `build` has a place for it; without, the next one takes longer. */
static int store(const char *key, const struct bytes *table,
                 struct cli_error *err)
{
	scope_free char *path =
		mem_format(INSTANCE_BUILD_NEW "/" BUILD_SITES "/%s", key);
	int ret;

	if (access(INSTANCE_BUILD_NEW, W_OK) < 0)
		return 0;
	ret = file_make_dirs(INSTANCE_BUILD_NEW "/" BUILD_SITES, err);
	if (ret < 0)
		return ret;
	return file_write(path, cspan_make(table->data, table->size), 0644,
	                  err);
}

int sites_for_root(const char *path, struct cspan file, struct bytes *ret_table,
                   struct cli_error *err)
{
	struct sites_report report;
	scope_free char *key = NULL;

	(void)path;
	if (file.size < CACHE_MIN_SIZE) {
		sites_scan(file, ret_table, &report);
		return 0;
	}
	key = key_of(file);
	if (look_up(INSTANCE_BUILD_NEW, key, ret_table))
		return 0;
	if (!look_up(INSTANCE_BUILD, key, ret_table))
		sites_scan(file, ret_table, &report);
	return store(key, ret_table, err);
}

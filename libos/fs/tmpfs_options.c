/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_options.c - mount options of tmpfs(5), as text.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/tmpfs.h"

struct number_option {
	const char *key;
	unsigned int base;
	size_t offset; /* of a uint64_t in struct parsed */
};

/* The options as numbers, before they are checked for their ranges. */
struct parsed {
	uint64_t size, nr_inodes, mode, uid, gid;
};

static const struct number_option number_options[] = {
	{ "size", 10, offsetof(struct parsed, size) },
	{ "nr_inodes", 10, offsetof(struct parsed, nr_inodes) },
	{ "mode", 8, offsetof(struct parsed, mode) },
	{ "uid", 10, offsetof(struct parsed, uid) },
	{ "gid", 10, offsetof(struct parsed, gid) },
};

/* A number with one of the suffixes k, m, g. */
static int parse_number(const char *text, size_t size, unsigned int base,
                        uint64_t *ret)
{
	static const char suffixes[] = "kmg";
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (digit >= base)
			break;
		if (mul_overflow(n, base, &n) || add_overflow(n, digit, &n))
			return -EINVAL;
	}
	if (!i)
		return -EINVAL;
	if (i + 1 == size) {
		const char *s = strchr(suffixes, text[i] | 0x20);

		if (!s ||
		    mul_overflow(n, 1ull << (10 * (s - suffixes + 1)), &n))
			return -EINVAL;
		i++;
	}
	*ret = n;
	return i == size ? 0 : -EINVAL;
}

static int parse_option(const char *text, size_t size, struct parsed *p)
{
	const char *eq = memchr(text, '=', size);
	size_t key_size = eq ? (size_t)(eq - text) : size;

	for (size_t i = 0; eq && i < ARRAY_SIZE(number_options); i++) {
		const struct number_option *o = &number_options[i];

		if (strlen(o->key) == key_size &&
		    memcmp(o->key, text, key_size) == 0)
			return parse_number(
				eq + 1, size - key_size - 1, o->base,
				(uint64_t *)(void *)((char *)p + o->offset));
	}
	return -EINVAL;
}

int tmpfs_parse(const char *text, size_t size, struct tmpfs_options *ret)
{
	struct parsed p = { .mode = 01777 };
	const char *comma;
	size_t n;
	int err;

	while (size) {
		comma = memchr(text, ',', size);
		n = comma ? (size_t)(comma - text) : size;
		err = parse_option(text, n, &p);
		if (err < 0)
			return err;
		n += comma != NULL;
		text += n;
		size -= n;
	}
	if (p.mode > S_IALLUGO || p.uid >= UINT32_MAX || p.gid >= UINT32_MAX ||
	    p.size > INT64_MAX)
		return -EINVAL;
	*ret = (struct tmpfs_options){ .max_bytes = p.size,
		                       .max_inodes = p.nr_inodes,
		                       .mode = (uint32_t)p.mode,
		                       .uid = (uint32_t)p.uid,
		                       .gid = (uint32_t)p.gid };
	return 0;
}

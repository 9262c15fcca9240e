/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/block.h"

#include "base/errno.h"
#include "base/string.h"
#include "sealfs/epoch.h"

/* Catches software that takes a block for what it is not. */
struct block_aad {
	uint8_t type;
	uint8_t level;
	uint8_t suite;
	uint8_t zero[5];
};

void block_nonce(uint8_t nonce[GCM_NONCE_SIZE], enum sealfs_domain domain,
                 uint64_t counter)
{
	put_le32(nonce, domain);
	put_le64(nonce + 4, counter);
}

int block_next_counter(struct sealfs *v, uint64_t *ret_counter)
{
	/* What a pointer can hold; SEALFS_COUNTER_MAX is far below. */
	if (v->counter >= (UINT64_C(1) << 39))
		return -EIO;
	*ret_counter = ++v->counter;
	return 0;
}

int block_forged(struct sealfs *v)
{
	if (++v->ntag_failures >= SEALFS_TAG_FAILURES_MAX)
		v->rdonly = true;
	return -EBADMSG;
}

static enum sealfs_domain domain_of(const struct ptr *p)
{
	return p->type == SEALFS_BLOCK_DATA && p->level == 0
	               ? SEALFS_DOMAIN_DATA
	               : SEALFS_DOMAIN_METADATA;
}

static struct block_aad aad_of(const struct sealfs *v, const struct ptr *p)
{
	return (struct block_aad){
		.type = p->type,
		.level = p->level,
		.suite = (uint8_t)v->identity.suite,
	};
}

/* Decrypt in place what was read for @p. */
static int unseal(struct sealfs *v, const struct ptr *p, void *buf)
{
	struct block_aad aad = aad_of(v, p);
	struct gcm_message m = {
		.aad = CSPAN_OF(aad),
		.src = buf,
		.dst = buf,
		.size = SEALFS_BLOCK_SIZE,
	};
	const struct gcm_key *key;
	int err;

	err = epoch_key_find(v, p->epoch, &key);
	if (err)
		return err;
	block_nonce(m.nonce, domain_of(p), p->counter);
	err = gcm_open(key, &m, p->tag);
	return err == -EBADMSG ? block_forged(v) : err;
}

int block_open(struct sealfs *v, const struct ptr *p, void *dst)
{
	return block_open_many(v, p, 1, dst);
}

int block_open_many(struct sealfs *v, const struct ptr *p, size_t n, void *dst)
{
	uint8_t *buf = dst;
	int err;

	err = block_read(v, p->block, n, dst);
	for (size_t i = 0; !err && i < n; i++)
		err = unseal(v, &p[i], buf + i * SEALFS_BLOCK_SIZE);
	/* What nobody vouches for must not be left where it may be used. */
	if (err)
		memset(dst, 0, n * SEALFS_BLOCK_SIZE);
	return err;
}

int block_seal(struct sealfs *v, const void *src, void *dst, struct ptr *p)
{
	struct block_aad aad = aad_of(v, p);
	struct gcm_message m = {
		.aad = CSPAN_OF(aad),
		.src = src,
		.dst = dst,
		.size = SEALFS_BLOCK_SIZE,
	};
	const struct gcm_key *key;
	int err;

	err = epoch_key_find(v, v->epoch, &key);
	if (!err)
		err = block_next_counter(v, &p->counter);
	if (err)
		return err;
	p->epoch = v->epoch;
	block_nonce(m.nonce, domain_of(p), p->counter);
	return gcm_seal(key, &m, p->tag);
}

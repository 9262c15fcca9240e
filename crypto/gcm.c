/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/gcm.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/crypto_internal.h"
#include "crypto/gcm_internal.h"

int gcm_key_init(struct gcm_key *key, const void *bytes, size_t size)
{
	int err;

	if (!crypto_cpu.pclmul)
		return -ENOSYS;
	err = aes_key_init(&key->aes, bytes, size);
	if (err < 0)
		return err;
	gcm_ni_powers(key);
	return 0;
}

void gcm_key_fini(struct gcm_key *key)
{
	memzero_explicit(key, sizeof(*key));
}

static void run(struct gcm_work *w)
{
	if (crypto_cpu.vaes512)
		gcm_vaes512_run(w);
	else if (crypto_cpu.vaes256)
		gcm_vaes256_run(w);
	else
		gcm_ni_run(w);
}

int gcm_seal(const struct gcm_key *key, const struct gcm_message *m,
             uint8_t ret_tag[GCM_TAG_SIZE])
{
	struct gcm_work w = { .key = key, .message = m };

	if (m->size > GCM_TEXT_MAX)
		return -EINVAL;
	run(&w);
	memcpy(ret_tag, w.tag, GCM_TAG_SIZE);
	return 0;
}

int gcm_open(const struct gcm_key *key, const struct gcm_message *m,
             const uint8_t tag[GCM_TAG_SIZE])
{
	struct gcm_work w = { .key = key, .message = m, .opening = true };
	bool right;

	if (m->size > GCM_TEXT_MAX)
		return -EINVAL;
	run(&w);
	right = crypto_equal(w.tag, tag, GCM_TAG_SIZE);
	/* The tag that would have been accepted is worth something. */
	memzero_explicit(w.tag, sizeof(w.tag));
	if (right)
		return 0;
	memzero_explicit(m->dst, m->size);
	return -EBADMSG;
}

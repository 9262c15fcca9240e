/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/rootchunk.h"

#include "abi/rootidx.h"
#include "base/errno.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/string.h"
#include "base/units.h"
#include "crypto/sha256.h"
#include "libos/fs/iov.h"
#include "libos/mm/kheap.h"
#include "libos/sched/mutex.h"

#define CHUNK_BUCKETS 256
#define CHUNKS_MIN 4 /* enough for a copy between two files */

enum chunk_state { CHUNK_LOADING, CHUNK_READY, CHUNK_FAILED };

struct chunk {
	struct list bucket_node;
	struct list lru_node; /* most recently used last */
	uint64_t offset;      /* in the body */
	uint32_t size;
	uint32_t pins;
	uint32_t
		state; /* enum chunk_state; leaves LOADING once, by release (C) */
	int error;     /* once FAILED */
	struct waitq loaded;
	uint8_t *data; /* fixed once READY */
};

struct root_chunks {
	root_read_func *read;
	size_t max;
	struct mutex lock;
	/* Under lock. */
	size_t count;
	struct list lru;
	struct list buckets[CHUNK_BUCKETS];
	struct root_chunk_stats stats; /* atomic */
	/* 1 + offset of the last complaint: a stubborn reader hears one. */
	uint64_t reported;
};

struct root_chunks *root_chunks_create(root_read_func *read, uint64_t bytes)
{
	struct root_chunks *c = kzalloc(sizeof(*c));

	if (!c)
		return NULL;
	c->read = read;
	c->max = MAX(bytes / ROOTIDX_CHUNK, (uint64_t)CHUNKS_MIN);
	mutex_init(&c->lock, RANK_ROOT_CHUNKS);
	list_init(&c->lru);
	for (size_t i = 0; i < CHUNK_BUCKETS; i++)
		list_init(&c->buckets[i]);
	return c;
}

static size_t chunk_pages(const struct chunk *k)
{
	return PAGES_FOR(k->size);
}

static void chunk_free_locked(struct root_chunks *c, struct chunk *k)
{
	list_del(&k->bucket_node);
	list_del(&k->lru_node);
	c->count--;
	kpages_free(k->data, chunk_pages(k));
	kfree(k);
}

void root_chunks_destroy(struct root_chunks *c)
{
	struct chunk *k, *tmp;

	if (!c)
		return;
	list_for_each_entry_safe (k, tmp, &c->lru, lru_node)
		chunk_free_locked(c, k);
	kfree(c);
}

static struct list *bucket_of(struct root_chunks *c, uint64_t offset)
{
	return &c->buckets[hash_u64(offset) % CHUNK_BUCKETS];
}

static struct chunk *find_locked(struct root_chunks *c, uint64_t offset)
{
	struct chunk *k;

	list_for_each_entry (k, bucket_of(c, offset), bucket_node) {
		if (k->offset == offset)
			return k;
	}
	return NULL;
}

/* Drop the least recently used chunk that nobody is copying from. */
static bool evict_one_locked(struct root_chunks *c)
{
	struct chunk *k;

	list_for_each_entry (k, &c->lru, lru_node) {
		if (!k->pins) {
			chunk_free_locked(c, k);
			return true;
		}
	}
	return false;
}

/* A chunk with memory, not verified, pinned; NULL: no memory. */
static struct chunk *add_locked(struct root_chunks *c, uint64_t offset,
                                uint32_t size)
{
	struct chunk *k = kzalloc(sizeof(*k));

	if (!k)
		return NULL;
	k->offset = offset;
	k->size = size;
	k->pins = 1;
	k->state = CHUNK_LOADING;
	waitq_init(&k->loaded);
	while (c->count >= c->max && evict_one_locked(c))
		;
	/* A crowded heap takes from the cache before it gives up. */
	do {
		k->data = kpages_alloc(chunk_pages(k));
	} while (!k->data && evict_one_locked(c));
	if (!k->data) {
		kfree(k);
		return NULL;
	}
	list_add(bucket_of(c, offset), &k->bucket_node);
	list_add_tail(&c->lru, &k->lru_node);
	c->count++;
	return k;
}

static void report(struct root_chunks *c, const char *what, size_t size,
                   uint64_t offset)
{
	if (__atomic_exchange_n(&c->reported, offset + 1, __ATOMIC_RELAXED) !=
	    offset + 1)
		log_error("the root's body %s: %zu bytes at offset %llu", what,
		          size, (unsigned long long)offset);
}

/* Bytes at @offset into enclave memory; then, and only then, look at them. */
static int read_verified(struct root_chunks *c, void *dst, size_t size,
                         uint64_t offset, const uint8_t *digest)
{
	uint8_t actual[SHA256_SIZE];
	int err = c->read(dst, size, offset);

	if (err < 0) {
		report(c, "can't be read", size, offset);
		return err;
	}
	sha256_halves(dst, size, actual);
	if (memcmp(actual, digest, sizeof(actual)) == 0)
		return 0;
	memset(dst, 0, size);
	report(c, "was changed", size, offset);
	return -EIO;
}

static void count_load(struct root_chunks *c, int err)
{
	__atomic_add_fetch(&c->stats.loads, 1, __ATOMIC_RELAXED);
	if (err < 0)
		__atomic_add_fetch(&c->stats.failures, 1, __ATOMIC_RELAXED);
}

static int load(struct root_chunks *c, struct chunk *k, const uint8_t *digest)
{
	int err = read_verified(c, k->data, k->size, k->offset, digest);

	count_load(c, err);
	mutex_lock(&c->lock);
	k->error = err;
	__atomic_store_n(&k->state, err < 0 ? CHUNK_FAILED : CHUNK_READY,
	                 __ATOMIC_RELEASE); /* (C) pairs with wait_loaded() */
	if (err < 0) {
		/* Out of the table: the next reader asks the host again. */
		list_del(&k->bucket_node);
	}
	mutex_unlock(&c->lock);
	waitq_wake(&k->loaded, WAKE_ALL, 0);
	return err;
}

/* Another thread reads it: wait for what comes of that. */
static int wait_loaded(struct chunk *k)
{
	struct waiter w;

	waiter_init(&w);
	waitq_add(&k->loaded, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_UNINTERRUPTIBLE);
		if (__atomic_load_n(&k->state, __ATOMIC_ACQUIRE) !=
		    CHUNK_LOADING) /* (C) */
			break;
		(void)sched_sleep(NO_DEADLINE);
	}
	sched_sleep_done();
	waitq_remove(&w);
	return k->error;
}

static void chunk_put(struct root_chunks *c, struct chunk *k)
{
	mutex_lock(&c->lock);
	k->pins--;
	if (!k->pins && k->state == CHUNK_FAILED)
		chunk_free_locked(c, k);
	mutex_unlock(&c->lock);
}

/* The verified chunk at @offset of the body, pinned. */
static int chunk_get(struct root_chunks *c, uint64_t offset, uint32_t size,
                     const uint8_t *digest, struct chunk **ret)
{
	struct chunk *k;
	bool is_new;
	int err;

	mutex_lock(&c->lock);
	k = find_locked(c, offset);
	is_new = !k;
	if (k) {
		k->pins++;
		list_move_tail(&c->lru, &k->lru_node);
	} else {
		k = add_locked(c, offset, size);
	}
	/* READY is final while it is pinned. */
	if (k && k->state == CHUNK_READY) {
		mutex_unlock(&c->lock);
		*ret = k;
		return 0;
	}
	mutex_unlock(&c->lock);
	if (!k)
		return -ENOMEM;

	err = is_new ? load(c, k, digest) : wait_loaded(k);
	if (err < 0) {
		chunk_put(c, k);
		return err;
	}
	*ret = k;
	return 0;
}

static uint32_t chunk_size(const struct root_file *f, uint64_t start)
{
	return (uint32_t)MIN(f->size - start, (uint64_t)ROOTIDX_CHUNK);
}

/*
 * A whole chunk that is not in memory goes straight to where it is wanted: who
 * reads so much keeps it.  True: *ret_err says how that went.
 */
static bool read_past_cache(const struct root_file *f, void *dst, size_t size,
                            uint64_t off, int *ret_err)
{
	struct root_chunks *c = f->chunks;
	bool is_cached;

	if (off % ROOTIDX_CHUNK || size < chunk_size(f, off))
		return false;
	mutex_lock(&c->lock);
	is_cached = find_locked(c, f->body_offset + off) != NULL;
	mutex_unlock(&c->lock);
	if (is_cached)
		return false;
	*ret_err = read_verified(
		c, dst, chunk_size(f, off), f->body_offset + off,
		f->digests + off / ROOTIDX_CHUNK * ROOTIDX_DIGEST);
	count_load(c, *ret_err);
	return true;
}

/* The chunk of @f that holds @off, and where in it. */
static int chunk_of(const struct root_file *f, uint64_t off, struct chunk **ret,
                    size_t *ret_in)
{
	uint64_t i = off / ROOTIDX_CHUNK;
	uint64_t start = i * ROOTIDX_CHUNK;

	*ret_in = (size_t)(off - start);
	return chunk_get(f->chunks, f->body_offset + start,
	                 chunk_size(f, start), f->digests + i * ROOTIDX_DIGEST,
	                 ret);
}

int root_file_read(const struct root_file *f, void *dst, size_t size,
                   uint64_t off)
{
	struct chunk *k;
	size_t done = 0, in, n;
	int err;

	for (; done < size; done += n) {
		uint8_t *to = (uint8_t *)dst + done;

		n = chunk_size(f, off + done);
		if (read_past_cache(f, to, size - done, off + done, &err)) {
			if (err < 0)
				return err;
			continue;
		}
		err = chunk_of(f, off + done, &k, &in);
		if (err < 0)
			return err;
		n = MIN(size - done, k->size - in);
		memcpy(to, k->data + in, n);
		chunk_put(f->chunks, k);
	}
	return 0;
}

long root_file_copy(const struct root_file *f, struct iov *to, size_t size,
                    uint64_t off)
{
	struct chunk *k;
	size_t in;
	long n = chunk_of(f, off, &k, &in);

	if (n < 0)
		return n;
	n = iov_copy_to(to, k->data + in, MIN(size, k->size - in));
	chunk_put(f->chunks, k);
	return n;
}

int root_body_read(struct root_chunks *c, void *dst, size_t size,
                   uint64_t offset, const uint8_t *digest)
{
	return read_verified(c, dst, size, offset, digest);
}

void root_chunks_stats(struct root_chunks *c, struct root_chunk_stats *ret)
{
	mutex_lock(&c->lock);
	*ret = c->stats;
	ret->cached = c->count;
	mutex_unlock(&c->lock);
}

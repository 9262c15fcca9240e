/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/features_host.h"

__noreturn void assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

void disk_need_crypto(void)
{
	if (crypto_init_host() == 0)
		return;
	printf("SKIP: this CPU has no AES-NI\n");
	exit(77);
}

static void *must_have(void *p)
{
	if (p)
		return p;
	perror("malloc");
	exit(1);
}

uint64_t disk_random(uint64_t *seed)
{
	/* splitmix64 */
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint8_t *disk_block(const struct disk *d, uint64_t block)
{
	return d->image + block * SEALFS_BLOCK_SIZE;
}

/* Does this call fail? */
static bool fails(unsigned long *countdown)
{
	return *countdown && --*countdown == 0;
}

static int io_check(struct disk *d, uint64_t block, size_t n)
{
	if (fails(&d->fail_io)) {
		d->io_failed = true;
		return -d->error;
	}
	if (!n || block > d->nblocks || n > d->nblocks - block) {
		fprintf(stderr, "I/O outside the device: %llu+%zu\n",
		        (unsigned long long)block, n);
		abort();
	}
	return 0;
}

static int disk_read(void *arg, uint64_t block, size_t n, void *dst)
{
	struct disk *d = arg;
	int err = io_check(d, block, n);

	d->nreads++;
	if (!err)
		memcpy(dst, disk_block(d, block), n * SEALFS_BLOCK_SIZE);
	return err;
}

static struct disk_event *add_event(struct disk *d)
{
	if (d->nevents == d->events_size) {
		d->events_size = d->events_size ? 2 * d->events_size : 256;
		d->events = must_have(realloc(
			d->events, d->events_size * sizeof(d->events[0])));
	}
	memset(&d->events[d->nevents], 0, sizeof(d->events[0]));
	return &d->events[d->nevents++];
}

static void keep_old(struct disk *d, uint64_t block)
{
	if (d->nundo == d->undo_size) {
		d->undo_size = d->undo_size ? 2 * d->undo_size : 64;
		d->undo = must_have(
			realloc(d->undo, d->undo_size * sizeof(d->undo[0])));
	}
	d->undo[d->nundo].block = block;
	memcpy(d->undo[d->nundo].old, disk_block(d, block), SEALFS_BLOCK_SIZE);
	d->nundo++;
}

void disk_undo_all(struct disk *d)
{
	while (d->nundo) {
		d->nundo--;
		memcpy(disk_block(d, d->undo[d->nundo].block),
		       d->undo[d->nundo].old, SEALFS_BLOCK_SIZE);
	}
}

static int disk_write(void *arg, uint64_t block, size_t n, const void *src)
{
	struct disk *d = arg;
	size_t size = n * SEALFS_BLOCK_SIZE;
	int err = io_check(d, block, n);

	d->nwrites++;
	if (err)
		return err;
	if (d->recording) {
		struct disk_event *e = add_event(d);

		e->kind = DISK_WRITE;
		e->block = block;
		e->nblocks = n;
		e->data = must_have(malloc(size));
		memcpy(e->data, src, size);
	}
	for (size_t i = 0; d->undoing && i < n; i++)
		keep_old(d, block + i);
	memcpy(disk_block(d, block), src, size);
	return 0;
}

static int disk_barrier(void *arg)
{
	struct disk *d = arg;

	d->nbarriers++;
	if (fails(&d->fail_io) || fails(&d->fail_barrier)) {
		d->io_failed = true;
		return -d->error;
	}
	if (d->recording)
		add_event(d)->kind = DISK_BARRIER;
	return 0;
}

static void add_mark(struct disk *d, enum disk_event_kind kind, uint64_t what)
{
	struct disk_event *e;

	if (!d->recording)
		return;
	e = add_event(d);
	e->kind = kind;
	e->block = what;
}

void disk_issued(struct disk *d, uint64_t what)
{
	add_mark(d, DISK_ISSUED, what);
}

void disk_acked(struct disk *d, uint64_t what)
{
	add_mark(d, DISK_ACKED, what);
}

static void *disk_alloc(void *arg, size_t size)
{
	struct disk *d = arg;

	if (fails(&d->fail_alloc))
		return NULL;
	d->nallocated += size;
	return must_have(malloc(size));
}

static void disk_release(void *arg, void *p, size_t size)
{
	struct disk *d = arg;

	d->nallocated -= size;
	free(p);
}

static int disk_fill_random(void *arg, void *dst, size_t size)
{
	struct disk *d = arg;
	uint8_t *p = dst;

	while (size--)
		*p++ = (uint8_t)disk_random(&d->seed);
	return 0;
}

static int64_t disk_now(void *arg)
{
	const struct disk *d = arg;

	return d->now_ns;
}

void disk_init(struct disk *d, uint64_t nblocks, uint64_t seed)
{
	memset(d, 0, sizeof(*d));
	d->image = must_have(calloc(nblocks, SEALFS_BLOCK_SIZE));
	d->nblocks = nblocks;
	d->seed = seed;
	d->error = EIO;
	d->host = (struct sealfs_host){
		.arg = d,
		.read = disk_read,
		.write = disk_write,
		.flush = disk_barrier,
		.alloc = disk_alloc,
		.release = disk_release,
		.random = disk_fill_random,
		.now_ns = disk_now,
	};
}

void disk_fini(struct disk *d)
{
	for (size_t i = 0; i < d->nevents; i++)
		free(d->events[i].data);
	free(d->events);
	free(d->undo);
	free(d->image);
}

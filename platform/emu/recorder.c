/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder.c - a queue of runs, and the thread that empties it.
 *
 * The thread starts with the first run that is worth it and ends at each
 * recorder_sync(); without one, runs are hashed where they are added.
 */
#include "platform/emu/recorder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Records of so many pages take as long as starting a thread. */
	WORTH_A_THREAD = 1024,
	STACK_SIZE = 64 * 1024,
};

struct recorder_item {
	struct recorder_item *next;
	struct recorder_run run;
	/* What the page to measure begins with; the rest of it is zero. */
	size_t size;
	uint8_t start[];
};

static void hash_run(struct measure *m, const struct recorder_run *run)
{
	if (!run->bytes) {
		measure_eadds(m, run->offset, run->npages, &run->secinfo);
		return;
	}
	for (size_t i = 0; i < run->npages; i++)
		measure_page(m, run->offset + i * MEASURE_PAGE_SIZE,
		             &run->secinfo, run->bytes + i * run->stride);
}

static void hash_item(struct measure *m, const struct recorder_item *item)
{
	uint8_t page[MEASURE_PAGE_SIZE];

	if (!item->size) {
		hash_run(m, &item->run);
		return;
	}
	memcpy(page, item->start, item->size);
	memset(page + item->size, 0, sizeof(page) - item->size);
	measure_page(m, item->run.offset, &item->run.secinfo, page);
}

/* The next run, or NULL if the thread is to end. */
static struct recorder_item *take(struct recorder *r)
{
	struct recorder_item *item;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->is_ending)
		pthread_cond_wait(&r->changed, &r->lock);
	item = r->first;
	if (item)
		r->first = item->next;
	pthread_mutex_unlock(&r->lock);
	return item;
}

static void *thread_main(void *arg)
{
	struct recorder *r = arg;
	struct recorder_item *item;

	while ((item = take(r))) {
		hash_item(&r->measure, item);
		free(item);
	}
	return NULL;
}

/* Signals are for others. */
static void start_thread(struct recorder *r)
{
	pthread_attr_t attr;
	sigset_t all, old;

	if (pthread_attr_init(&attr))
		return;
	r->is_ending = false;
	sigfillset(&all);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r->has_thread = pthread_create(&r->thread, &attr, thread_main, r) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

static void put(struct recorder *r, struct recorder_item *item)
{
	pthread_mutex_lock(&r->lock);
	if (r->first)
		r->last->next = item;
	else
		r->first = item;
	r->last = item;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void recorder_init(struct recorder *r, const struct secs *secs)
{
	memset(r, 0, sizeof(*r));
	measure_init(&r->measure, secs, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
}

void recorder_fini(struct recorder *r)
{
	recorder_sync(r);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}

int recorder_add(struct recorder *r, const struct recorder_run *run)
{
	struct recorder_item *item;

	if (!r->has_thread && run->npages >= WORTH_A_THREAD)
		start_thread(r);
	if (!r->has_thread) {
		hash_run(&r->measure, run);
		return 0;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->run = *run;
	put(r, item);
	return 0;
}

/* Of most such pages, TCSs, little more than the start is not zero. */
static size_t size_used(const uint8_t page[MEASURE_PAGE_SIZE])
{
	size_t n = MEASURE_PAGE_SIZE;

	while (n > 1 && !page[n - 1])
		n--;
	return n;
}

int recorder_add_page(struct recorder *r, uint64_t offset,
                      const struct secinfo *secinfo,
                      const uint8_t page[MEASURE_PAGE_SIZE])
{
	struct recorder_item *item;
	size_t size = size_used(page);

	if (!r->has_thread) {
		measure_page(&r->measure, offset, secinfo, page);
		return 0;
	}
	item = calloc(1, sizeof(*item) + size);
	if (!item)
		return -ENOMEM;
	memcpy(item->start, page, size);
	item->size = size;
	item->run = (struct recorder_run){
		.offset = offset,
		.npages = 1,
		.secinfo = *secinfo,
	};
	put(r, item);
	return 0;
}

void recorder_sync(struct recorder *r)
{
	if (!r->has_thread)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->has_thread = false;
}

int recorder_finish(struct recorder *r, uint8_t ret_mrenclave[SGX_HASH_SIZE])
{
	struct measure copy;

	recorder_sync(r);
	copy = r->measure;
	return measure_finish(&copy, ret_mrenclave);
}

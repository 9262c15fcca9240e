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
	uint8_t page[]; /* where the run points, or nothing */
};

static void hash_run(struct measure *m, const struct recorder_run *run)
{
	for (size_t i = 0; i < run->npages; i++) {
		uint64_t offset = run->offset + i * MEASURE_PAGE_SIZE;

		if (run->bytes)
			measure_page(m, offset, &run->secinfo,
			             run->bytes + i * run->stride);
		else
			measure_eadd(m, offset, &run->secinfo);
	}
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
		hash_run(&r->measure, &item->run);
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

int recorder_add_page(struct recorder *r, uint64_t offset,
                      const struct secinfo *secinfo,
                      const uint8_t page[MEASURE_PAGE_SIZE])
{
	struct recorder_item *item;

	if (!r->has_thread) {
		measure_page(&r->measure, offset, secinfo, page);
		return 0;
	}
	item = calloc(1, sizeof(*item) + MEASURE_PAGE_SIZE);
	if (!item)
		return -ENOMEM;
	memcpy(item->page, page, MEASURE_PAGE_SIZE);
	item->run = (struct recorder_run){
		.offset = offset,
		.npages = 1,
		.secinfo = *secinfo,
		.bytes = item->page,
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

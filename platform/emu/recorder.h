/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder.h - MRENCLAVE, computed beside the loading of the enclave.
 *
 * The records of an ordinary image take a millisecond to hash, one after the
 * other, which is as long as the loader needs for everything else.  So it only
 * notes runs of pages, and a thread hashes them in order.  What is measured is
 * what the EPC holds, not what the loader was given.
 *
 *	recorder_init(&r, &secs);
 *	recorder_add(&r, &(struct recorder_run){ ... });    // as often as needed
 *	recorder_add_page(&r, offset, &secinfo, page);
 *	recorder_finish(&r, mrenclave);                     // more may follow
 *	recorder_fini(&r);
 *
 * One thread at a time calls these.  Pages of a run stay as they are, and
 * readable, until recorder_sync() or recorder_finish().
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sgx/measure.h"

/* Pages in a row with one SECINFO. */
struct recorder_run {
	uint64_t offset; /* of the first, from BASEADDR */
	size_t npages;
	struct secinfo secinfo;
	const uint8_t *bytes; /* NULL: EADD without EEXTEND */
	size_t stride;        /* from page to page; 0: all are the same */
};

struct recorder {
	struct measure measure; /* the thread's, if there is one */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool is_ending; /* the thread ends once there are no more runs */
	struct recorder_item *first, *last;
};

/* The ECREATE record. */
void recorder_init(struct recorder *r, const struct secs *secs);
void recorder_fini(struct recorder *r);

/* -ENOMEM, and nothing is recorded. */
__must_check int recorder_add(struct recorder *r,
                              const struct recorder_run *run);

/* One measured page, copied at once: a TCS, or one that nobody can read. */
__must_check int recorder_add_page(struct recorder *r, uint64_t offset,
                                   const struct secinfo *secinfo,
                                   const uint8_t page[MEASURE_PAGE_SIZE]);

/* Wait until all that was added is hashed. */
void recorder_sync(struct recorder *r);

/* recorder_sync(), and the measurement so far.  0 or -errno. */
__must_check int recorder_finish(struct recorder *r,
                                 uint8_t ret_mrenclave[SGX_HASH_SIZE]);

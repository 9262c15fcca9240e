/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.h - a host for tests: a device in memory that remembers, fails and
 * crashes.
 *
 * While it records, each write and barrier becomes an event, with the bytes
 * that were written; crash.h makes of them what a disk may hold after a crash.
 * Any call can be made to fail, and the memory that a volume holds is counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sealfs/sealfs.h"

enum disk_event_kind {
	DISK_WRITE,
	DISK_BARRIER,
	DISK_ISSUED, /* what the test said with disk_issued() */
	DISK_ACKED,  /* and with disk_acked() */
};

struct disk_event {
	enum disk_event_kind kind;
	uint64_t block; /* of a write; of a mark: what it says */
	size_t nblocks;
	uint8_t *data;
};

struct disk_undo {
	uint64_t block;
	uint8_t old[SEALFS_BLOCK_SIZE];
};

struct disk {
	struct sealfs_host host;
	uint8_t *image;
	uint64_t nblocks;
	int64_t now_ns; /* what the clock shows; moved by the test */
	uint64_t seed;  /* of random() */

	bool recording;
	struct disk_event *events;
	size_t nevents;
	size_t events_size;

	/* Keeps what is overwritten, for disk_undo_all(). */
	bool undoing;
	struct disk_undo *undo;
	size_t nundo;
	size_t undo_size;

	/* The n-th call from now fails, once, with error; 0: none does. */
	unsigned long fail_io;
	unsigned long fail_barrier;
	unsigned long fail_alloc;
	int error;
	bool io_failed; /* since it was last cleared */

	unsigned long nreads, nwrites, nbarriers;
	size_t nallocated; /* bytes */
};

/* Zeros; the volume's random numbers follow from @seed. */
void disk_init(struct disk *d, uint64_t nblocks, uint64_t seed);
void disk_fini(struct disk *d);

/* Into the record: change @what begins, or all up to it were promised. */
void disk_issued(struct disk *d, uint64_t what);
void disk_acked(struct disk *d, uint64_t what);
void disk_undo_all(struct disk *d);

uint8_t *disk_block(const struct disk *d, uint64_t block);

/* The next of a sequence of pseudorandom numbers. */
uint64_t disk_random(uint64_t *seed);

/* Start AES, or stop the test with 77 where the CPU has none. */
void disk_need_crypto(void);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - what a disk may hold after a crash.
 *
 * A recording is walked event by event.  Between two barriers each write may
 * have reached the disk whole, torn between sectors of 512 bytes, or not at
 * all, in any order; what is before a barrier has.  For each point of the
 * recording the caller sees the image where all writes up to there arrived (a
 * prefix), and some where a random part of those since the last barrier did.
 *
 *	crash_walk(&c, &recorded, before, check, arg);
 *
 * @check may mount and write; what it wrote is undone.
 */
#pragma once

#include "disk.h"

/* One image; the marks say how far the program had come. */
struct crash_point {
	struct disk *disk;
	size_t event;        /* events before the crash */
	uint64_t acked;      /* of the last DISK_ACKED before the crash */
	uint64_t issued;     /* of the last DISK_ISSUED */
	unsigned int subset; /* 0: all writes arrived */
};

struct crash_plan {
	unsigned int
		subsets; /* random images at each point, besides the whole */
	unsigned int stride; /* look at every n-th event only */
	uint64_t seed;
	/* Barriers that do nothing: a fault that the walk has to notice. */
	bool (*ignore_barrier)(const struct disk *recorded, size_t event);
};

/*
 * crash_walk - @before is the image at the start of the recording.
 *
 * Calls @check for each image; returns how many.
 */
size_t crash_walk(const struct crash_plan *plan, const struct disk *recorded,
                  const uint8_t *before,
                  void (*check)(void *arg, const struct crash_point *point),
                  void *arg);

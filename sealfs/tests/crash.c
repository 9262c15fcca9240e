/* SPDX-License-Identifier: Apache-2.0 */
#include "crash.h"

#include <string.h>

enum {
	SECTOR = 512,
	SECTORS = SEALFS_BLOCK_SIZE / SECTOR,
};

struct walk {
	const struct crash_plan *plan;
	const struct disk *recorded;
	struct disk disk;
	size_t barrier; /* the first event that is not known to be on disk */
	uint64_t seed;
	struct crash_point point;
	size_t nimages;
};

static void write_block(struct disk *d, uint64_t block, const uint8_t *data)
{
	(void)d->host.write(d, block, 1, data);
}

/* Some sectors are new, the others still old. */
static void write_torn(struct walk *w, uint64_t block, const uint8_t *data)
{
	uint64_t which = disk_random(&w->seed);
	uint8_t mixed[SEALFS_BLOCK_SIZE];

	memcpy(mixed, disk_block(&w->disk, block), sizeof(mixed));
	for (int i = 0; i < SECTORS; i++)
		if (which >> i & 1)
			memcpy(mixed + i * SECTOR, data + i * SECTOR, SECTOR);
	write_block(&w->disk, block, mixed);
}

static void apply_whole(struct disk *d, const struct disk_event *e)
{
	for (size_t i = 0; i < e->nblocks; i++)
		write_block(d, e->block + i, e->data + i * SEALFS_BLOCK_SIZE);
}

/* Each block of @e arrives, or not, or in part. */
static void apply_some(struct walk *w, const struct disk_event *e,
                       unsigned int per_16)
{
	for (size_t i = 0; i < e->nblocks; i++) {
		const uint8_t *data = e->data + i * SEALFS_BLOCK_SIZE;
		uint64_t dice = disk_random(&w->seed);

		if (dice % 16 >= per_16)
			continue;
		if (dice >> 8 & 15)
			write_block(&w->disk, e->block + i, data);
		else
			write_torn(w, e->block + i, data);
	}
}

/* Writes since the barrier, up to @end. */
static void apply_pending(struct walk *w, size_t end, unsigned int per_16)
{
	for (size_t i = w->barrier; i < end; i++) {
		const struct disk_event *e = &w->recorded->events[i];

		if (e->kind != DISK_WRITE)
			continue;
		if (per_16 == 16)
			apply_whole(&w->disk, e);
		else
			apply_some(w, e, per_16);
	}
}

typedef void check_fn(void *arg, const struct crash_point *point);

static void look(struct walk *w, size_t end, check_fn *check, void *arg)
{
	static const unsigned int shares[] = { 8, 15, 2, 12 };

	w->point.event = end;
	for (unsigned int i = 0; i <= w->plan->subsets; i++) {
		w->disk.undoing = true;
		apply_pending(w, end, i ? shares[(i - 1) % 4] : 16);
		w->point.subset = i;
		check(arg, &w->point);
		disk_undo_all(&w->disk);
		w->nimages++;
	}
	w->disk.undoing = false;
}

/* Everything up to the barrier at @end is on the disk. */
static void pass_barrier(struct walk *w, size_t end)
{
	if (w->plan->ignore_barrier &&
	    w->plan->ignore_barrier(w->recorded, end))
		return;
	apply_pending(w, end, 16);
	w->barrier = end + 1;
}

size_t crash_walk(const struct crash_plan *plan, const struct disk *recorded,
                  const uint8_t *before, check_fn *check, void *arg)
{
	struct walk w = {
		.plan = plan,
		.recorded = recorded,
		.seed = plan->seed,
	};

	disk_init(&w.disk, recorded->nblocks, plan->seed);
	memcpy(w.disk.image, before, recorded->nblocks * SEALFS_BLOCK_SIZE);
	w.point.disk = &w.disk;
	for (size_t i = 0; i < recorded->nevents; i++) {
		const struct disk_event *e = &recorded->events[i];

		if (e->kind == DISK_BARRIER)
			pass_barrier(&w, i);
		else if (e->kind == DISK_ISSUED)
			w.point.issued = e->block;
		else if (e->kind == DISK_ACKED)
			w.point.acked = e->block;
		if (i % plan->stride == 0)
			look(&w, i + 1, check, arg);
	}
	disk_fini(&w.disk);
	return w.nimages;
}

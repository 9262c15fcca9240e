/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "libos/fs/file.h"
#include "libos/ipc/pipe.h"

/*
 * Bytes [tail, head) are in the ring, at their number modulo ring_size.  One
 * writer and one reader copy at the same time; who changes the ring itself
 * holds both locks, write_lock first.
 */
struct pipe {
	struct mutex write_lock;
	uint64_t head; /* under write_lock; read by anyone */

	struct mutex read_lock;
	uint64_t tail; /* under read_lock; read by anyone */

	/* Changed with both locks held; read with either, capacity by anyone. */
	uint8_t *ring;
	uint64_t ring_size; /* a power of two, at most capacity; 0: no ring */
	uint64_t capacity;  /* what F_GETPIPE_SZ says */

	/* Atomic. */
	uint32_t readers, writers;           /* open ends */
	uint32_t reader_opens, writer_opens; /* how many there ever were */
	uint32_t is_polled; /* somebody may want edges: wake at each byte */

	struct pipe_offer *offer; /* of a reader that sleeps, or NULL */

	struct waitq can_read, can_write;
	struct waitq opened; /* fifo_open() waits for the other side */

	int32_t refs;  /* open files; under fifo_lock */
	bool has_name; /* a fifo in some file system */
};

extern const struct file_ops pipe_ops;

/* pipe_offer.c: memory of a reader for a writer to fill. */
struct pipe_offer {
	struct mm *mm;
	uint64_t addr;
	size_t size;      /* 0: not offered */
	size_t filled;    /* when done */
	uint32_t is_done; /* atomic */
};

/* Offer what @to has room for, if that is much and nobody else offers. */
void pipe_offer_make(struct pipe *p, struct pipe_offer *o, struct iov *to);
bool pipe_offer_is_done(const struct pipe_offer *o);
/* After each pipe_offer_make(): how many bytes came.  May sleep. */
size_t pipe_offer_end(struct pipe *p, struct pipe_offer *o);
/*
 * Write to who offers, with write_lock held: how many bytes.  With *@ret_taken
 * set, the caller wakes the readers after it, whatever the result is.
 */
size_t pipe_offer_fill(struct pipe *p, struct iov *from, bool *ret_taken);

/*
 * The pipe of @inode with a reference, made if it has none; NULL: no memory.
 * The last pipe_detach() frees it, and what was in it is gone.
 */
struct pipe *pipe_attach(struct inode *inode);
void pipe_detach(struct inode *inode);

/* Count @f, by its mode, among the open ends; and no longer. */
void pipe_enter(struct pipe *p, struct file *f);
void pipe_leave(struct pipe *p, struct file *f);

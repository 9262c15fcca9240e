/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor.h - the host descriptors that the kernel may name.
 *
 * Number 0, 1 and 2 are the standard streams of this process; an entry that was
 * not open at the start is not there.  All transfers are non-blocking without
 * touching O_NONBLOCK, which lives in the open file description and so belongs
 * to everybody who inherited it (a shell, another job).  In this order:
 *
 *   socket            MSG_DONTWAIT
 *   regular file      plain read and write: always ready, disk at worst
 *   else              preadv2/pwritev2 with RWF_NOWAIT (pipes, /dev/null)
 *   where refused     an open file description of our own with O_NONBLOCK, by
 *                     way of /proc/self/fd (terminals)
 *   where impossible  poll(2) first, then at most BLIND_MAX bytes.  If another
 *                     process takes the bytes in between, the transfer blocks
 *                     that vCPU until more come or a tick interrupts it.
 *
 * Readiness: descriptor_poll() answers at once or arms a one-shot event in the
 * supervisor's epoll instance; the supervisor then calls descriptor_fired().
 * One descriptor has one readiness bit, so what is armed adds up, and a shot
 * disarms all of it.
 *
 * Any thread may call; results are those of abi/hostcall.h.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/shared.h"
#include "base/compiler.h"

enum transfer_method {
	TRANSFER_PLAIN,
	TRANSFER_SOCKET,
	TRANSFER_NOWAIT,
	TRANSFER_OWN_DESCRIPTION,
	TRANSFER_BLIND
};

struct descriptor {
	int fd;          /* -1: not there; atomic                           */
	int io_fd;       /* where bytes move: @fd, or a description of ours */
	uint32_t method; /* enum transfer_method; atomic              */
	uint32_t kind;   /* enum hc_fdkind                            */

	/* Under the table's lock. */
	uint32_t armed;     /* poll(2) bits     */
	bool is_registered; /* with epoll       */
};

struct descriptor_table {
	int epoll_fd;
	pthread_mutex_t lock;
	struct descriptor entry[HOST_FDS];
};

/* Take the standard streams; events go to @epoll_fd with the number as data. */
void descriptor_table_init(struct descriptor_table *table, int epoll_fd);
/* Close what the table opened itself. */
void descriptor_table_fini(struct descriptor_table *table);

long descriptor_read(struct descriptor_table *table, uint32_t fd, void *dst,
                     size_t size);
long descriptor_write(struct descriptor_table *table, uint32_t fd,
                      const void *src, size_t size);
long descriptor_poll(struct descriptor_table *table, uint32_t fd,
                     uint32_t events);
long descriptor_seek(struct descriptor_table *table, uint32_t fd,
                     int64_t offset, uint32_t whence);
long descriptor_info(struct descriptor_table *table, struct hc_fdinfo *info);

/*
 * Close: whoever is at the other end sees it.  The number stays taken (by
 * /dev/null), so that nothing of the runtime ever appears under it.
 */
long descriptor_close(struct descriptor_table *table, uint32_t fd);

/* The number in this process for terminal ioctls, or -EBADF. */
int descriptor_host_fd(struct descriptor_table *table, uint32_t fd);

/* The one shot has gone off. */
void descriptor_fired(struct descriptor_table *table, uint32_t fd);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock_rank.h - the one place where lock order is decided.
 *
 * A thread may take a lock only if its rank is above every rank it holds.
 * The checked build tests this on each acquire.  Ranks from RANK_SPIN_FIRST on
 * belong to spinlocks: nothing sleeps or leaves the enclave beneath them.
 */
#pragma once

enum lock_rank {
	RANK_FILE_POS = 5,       /* file->pos_lock: /proc is read under it    */
	RANK_PROC_TREE = 10,     /* parents, children, groups                 */
	RANK_PROC = 20,          /* process->lock: threads, exit state        */
	RANK_EPOLL_GRAPH = 29,   /* who watches what, over all instances   */
	RANK_EPOLL = 30,         /* epoll->lock, and up to 5 above by nesting */
	RANK_RENAME = 38,        /* one rename at a time                      */
	RANK_INODE = 40,         /* inode->lock; parents before children      */
	RANK_PIPE = 45,          /* pipe->write_lock                          */
	RANK_PIPE_READ = 46,     /* pipe->read_lock                           */
	RANK_OVERLAY_SLOTS = 47, /* which overlay slots there are        */
	RANK_OVERLAY = 48,   /* one overlay slot, while members change places */
	RANK_MM = 50,        /* mm->lock: the vma tree; user copies need it */
	RANK_VM_OBJECT = 52, /* object->lock: shared segments of a file   */
	RANK_USPACE = 55,    /* the allocator of user addresses           */
	RANK_SITES = 57,     /* stubs of rewritten instructions           */
	RANK_PAGE_CACHE = 60,  /* cached text and file pages               */
	RANK_FILE_DATA = 61,   /* the pages of one file in memory           */
	RANK_PAGES = 62,       /* leaves of the page table, overlay slots   */
	RANK_ROOT_CHUNKS = 63, /* verified pieces of the measured root     */
	RANK_HOST = 65,        /* hostcall staging that may sleep           */

	RANK_SPIN_FIRST = 100,
	RANK_FDTABLE = 100,     /* files->lock                               */
	RANK_DCACHE = 105,      /* dentry tree                               */
	RANK_FLOCK = 107,       /* advisory locks of files                   */
	RANK_PID = 110,         /* pid table                                 */
	RANK_SIGHAND = 115,     /* signal_group->lock: pending sets, threads */
	RANK_SIGACTION = 117,   /* sighand->lock: actions                   */
	RANK_FUTEX = 120,       /* bucket->lock; pair: futex_lock_two()      */
	RANK_WAITQ = 125,       /* waitq->lock                               */
	RANK_WAITQ_EPOLL = 126, /* an epoll's ready list and queue, under that
				   of what it watches; up to 4 above      */
	RANK_TIMER = 130,       /* the timer tree                            */
	RANK_RUNQUEUE = 135,    /* run queue                                 */
	RANK_KHEAP_GROW = 139,  /* while pages are added to it               */
	RANK_KHEAP = 140,       /* kernel heap                               */
	RANK_CLOCK = 145,       /* clock update                              */
	RANK_LEAF = 150         /* nothing is taken beneath                  */
};

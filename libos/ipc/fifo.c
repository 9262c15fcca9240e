/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fifo.c - life of pipes: with a name or without, and how they are opened.
 *
 * An inode has its pipe in inode->special while files are open on it.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/ipc/pipe_internal.h"
#include "libos/mm/kheap.h"

/* inode->special of fifos, and pipe->refs. */
static struct spinlock fifo_lock = SPINLOCK_INIT(RANK_LEAF);

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	mutex_init(&p->write_lock, RANK_PIPE);
	mutex_init(&p->read_lock, RANK_PIPE_READ);
	p->capacity = PIPE_SIZE_DEFAULT;
	waitq_init(&p->can_read);
	waitq_init(&p->can_write);
	waitq_init(&p->opened);
	return p;
}

static void pipe_free(struct pipe *p)
{
	kpages_free(p->ring, p->ring_size >> PAGE_SHIFT);
	kfree(p);
}

struct pipe *pipe_attach(struct inode *inode)
{
	struct pipe *made = NULL;
	struct pipe *p;

	if (!READ_ONCE(inode->special)) {
		made = pipe_alloc();
		if (!made)
			return NULL;
	}
	spin_lock(&fifo_lock);
	p = inode->special;
	if (!p && made) {
		p = inode->special = made;
		made = NULL;
	}
	if (p)
		p->refs++;
	spin_unlock(&fifo_lock);
	if (made)
		pipe_free(made);
	/* The last file went away between the two looks: again. */
	return p ? p : pipe_attach(inode);
}

void pipe_detach(struct inode *inode)
{
	struct pipe *p = inode->special;
	bool is_last;

	spin_lock(&fifo_lock);
	is_last = --p->refs == 0;
	if (is_last)
		inode->special = NULL;
	spin_unlock(&fifo_lock);
	if (is_last)
		pipe_free(p);
}

void pipe_enter(struct pipe *p, struct file *f)
{
	f->ops = &pipe_ops;
	f->private = p;
	/* Streams have no position: what is_hung_up() compares with. */
	f->pos = READ_ONCE(p->writer_opens);
	if (f->mode & FILE_READ) {
		__atomic_add_fetch(&p->readers, 1, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&p->reader_opens, 1, __ATOMIC_SEQ_CST);
	}
	if (f->mode & FILE_WRITE) {
		__atomic_add_fetch(&p->writers, 1, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&p->writer_opens, 1, __ATOMIC_SEQ_CST);
	}
	(void)waitq_wake(&p->opened, WAKE_ALL, 0);
}

void pipe_leave(struct pipe *p, struct file *f)
{
	if ((f->mode & FILE_READ) &&
	    !__atomic_sub_fetch(&p->readers, 1, __ATOMIC_SEQ_CST))
		(void)waitq_wake(&p->can_write, WAKE_ALL, 0);
	if ((f->mode & FILE_WRITE) &&
	    !__atomic_sub_fetch(&p->writers, 1, __ATOMIC_SEQ_CST))
		(void)waitq_wake(&p->can_read, WAKE_ALL, 0);
}

/* Sleep until there is one of @now, or has been one since @opens was @seen. */
static int wait_for_other(struct pipe *p, const uint32_t *now,
                          const uint32_t *opens, uint32_t seen)
{
	struct waiter w;
	int ret = 0;

	waiter_init(&w);
	waitq_add(&p->opened, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (READ_ONCE(*now) || READ_ONCE(*opens) != seen)
			break;
		ret = sched_sleep(NO_DEADLINE);
		if (ret < 0)
			break;
	}
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

/* fifo(7); open(2), ENXIO.  Both ways at once waits for nobody. */
static int enter_fifo(struct pipe *p, struct file *f)
{
	/* Before entering: who answers may have come and gone when we look. */
	uint32_t writers = READ_ONCE(p->writer_opens);
	uint32_t readers = READ_ONCE(p->reader_opens);

	pipe_enter(p, f);
	switch (f->mode & (FILE_READ | FILE_WRITE)) {
	case FILE_READ:
		if (file_is_nonblock(f))
			return 0;
		return wait_for_other(p, &p->writers, &p->writer_opens,
		                      writers);
	case FILE_WRITE:
		if (!file_is_nonblock(f))
			return wait_for_other(p, &p->readers, &p->reader_opens,
			                      readers);
		return READ_ONCE(p->readers) ? 0 : -ENXIO;
	default:
		return 0;
	}
}

int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p = pipe_attach(inode);
	int err;

	if (!p)
		return -ENOMEM;
	if (f->path.dentry && !p->readers && !p->writers)
		p->has_name = true;
	err = enter_fifo(p, f);
	if (err < 0) {
		pipe_leave(p, f);
		pipe_detach(inode);
	}
	return err;
}

/* One end; the other is told apart by the access mode in @flags. */
static int open_end(struct inode *inode, uint32_t flags, struct file **ret)
{
	struct pipe *p = pipe_attach(inode);
	int err;

	if (!p)
		return -ENOMEM;
	err = file_create(&(struct file_spec){ .ops = &pipe_ops,
	                                       .private = p,
	                                       .flags = flags,
	                                       .inode = inode },
	                  ret);
	if (err < 0)
		pipe_detach(inode);
	else
		pipe_enter(p, *ret);
	return err;
}

int pipe_create(uint32_t flags, struct file *ret[2])
{
	struct inode *inode = file_anon_inode(S_IFIFO | 0600);
	struct file *in;
	int err;

	if (!inode)
		return -ENOMEM;
	flags &= O_NONBLOCK;
	err = open_end(inode, flags | O_RDONLY, &in);
	if (err < 0)
		goto out_inode;
	err = open_end(inode, flags | O_WRONLY, &ret[1]);
	if (err < 0)
		file_put(in);
	else
		ret[0] = in;
out_inode:
	inode_put(inode); /* the files have their own references */
	return err;
}

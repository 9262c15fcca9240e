/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - reading, writing and waiting on the host's standard streams.
 *
 * Bytes pass through a kernel buffer: the host never sees an address of the
 * program, and a host call never meets a fault of one.
 */
#include "libos/dev/console.h"

#include "base/errno.h"
#include "base/format.h"
#include "libos/dev/console_internal.h"
#include "libos/dev/sigpipe.h"
#include "libos/libos_errno.h"
#include "libos/mm/kheap.h"
#include "libos/sched/thread.h"

/* One transfer; what is longer takes several. */
#define BOUNCE_MAX 65536
#define BOUNCE_INLINE 512

struct bounce {
	uint8_t *data;
	size_t size;
	uint8_t small[BOUNCE_INLINE];
};

static struct console consoles[CONSOLE_COUNT];
static struct superblock console_sb;
/* Of /dev/console, which terminals are; set at boot. */
static uint64_t node_dev, node_ino;

static int bounce_get(struct bounce *b, size_t size)
{
	b->size = MIN(size, (size_t)BOUNCE_MAX);
	b->data = b->size <= BOUNCE_INLINE ? b->small : kmalloc(b->size);
	return b->data ? 0 : -ENOMEM;
}

static void bounce_put(struct bounce *b)
{
	if (b->data != b->small)
		kfree(b->data);
}

/* Does the host move bytes at a position of its own? */
static bool is_seekable(const struct console *c)
{
	return c->kind == FDKIND_REGULAR;
}

/* Sleep until the host says that one of @events, or an error, is there. */
static int console_wait(struct console *c, uint32_t events)
{
	struct thread *self = thread_self();
	struct waiter w;
	long now;
	int ret = 0;

	waiter_init(&w);
	waitq_add(&c->ready, &w);
	sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
	now = host_poll(c->fd, events);
	if (now < 0)
		ret = -EIO;
	else if (!now)
		ret = sched_sleep(NO_DEADLINE);
	else if (READ_ONCE(self->work) & (WORK_SIGNAL | WORK_KILL))
		ret = -ERESTARTSYS; /* a host that says so for ever */
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

typedef long transfer_func(struct console *c, void *buf, size_t size);

static long read_once(struct console *c, void *buf, size_t size)
{
	return host_read(c->fd, buf, size);
}

static long write_once(struct console *c, void *buf, size_t size)
{
	return host_write(c->fd, buf, size);
}

/* At @off instead of where the host's file is, and back there. */
static long transfer_at(struct console *c, transfer_func *func, void *buf,
                        size_t size, int64_t off)
{
	long old, n;

	mutex_lock(&c->seek_lock);
	old = host_seek(c->fd, 0, SEEK_CUR);
	n = old < 0 ? old : host_seek(c->fd, off, SEEK_SET);
	if (n >= 0) {
		n = func(c, buf, size);
		if (host_seek(c->fd, old, SEEK_SET) < 0)
			n = -EIO;
	}
	mutex_unlock(&c->seek_lock);
	return n;
}

/* @pos is the file's own for read(2), another one for pread(2). */
static long transfer(struct file *f, transfer_func *func, void *buf,
                     size_t size, int64_t *pos)
{
	struct console *c = console_of(f);
	long n;

	if (!is_seekable(c))
		return func(c, buf, size);
	if (pos != &f->pos) {
		n = transfer_at(c, func, buf, size, *pos);
		if (n > 0)
			*pos += n;
		return n;
	}
	mutex_lock(&c->seek_lock);
	n = func(c, buf, size);
	mutex_unlock(&c->seek_lock);
	return n;
}

static long transfer_wait(struct file *f, transfer_func *func, void *buf,
                          size_t size, int64_t *pos)
{
	uint32_t events = func == read_once ? POLLIN : POLLOUT;
	long n;
	int err;

	for (;;) {
		n = transfer(f, func, buf, size, pos);
		if (n != -EAGAIN || file_is_nonblock(f))
			return n;
		err = console_wait(console_of(f), events);
		if (err < 0)
			return err;
	}
}

static long console_read(struct file *f, struct iov *to, int64_t *pos)
{
	struct bounce b;
	long n;

	if (!iov_left(to))
		return 0;
	if (bounce_get(&b, iov_left(to)) < 0)
		return -ENOMEM;
	n = transfer_wait(f, read_once, b.data, b.size, pos);
	if (n > 0)
		n = iov_copy_to(to, b.data, (size_t)n);
	bounce_put(&b);
	return n;
}

/* All of @size bytes, or as many as there were before an error. */
static long write_all(struct file *f, uint8_t *buf, size_t size, int64_t *pos)
{
	size_t done = 0;
	long n;

	while (done < size) {
		n = transfer_wait(f, write_once, buf + done, size - done, pos);
		if (n == 0)
			n = -EIO; /* no progress: not to be tried for ever */
		if (n < 0)
			return done ? (long)done : n;
		done += (size_t)n;
	}
	return (long)done;
}

static long console_write(struct file *f, struct iov *from, int64_t *pos)
{
	struct bounce b;
	size_t done = 0;
	long n = 0, size;

	if (bounce_get(&b, iov_left(from)) < 0)
		return -ENOMEM;
	while (iov_left(from)) {
		size = iov_copy_from(from, b.data, b.size);
		n = size < 0 ? size : write_all(f, b.data, (size_t)size, pos);
		if (n > 0)
			done += (size_t)n;
		if (n < size || n < 0)
			break;
	}
	bounce_put(&b);
	if (n == -EPIPE)
		n = sigpipe_raise();
	return done ? (long)done : n;
}

static int64_t console_lseek(struct file *f, int64_t off, int whence)
{
	struct console *c = console_of(f);
	long pos;

	mutex_lock(&c->seek_lock);
	pos = host_seek(c->fd, off, (uint32_t)whence);
	mutex_unlock(&c->seek_lock);
	return pos;
}

/*
 * One call for each direction: the host arms only when nothing of what it was
 * asked for holds, and a terminal can nearly always be written.
 */
static uint32_t console_poll(struct file *f, struct poll_table *pt)
{
	static const uint32_t ask[] = { POLLIN | POLLPRI, POLLOUT };
	struct console *c = console_of(f);
	uint32_t wanted = pt ? pt->events : POLL_ALWAYS;
	uint32_t now = 0;
	long got;

	if (c->kind == FDKIND_REGULAR || c->kind == FDKIND_DIR)
		return POLL_ALWAYS;
	poll_wait(pt, &c->ready);
	if (wanted & (POLLRDNORM | POLLRDHUP))
		wanted |= POLLIN;
	if (wanted & POLLWRNORM)
		wanted |= POLLOUT;
	for (size_t i = 0; i < ARRAY_SIZE(ask); i++) {
		if (!(ask[i] & wanted) || !(f->mode & (FILE_READ << i)))
			continue;
		got = host_poll(c->fd, ask[i]);
		now |= got < 0 ? POLLERR : (uint32_t)got;
	}
	if (now & POLLIN)
		now |= POLLRDNORM;
	if (now & POLLOUT)
		now |= POLLWRNORM;
	return now;
}

static int console_show(struct file *f, char *buf, size_t size)
{
	struct console *c = console_of(f);
	unsigned long long ino = c->inode.ino;

	switch (c->kind) {
	case FDKIND_CHAR:
		return str_format(buf, size, "/dev/null");
	case FDKIND_TTY:
		return str_format(buf, size, "/dev/console");
	case FDKIND_PIPE:
		return str_format(buf, size, "pipe:[%llu]", ino);
	case FDKIND_SOCKET:
		return str_format(buf, size, "socket:[%llu]", ino);
	default:
		return str_format(buf, size, "host:[%llu]", ino);
	}
}

static const struct file_ops console_ops = {
	.name = "console",
	.read = console_read,
	.write = console_write,
	.lseek = console_lseek,
	.poll = console_poll,
	.ioctl = console_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_fsync_memory,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = console_show,
};

/* Opened once more, by way of /dev/stdout or /proc/self/fd/1. */
static int console_reopen(struct inode *inode, struct file *f)
{
	f->private = container_of(inode, struct console, inode);
	return 0;
}

static int console_getattr(struct inode *inode, struct kstat *ret)
{
	struct console *c = container_of(inode, struct console, inode);
	struct hc_fdinfo info;

	inode_stat(inode, ret);
	if (c->kind == FDKIND_TTY) {
		ret->dev = node_dev;
		ret->ino = node_ino;
	}
	if (is_seekable(c) && !host_fdinfo(c->fd, &info)) {
		ret->size = (int64_t)info.size;
		ret->blocks = (ret->size + 511) / 512;
	}
	return 0;
}

/* The host's file is not ours to change; O_TRUNC and chmod do nothing. */
static int console_setattr(struct inode *inode __unused,
                           const struct iattr *attr __unused)
{
	return 0;
}

static void console_release(struct inode *inode __unused)
{
	/* Never: each console keeps the first reference. */
}

static const struct inode_ops console_inode_ops = {
	.name = "console",
	.lookup = inode_no_lookup,
	.create = inode_no_create,
	.tmpfile = inode_no_tmpfile,
	.link = inode_no_link,
	.unlink = inode_no_unlink,
	.rename = inode_no_rename,
	.get_link = inode_no_get_link,
	.setattr = console_setattr,
	.getattr = console_getattr,
	.open = console_reopen,
	.getxattr = inode_no_getxattr,
	.setxattr = inode_no_setxattr,
	.listxattr = inode_no_listxattr,
	.removexattr = inode_no_removexattr,
	.release = console_release,
};

static int console_statfs(struct superblock *sb __unused, struct kstatfs *ret)
{
	*ret = (struct kstatfs){ .type = ANON_INODE_FS_MAGIC,
		                 .block_size = 4096 };
	return 0;
}

static const struct super_ops console_super_ops = {
	.name = "console",
	.statfs = console_statfs,
};

/* The type as fstat(2) has it, and the number of the device if it is one. */
static const struct {
	uint32_t mode;
	uint64_t rdev;
} kinds[] = {
	[FDKIND_CHAR] = { S_IFCHR | 0666, DEV_MAKE(1, 3) },
	[FDKIND_TTY] = { S_IFCHR | 0666, DEV_MAKE(5, 1) },
	[FDKIND_PIPE] = { S_IFIFO | 0666, 0 },
	[FDKIND_SOCKET] = { S_IFSOCK | 0777, 0 },
	[FDKIND_REGULAR] = { S_IFREG | 0666, 0 },
	[FDKIND_DIR] = { S_IFDIR | 0777, 0 },
};

void console_set_node(const struct inode *node)
{
	node_dev = node->sb->dev;
	node_ino = node->ino;
}

/* Ask the host what descriptor @fd is.  At boot, by one thread. */
static int console_setup(struct console *c, uint32_t fd)
{
	struct hc_fdinfo info;

	if (c->kind)
		return 0;
	if (host_fdinfo(fd, &info) < 0)
		return -EBADF;
	if (!console_sb.ops)
		super_init(&console_sb, &console_super_ops);
	c->fd = fd;
	c->flags = info.flags & (O_ACCMODE | O_APPEND);
	waitq_init(&c->ready);
	mutex_init(&c->seek_lock, RANK_PIPE);
	inode_init(&c->inode, &console_sb, &console_inode_ops, &console_ops,
	           kinds[info.kind].mode);
	c->inode.rdev = kinds[info.kind].rdev;
	c->kind = info.kind;
	return 0;
}

int console_open(uint32_t hostfd, struct file **ret)
{
	struct console *c;
	int err;

	if (hostfd >= CONSOLE_COUNT)
		return -EBADF;
	c = &consoles[hostfd];
	err = console_setup(c, hostfd);
	if (err < 0)
		return err;
	return file_create(&(struct file_spec){ .ops = &console_ops,
	                                        .private = c,
	                                        .flags = c->flags,
	                                        .inode = &c->inode,
	                                        .can_seek = is_seekable(c) },
	                   ret);
}

/* Can what @f was opened for be done on the host's descriptor? */
static bool serves(const struct console *c, const struct file *f)
{
	uint32_t host = c->flags & O_ACCMODE;

	return c->kind == FDKIND_TTY &&
	       (host == O_RDWR || host == (f->flags & O_ACCMODE));
}

int console_open_tty(struct file *f)
{
	for (size_t i = 0; i < CONSOLE_COUNT; i++) {
		if (!serves(&consoles[i], f))
			continue;
		f->ops = &console_ops;
		f->private = &consoles[i];
		return 0;
	}
	return -ENXIO;
}

void console_ready(uint64_t fds)
{
	for (size_t i = 0; i < CONSOLE_COUNT; i++)
		if ((fds & (1ull << i)) && consoles[i].kind)
			(void)waitq_wake(&consoles[i].ready, WAKE_ALL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_tty.c - HC_TTY: terminal settings, in the layout of Linux's own
 * struct termios, which is not the C library's.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/compiler.h"
#include "host/service.h"

#include "base/banned.h"

/* TCSETS, TCSETSW, TCSETSF are consecutive; so are TCFLSH's arguments. */
enum { SET_HOWS = 3, FLUSH_HOWS = 3 };

_Static_assert(TCSETSW == TCSETS + 1 && TCSETSF == TCSETS + 2, "ioctls");

static int get_termios(int fd, struct hc_tty *tty)
{
	return ioctl(fd, TCGETS, tty->arg);
}

static int set_termios(int fd, struct hc_tty *tty)
{
	if (tty->how - TCSETS >= SET_HOWS) {
		errno = EINVAL;
		return -1;
	}
	return ioctl(fd, tty->how, tty->arg);
}

static int get_winsize(int fd, struct hc_tty *tty)
{
	return ioctl(fd, TIOCGWINSZ, tty->arg);
}

static int set_winsize(int fd, struct hc_tty *tty)
{
	return ioctl(fd, TIOCSWINSZ, tty->arg);
}

static int flush(int fd, struct hc_tty *tty)
{
	if (tty->how >= FLUSH_HOWS) {
		errno = EINVAL;
		return -1;
	}
	return ioctl(fd, TCFLSH, (long)tty->how);
}

static int queued(int fd, struct hc_tty *tty)
{
	int count = 0;

	(void)tty;
	return ioctl(fd, FIONREAD, &count) < 0 ? -1 : count;
}

static int (*const tty_ops[])(int fd, struct hc_tty *tty) = {
	[TTY_GET_TERMIOS] = get_termios,
	[TTY_SET_TERMIOS] = set_termios,
	[TTY_GET_WINSIZE] = get_winsize,
	[TTY_SET_WINSIZE] = set_winsize,
	[TTY_FLUSH] = flush,
	[TTY_QUEUED] = queued,
};

long service_tty(struct vcpu *v, union hc_args *args)
{
	struct hc_tty *tty = &args->tty;
	int fd = descriptor_host_fd(&v->rt->descriptors, tty->fd);
	int ret;

	if (fd < 0)
		return -EBADF;
	if (tty->op >= ARRAY_SIZE(tty_ops) || !tty_ops[tty->op])
		return -EINVAL;
	ret = tty_ops[tty->op](fd, tty);
	if (ret >= 0)
		return ret;
	return errno == ENOTTY || errno == EINVAL ? -errno : -EIO;
}

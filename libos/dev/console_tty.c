/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console_tty.c - terminal ioctls, ioctl_tty(2).
 *
 * Settings are the host's and pass through it; they are data of a terminal
 * that the host owns anyway.  Sessions and groups are the kernel's own numbers.
 */
#include "base/errno.h"
#include "libos/dev/console.h"
#include "libos/dev/console_internal.h"
#include "libos/mm/usercopy.h"

/* Numbers of Linux on x86-64, asm-generic/ioctls.h. */
enum tty_ioctl {
	TCGETS = 0x5401,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCSBRK = 0x5409,
	TCFLSH = 0x540b,
	TIOCSCTTY = 0x540e,
	TIOCGPGRP,
	TIOCSPGRP,
	TIOCOUTQ,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ,
	TIOCGETD = 0x5424,
	TCSBRKP,
	TIOCGSID = 0x5429
};

enum {
	TERMIOS_SIZE = 36, /* the kernel's struct termios: 4 words, 20 bytes */
	WINSIZE_SIZE = 8,
	FIRST_GROUP = 1 /* of the first process, and its session */
};

static int32_t foreground = FIRST_GROUP; /* atomic */

int32_t console_foreground(void)
{
	return READ_ONCE(foreground);
}

static long tty_get(struct console *c, enum hc_tty_op op, uint64_t arg,
                    size_t size)
{
	uint8_t buf[TERMIOS_SIZE] = { 0 };
	long n = host_tty(c->fd, op, 0, buf, size);

	return n < 0 ? n : copy_to_user(user_ptr(arg), buf, size);
}

static long tty_set(struct console *c, uint32_t cmd, uint64_t arg)
{
	size_t size = cmd == TIOCSWINSZ ? WINSIZE_SIZE : TERMIOS_SIZE;
	uint8_t buf[TERMIOS_SIZE];
	long n;

	if (copy_from_user(buf, user_ptr(arg), size))
		return -EFAULT;
	n = cmd == TIOCSWINSZ
	            ? host_tty(c->fd, TTY_SET_WINSIZE, 0, buf, size)
	            : host_tty(c->fd, TTY_SET_TERMIOS, cmd, buf, size);
	return n < 0 ? n : 0;
}

static long put_number(uint64_t arg, long n)
{
	if (n < 0)
		return n;
	return put_user_u32((uint32_t __user *)user_ptr(arg), (uint32_t)n);
}

static long set_foreground(uint64_t arg)
{
	uint32_t group;

	if (get_user_u32(&group, (uint32_t __user *)user_ptr(arg)))
		return -EFAULT;
	if ((int32_t)group <= 0)
		return -EINVAL;
	WRITE_ONCE(foreground, (int32_t)group);
	return 0;
}

static long tty_ioctl(struct console *c, uint32_t cmd, uint64_t arg)
{
	switch (cmd) {
	case TCGETS:
		return tty_get(c, TTY_GET_TERMIOS, arg, TERMIOS_SIZE);
	case TIOCGWINSZ:
		return tty_get(c, TTY_GET_WINSIZE, arg, WINSIZE_SIZE);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TIOCSWINSZ:
		return tty_set(c, cmd, arg);
	case TCFLSH:
		return host_tty(c->fd, TTY_FLUSH, (uint32_t)arg, NULL, 0);
	case TIOCGPGRP:
		return put_number(arg, console_foreground());
	case TIOCSPGRP:
		return set_foreground(arg);
	case TIOCGSID:
		return put_number(arg, FIRST_GROUP);
	case TIOCOUTQ: /* a write has left when it returns */
	case TIOCGETD:
		return put_number(arg, 0);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSCTTY:
		return 0;
	default:
		return -ENOTTY;
	}
}

long console_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct console *c = console_of(f);

	if (cmd == FIONREAD)
		return put_number(arg, host_tty(c->fd, TTY_QUEUED, 0, NULL, 0));
	if (c->kind != FDKIND_TTY)
		return -ENOTTY;
	return tty_ioctl(c, cmd, arg);
}

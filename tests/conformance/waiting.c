/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting.c - poll, select and epoll.
 */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>

#include "conformance.h"

enum { SET_SIZE = 8 };

struct sigset_argument {
	const uint64_t *set;
	size_t size;
};

static void pipe_of(int p[2])
{
	sys(pipe2, p, 0);
}

/* A signal in 20 ms. */
static void signal_soon(void)
{
	struct itimerval value = { .it_value = { 0, 20000 } };

	handle(SIGALRM, count_signals, SA_RESTART);
	sys(setitimer, ITIMER_REAL, &value, NULL);
}

static int writes_later(void *arg)
{
	msleep(20);
	sys(write, (long)(intptr_t)arg, "x", 1);
	return 0;
}

CASE(poll, "what is ready now")
{
	int p[2], fd = file("f", "abc");
	struct pollfd fds[4];

	pipe_of(p);
	fds[0] = (struct pollfd){ .fd = p[0], .events = POLLIN | POLLOUT };
	fds[1] = (struct pollfd){ .fd = p[1], .events = POLLIN | POLLOUT };
	fds[2] = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT };
	fds[3] = (struct pollfd){ .fd = -1, .events = POLLIN, .revents = 7 };
	CALL(poll, fds, 4, 0);
	say("  %x %x %x %x\n", fds[0].revents, fds[1].revents, fds[2].revents,
	    fds[3].revents);
	CALL(poll, fds, 1, 1);
}

CASE(poll, "ends that are closed; numbers that are not open")
{
	int p[2], q[2];
	struct pollfd fds[3];

	pipe_of(p);
	pipe_of(q);
	sys(close, p[1]);
	sys(close, q[0]);
	fds[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = q[1], .events = POLLOUT };
	fds[2] = (struct pollfd){ .fd = NO_FD, .events = POLLIN };
	CALL(poll, fds, 3, -1);
	say("  %x %x %x\n", fds[0].revents, fds[1].revents, fds[2].revents);
}

CASE(poll, "waits until there is something")
{
	int p[2];
	struct pollfd fd;
	pid_t pid;

	pipe_of(p);
	fd = (struct pollfd){ .fd = p[0], .events = POLLIN };
	pid = child(writes_later, (void *)(intptr_t)p[1]);
	CALL(poll, &fd, 1, -1);
	SHOW(fd.revents);
	reap(pid);
}

ERROR_CASE(poll, "memory, counts, a signal")
{
	struct rlimit limit = { 10, 10 };
	struct pollfd fd[11];

	memset(fd, 0xff, sizeof(fd));
	CALL(poll, NOWHERE, 1, 0);
	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(poll, fd, 11, 0);
	CALL(poll, fd, 10, 0);
	signal_soon();
	CALL(poll, NULL, 0, -1);
	SHOW(signals_seen);
}

CASE(ppoll, "what is ready; no time to wait")
{
	struct timespec t = { 0, 0 };
	int p[2];
	struct pollfd fd;

	pipe_of(p);
	fd = (struct pollfd){ .fd = p[1], .events = POLLOUT };
	CALL(ppoll, &fd, 1, &t, NULL, 0);
	SHOW(fd.revents);
	fd = (struct pollfd){ .fd = p[0], .events = POLLIN };
	CALL(ppoll, &fd, 1, &t, NULL, 0);
}

CASE(ppoll, "its mask lets a signal through")
{
	uint64_t set = 1UL << (SIGUSR1 - 1), none = 0;

	handle(SIGUSR1, count_signals, 0);
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE);
	sys(kill, sys(getpid), SIGUSR1);
	CALL(ppoll, NULL, 0, NULL, &none, SET_SIZE);
	SHOW(signals_seen);
	sys(rt_sigprocmask, 0, NULL, &none, SET_SIZE);
	SHOW(none);
}

ERROR_CASE(ppoll, "times, sizes, memory")
{
	struct timespec t = { 0, -1 };
	uint64_t none = 0;

	CALL(ppoll, NULL, 0, &t, NULL, 0);
	CALL(ppoll, NULL, 0, NOWHERE, NULL, 0);
	t.tv_nsec = 0;
	CALL(ppoll, NULL, 0, &t, &none, 4);
	CALL(ppoll, NOWHERE, 1, &t, NULL, 0);
	CALL(ppoll, NULL, 0, &t, NOWHERE, SET_SIZE);
}

static void show_set(const char *text, fd_set *set)
{
	long bits = 0;
	int i;

	for (i = 0; i < 32; i++)
		bits |= FD_ISSET(i, set) ? 1L << i : 0;
	say("  %s %lx\n", text, bits);
}

static void select_sets(int p[2], fd_set *in, fd_set *out)
{
	FD_ZERO(in);
	FD_ZERO(out);
	FD_SET(p[0], in);
	FD_SET(p[1], out);
}

CASE(select, "what is ready now")
{
	struct timeval t = { 0, 0 };
	fd_set in, out;
	int p[2];

	pipe_of(p);
	select_sets(p, &in, &out);
	CALL(select, 10, &in, &out, NULL, &t);
	show_set("in", &in);
	show_set("out", &out);
	sys(write, p[1], "x", 1);
	select_sets(p, &in, &out);
	CALL(select, 10, &in, &out, NULL, &t);
	show_set("in", &in);
}

CASE(select, "waits, and says what time was left")
{
	struct timeval t = { 100, 0 };
	fd_set in, out;
	int p[2];
	pid_t pid;

	pipe_of(p);
	select_sets(p, &in, &out);
	pid = child(writes_later, (void *)(intptr_t)p[1]);
	CALL(select, 10, &in, NULL, NULL, &t);
	IS(t.tv_sec == 99);
	show_set("in", &in);
	reap(pid);
}

CASE(select, "time is up: all sets are empty")
{
	struct timeval t = { 0, 1000 };
	fd_set in, out;
	int p[2];

	pipe_of(p);
	select_sets(p, &in, &out);
	CALL(select, 10, &in, NULL, NULL, &t);
	show_set("in", &in);
	SHOW(t.tv_usec);
	CALL(select, 0, NULL, NULL, NULL, &t);
}

ERROR_CASE(select, "numbers, times, memory, a signal")
{
	struct timeval t = { 0, 0 };
	fd_set in, out;
	int p[2];

	pipe_of(p);
	select_sets(p, &in, &out);
	FD_SET(20, &in);
	CALL(select, 21, &in, NULL, NULL, &t);
	CALL(select, -1, NULL, NULL, NULL, &t);
	CALL(select, 5, NOWHERE, NULL, NULL, &t);
	t.tv_sec = -1;
	CALL(select, 0, NULL, NULL, NULL, &t);
	CALL(select, 0, NULL, NULL, NULL, NOWHERE);
	signal_soon();
	CALL(select, 0, NULL, NULL, NULL, NULL);
}

CASE(pselect6, "what is ready; nanoseconds")
{
	struct timespec t = { 0, 1000 };
	fd_set in, out;
	int p[2];

	pipe_of(p);
	select_sets(p, &in, &out);
	CALL(pselect6, 10, &in, &out, NULL, &t, NULL);
	show_set("in", &in);
	show_set("out", &out);
}

CASE(pselect6, "its mask lets a signal through")
{
	uint64_t set = 1UL << (SIGUSR1 - 1), none = 0;
	struct sigset_argument mask = { &none, SET_SIZE };

	handle(SIGUSR1, count_signals, 0);
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE);
	sys(kill, sys(getpid), SIGUSR1);
	CALL(pselect6, 0, NULL, NULL, NULL, NULL, &mask);
	SHOW(signals_seen);
}

ERROR_CASE(pselect6, "numbers, times, sizes, memory")
{
	uint64_t none = 0;
	struct sigset_argument mask = { &none, 4 };
	struct timespec t = { 0, 0 };

	CALL(pselect6, 0, NULL, NULL, NULL, &t, &mask);
	CALL(pselect6, 0, NULL, NULL, NULL, &t, NOWHERE);
	CALL(pselect6, -1, NULL, NULL, NULL, &t, NULL);
	CALL(pselect6, 5, NOWHERE, NULL, NULL, &t, NULL);
	t.tv_nsec = 1000000000;
	CALL(pselect6, 0, NULL, NULL, NULL, &t, NULL);
}

static int epoll_of(int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { events, { .u64 = data } };
	int ep = (int)sys(epoll_create1, 0);

	sys(epoll_ctl, ep, EPOLL_CTL_ADD, fd, &event);
	return ep;
}

static void show_events(const struct epoll_event *events, long count)
{
	long i;

	for (i = 0; i < count; i++)
		say("  events %x data %lu\n", events[i].events,
		    (unsigned long)events[i].data.u64);
}

CASE(epoll_create, "a descriptor")
{
	CALL(epoll_create, 1);
	CALL(epoll_create, 1000);
}

CASE(epoll_create, "without FD_CLOEXEC; not to be read")
{
	long ep = CALL(epoll_create, 1);
	char c;

	CALL(fcntl, ep, F_GETFD, 0);
	CALL(read, ep, &c, 1);
	CALL(lseek, ep, 0, SEEK_SET);
}

ERROR_CASE(epoll_create, "sizes")
{
	CALL(epoll_create, 0);
	CALL(epoll_create, -1);
}

CASE(epoll_create1, "EPOLL_CLOEXEC")
{
	long ep = CALL(epoll_create1, EPOLL_CLOEXEC);

	CALL(fcntl, ep, F_GETFD, 0);
}

CASE(epoll_create1, "is itself something to wait for")
{
	int p[2];
	long ep, outer;
	struct epoll_event event;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 5);
	outer = CALL(epoll_create1, 0);
	event = (struct epoll_event){ EPOLLIN, { .u64 = 9 } };
	CALL(epoll_ctl, outer, EPOLL_CTL_ADD, ep, &event);
	CALL(epoll_wait, outer, &event, 1, 0);
	sys(write, p[1], "x", 1);
	show_events(&event, CALL(epoll_wait, outer, &event, 1, 0));
}

ERROR_CASE(epoll_create1, "flags, no descriptor left")
{
	struct rlimit limit = { 3, 3 };

	CALL(epoll_create1, 1);
	CALL(epoll_create1, O_NONBLOCK);
	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(epoll_create1, 0);
}

CASE(epoll_ctl, "adds, changes, removes")
{
	struct epoll_event event = { EPOLLIN, { .u64 = 1 } };
	int p[2];
	long ep;

	pipe_of(p);
	ep = sys(epoll_create1, 0);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], &event);
	CALL(epoll_wait, ep, &event, 1, 0);
	event = (struct epoll_event){ EPOLLOUT, { .u64 = 2 } };
	CALL(epoll_ctl, ep, EPOLL_CTL_MOD, p[1], &event);
	show_events(&event, CALL(epoll_wait, ep, &event, 1, 0));
	CALL(epoll_ctl, ep, EPOLL_CTL_DEL, p[1], NULL);
	CALL(epoll_wait, ep, &event, 1, 0);
}

CASE(epoll_ctl, "what is closed goes by itself")
{
	struct epoll_event event = { EPOLLOUT, { .u64 = 1 } };
	int p[2], other, ep;

	pipe_of(p);
	ep = epoll_of(p[1], EPOLLOUT, 4);
	other = (int)sys(dup, p[1]);
	CALL(close, p[1]);
	show_events(&event, CALL(epoll_wait, ep, &event, 1, 0));
	CALL(close, other);
	CALL(epoll_wait, ep, &event, 1, 0);
	CALL(epoll_ctl, ep, EPOLL_CTL_DEL, p[1], NULL);
}

ERROR_CASE(epoll_ctl, "twice, never, kinds of file, loops, memory")
{
	struct epoll_event event = { EPOLLIN, { .u64 = 1 } };
	int p[2], ep, fd = file("f", "abc");

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 1);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, p[0], &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_MOD, p[1], &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_DEL, p[1], &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, fd, &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, ep, &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, NO_FD, &event);
	CALL(epoll_ctl, NO_FD, EPOLL_CTL_ADD, p[1], &event);
	CALL(epoll_ctl, fd, EPOLL_CTL_ADD, p[1], &event);
	CALL(epoll_ctl, ep, 9, p[1], &event);
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], NOWHERE);
}

CASE(epoll_wait, "level: again and again; edge: once")
{
	struct epoll_event event;
	int p[2], level, edge;

	pipe_of(p);
	level = epoll_of(p[0], EPOLLIN, 1);
	edge = epoll_of(p[0], EPOLLIN | EPOLLET, 2);
	sys(write, p[1], "x", 1);
	show_events(&event, CALL(epoll_wait, level, &event, 1, 0));
	CALL(epoll_wait, level, &event, 1, 0);
	show_events(&event, CALL(epoll_wait, edge, &event, 1, 0));
	CALL(epoll_wait, edge, &event, 1, 0);
	sys(write, p[1], "x", 1);
	CALL(epoll_wait, edge, &event, 1, 0);
}

CASE(epoll_wait, "EPOLLONESHOT until it is armed again; hang-ups always")
{
	struct epoll_event event;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN | EPOLLONESHOT, 3);
	sys(write, p[1], "x", 1);
	CALL(epoll_wait, ep, &event, 1, 0);
	CALL(epoll_wait, ep, &event, 1, 0);
	event = (struct epoll_event){ 0, { .u64 = 4 } };
	CALL(epoll_ctl, ep, EPOLL_CTL_MOD, p[0], &event);
	CALL(epoll_wait, ep, &event, 1, 0);
	sys(close, p[1]);
	show_events(&event, CALL(epoll_wait, ep, &event, 1, 0));
}

CASE(epoll_wait, "waits; turns among many")
{
	struct epoll_event events[2];
	int p[2], q[2], ep;
	pid_t pid;

	pipe_of(p);
	pipe_of(q);
	ep = epoll_of(p[0], EPOLLIN, 1);
	events[0] = (struct epoll_event){ EPOLLIN, { .u64 = 2 } };
	sys(epoll_ctl, ep, EPOLL_CTL_ADD, q[0], events);
	pid = child(writes_later, (void *)(intptr_t)q[1]);
	show_events(events, CALL(epoll_wait, ep, events, 2, -1));
	reap(pid);
	sys(write, p[1], "x", 1);
	CALL(epoll_wait, ep, events, 2, 0);
	CALL(epoll_wait, ep, events, 1, 0);
}

ERROR_CASE(epoll_wait, "counts, kinds of file, memory, a signal")
{
	struct epoll_event event;
	int p[2], ep, fd = file("f", "abc");

	pipe_of(p);
	ep = epoll_of(p[1], EPOLLOUT, 1);
	CALL(epoll_wait, ep, &event, 0, 0);
	CALL(epoll_wait, ep, &event, -1, 0);
	CALL(epoll_wait, ep, &event, INT32_MAX, 0);
	CALL(epoll_wait, fd, &event, 1, 0);
	CALL(epoll_wait, NO_FD, &event, 1, 0);
	CALL(epoll_wait, ep, NOWHERE, 1, 0);
	ep = epoll_of(p[0], EPOLLIN, 1);
	signal_soon();
	CALL(epoll_wait, ep, &event, 1, -1);
}

CASE(epoll_pwait, "as epoll_wait without a mask")
{
	struct epoll_event event;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[1], EPOLLOUT, 8);
	show_events(&event, CALL(epoll_pwait, ep, &event, 1, -1, NULL, 0));
}

static void blocked_signal(void)
{
	uint64_t set = 1UL << (SIGUSR1 - 1);

	handle(SIGUSR1, count_signals, 0);
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE);
	sys(kill, sys(getpid), SIGUSR1);
}

CASE(epoll_pwait, "its mask lets a signal through")
{
	struct epoll_event event;
	uint64_t none = 0;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 8);
	blocked_signal();
	CALL(epoll_pwait, ep, &event, 1, -1, &none, SET_SIZE);
	SHOW(signals_seen);
}

ERROR_CASE(epoll_pwait, "sizes, counts, descriptors, memory")
{
	struct epoll_event event;
	uint64_t none = 0;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 8);
	CALL(epoll_pwait, ep, &event, 1, 0, &none, 4);
	CALL(epoll_pwait, ep, &event, 0, 0, NULL, 0);
	CALL(epoll_pwait, NO_FD, &event, 1, 0, NULL, 0);
	CALL(epoll_pwait, ep, &event, 1, 0, NOWHERE, SET_SIZE);
}

CASE(epoll_pwait2, "nanoseconds; forever")
{
	struct timespec t = { 0, 1000 };
	struct epoll_event event;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 8);
	CALL(epoll_pwait2, ep, &event, 1, &t, NULL, 0);
	sys(write, p[1], "x", 1);
	show_events(&event, CALL(epoll_pwait2, ep, &event, 1, NULL, NULL, 0));
}

CASE(epoll_pwait2, "its mask lets a signal through")
{
	struct epoll_event event;
	uint64_t none = 0;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 8);
	blocked_signal();
	CALL(epoll_pwait2, ep, &event, 1, NULL, &none, SET_SIZE);
	SHOW(signals_seen);
}

ERROR_CASE(epoll_pwait2, "times, sizes, counts, memory")
{
	struct timespec t = { 0, -1 };
	struct epoll_event event;
	uint64_t none = 0;
	int p[2], ep;

	pipe_of(p);
	ep = epoll_of(p[0], EPOLLIN, 8);
	CALL(epoll_pwait2, ep, &event, 1, &t, NULL, 0);
	CALL(epoll_pwait2, ep, &event, 1, NOWHERE, NULL, 0);
	t.tv_nsec = 0;
	CALL(epoll_pwait2, ep, &event, 1, &t, &none, 4);
	CALL(epoll_pwait2, ep, &event, -1, &t, NULL, 0);
	CALL(epoll_pwait2, NO_FD, &event, 1, &t, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.c - the loop, and the signals.  Ticks are in ticker.c.
 */
#include "host/supervisor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/ticker.h"
#include "host/vcpu.h"

#include "base/banned.h"

enum {
	ROUND_MS = 1,
	/* So many rounds with all vCPUs asleep, then no more timeouts. */
	QUIET_ROUNDS_MAX = 8,
	EVENTS_MAX = 8,
};

/* epoll's data: below HOST_FDS a descriptor, else one of these. */
enum { EVENT_CONTROL = HOST_FDS };

#define DEAF_NS 1000000000ull

static const struct {
	int number;
	bool is_fatal; /* by default */
} forwarded[SIGNALS_FORWARDED] = {
	{ SIGHUP, true },    { SIGINT, true },   { SIGQUIT, true },
	{ SIGTERM, true },   { SIGUSR1, true },  { SIGUSR2, true },
	{ SIGALRM, true },   { SIGTSTP, false }, { SIGCONT, false },
	{ SIGWINCH, false },
};

/*
 * Bits of signals that came, by number - 1: while the supervisor waits, its
 * thread has them open.  Not a signalfd, because whoever polls one is woken by
 * each signal of any thread, the exceptions of an enclave among them.
 */
static uint64_t arrived;

static void note_signal(int number)
{
	__atomic_fetch_or(&arrived, 1ull << (number - 1), __ATOMIC_SEQ_CST);
}

static bool is_ignored(int number)
{
	struct sigaction act;

	return sigaction(number, NULL, &act) == 0 && act.sa_handler == SIG_IGN;
}

static void block_signals(struct supervisor *sup)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction note = { .sa_handler = note_signal };

	sigemptyset(&sup->signals);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (!is_ignored(forwarded[i].number))
			sigaddset(&sup->signals, forwarded[i].number);
	pthread_sigmask(SIG_BLOCK, &sup->signals, &sup->saved_mask);
	__atomic_store_n(&arrived, 0, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (sigismember(&sup->signals, forwarded[i].number))
			sigaction(forwarded[i].number, &note, &sup->saved[i]);
	sigaction(SIGPIPE, &ignore, &sup->saved_sigpipe);
}

static int watch(struct supervisor *sup, int fd, uint64_t data)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = data };

	if (fd < 0 || epoll_ctl(sup->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		return -errno;
	return 0;
}

int supervisor_init(struct supervisor *sup)
{
	int ret;

	memset(sup, 0, sizeof(*sup));
	block_signals(sup);
	sup->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	sup->control_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = watch(sup, sup->control_fd, EVENT_CONTROL);
	if (ret)
		supervisor_fini(sup);
	return ret;
}

static void close_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void supervisor_fini(struct supervisor *sup)
{
	close_open(sup->control_fd);
	close_open(sup->epoll_fd);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (sigismember(&sup->signals, forwarded[i].number))
			sigaction(forwarded[i].number, &sup->saved[i], NULL);
	sigaction(SIGPIPE, &sup->saved_sigpipe, NULL);
	pthread_sigmask(SIG_SETMASK, &sup->saved_mask, NULL);
}

void supervisor_wake(struct supervisor *sup)
{
	uint64_t one = 1;
	ssize_t n;

	__atomic_store_n(&sup->is_asleep, 0, __ATOMIC_SEQ_CST);
	n = write(sup->control_fd, &one, sizeof(one));
	(void)n; /* EAGAIN: the counter is full, so it is readable */
}

static bool is_fatal(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (forwarded[i].number == number)
			return forwarded[i].is_fatal;
	return false;
}

/* The bit of @number is still set, and has been for long. */
static bool is_deaf(const struct supervisor *sup, int number, uint64_t bits)
{
	return bits >> (number - 1) & 1 && is_fatal(number) &&
	       hostclock_now_ns() - sup->signal_since_ns[number] > DEAF_NS;
}

/*
 * Stop this process the way SIGTSTP does by default: not at all if nobody
 * could continue it (an orphaned process group).
 */
static void stop_self(void)
{
	struct sigaction stop = { .sa_handler = SIG_DFL };
	struct sigaction note;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaction(SIGTSTP, &stop, &note);
	raise(SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &set, &old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	sigaction(SIGTSTP, &note, NULL);
}

static void forward_signal(struct runtime *rt, int number)
{
	struct supervisor *sup = &rt->supervisor;
	uint64_t bit = 1ull << (number - 1);
	uint64_t old = __atomic_fetch_or(&rt->memory.shared->signals, bit,
	                                 __ATOMIC_SEQ_CST);

	if (is_deaf(sup, number, old)) {
		struct host_result killed = {
			.kind = HOST_RESULT_KILLED,
			.status = W_EXITCODE(0, number),
		};

		runtime_finish(rt, &killed);
		return;
	}
	if (!(old & bit))
		sup->signal_since_ns[number] = hostclock_now_ns();
	runtime_notify(rt);
	if (number == SIGTSTP)
		stop_self();
}

static void take_signals(struct runtime *rt)
{
	uint64_t bits = __atomic_exchange_n(&arrived, 0, __ATOMIC_SEQ_CST);

	for (; bits; bits &= bits - 1)
		forward_signal(rt, __builtin_ctzll(bits) + 1);
}

static void take_control(struct supervisor *sup)
{
	uint64_t count;
	ssize_t n = read(sup->control_fd, &count, sizeof(count));

	(void)n; /* EAGAIN: somebody took it, which is as good */
	sup->quiet_rounds = 0;
}

static void take_readiness(struct runtime *rt, uint32_t fd)
{
	descriptor_fired(&rt->descriptors, fd);
	__atomic_fetch_or(&rt->memory.shared->ready, 1ull << fd,
	                  __ATOMIC_SEQ_CST);
	runtime_notify(rt);
}

static void take_event(struct runtime *rt, uint64_t data)
{
	if (data == EVENT_CONTROL)
		take_control(&rt->supervisor);
	else
		take_readiness(rt, (uint32_t)data);
}

static bool is_any_awake(const struct runtime *rt)
{
	for (uint32_t i = 0; i < rt->nvcpus; i++)
		if (vcpu_is_awake(&rt->vcpu[i]))
			return true;
	return false;
}

/*
 * Milliseconds to wait, -1 for ever.  is_asleep is set before the last look
 * at the vCPUs, and they look at it after they are awake: one side sees the
 * other.
 */
static int next_timeout(struct runtime *rt)
{
	struct supervisor *sup = &rt->supervisor;

	if (is_any_awake(rt)) {
		sup->quiet_rounds = 0;
		return ROUND_MS;
	}
	if (sup->quiet_rounds++ < QUIET_ROUNDS_MAX)
		return ROUND_MS;
	__atomic_store_n(&sup->is_asleep, 1, __ATOMIC_SEQ_CST);
	return is_any_awake(rt) ? ROUND_MS : -1;
}

void supervisor_run(struct runtime *rt)
{
	struct supervisor *sup = &rt->supervisor;
	struct epoll_event event[EVENTS_MAX];
	sigset_t open;
	int n;

	pthread_sigmask(SIG_BLOCK, NULL, &open);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigdelset(&open, forwarded[i].number);
	while (!runtime_is_finished(rt)) {
		n = epoll_pwait(sup->epoll_fd, event, EVENTS_MAX,
		                next_timeout(rt), &open);
		__atomic_store_n(&sup->is_asleep, 0, __ATOMIC_SEQ_CST);
		take_signals(rt);
		for (int i = 0; i < n; i++)
			take_event(rt, event[i].data.u64);
		ticker_round(rt, hostclock_now_ns());
	}
	/* Another thread may still be writing the result. */
	while (__atomic_load_n(&rt->finished, __ATOMIC_SEQ_CST) != 2)
		__builtin_ia32_pause();
}

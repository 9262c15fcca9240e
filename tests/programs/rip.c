/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signal handler may believe of RIP and RAX.
 *
 *	rip          calls that block, in both ways to interrupt them; handlers
 *	             that change RIP and RAX, jump out, cancel
 *	rip storm N  N signals into a loop of calls; prints where they struck
 *
 * Places are printed as file+offset, the same in each run of the same file.  For any C library.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	RESTARTS = 3, /* signals into one call with SA_RESTART */
	PLACES_MAX = 4096,
};

extern char **environ;

static atomic_int handled; /* signals so far */
static uintptr_t seen_rip; /* of the last */
static long seen_rax;
static int pipe_fds[2], full_fds[2], epoll_fd;
static sem_t sem;
static pid_t child;
static const char *self;

/* --- places --- */

struct mapping {
	uintptr_t start, end, offset;
	char path[256];
};

/* The line of /proc/self/maps that @addr is in, or of nothing. */
static struct mapping mapping_of(uintptr_t addr)
{
	FILE *f = fopen("/proc/self/maps", "r");
	struct mapping m = { 0 };
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		char path[256] = "[anonymous]";
		unsigned long start, end, offset;

		sscanf(line, "%lx-%lx %*s %lx %*s %*s %255s", &start, &end,
		       &offset, path);
		if (addr < start || addr >= end)
			continue;
		m = (struct mapping){ start, end, offset, "" };
		snprintf(m.path, sizeof(m.path), "%s", path);
	}
	if (f)
		fclose(f);
	return m;
}

static void print_place(uintptr_t addr)
{
	struct mapping m = mapping_of(addr);

	if (m.end)
		printf("%s+%#lx", m.path,
		       (unsigned long)(addr - m.start + m.offset));
	else
		printf("nowhere");
}

/* Without the folder, which differs from one root to another. */
static void print_file_place(uintptr_t addr)
{
	struct mapping m = mapping_of(addr);
	const char *name = strrchr(m.path, '/');

	printf("%s+%#lx", name ? name + 1 : m.path,
	       (unsigned long)(addr - m.start + m.offset));
}

/* --- calls that block --- */

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)sig;
	(void)info;
	seen_rip = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	seen_rax = (long)uc->uc_mcontext.gregs[REG_RAX];
	atomic_fetch_add(&handled, 1);
}

static void handle(int flags, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = handler,
		                .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
}

static long do_read(void)
{
	char c;

	return read(pipe_fds[0], &c, 1);
}

static long do_write(void)
{
	static const char page[4096];

	return write(full_fds[1], page, sizeof(page));
}

static long do_poll(void)
{
	struct pollfd p = { .fd = pipe_fds[0], .events = POLLIN };

	return poll(&p, 1, -1);
}

static long do_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipe_fds[0], &set);
	return select(pipe_fds[0] + 1, &set, NULL, NULL, NULL);
}

static long do_epoll(void)
{
	struct epoll_event ev;

	return epoll_wait(epoll_fd, &ev, 1, -1);
}

static long do_sleep(void)
{
	struct timespec ts = { .tv_sec = 100 };

	return nanosleep(&ts, NULL);
}

static long do_sem(void)
{
	return sem_wait(&sem);
}

static long do_pause(void)
{
	return pause();
}

static long do_suspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return sigsuspend(&none);
}

static long do_wait(void)
{
	int status;

	return waitpid(child, &status, 0) == child ? status : -1;
}

static void feed(void)
{
	if (write(pipe_fds[1], "x", 1) != 1)
		_exit(3);
}

static void drain(void)
{
	char page[4096];

	if (read(full_fds[0], page, sizeof(page)) != sizeof(page))
		_exit(3);
}

static void post(void)
{
	sem_post(&sem);
}

static void end_child(void)
{
	kill(child, SIGTERM);
}

static void no_setup(void)
{
}

static void start_child(void)
{
	char *argv[] = { (char *)self, "sleep", NULL };

	if (posix_spawn(&child, self, NULL, NULL, argv, environ))
		_exit(3);
}

static const struct blocking {
	const char *name;
	long (*call)(void);
	void (*setup)(void);
	void (*release)(void); /* NULL: SA_RESTART has no effect on it */
} blocking[] = {
	{ "read", do_read, no_setup, feed },
	{ "write", do_write, no_setup, drain },
	{ "poll", do_poll, no_setup, NULL },
	{ "select", do_select, no_setup, NULL },
	{ "epoll_wait", do_epoll, no_setup, NULL },
	{ "nanosleep", do_sleep, no_setup, NULL },
	{ "sem_wait", do_sem, no_setup, post },
	{ "pause", do_pause, no_setup, NULL },
	{ "sigsuspend", do_suspend, no_setup, NULL },
	{ "waitpid", do_wait, start_child, end_child },
};

struct job {
	pthread_t thread;
	pid_t tid;
	int signals;
	void (*release)(void);
};

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/* Is thread @tid asleep in a call? */
static int is_blocked(pid_t tid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(f);
	return state == 'S';
}

static void wait_blocked(pid_t tid)
{
	for (int calm = 0, i = 0; calm < 5 && i < 5000; i++) {
		calm = is_blocked(tid) ? calm + 1 : 0;
		nap();
	}
}

/* Signals the thread each time that it has gone to sleep, then lets it go. */
static void *interrupter(void *arg)
{
	const struct job *job = arg;

	for (int i = 0; i < job->signals; i++) {
		int before = atomic_load(&handled);

		wait_blocked(job->tid);
		pthread_kill(job->thread, SIGUSR1);
		while (atomic_load(&handled) == before)
			nap();
	}
	if (job->release) {
		wait_blocked(job->tid);
		job->release();
	}
	return NULL;
}

static void interrupt(const struct blocking *b, int flags, int signals,
                      void (*release)(void))
{
	struct job job = { .thread = pthread_self(),
		           .tid = (pid_t)syscall(SYS_gettid),
		           .signals = signals,
		           .release = release };
	pthread_t helper;
	long ret;
	int err;

	handle(flags, on_signal);
	b->setup();
	seen_rip = 0;
	pthread_create(&helper, NULL, interrupter, &job);
	errno = 0;
	ret = b->call();
	err = errno;
	pthread_join(helper, NULL);
	printf("%s%s: returns %ld, errno %d; handler saw RAX %ld at ", b->name,
	       flags ? " with SA_RESTART" : "", ret, ret < 0 ? err : 0,
	       seen_rax);
	print_file_place(seen_rip);
	printf("\n");
}

static void fill_pipe(void)
{
	static const char page[4096];

	fcntl(full_fds[1], F_SETFL, O_NONBLOCK);
	while (write(full_fds[1], page, sizeof(page)) > 0)
		;
	fcntl(full_fds[1], F_SETFL, 0);
}

static void blocking_calls(void)
{
	struct epoll_event ev = { .events = EPOLLIN };

	epoll_fd = epoll_create1(0);
	if (pipe(pipe_fds) || pipe(full_fds) || sem_init(&sem, 0, 0) ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[0], &ev))
		exit(3);
	fill_pipe();
	for (size_t i = 0; i < sizeof(blocking) / sizeof(blocking[0]); i++) {
		const struct blocking *b = &blocking[i];

		interrupt(b, 0, 1, NULL);
		if (b->call == do_wait)
			end_child(), do_wait();
		interrupt(b, SA_RESTART, b->release ? RESTARTS : 1, b->release);
	}
}

/* --- handlers that change what goes on --- */

static void set_rax(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	on_signal(sig, info, context);
	uc->uc_mcontext.gregs[REG_RAX] = 1234;
}

static void change_rax(void)
{
	struct job job = { .thread = pthread_self(),
		           .tid = (pid_t)syscall(SYS_gettid),
		           .signals = 1 };
	pthread_t helper;

	handle(0, set_rax);
	pthread_create(&helper, NULL, interrupter, &job);
	printf("a handler sets RAX: read returns %ld\n", do_read());
	pthread_join(helper, NULL);
}

/* UD2 is two bytes; the handler steps over it and leaves a number. */
static void skip_ud2(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_RBX] = 4321;
}

static void change_rip(void)
{
	struct sigaction sa = { .sa_sigaction = skip_ud2,
		                .sa_flags = SA_SIGINFO };
	long rbx = 0;

	sigaction(SIGILL, &sa, NULL);
	__asm__ volatile("ud2" : "+b"(rbx));
	printf("a handler steps over ud2: RBX %ld\n", rbx);
}

static sigjmp_buf out;

static void jump_out(int sig, siginfo_t *info, void *context)
{
	on_signal(sig, info, context);
	siglongjmp(out, 1);
}

static void long_jump(void)
{
	struct job job = { .thread = pthread_self(),
		           .tid = (pid_t)syscall(SYS_gettid),
		           .signals = 1 };
	pthread_t helper;

	handle(SA_RESTART, jump_out);
	pthread_create(&helper, NULL, interrupter, &job);
	if (sigsetjmp(out, 1) == 0)
		printf("not interrupted: %ld\n", do_read());
	pthread_join(helper, NULL);
	printf("jumped out of read\n");
}

/* --- cancellation --- */

static const char *cleaned = "nothing";
static pid_t cancel_tid;

/* Prints nothing: it may run wherever a loop was. */
static void cleanup(void *arg)
{
	cleaned = arg;
}

static void *read_for_ever(void *arg)
{
	(void)arg;
	cancel_tid = (pid_t)syscall(SYS_gettid);
	pthread_cleanup_push(cleanup, "read");
	do_read();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *compute_for_ever(void *arg)
{
	volatile unsigned long n = 0;

	(void)arg;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(cleanup, "a loop");
	cancel_tid = (pid_t)syscall(SYS_gettid);
	while (n + 1)
		n++;
	pthread_cleanup_pop(0);
	return NULL;
}

/* Cancelled while cancellation is off: only the next call ends it. */
static void *read_undisturbed(void *arg)
{
	long n;

	(void)arg;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	cancel_tid = (pid_t)syscall(SYS_gettid);
	n = do_read();
	printf("read while it could not be cancelled: %ld\n", n);
	pthread_cleanup_push(cleanup, "the next call");
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	do_read();
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancel(const char *what, void *(*body)(void *), int blocks)
{
	pthread_t thread;
	void *result = NULL;

	cancel_tid = 0;
	pthread_create(&thread, NULL, body, NULL);
	while (!*(volatile pid_t *)&cancel_tid)
		nap();
	if (blocks)
		wait_blocked(cancel_tid);
	pthread_cancel(thread);
	if (body == read_undisturbed)
		feed();
	pthread_join(thread, &result);
	printf("%s: %s, cleaned up: %s\n", what,
	       result == PTHREAD_CANCELED ? "cancelled" : "NOT cancelled",
	       cleaned);
}

static void cancellation(void)
{
	for (int i = 0; i < 3; i++) {
		cancel("blocked in read", read_for_ever, 1);
		cancel("in a loop", compute_for_ever, 0);
		cancel("disabled", read_undisturbed, 1);
	}
}

/* --- a storm --- */

static uintptr_t places[PLACES_MAX];
static size_t nplaces;

static void note_place(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	uintptr_t rip = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	size_t i;

	(void)sig;
	(void)info;
	for (i = 0; i < nplaces && places[i] != rip; i++)
		;
	if (i == nplaces && nplaces < PLACES_MAX)
		places[nplaces++] = rip;
	atomic_fetch_add(&handled, 1);
}

struct storm {
	pthread_t target;
	int count;
	atomic_int over;
};

static void *storm(void *arg)
{
	struct storm *s = arg;

	for (int i = 0; i < s->count; i++) {
		int before = atomic_load(&handled);

		pthread_kill(s->target, SIGUSR1);
		while (atomic_load(&handled) == before)
			sched_yield();
	}
	atomic_store(&s->over, 1);
	return NULL;
}

/* Many kinds of sites: calls, and what an enclave can't execute. */
static void busy(int fd)
{
	unsigned int a = 0, b, c = 0, d;
	struct timespec ts;
	char buf[64];

	getppid();
	if (read(fd, buf, sizeof(buf)) != sizeof(buf))
		exit(3);
	syscall(SYS_getuid);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	sched_yield();
	lseek(fd, 0, SEEK_SET);
	/* Some time outside of calls, for signals that come by a tick. */
	for (unsigned int i = 0; i < 500; i++)
		buf[i % sizeof(buf)] =
			(char)(buf[(i * 7) % sizeof(buf)] * 3 + i);
}

static int run_storm(int count)
{
	struct storm s = { .target = pthread_self(), .count = count };
	int fd = open("/dev/zero", O_RDONLY);
	pthread_t thread;

	handle(SA_RESTART, note_place);
	pthread_create(&thread, NULL, storm, &s);
	while (!atomic_load(&s.over))
		busy(fd);
	pthread_join(thread, NULL);
	for (size_t i = 0; i < nplaces; i++) {
		print_place(places[i]);
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc == 2 && strcmp(argv[1], "sleep") == 0)
		return (int)do_sleep();
	if (argc == 3 && strcmp(argv[1], "storm") == 0)
		return run_storm(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);
	blocking_calls();
	change_rax();
	change_rip();
	for (int i = 0; i < 3; i++)
		long_jump();
	cancellation();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls with arguments that nobody would pass.
 *
 *	call_storm SECONDS SEED     children, one after the other, as below
 *	call_storm - SEED           calls from two threads, then the end
 *
 * What a call answers does not matter, nor whether a child survives what it asks
 * for: the kernel has to, and to give all its children back.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CALLS = 4000,
	THREADS = 2,
	ARENA = 1 << 20,
	LAST = 462,
	WORDS_CHANGED = 8, /* of the arena, before each call */
	PATIENCE = 600     /* times NAP: then a child is killed */
};

static const struct timespec nap = { 0, 5000000 };
static const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };

extern char **environ;
static uint8_t *arena;

/* What would end the storm, or leave nobody who could go on with it. */
static const uint8_t is_left_out[LAST] = {
	[SYS_exit] = 1,
	[SYS_exit_group] = 1,
	[SYS_rt_sigreturn] = 1,
	[SYS_kill] = 1,
	[SYS_tkill] = 1,
	[SYS_tgkill] = 1,
	[SYS_clone] = 1,
	[SYS_vfork] = 1,
	[SYS_arch_prctl] = 1,
	[SYS_setitimer] = 1,
	[SYS_alarm] = 1,
	[SYS_rt_sigsuspend] = 1,
	[SYS_rt_sigprocmask] = 1,
	[SYS_rt_sigaction] = 1,
	[SYS_brk] = 1,
};

static const char *const paths[] = {
	"/",
	"/tmp",
	"/tmp/a",
	"/tmp/b",
	"/tmp/d",
	"/tmp/d/e",
	"/tmp/fifo",
	"/tmp/l",
	"/proc",
	"/proc/1/stat",
	"/proc/self/maps",
	"/proc/self/fd/0",
	"/dev/null",
	"/dev/zero",
	"/dev/full",
	"/dev/tty",
	"/etc/group",
	"/sys",
	"a",
	"..",
	"",
	"/proc/self/mem",
	"/bin/busybox",
	"/proc/self/status",
};

/* xorshift64 */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t pick_number(uint64_t kind, uint64_t r)
{
	const uint64_t numbers[] = {
		0,
		UINT64_MAX,
		r % 4096,
		-(r % 4096),
		1ull << r % 64,
		(1ull << r % 64) - 1,
		r % 64 * 4096,
		r,
		(uint32_t)r,
		r & 0x10fff,
		/* The kernel's, which are nobody else's. */
		0x700000000 + r % 0x100000,
		0x740000000 + r % 0x100000,
	};

	return numbers[kind % (sizeof(numbers) / sizeof(numbers[0]))];
}

static uint64_t pick(uint64_t *state)
{
	uint64_t kind = next(state), r = next(state);

	switch (kind % 4) {
	case 0: /* a descriptor, a flag, a small count */
		return r % 16;
	case 1:
		return (uint64_t)(arena + r % ARENA) & ~(kind / 4 & 7);
	case 2:
		return kind & 4 ? (uint64_t)paths[r % (sizeof(paths) /
		                                       sizeof(paths[0]))]
		                : (uint64_t)(arena + ARENA - r % 64);
	default:
		return pick_number(kind / 4, r);
	}
}

/* Only the arena is given away: the program has to live somewhere. */
static void spare_the_program(uint64_t nr, uint64_t *a)
{
	uint64_t start = (uint64_t)arena;

	switch (nr) {
	case SYS_mremap:
		a[2] %= 4 * ARENA;
		a[4] = start + (a[4] % ARENA & ~4095ull);
		/* fallthrough */
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_madvise:
		a[0] = start + (a[0] % ARENA & ~4095ull);
		a[1] %= start + ARENA - a[0];
		break;
	case SYS_close:
	case SYS_close_range:
		a[0] = a[0] < 3 ? 3 : a[0];
	}
}

static void *storm(void *arg)
{
	uint64_t state = (uint64_t)arg * 0x9e3779b97f4a7c15 | 1;

	for (int i = 0; i < CALLS; i++) {
		uint64_t nr = next(&state) % LAST, a[6];

		for (int k = 0; k < 6; k++)
			a[k] = pick(&state);
		for (int k = 0; k < WORDS_CHANGED; k++)
			((uint64_t *)arena)[next(&state) % (ARENA / 8)] =
				pick(&state);
		spare_the_program(nr, a);
		if (!is_left_out[nr])
			syscall((long)nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	return NULL;
}

static void *fresh_arena(void *at, int flags)
{
	return mmap(at, ARENA, PROT_READ | PROT_WRITE,
	            MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* The storm took the arena away: here is another. */
static void restore(int sig)
{
	(void)sig;
	if (fresh_arena(arena, MAP_FIXED) != arena)
		_exit(1);
}

/* Only to wake whoever sleeps. */
static void tick(int sig)
{
	(void)sig;
}

static void take_signals(void)
{
	struct sigaction sa = { .sa_handler = tick };

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = restore;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

/* Descriptors that a small number may meet. */
static void open_some(void)
{
	int p[2];

	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	if (pipe(p) < 0 || open("/tmp/a", O_RDWR | O_CREAT, 0644) < 0 ||
	    open("/tmp", O_RDONLY | O_DIRECTORY) < 0)
		_exit(1);
	syscall(SYS_eventfd2, 3, O_NONBLOCK);
	syscall(SYS_epoll_create1, 0);
	syscall(SYS_epoll_create1, 0);
}

static int child(uint64_t seed)
{
	pthread_t thread[THREADS];

	arena = fresh_arena(NULL, 0);
	take_signals();
	open_some();
	for (uint64_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, storm,
		                   (void *)(seed * THREADS + i)))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* Not for ever: a storm may have put itself to sleep. */
static void reap(pid_t pid)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		nanosleep(&nap, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int spawn(char *program, uint64_t seed)
{
	char number[24], *args[] = { program, (char *)"-", number, NULL };
	pid_t pid;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)seed);
	if (posix_spawn(&pid, program, NULL, NULL, args, environ))
		return -1;
	reap(pid);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	time_t end;

	if (argc != 3)
		return 99;
	if (!strcmp(argv[1], "-"))
		return child(seed);
	end = time(NULL) + atol(argv[1]);
	while (time(NULL) < end)
		if (spawn(argv[0], seed++) < 0) {
			perror("spawn");
			return 1;
		}
	puts("calm");
	return 0;
}

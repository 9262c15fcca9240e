/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads fill x87, MXCSR, vector and mask registers with random values, some
 * of them with none, and look what is there after a call that blocks, a call
 * that does not, and a while of computing; a timer's handler uses the registers
 * as well.  Linux preserves all of it over a call (System V ABI for x86-64,
 * A.2.1: the kernel destroys only RCX, R11 and RAX).
 */
#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum { NTHREADS = 8, ROUNDS = 2000, AREA = 4096 };
enum { X87 = 1, SSE = 2, KNOWN = 0xe7, NCOMPONENTS = 8 };
enum { MXCSR = 24, XMM = 160, XSTATE_BV = 512, HEADER_END = 576 };

struct area {
	uint8_t bytes[AREA];
} __attribute__((aligned(64)));

struct call {
	long nr, arg[4];
	long spin; /* no call, but so many turns of a loop */
};

static struct {
	uint32_t offset, size;
} layout[NCOMPONENTS];
static uint32_t components;
static struct area init_area;
static int ring[NTHREADS][2];
static atomic_long mismatches, failed_calls, alarms;

static void ask_cpu(void)
{
	uint32_t a, b, c, d, i;

	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	components = a & KNOWN;
	for (i = 2; i < NCOMPONENTS; i++) {
		__cpuid_count(0xd, i, a, b, c, d);
		layout[i].size = a;
		layout[i].offset = b;
	}
	init_area.bytes[0] = 0x7f;
	init_area.bytes[1] = 3;
	init_area.bytes[MXCSR] = 0x80;
	init_area.bytes[MXCSR + 1] = 0x1f;
}

/*
 * One piece, so that the compiler has no say in what the registers hold.  The
 * long NOP leaves room to rewrite the system call.
 */
__attribute__((noinline, target("general-regs-only"))) static long
call_with(const struct area *in, struct area *out, const struct call *c)
{
	register long r10 __asm__("r10") = c->arg[3];
	long ret = c->nr;
	long turns = c->spin;

	__asm__ volatile("mov %[mask], %%eax\n\t"
	                 "xor %%edx, %%edx\n\t"
	                 "xrstor64 (%[in])\n\t"
	                 "1: sub $1, %[turns]\n\t"
	                 "jg 1b\n\t"
	                 "mov %[ret], %%rax\n\t"
	                 "mov %[arg2], %%rdx\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "js 2f\n\t"
	                 "nopl 0(%%rax,%%rax,1)\n\t"
	                 "syscall\n\t"
	                 "2: mov %%rax, %[ret]\n\t"
	                 "mov %[mask], %%eax\n\t"
	                 "xor %%edx, %%edx\n\t"
	                 "xsave64 (%[out])\n\t"
	                 "xrstor64 (%[init])\n\t"
	                 : [ret] "+r"(ret), [turns] "+r"(turns), "+r"(r10)
	                 : [in] "r"(in), [out] "r"(out), [init] "r"(&init_area),
	                   [mask] "m"(components), "D"(c->arg[0]),
	                   "S"(c->arg[1]), [arg2] "m"(c->arg[2])
	                 : "rax", "rcx", "rdx", "r11", "memory", "cc");
	return ret;
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33);
}

static void random_state(struct area *a, uint64_t *seed)
{
	uint32_t mxcsr = 0x1f80 | (next_random(seed) & 0xe03f);
	uint64_t bv = next_random(seed) & components;
	size_t i;

	/* Half of the time what string functions use, and nothing else. */
	if (next_random(seed) % 2)
		bv &= 0xa2;
	for (i = 0; i < AREA; i++)
		a->bytes[i] = (uint8_t)next_random(seed);
	memset(a->bytes, 0, 32);
	memset(a->bytes + XSTATE_BV, 0, HEADER_END - XSTATE_BV);
	a->bytes[0] = 0x7f;
	a->bytes[1] = (uint8_t)(3 | (next_random(seed) & 0xc));
	a->bytes[4] = (uint8_t)next_random(seed);
	memcpy(a->bytes + MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(a->bytes + XSTATE_BV, &bv, sizeof(bv));
}

static int has(const struct area *a, int i)
{
	return a->bytes[XSTATE_BV] >> i & 1;
}

/* What the registers of component @i hold, or would hold when reset. */
static int same(const struct area *a, const struct area *b, int i, size_t from,
                size_t size)
{
	const struct area *x = has(a, i) ? a : &init_area;
	const struct area *y = has(b, i) ? b : &init_area;

	return !memcmp(x->bytes + from, y->bytes + from, size);
}

static int same_state(const struct area *a, const struct area *b)
{
	int i;

	if (memcmp(a->bytes + MXCSR, b->bytes + MXCSR, 4) ||
	    !same(a, b, 0, 0, 5) || !same(a, b, 1, XMM, 256))
		return 0;
	for (i = 0; i < 8; i++)
		if (!same(a, b, 0, 32 + 16 * (size_t)i, 10))
			return 0;
	for (i = 2; i < NCOMPONENTS; i++)
		if ((components >> i & 1) &&
		    !same(a, b, i, layout[i].offset, layout[i].size))
			return 0;
	return 1;
}

static void try_call(struct call c, long want, uint64_t *seed)
{
	static __thread struct area in, out;
	long ret;

	random_state(&in, seed);
	memset(&out, 0, sizeof(out));
	ret = call_with(&in, &out, &c);
	if (!same_state(&in, &out))
		mismatches++;
	if (c.nr >= 0 && ret != want && ret != -EINTR)
		failed_calls++;
}

static void try_something(uint64_t *seed)
{
	static const struct timespec moment = { 0, 20000 };

	switch (next_random(seed) % 16) {
	case 0:
		try_call((struct call){ .nr = -1, .spin = 2000000 }, 0, seed);
		break;
	case 1:
		try_call((struct call){ SYS_nanosleep,
		                        { (long)&moment, 0, 0, 0 },
		                        0 },
		         0, seed);
		break;
	case 2:
		try_call((struct call){ SYS_getppid, { 0 }, 0 }, getppid(),
		         seed);
		break;
	default:
		try_call((struct call){ SYS_sched_yield, { 0 }, 0 }, 0, seed);
		break;
	}
}

/* A token goes round: all threads but one sleep in read. */
static void *runner(void *arg)
{
	long id = (long)(intptr_t)arg;
	uint64_t seed = (uint64_t)id + 1;
	char c = 'x';
	int i;

	for (i = 0; i < ROUNDS; i++) {
		try_call((struct call){ SYS_read,
		                        { ring[id][0], (long)&c, 1, 0 },
		                        0 },
		         1, &seed);
		if (i % 8 == 0)
			try_something(&seed);
		try_call((struct call){ SYS_write,
		                        { ring[(id + 1) % NTHREADS][1],
		                          (long)&c, 1, 0 },
		                        0 },
		         1, &seed);
	}
	return NULL;
}

static void on_alarm(int sig)
{
	struct area in, out;
	uint64_t seed = (uint64_t)alarms++;
	struct call c = { -1, { 0 }, 0 };

	(void)sig;
	random_state(&in, &seed);
	call_with(&in, &out, &c);
}

static void start_alarms(void)
{
	struct sigaction sa = { .sa_handler = on_alarm,
		                .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

int main(void)
{
	pthread_t threads[NTHREADS];
	int i;

	ask_cpu();
	for (i = 0; i < NTHREADS; i++)
		if (pipe(ring[i]))
			return 1;
	start_alarms();
	for (i = 0; i < NTHREADS; i++)
		pthread_create(&threads[i], NULL, runner, (void *)(intptr_t)i);
	/* Three tokens: several run at once, and wait for one another. */
	for (i = 0; i < 3; i++)
		if (write(ring[3 * i % NTHREADS][1], "x", 1) != 1)
			return 1;
	for (i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	SHOW(mismatches);
	SHOW(failed_calls);
	IS(alarms > 0);
	return 0;
}

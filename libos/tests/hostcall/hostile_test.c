/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that lies in every result and every field it can write, at each end of
 * each range, and that changes what it wrote after every read.
 *
 * What is right is computed here from the table in abi/hostcall.h, which says
 * what each call may answer; hostcall/ has its own idea of it.  Anything else
 * has to come back as -EIO and never as a value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/tsc.h"
#include "libos/hostcall/hostcall.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/hostcall/hostile.h"
#include "libos/tests/hostcall/hostile_gen.h"
#include "libos/tests/hostcall/monitor.h"
#include "libos/time/clock.h"

enum {
	ERRNO_END = 140, /* beyond Linux's last errno */
	GUARD = 0x5c,
};

#define ADDRESS_END 0x800000000000ull

/* One result, with what the test says of it. */
struct trial {
	enum hostcall call;
	int64_t raw;
	uint64_t max;  /* the largest result that makes sense */
	bool is_brief; /* with one size is enough */
};

static const char *trial_name;
static int64_t trial_raw;

#define SAY(cond)                                                              \
	do {                                                                   \
		if (!(cond)) {                                                 \
			check_failures++;                                      \
			fprintf(stderr, "%s, result %lld: %s\n", trial_name,   \
			        (long long)trial_raw, #cond);                  \
		}                                                              \
	} while (0)

/* The oracle: what the kernel may make of @t. */
static long judge(const struct trial *t)
{
	const short *e = abi_calls[t->call].errnos;

	if (t->raw >= 0)
		return (uint64_t)t->raw <= t->max ? (long)t->raw : -EIO;
	for (; *e; e++)
		if (t->raw == -*e)
			return t->raw;
	return -EIO;
}

static void set_answer(const struct trial *t)
{
	trial_name = abi_calls[t->call].name;
	trial_raw = t->raw;
	hostile_answer.result = t->raw;
	hostile_request.count = 0;
	monitor_reset();
}

/* After a call: asked once, for the right thing, and nothing read twice. */
static void check_fetches(const struct trial *t)
{
	SAY(hostile_request.count == 1);
	SAY(hostile_request.number == (uint32_t)t->call);
	SAY(!monitor_read_twice(hostile_vcpu, sizeof(*hostile_vcpu)));
}

static bool in_scratch(uint64_t buf, uint64_t size)
{
	uint64_t scratch = (uint64_t)hostile_vcpu->scratch;

	return buf == scratch && size <= HOST_SCRATCH_SIZE;
}

static const size_t io_sizes[] = {
	0, 1, 7, HOST_SCRATCH_SIZE, HOST_SCRATCH_SIZE + 1, 63,
};
enum {
	IO_LAST = ARRAY_SIZE(io_sizes) - 1,
};

static void try_read(struct trial *t)
{
	static uint8_t dst[HOST_SCRATCH_SIZE + 64];

	for (size_t i = t->is_brief ? IO_LAST : 0; i <= IO_LAST; i++) {
		size_t size = io_sizes[i];
		long want, n;

		t->max = MIN(size, (size_t)HOST_SCRATCH_SIZE);
		memset(dst, GUARD, sizeof(dst));
		set_answer(t);
		n = host_read(3, dst, size);
		want = judge(t);
		SAY(n == want);
		SAY(in_scratch(hostile_request.args.io.buf,
		               hostile_request.args.io.size));
		SAY(hostile_request.args.io.size == t->max);
		for (size_t k = n > 0 ? (size_t)n : 0; k < sizeof(dst); k++)
			if (dst[k] != GUARD) {
				SAY(!"bytes beyond the count");
				break;
			}
		check_fetches(t);
	}
}

static void try_write(struct trial *t)
{
	static const uint8_t src[HOST_SCRATCH_SIZE + 64];

	for (size_t i = t->is_brief ? IO_LAST : 0; i <= IO_LAST; i++) {
		long n;

		t->max = MIN(io_sizes[i], (size_t)HOST_SCRATCH_SIZE);
		set_answer(t);
		n = host_write(1, src, io_sizes[i]);
		SAY(n == judge(t));
		SAY(in_scratch(hostile_request.args.io.buf,
		               hostile_request.args.io.size));
		check_fetches(t);
	}
}

static void try_poll(struct trial *t)
{
	enum { POLL_ALL = 0x20ff };
	long n, want;

	t->max = POLL_ALL;
	set_answer(t);
	n = host_poll(0, 1);
	want = judge(t);
	SAY(n == (want < 0 ? want : want & POLL_ALL));
	check_fetches(t);
}

static void try_seek(struct trial *t)
{
	t->max = INT64_MAX;
	set_answer(t);
	SAY(host_seek(0, 0, 0) == judge(t));
	check_fetches(t);
}

static void try_close(struct trial *t)
{
	t->max = 0;
	set_answer(t);
	SAY(host_close(0) == judge(t));
	check_fetches(t);
}

static void put_field(void *base, const struct abi_field *f, uint64_t value)
{
	memcpy((uint8_t *)base + f->offset, &value, f->size);
}

static const uint64_t edges[] = {
	0,
	1,
	2,
	FDKIND_DIR,
	FDKIND_DIR + 1,
	63,
	64,
	65,
	4095,
	4096,
	4097,
	HOST_SCRATCH_SIZE - 1,
	HOST_SCRATCH_SIZE,
	HOST_SCRATCH_SIZE + 1,
	INT32_MAX,
	1ull << 31,
	UINT32_MAX,
	1ull << 32,
	(1ull << 32) + 1,
	(1ull << 32) + 4096,
	ELRANGE_SIZE_DEFAULT - 4096,
	ELRANGE_SIZE_DEFAULT - 1,
	ELRANGE_SIZE_DEFAULT,
	ELRANGE_SIZE_DEFAULT + 1,
	ADDRESS_END - 4096,
	ADDRESS_END - 64,
	ADDRESS_END - 1,
	ADDRESS_END,
	ADDRESS_END + 1,
	1ull << 62,
	(1ull << 62) + 1,
	INT64_MAX,
	1ull << 63,
	UINT64_MAX - 4096,
	UINT64_MAX - 63,
	UINT64_MAX,
};

static void try_fdinfo_as(struct trial *t, const struct hc_fdinfo *lie)
{
	struct hc_fdinfo got = { .kind = 77, .size = 77 };
	long n;

	hostile_answer.args = lie;
	hostile_answer.args_size = sizeof(*lie);
	set_answer(t);
	n = host_fdinfo(5, &got);
	if (hostile_answer.never_still && n == -EIO)
		goto out;
	if (judge(t) < 0)
		SAY(n == judge(t));
	else if (lie->kind < FDKIND_CHAR || lie->kind > FDKIND_DIR ||
	         lie->size > INT64_MAX)
		SAY(n == -EIO);
	else
		SAY(n == 0);
	SAY(n < 0 ? got.kind == 77 && got.size == 77
	          : got.kind >= FDKIND_CHAR && got.kind <= FDKIND_DIR &&
	                    got.size <= INT64_MAX && got.fd == 5);
	check_fetches(t);
out:
	hostile_answer.args = NULL;
}

static void try_fdinfo(struct trial *t)
{
	struct hc_fdinfo right = { .fd = 5, .kind = FDKIND_REGULAR, .size = 9 };

	t->max = 0;
	for (size_t f = 0; f < ARRAY_SIZE(abi_hc_fdinfo); f++)
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
			struct hc_fdinfo lie = right;

			put_field(&lie, &abi_hc_fdinfo[f], edges[i]);
			try_fdinfo_as(t, &lie);
		}
}

static void try_tty(struct trial *t)
{
	uint8_t arg[64 + 8];

	for (int op = TTY_GET_TERMIOS; op <= TTY_QUEUED; op++) {
		size_t size = op <= TTY_SET_TERMIOS ? 36 : 8;
		long n;

		t->max = INT32_MAX;
		memset(arg, GUARD, sizeof(arg));
		set_answer(t);
		n = host_tty(0, (enum hc_tty_op)op, 0, arg, size);
		SAY(n == judge(t));
		for (size_t k = size; k < sizeof(arg); k++)
			SAY(arg[k] == GUARD);
		check_fetches(t);
	}
	SAY(host_tty(0, TTY_GET_TERMIOS, 0, arg, 65) == -EINVAL);
}

static void try_pages(struct trial *t)
{
	const struct hc_range ranges[] = {
		{ .addr = USER_BASE, .npages = 3, .arg = 1 },
		{ .addr = USER_BASE + 0x10000, .npages = UINT32_MAX, .arg = 1 },
		{ .addr = USER_BASE + 0x20000, .npages = UINT32_MAX, .arg = 1 },
	};

	static const struct hc_range many[HC_RANGES_MAX + 1];

	for (uint32_t count = t->is_brief ? 3 : 0; count <= 3; count += 3) {
		t->max = 0;
		for (uint32_t i = 0; i < count; i++)
			t->max += ranges[i].npages;
		set_answer(t);
		SAY(host_pages(t->call, ranges, count) == judge(t));
		SAY(hostile_request.args.ranges.count == count);
		check_fetches(t);
	}
	SAY(host_pages(t->call, many, HC_RANGES_MAX + 1) == -EINVAL);
}

static void try_log(struct trial *t)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 1025, 100000 };
	static const char text[100000];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		set_answer(t);
		host_log(3, text, sizes[i]);
		SAY(in_scratch(hostile_request.args.log.buf,
		               hostile_request.args.log.size));
		SAY(hostile_request.args.log.size <= 1025);
		check_fetches(t);
	}
}

static void try_idle(struct trial *t)
{
	set_answer(t);
	host_idle(1234);
	SAY(hostile_request.args.idle.deadline_ns == 1234);
	check_fetches(t);
}

static void try_kick(struct trial *t)
{
	set_answer(t);
	host_kick(1);
	SAY(hostile_request.args.kick.vcpu == 1);
	check_fetches(t);
}

static jmp_buf death;

void entry_leave_dead(void)
{
	longjmp(death, 1);
}

static void try_exit(struct trial *t)
{
	set_answer(t);
	if (setjmp(death) == 0)
		host_exit(EXIT_PROGRAM, 0x700, 0);
	SAY(hostile_request.args.exit.status == 0x700);
	check_fetches(t);
}

static void (*const tries[HC_COUNT])(struct trial *t) = {
	[HC_IDLE] = try_idle,   [HC_KICK] = try_kick,
	[HC_EXIT] = try_exit,   [HC_READ] = try_read,
	[HC_WRITE] = try_write, [HC_POLL] = try_poll,
	[HC_SEEK] = try_seek,   [HC_FDINFO] = try_fdinfo,
	[HC_TTY] = try_tty,     [HC_CLOSE] = try_close,
	[HC_LOG] = try_log,     [HC_RESTRICT] = try_pages,
	[HC_MODT] = try_pages,  [HC_REMOVE] = try_pages,
};

static void try_result(struct trial t)
{
	tries[t.call](&t);
}

static void results(enum hostcall call)
{
	CHECK(tries[call]);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		try_result((struct trial){ call, (int64_t)edges[i], 0, false });
	try_result((struct trial){ call, INT64_MIN, 0, false });
	for (int e = 1; e < ERRNO_END && !hostile_answer.never_still; e++)
		try_result((struct trial){ call, -e, 0, true });
}

/* A blob as abi/shared.h wants it: all outside ELRANGE, below the end. */
static bool outside(uint64_t addr, uint64_t size)
{
	unsigned __int128 end = (unsigned __int128)addr + size;

	return addr >= ELRANGE_SIZE_DEFAULT && end <= ADDRESS_END;
}

static bool boot_is_sound(uint64_t at, const struct host_boot *b)
{
	unsigned __int128 end = (unsigned __int128)b->vcpu_stride * b->nvcpus +
	                        b->vcpu_offset + at;

	return b->magic == HOST_SHARED_MAGIC &&
	       b->version == HOST_ABI_VERSION && b->nvcpus &&
	       b->nvcpus <= VCPU_MAX && b->vcpu_offset % 4096 == 0 &&
	       b->vcpu_stride % 4096 == 0 &&
	       b->vcpu_offset >= sizeof(struct host_shared) &&
	       b->vcpu_stride >= sizeof(struct vcpu_shared) && at % 4096 == 0 &&
	       at >= ELRANGE_SIZE_DEFAULT && end <= ADDRESS_END &&
	       outside(b->args.addr, b->args.size) &&
	       outside(b->env.addr, b->env.size) &&
	       outside(b->cpuid.addr, b->cpuid.size) &&
	       outside(b->root_index.addr, b->root_index.size) &&
	       outside(b->root_body.addr, b->root_body.size);
}

static void attach(const struct host_boot *lie, bool still)
{
	uint64_t at = (uint64_t)hostile_shared;
	int err;

	monitor_open();
	hostile_shared->boot = *lie;
	monitor_reset();
	monitor_hook = still ? NULL : hostile_change_all;
	monitor_close();
	err = host_attach(at);
	monitor_hook = NULL;
	CHECK(!monitor_read_twice(hostile_shared, sizeof(*hostile_shared)));
	/* Refused is always right but where nothing is wrong. */
	if (err == 0)
		CHECK(boot_is_sound(at, host_boot_block()));
	else
		CHECK_EQ(err, -EINVAL);
	if (still && boot_is_sound(at, lie) && lie->vcpu_stride < 1ull << 32 &&
	    lie->vcpu_offset < 1ull << 32)
		CHECK_EQ(err, 0);
}

static void attach_fields(void)
{
	struct host_boot right;

	hostile_boot_block(&right);
	for (size_t f = 0; f < ARRAY_SIZE(abi_host_boot); f++)
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
			struct host_boot lie = right;

			put_field(&lie, &abi_host_boot[f], edges[i]);
			attach(&lie, true);
		}
}

/* As many vCPUs as there may be, with strides up to the largest. */
static void attach_strides(void)
{
	struct host_boot lie;

	hostile_boot_block(&lie);
	lie.nvcpus = VCPU_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		lie.vcpu_stride = edges[i];
		attach(&lie, true);
	}
}

static void attach_changing(void)
{
	struct host_boot right;

	hostile_boot_block(&right);
	attach(&right, false);
	attach(&right, true);
}

static void attach_at(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		CHECK_EQ(host_attach(edges[i]), -EINVAL);
	CHECK_EQ(host_attach((uint64_t)hostile_shared + 8), -EINVAL);
}

/* Offsets and sizes against the blob's end, and a blob that is not there. */
static void blobs(void)
{
	const uint64_t at = (uint64_t)hostile_vcpu->scratch;
	struct host_blob blob = { .addr = at, .size = 100 };
	uint8_t dst[256];

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		for (size_t size = 0; size <= 200; size += 50) {
			uint64_t off = edges[i];
			long n;

			memset(dst, GUARD, sizeof(dst));
			n = host_blob_read(&blob, off, dst, size);
			if (off > blob.size)
				CHECK_EQ(n, -EFAULT);
			else
				CHECK_EQ(n, MIN(size, blob.size - off));
			CHECK(dst[n > 0 ? n : 0] == GUARD);
		}
	blob.addr = ADDRESS_END - 4096;
	CHECK_EQ(host_blob_read(&blob, 0, dst, 100), -EFAULT);
}

static void root_body(void)
{
	struct host_boot boot;
	uint8_t dst[256];

	hostile_boot_block(&boot);
	boot.root_body.addr = (uint64_t)hostile_vcpu->scratch;
	boot.root_body.size = 100;
	attach(&boot, true);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		for (size_t size = 0; size <= 200; size += 50) {
			bool inside = edges[i] <= 100 && size <= 100 - edges[i];

			CHECK_EQ(host_root_read(dst, size, edges[i]),
			         inside ? 0 : -EIO);
		}
	attach_changing();
}

static uint64_t tsc = 1ull << 52; /* a month of 2 GHz */

uint64_t tsc_read(void)
{
	return tsc;
}

static uint64_t last_ns;

static void check_clock(void)
{
	uint64_t now = clock_monotonic_ns();

	CHECK(now >= last_ns);
	CHECK(now <= (1ull << 62) + (1ull << 61));
	CHECK(clock_realtime_ns() >= now);
	last_ns = now;
}

static void change_clock(const struct monitor_access *access)
{
	(void)access;
	hostile_shared->clock.seq += 2;
	hostile_shared->clock.mono_ns ^= 0x5a5a;
}

static void clock_says(const struct host_clock *lie)
{
	monitor_open();
	hostile_shared->clock = *lie;
	monitor_hook = NULL;
	monitor_close();
	clock_update();
	check_clock();
}

/* Time never goes back and never overflows, whatever each field says. */
static void clock_fields(void)
{
	static const struct host_clock right = {
		.tsc_khz = 2000000, .tsc = 1000, .mono_ns = 5, .real_ns = 1000
	};

	for (size_t f = 0; f < ARRAY_SIZE(abi_host_clock); f++)
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
			struct host_clock lie = right;

			tsc += 1000;
			put_field(&lie, &abi_host_clock[f], edges[i]);
			clock_says(&lie);
			tsc += 1000;
			check_clock();
		}
}

/* A sample that never settles is no sample. */
static void clock_torn(void)
{
	struct host_clock got = { .mono_ns = 77 };

	monitor_open();
	hostile_shared->clock = (struct host_clock){ .mono_ns = 5 };
	monitor_hook = change_clock;
	monitor_close();
	CHECK(!host_clock_sample(&got));
	CHECK_EQ(got.mono_ns, 77);
	monitor_hook = NULL;
}

/* What the host claims about a trap is a claim; it must be read once. */
static void traps(void)
{
	struct host_trap got;

	for (size_t f = 0; f < ARRAY_SIZE(abi_vcpu_shared); f++)
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
			monitor_open();
			put_field(hostile_vcpu, &abi_vcpu_shared[f], edges[i]);
			monitor_close();
			monitor_reset();
			host_trap_read(&got);
			CHECK(!monitor_read_twice(hostile_vcpu, 4096));
		}
}

static void posted_bits(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		monitor_open();
		hostile_shared->ready = edges[i];
		hostile_shared->signals = ~edges[i];
		monitor_close();
		CHECK(host_take_ready() == edges[i]);
		CHECK(host_take_signals() == ~edges[i]);
		CHECK(host_take_ready() == 0);
		CHECK(host_take_signals() == 0);
	}
}

int main(void)
{
	hostile_init();
	hostile_watch_vcpu();
	for (int still = 1; still >= 0; still--) {
		hostile_answer.never_still = !still;
		for (int call = 1; call < HC_COUNT; call++)
			results((enum hostcall)call);
	}
	hostile_answer.never_still = false;
	monitor_hook = NULL;
	hostile_watch_all();
	attach_fields();
	attach_strides();
	attach_at();
	attach_changing();
	blobs();
	root_body();
	clock_fields();
	clock_torn();
	traps();
	posted_bits();
	return check_result();
}

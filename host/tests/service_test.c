/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_test.c - a hostile enclave at the service table: whatever it asks,
 * the host stays inside the memory that both share.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/units.h"
#include "host/service.h"
#include "host/tests/fake_instance.h"

static struct fake_instance *fake;
static struct vcpu *v;
static int saved_stdin, pipe_end;

static uint64_t no_kernel(struct fake_entry *e)
{
	(void)e;
	return LEAVE_DEAD;
}

/* Stream 0 is a pipe with five bytes in it. */
static int begin(void **state)
{
	int p[2];

	(void)state;
	fflush(stdout);
	alarm(30);
	saved_stdin = fcntl(0, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	dup2(p[0], 0);
	close(p[0]);
	pipe_end = p[1];
	assert_int_equal(write(pipe_end, "hello", 5), 5);
	fake = fake_create(2, no_kernel);
	v = &fake->rt.vcpu[0];
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_destroy(fake);
	close(pipe_end);
	dup2(saved_stdin, 0);
	close(saved_stdin);
	alarm(0);
	return 0;
}

static int64_t serve(uint32_t number)
{
	v->shared->number = number;
	v->shared->result = 12345;
	service_call(v);
	return v->shared->result;
}

static int64_t serve_io(uint32_t number, uint32_t fd, uint64_t buf,
                        uint64_t size)
{
	v->shared->args.io =
		(struct hc_io){ .fd = fd, .buf = buf, .size = size };
	return serve(number);
}

static uint64_t scratch(void)
{
	return (uintptr_t)v->shared->scratch;
}

static void test_numbers(void **state)
{
	static const uint32_t bad[] = { 0, HC_COUNT, HC_COUNT + 1, 1u << 31,
		                        UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(serve(bad[i]), -EIO);
}

static void test_buffers(void **state)
{
	uint64_t end_of_scratch = scratch() + HOST_SCRATCH_SIZE;
	const struct {
		uint64_t buf;
		uint64_t size;
	} bad[] = {
		{ 0, 5 },
		{ scratch() - 1, 5 },
		{ scratch() - 8, 16 },
		{ end_of_scratch, 1 },
		{ end_of_scratch - 4, 5 },
		{ end_of_scratch + 1, 0 },
		{ scratch(), HOST_SCRATCH_SIZE + 1 },
		{ scratch() + 1, HOST_SCRATCH_SIZE },
		{ scratch(), UINT64_MAX },
		{ scratch() + 8, UINT64_MAX - 4 },
		{ UINT64_MAX, 1 },
		{ (uintptr_t)&fake->rt, 5 },
		{ (uintptr_t)fake->rt.vcpu[1].shared->scratch, 5 },
		{ (uintptr_t)&v->shared->result, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(serve_io(HC_READ, 0, bad[i].buf, bad[i].size),
		                 -EIO);
		assert_int_equal(serve_io(HC_WRITE, 1, bad[i].buf, bad[i].size),
		                 -EIO);
		v->shared->args.log = (struct hc_log){ .buf = bad[i].buf,
			                               .size = bad[i].size };
		assert_int_equal(serve(HC_LOG), 0);
	}
	/* None of them has taken anything out of the pipe. */
	assert_int_equal(serve_io(HC_READ, 0, end_of_scratch - 5, 5), 5);
	assert_memory_equal(v->shared->scratch + HOST_SCRATCH_SIZE - 5, "hello",
	                    5);
	assert_int_equal(serve_io(HC_READ, 0, scratch(), 5), -EAGAIN);
}

static void test_short_read(void **state)
{
	(void)state;
	assert_int_equal(serve_io(HC_READ, 0, scratch(), 2), 2);
	assert_int_equal(serve_io(HC_READ, 0, scratch(), HOST_SCRATCH_SIZE), 3);
	assert_memory_equal(v->shared->scratch, "llo", 3);
	assert_int_equal(serve_io(HC_READ, 63, scratch(), 1), -EBADF);
	assert_int_equal(serve_io(HC_READ, 1u << 31, scratch(), 1), -EBADF);
}

static void test_descriptor_calls(void **state)
{
	struct hc_fdinfo *info = &v->shared->args.fdinfo;

	(void)state;
	v->shared->args.poll = (struct hc_poll){ .fd = 0, .events = POLLIN };
	assert_int_equal(serve(HC_POLL), POLLIN);
	v->shared->args.poll.events = UINT32_MAX;
	assert_true(serve(HC_POLL) & POLLIN);
	v->shared->args.seek = (struct hc_seek){ .fd = 0 };
	assert_int_equal(serve(HC_SEEK), -ESPIPE);
	*info = (struct hc_fdinfo){ .fd = 0 };
	assert_int_equal(serve(HC_FDINFO), 0);
	assert_int_equal(info->kind, FDKIND_PIPE);
	assert_int_equal(info->flags, O_RDONLY);
	v->shared->args.fd.fd = 0;
	assert_int_equal(serve(HC_CLOSE), 0);
	assert_int_equal(serve(HC_CLOSE), -EBADF);
}

static int64_t serve_tty(uint32_t op, uint32_t how)
{
	v->shared->args.tty = (struct hc_tty){ .op = op, .how = how };
	return serve(HC_TTY);
}

static void test_tty_of_a_pipe(void **state)
{
	(void)state;
	assert_int_equal(serve_tty(TTY_GET_TERMIOS, 0), -ENOTTY);
	assert_int_equal(serve_tty(TTY_GET_WINSIZE, 0), -ENOTTY);
	assert_int_equal(serve_tty(TTY_QUEUED, 0), 5);
	assert_int_equal(serve_tty(TTY_SET_TERMIOS, 0), -EINVAL);
	assert_int_equal(serve_tty(TTY_SET_TERMIOS, UINT32_MAX), -EINVAL);
	assert_int_equal(serve_tty(TTY_FLUSH, 3), -EINVAL);
	assert_int_equal(serve_tty(0, 0), -EINVAL);
	assert_int_equal(serve_tty(TTY_QUEUED + 1, 0), -EINVAL);
	assert_int_equal(serve_tty(UINT32_MAX, 0), -EINVAL);
}

static void test_idle_with_news(void **state)
{
	(void)state;
	v->shared->args.idle.deadline_ns = IDLE_FOREVER;
	fake->rt.memory.shared->ready = 1;
	assert_int_equal(serve(HC_IDLE), 0);
	fake->rt.memory.shared->ready = 0;
	fake->rt.memory.shared->signals = 1;
	assert_int_equal(serve(HC_IDLE), 0);
	fake->rt.memory.shared->signals = 0;
	/* A kick before the idle. */
	v->state = VCPU_RUNNING;
	v->shared->args.kick.vcpu = 0;
	assert_int_equal(serve(HC_KICK), 0);
	v->shared->args.idle.deadline_ns = IDLE_FOREVER;
	assert_int_equal(serve(HC_IDLE), 0);
}

static void test_kick_bounds(void **state)
{
	(void)state;
	v->shared->args.kick.vcpu = 2;
	assert_int_equal(serve(HC_KICK), 0);
	v->shared->args.kick.vcpu = UINT32_MAX;
	assert_int_equal(serve(HC_KICK), 0);
	assert_int_equal(fake->rt.vcpu[1].state, VCPU_NEW);
}

static void test_exit(void **state)
{
	(void)state;
	v->shared->args.exit = (struct hc_exit){
		.kind = EXIT_PROGRAM,
		.status = 0xffff0000 | W_EXITCODE(7, 0),
	};
	assert_int_equal(serve(HC_EXIT), 0);
	/* The first word counts. */
	v->shared->args.exit.kind = EXIT_KERNEL;
	assert_int_equal(serve(HC_EXIT), 0);
	assert_int_equal(fake->rt.result.kind, HOST_RESULT_PROGRAM);
	assert_int_equal(host_result_exit_code(&fake->rt.result), 7);
}

static void test_exit_of_unknown_kind(void **state)
{
	(void)state;
	v->shared->args.exit = (struct hc_exit){ .kind = 77, .code = 1u << 31 };
	assert_int_equal(serve(HC_EXIT), 0);
	assert_int_equal(host_result_exit_code(&fake->rt.result), 125);
}

static int64_t serve_pages(uint32_t number, uint32_t count)
{
	v->shared->args.ranges.count = count;
	return serve(number);
}

static void test_page_ranges(void **state)
{
	static const struct hc_range bad[] = {
		{ .addr = 0x10001, .npages = 1 },
		{ .addr = 0x10000, .npages = 0 },
		{ .addr = ELRANGE_SIZE_DEFAULT, .npages = 1 },
		{ .addr = ELRANGE_SIZE_DEFAULT - PAGE_SIZE, .npages = 2 },
		{ .addr = 0xfffffffffffff000, .npages = 2 },
		{ .addr = 0x10000, .npages = UINT32_MAX },
	};
	struct hc_range *range = v->shared->args.ranges.range;

	(void)state;
	fake->pages_done = 1000;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		range[0] = bad[i];
		assert_int_equal(serve_pages(HC_RESTRICT, 1), -EINVAL);
	}
	assert_int_equal(serve_pages(HC_MODT, HC_RANGES_MAX + 1), -EINVAL);
	assert_int_equal(serve_pages(HC_REMOVE, UINT32_MAX), -EINVAL);
	assert_int_equal(fake->pages_done, 1000);
	assert_int_equal(serve_pages(HC_REMOVE, 0), 0);
}

static void test_page_progress(void **state)
{
	struct hc_range *range = v->shared->args.ranges.range;

	(void)state;
	for (int i = 0; i < 3; i++)
		range[i] = (struct hc_range){ .addr = 0x10000, .npages = 4 };
	fake->pages_done = 100;
	assert_int_equal(serve_pages(HC_RESTRICT, 3), 12);
	fake->pages_done = 6; /* stops in the second range */
	assert_int_equal(serve_pages(HC_MODT, 3), 6);
	fake->pages_done = 0;
	assert_int_equal(serve_pages(HC_REMOVE, 3), -EFAULT);
	/* Done is done, also before a range that is refused. */
	fake->pages_done = 100;
	range[1].addr = 1;
	assert_int_equal(serve_pages(HC_RESTRICT, 3), 4);
	fake->rt.can_change_pages = false;
	assert_int_equal(serve_pages(HC_RESTRICT, 3), -ENODEV);
}

/* What the kernel finds at boot. */
static void test_boot_block(void **state)
{
	const struct host_boot *boot = &fake->rt.memory.shared->boot;

	(void)state;
	assert_int_equal(boot->magic, HOST_SHARED_MAGIC);
	assert_int_equal(boot->nvcpus, 2);
	assert_true(boot->vcpu_stride >= sizeof(struct vcpu_shared));
	assert_ptr_equal((uint8_t *)fake->rt.memory.shared + boot->vcpu_offset +
	                         boot->vcpu_stride,
	                 fake->rt.vcpu[1].shared);
	assert_int_equal(boot->args.size, 9);
	assert_memory_equal((void *)(uintptr_t)boot->args.addr, "/bin/a\0b", 9);
	assert_int_equal(boot->env.size, 4);
	assert_int_equal(boot->cpuid.size % sizeof(struct host_cpuid), 0);
	assert_int_equal(boot->root_body.size, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_numbers),
		test(test_buffers),
		test(test_short_read),
		test(test_descriptor_calls),
		test(test_tty_of_a_pipe),
		test(test_idle_with_news),
		test(test_kick_bounds),
		test(test_exit),
		test(test_exit_of_unknown_kind),
		test(test_page_ranges),
		test(test_page_progress),
		test(test_boot_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe_offer_test.c - a writer that meets a reader asleep copies to its memory,
 * in the same process and in another, and takes the ring where it can't.
 */
#include "libos/ipc/pipe.h"
#include "libos/libos_errno.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/ipc/rig.h"

enum { BLOCK = 65536, SPACE = 3 * BLOCK };

static struct file *ends[2];
static struct thread reader, other;
static struct thread *writer;
static void __user *to, *from;
static uint8_t pattern[SPACE], back[SPACE];

/* What the writer does, once, when the reader sleeps. */
static struct {
	bool is_due;
	size_t before; /* bytes of a write before the one of @size */
	size_t size;
	long wrote;
	bool in_ring;  /* something, after it */
	uint32_t work; /* the reader gets */
} plan;

static long user_write(void __user *buf, size_t size)
{
	struct iov it;

	iov_init_user(&it, buf, size);
	return file_write(ends[1], &it);
}

static long user_read(void __user *buf, size_t size)
{
	struct iov it;
	long n;

	iov_init_user(&it, buf, size);
	n = file_read(ends[0], &it);
	if (n >= 0)
		CHECK_EQ(iov_left(&it), size - (size_t)n);
	return n;
}

/* Is there something in the ring? */
static bool ring_is_used(void)
{
	return (look(ends[0]) & POLLIN) != 0;
}

static bool writer_acts(void)
{
	if (!plan.is_due)
		return false;
	plan.is_due = false;
	thread_set_work(&reader, plan.work);
	fake_switch(writer);
	if (plan.before)
		CHECK_EQ(user_write(from, plan.before), plan.before);
	plan.wrote = plan.size ? user_write(from, plan.size) : 0;
	fake_switch(&reader);
	plan.in_ring = ring_is_used();
	return true;
}

static long read_while(size_t read_size, size_t write_size)
{
	plan.is_due = true;
	plan.size = write_size;
	return user_read(to, read_size);
}

static void check_bytes(size_t at, size_t n)
{
	memset(back, 0, sizeof(back));
	CHECK_EQ(copy_from_user(back, to, n), 0);
	CHECK(memcmp(back, pattern + at, n) == 0);
}

static void touch(void __user *p)
{
	CHECK_EQ(clear_user(p, SPACE), 0);
}

static void test_direct(void)
{
	touch(to);
	CHECK_EQ(read_while(BLOCK, BLOCK), BLOCK);
	CHECK_EQ(plan.wrote, BLOCK);
	CHECK_EQ(plan.in_ring, 0);
	check_bytes(0, BLOCK);
	/* Less than there is room for. */
	CHECK_EQ(read_while(BLOCK, 5000), 5000);
	CHECK_EQ(plan.in_ring, 0);
	check_bytes(0, 5000);
	/* No more at once than the ring could bring. */
	CHECK_EQ(read_while(SPACE, SPACE - BLOCK), BLOCK);
	check_bytes(0, BLOCK);
	CHECK_EQ(plan.wrote, SPACE - BLOCK);
	CHECK_EQ(plan.in_ring, 1);
	CHECK_EQ(user_read(to, SPACE), BLOCK);
	check_bytes(BLOCK, BLOCK);
}

static void test_by_the_ring(void)
{
	/* Few bytes, or little room. */
	touch(to);
	CHECK_EQ(read_while(BLOCK, 100), 100);
	CHECK_EQ(plan.in_ring, 1);
	check_bytes(0, 100);
	CHECK_EQ(read_while(100, BLOCK), 100);
	CHECK_EQ(plan.in_ring, 1);
	CHECK_EQ(user_read(to, BLOCK), BLOCK - 100);
	check_bytes(100, BLOCK - 100);
}

/* The reader was woken but did not run yet. */
static void test_order(void)
{
	touch(to);
	plan.before = 100;
	CHECK_EQ(read_while(BLOCK, 5000), 5100);
	plan.before = 0;
	check_bytes(0, 100);
	CHECK_EQ(copy_from_user(back, to, 5100), 0);
	CHECK(memcmp(back + 100, pattern, 5000) == 0);
}

/* Where nothing is yet, the reader itself must bring the pages in. */
static void test_missing_pages(void)
{
	to = fake_user_alloc(SPACE);
	CHECK_EQ(read_while(BLOCK, BLOCK), BLOCK);
	CHECK_EQ(plan.wrote, BLOCK);
	CHECK_EQ(plan.in_ring, 1);
	check_bytes(0, BLOCK);
}

static void test_read_only_memory(void)
{
	touch(to);
	CHECK_EQ(mm_protect(reader.mm, user_addr(to), SPACE, PROT_READ), 0);
	CHECK_EQ(read_while(BLOCK, BLOCK), -EFAULT);
	CHECK_EQ(plan.wrote, BLOCK);
	CHECK_EQ(mm_protect(reader.mm, user_addr(to), SPACE,
	                    PROT_READ | PROT_WRITE),
	         0);
	CHECK_EQ(user_read(to, BLOCK), BLOCK);
	check_bytes(0, BLOCK);
}

static void test_unmapped_source(void)
{
	void __user *good = from;

	touch(to);
	from = user_ptr(0x10000);
	CHECK_EQ(read_while(BLOCK, BLOCK), -EDEADLK);
	CHECK_EQ(plan.wrote, -EFAULT);
	from = good;
	CHECK_EQ(read_while(BLOCK, BLOCK), BLOCK);
	check_bytes(0, BLOCK);
}

/* A reader that gave up is not written to any more. */
static void test_interrupt(void)
{
	touch(to);
	plan.work = WORK_SIGNAL;
	CHECK_EQ(read_while(BLOCK, 0), -ERESTARTSYS);
	plan.work = 0;
	thread_clear_work(&reader, WORK_SIGNAL);
	fake_switch(writer);
	CHECK_EQ(user_write(from, BLOCK), BLOCK);
	fake_switch(&reader);
	CHECK_EQ(ring_is_used(), 1);
	CHECK_EQ(copy_from_user(back, to, BLOCK), 0);
	CHECK_EQ(back[1], 0);
	CHECK_EQ(user_read(to, BLOCK), BLOCK);
	check_bytes(0, BLOCK);
	/* With the bytes and the signal at once it has read. */
	plan.work = WORK_SIGNAL;
	CHECK_EQ(read_while(BLOCK, BLOCK), BLOCK);
	plan.work = 0;
	thread_clear_work(&reader, WORK_SIGNAL);
	check_bytes(0, BLOCK);
}

static void test_all(struct thread *w)
{
	writer = w;
	fake_switch(w);
	from = fake_user_alloc(SPACE);
	CHECK_EQ(copy_to_user(from, pattern, SPACE), 0);
	fake_switch(&reader);
	to = fake_user_alloc(SPACE);
	CHECK_EQ(pipe_create(0, ends), 0);
	test_direct();
	test_by_the_ring();
	test_order();
	test_missing_pages();
	test_read_only_memory();
	test_unmapped_source();
	test_interrupt();
	file_put(ends[0]);
	file_put(ends[1]);
}

int main(void)
{
	struct thread sibling, *first;
	struct mm *mm;
	size_t i;

	rig_up();
	first = fake_thread();
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(1 + i % 251);
	fake_thread_init(&reader, first->mm, 2);
	fake_thread_init(&sibling, first->mm, 3);
	CHECK_EQ(mm_create(&mm), 0);
	fake_thread_init(&other, mm, 4);
	fake_idle = writer_acts;
	test_all(&sibling);
	test_all(&other);
	fake_idle = NULL;
	fake_switch(first);
	mm_put(mm);
	return rig_down();
}

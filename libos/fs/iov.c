/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/iov.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/usercopy.h"

/* Move @size bytes between @kernel and an address of the iterator's kind. */
enum iov_op { IOV_OUT, IOV_IN, IOV_ZERO };

void iov_init_user(struct iov *it, void __user *buf, size_t size)
{
	size = size < IOV_BYTES_MAX ? size : IOV_BYTES_MAX;
	*it = (struct iov){ .kind = IOV_USER,
		            .nsegs = 1,
		            .left = size,
		            .one = { user_addr(buf), size } };
	it->seg = &it->one;
}

void iov_init_kernel(struct iov *it, void *buf, size_t size)
{
	*it = (struct iov){ .kind = IOV_KERNEL,
		            .nsegs = 1,
		            .left = size,
		            .one = { (uintptr_t)buf, size } };
	it->seg = &it->one;
}

int iov_init_segs(struct iov *it, const struct iov_seg *segs, size_t count)
{
	uint64_t total = 0;

	if (count > IOV_SEGS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if ((int64_t)segs[i].size < 0)
			return -EINVAL;
		/* Cannot wrap: total stays at or below IOV_BYTES_MAX. */
		total += segs[i].size;
		if (total > IOV_BYTES_MAX)
			total = IOV_BYTES_MAX;
	}
	*it = (struct iov){
		.kind = IOV_USER, .seg = segs, .nsegs = count, .left = total
	};
	return 0;
}

/* The next run of contiguous bytes, at most @size; 0 only when none is left. */
static size_t iov_run(struct iov *it, size_t size, uint64_t *ret_addr)
{
	size = MIN(size, it->left);
	if (!size)
		return 0;
	while (it->done == it->seg->size) {
		it->seg++;
		it->nsegs--;
		it->done = 0;
	}
	*ret_addr = it->seg->base + it->done;
	return MIN(size, it->seg->size - it->done);
}

static size_t move_user(enum iov_op op, uint64_t addr, void *kernel,
                        size_t size)
{
	switch (op) {
	case IOV_OUT:
		return size -
		       copy_to_user_partial(user_ptr(addr), kernel, size);
	case IOV_IN:
		return size -
		       copy_from_user_partial(kernel, user_ptr(addr), size);
	case IOV_ZERO:
		break;
	}
	return size - clear_user_partial(user_ptr(addr), size);
}

static size_t move_kernel(enum iov_op op, uint64_t addr, void *kernel,
                          size_t size)
{
	void *p = (void *)(uintptr_t)addr;

	switch (op) {
	case IOV_OUT:
		memcpy(p, kernel, size);
		break;
	case IOV_IN:
		memcpy(kernel, p, size);
		break;
	case IOV_ZERO:
		memset(p, 0, size);
		break;
	}
	return size;
}

static long iov_move(struct iov *it, enum iov_op op, uint8_t *kernel,
                     size_t size)
{
	size_t done = 0, run, n;
	uint64_t addr;

	while ((run = iov_run(it, size - done, &addr)) > 0) {
		uint8_t *k = op == IOV_ZERO ? NULL : kernel + done;

		n = it->kind == IOV_USER ? move_user(op, addr, k, run)
		                         : move_kernel(op, addr, k, run);
		it->done += n;
		it->left -= n;
		done += n;
		if (n < run)
			return done ? (long)done : -EFAULT;
	}
	return (long)done;
}

long iov_copy_to(struct iov *it, const void *src, size_t size)
{
	/* IOV_OUT only reads it. */
	return iov_move(it, IOV_OUT, (uint8_t *)(uintptr_t)src, size);
}

long iov_copy_from(struct iov *it, void *dst, size_t size)
{
	return iov_move(it, IOV_IN, dst, size);
}

long iov_zero(struct iov *it, size_t size)
{
	return iov_move(it, IOV_ZERO, NULL, size);
}

size_t iov_peek(struct iov *it, size_t size, uint64_t *ret_addr)
{
	return it->kind == IOV_USER ? iov_run(it, size, ret_addr) : 0;
}

void iov_advance(struct iov *it, size_t size)
{
	size_t run;
	uint64_t addr;

	while ((run = iov_run(it, size, &addr)) > 0) {
		it->done += run;
		it->left -= run;
		size -= run;
	}
}

void iov_limit(struct iov *it, size_t size)
{
	it->left = MIN(it->left, size);
}

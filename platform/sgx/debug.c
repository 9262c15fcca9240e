/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug.c - EDBGRD and EDBGWR, which the driver executes for accesses to the
 * enclave by way of /proc/self/mem.
 */
#include <errno.h>
#include <fcntl.h>

#include "platform/sgx/sgx.h"

static int range_ok(const struct sgx_enclave *e, uint64_t addr, size_t size)
{
	uint64_t offset = addr - e->addr;

	if (!e->is_debug)
		return -EPERM;
	if (offset >= e->size || size > e->size - offset)
		return -EFAULT;
	return 0;
}

int sgx_debug_read(struct enclave *base, uint64_t addr, void *dst, size_t size)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct sgx_calls *c = sgx_calls(e);
	int ret = range_ok(e, addr, size);
	int fd;

	if (ret < 0)
		return ret;
	fd = c->open(c, "/proc/self/mem", O_RDONLY);
	if (fd < 0)
		return fd;
	if (c->pread(c, fd, dst, size, addr) != (long)size)
		ret = -EFAULT;
	c->close(c, fd);
	return ret;
}

int sgx_debug_write(struct enclave *base, uint64_t addr, const void *src,
                    size_t size)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct sgx_calls *c = sgx_calls(e);
	int ret = range_ok(e, addr, size);
	int fd;

	if (ret < 0)
		return ret;
	fd = c->open(c, "/proc/self/mem", O_RDWR);
	if (fd < 0)
		return fd;
	if (c->pwrite(c, fd, src, size, addr) != (long)size)
		ret = -EFAULT;
	c->close(c, fd);
	return ret;
}

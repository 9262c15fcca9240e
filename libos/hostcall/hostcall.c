/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostcall.c - the way out and back, and the boot block.
 */
#include "libos/hostcall/hostcall.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/vcpu.h"
#include "libos/hostcall/call.h"
#include "libos/hostcall/hostmem.h"

static struct host_shared __host *shared;
static struct host_boot boot;

static bool blob_ok(const struct host_blob *b)
{
	return host_range_ok(b->addr, b->size);
}

static int boot_check(uint64_t addr)
{
	uint64_t end;

	if (boot.magic != HOST_SHARED_MAGIC || boot.version != HOST_ABI_VERSION)
		return -EINVAL;
	if (!boot.nvcpus || boot.nvcpus > VCPU_MAX)
		return -EINVAL;
	if (boot.vcpu_offset % 4096 || boot.vcpu_stride % 4096 ||
	    boot.vcpu_stride < sizeof(struct vcpu_shared) ||
	    boot.vcpu_offset < sizeof(struct host_shared))
		return -EINVAL;
	if (boot.vcpu_stride > (1ull << 32) || boot.vcpu_offset > (1ull << 32))
		return -EINVAL;
	end = boot.vcpu_offset + boot.vcpu_stride * boot.nvcpus;
	if (!host_range_ok(addr, end))
		return -EINVAL;
	if (!blob_ok(&boot.args) || !blob_ok(&boot.env) ||
	    !blob_ok(&boot.cpuid) || !blob_ok(&boot.root_index) ||
	    !blob_ok(&boot.root_body))
		return -EINVAL;
	return 0;
}

int host_attach(uint64_t addr)
{
	if (addr % 4096 || !host_range_ok(addr, sizeof(struct host_shared)))
		return -EINVAL;
	if (copy_from_host(&boot, host_ptr(addr), sizeof(boot)) ||
	    boot_check(addr))
		return -EINVAL;
	shared = host_ptr(addr);
	return 0;
}

const struct host_boot *host_boot_block(void)
{
	return &boot;
}

struct host_shared __host *host_shared_area(void)
{
	return shared;
}

struct vcpu_shared __host *host_vcpu_area(void)
{
	return host_ptr(host_addr(shared) + boot.vcpu_offset +
	                vcpu_self()->index * boot.vcpu_stride);
}

int64_t host_call(enum hostcall nr, const void *args, size_t size)
{
	struct vcpu_shared __host *vs = host_vcpu_area();

	if (copy_to_host(&vs->args, args, size))
		return -EFAULT;
	host_store32(&vs->number, (uint32_t)nr);
	fpu_leave();
	entry_leave_hostcall();
	return (int64_t)host_load64((uint64_t __force __host *)&vs->result);
}

long host_check_count(int64_t result, size_t max, const short *errnos)
{
	if (result >= 0)
		return (uint64_t)result <= max ? (long)result : -EIO;
	for (; *errnos; errnos++)
		if (result == -*errnos)
			return (long)result;
	return -EIO;
}

long host_blob_read(const struct host_blob *blob, uint64_t offset, void *dst,
                    size_t size)
{
	if (offset > blob->size)
		return -EFAULT;
	size = MIN(size, blob->size - offset);
	if (copy_from_host(dst, host_ptr(blob->addr + offset), size))
		return -EFAULT;
	return (long)size;
}

int host_root_read(void *dst, size_t size, uint64_t offset)
{
	const struct host_blob *body = &boot.root_body;

	if (offset > body->size || size > body->size - offset)
		return -EIO;
	if (copy_from_host(dst, host_ptr(body->addr + offset), size))
		return -EIO;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug.c - EDBGRD and EDBGWR.
 *
 * Pages are read and written past their protection, as those leaves do, by way
 * of /proc/self/mem.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "platform/emu/emu.h"

/* What the leaf sees at a TCS; reserved bytes are zero. */
static void show_tcs(const struct emu_tcs *t, struct tcs *ret_tcs)
{
	*ret_tcs = (struct tcs){
		.state = READ_ONCE(t->state),
		.flags = t->flags,
		.ossa = t->ossa,
		.cssa = READ_ONCE(t->cssa),
		.nssa = t->nssa,
		.oentry = t->oentry,
		.aep = t->aep,
		.ofsbase = t->ofsbase,
		.ogsbase = t->ogsbase,
	};
}

static struct emu_tcs *tcs_of(struct emu_enclave *e, uint64_t page)
{
	if (epcm_type(epcm_get(&e->epcm, page)) != SGX_PT_TCS)
		return NULL;
	return emu_tcs_find(e, page);
}

static int range_ok(const struct emu_enclave *e, uint64_t addr, size_t size)
{
	uint64_t offset = addr - e->secs.baseaddr;

	if (!emu_is_debug(e))
		return -EPERM;
	if (offset >= e->secs.size || size > e->secs.size - offset)
		return -EFAULT;
	for (uint64_t page = ALIGN_DOWN(addr, PAGE_SIZE); page < addr + size;
	     page += PAGE_SIZE)
		if (!epcm_is_settled(epcm_get(&e->epcm, page)))
			return -EFAULT;
	return 0;
}

static int read_part(struct emu_enclave *e, int fd, uint64_t addr, void *dst,
                     size_t size)
{
	uint64_t page = ALIGN_DOWN(addr, PAGE_SIZE);
	struct emu_tcs *t = tcs_of(e, page);
	struct tcs tcs;

	if (t) {
		show_tcs(t, &tcs);
		memcpy(dst, (uint8_t *)&tcs + (addr - page), size);
		return 0;
	}
	if (pread(fd, dst, size, (off_t)addr) != (ssize_t)size)
		return -EFAULT;
	return 0;
}

static int write_part(struct emu_enclave *e, int fd, uint64_t addr,
                      const void *src, size_t size)
{
	uint64_t page = ALIGN_DOWN(addr, PAGE_SIZE);
	struct emu_tcs *t = tcs_of(e, page);

	if (t) {
		if (addr - page != offsetof(struct tcs, flags) ||
		    size != sizeof(t->flags))
			return -EFAULT;
		memcpy(&t->flags, src, sizeof(t->flags));
		return 0;
	}
	if (pwrite(fd, src, size, (off_t)addr) != (ssize_t)size)
		return -EFAULT;
	return 0;
}

/* How much of [@addr, +@size) lies on @addr's page. */
static size_t on_page(uint64_t addr, size_t size)
{
	return MIN(size, (size_t)(PAGE_SIZE - (addr & (PAGE_SIZE - 1))));
}

int emu_debug_read(struct enclave *base, uint64_t addr, void *dst, size_t size)
{
	struct emu_enclave *e = emu_enclave(base);
	int ret = range_ok(e, addr, size);
	uint8_t *to = dst;
	int fd;

	if (ret < 0)
		return ret;
	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (ret == 0 && size > 0) {
		size_t n = on_page(addr, size);

		ret = read_part(e, fd, addr, to, n);
		addr += n;
		to += n;
		size -= n;
	}
	close(fd);
	return ret;
}

int emu_debug_write(struct enclave *base, uint64_t addr, const void *src,
                    size_t size)
{
	struct emu_enclave *e = emu_enclave(base);
	int ret = range_ok(e, addr, size);
	const uint8_t *from = src;
	int fd;

	if (ret < 0)
		return ret;
	/* What is measured is measured with the bytes it had. */
	recorder_sync(&e->recorder);
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (ret == 0 && size > 0) {
		size_t n = on_page(addr, size);

		ret = write_part(e, fd, addr, from, n);
		addr += n;
		from += n;
		size -= n;
	}
	close(fd);
	return ret;
}

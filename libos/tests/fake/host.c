/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - the host calls that are not about pages, and random numbers that
 * are the same each time.
 *
 * There is no descriptor, no terminal and no root, unless a test supplies the
 * latter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/errno.h"
#include "libos/cpu/random.h"
#include "libos/hostcall/hostcall.h"
#include "libos/tests/fake/fake.h"
#include "libos/tests/fake/root.h"

const uint8_t *fake_root_body;
size_t fake_root_size;

int random_bytes(void *dst, size_t size)
{
	static uint64_t state = 0x9e3779b97f4a7c15ull;
	uint8_t *p = dst;

	while (size--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		*p++ = (uint8_t)(state >> 32);
	}
	return 0;
}

const struct host_boot *host_boot_block(void)
{
	static const struct host_boot boot = {
		.magic = HOST_SHARED_MAGIC,
		.version = HOST_ABI_VERSION,
		.nvcpus = 1,
		.uid = HOST_USER_CONFIG,
		.gid = HOST_USER_CONFIG,
	};

	return &boot;
}

int host_root_read(void *dst, size_t size, uint64_t offset)
{
	fake_locks_check_sleep("a host call");
	if (offset > fake_root_size || size > fake_root_size - offset)
		return -EIO;
	memcpy(dst, fake_root_body + offset, size);
	return 0;
}

void host_idle(uint64_t deadline_ns)
{
	(void)deadline_ns;
	fake_die("host_idle");
}

void host_kick(uint32_t vcpu)
{
	(void)vcpu;
}

void host_exit(enum exit_kind kind, uint32_t status, uint32_t code)
{
	if (fake_on_exit)
		fake_on_exit(kind, status, code);
	fake_die("host_exit(%d, %u, %u)", kind, status, code);
}

long host_read(uint32_t fd, void *dst, size_t size)
{
	(void)fd, (void)dst, (void)size;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

long host_write(uint32_t fd, const void *src, size_t size)
{
	(void)fd, (void)src, (void)size;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

long host_poll(uint32_t fd, uint32_t events)
{
	(void)fd, (void)events;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

long host_seek(uint32_t fd, int64_t offset, uint32_t whence)
{
	(void)fd, (void)offset, (void)whence;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

int host_fdinfo(uint32_t fd, struct hc_fdinfo *ret)
{
	(void)fd, (void)ret;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

long host_tty(uint32_t fd, enum hc_tty_op op, uint32_t how, void *arg,
              size_t size)
{
	(void)fd, (void)op, (void)how, (void)arg, (void)size;
	fake_locks_check_sleep("a host call");
	return -EBADF;
}

int host_close(uint32_t fd)
{
	(void)fd;
	return -EBADF;
}

void host_log(uint32_t level, const char *text, size_t size)
{
	(void)level;
	fwrite(text, 1, size, stderr);
}

uint64_t host_take_ready(void)
{
	return 0;
}

uint64_t host_take_signals(void)
{
	return 0;
}

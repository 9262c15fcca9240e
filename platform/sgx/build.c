/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - from a reserved range of addresses to an initialised enclave.
 *
 * Pages are copied through a buffer of anonymous memory: the driver refuses
 * sources that may not become executable, such as a file on a noexec mount,
 * and an instance may well lie on one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/sgx/sgx.h"
#include "sgx/attributes.h"
#include "sgx/secinfo.h"

enum { CHUNK_SIZE = SGX_CHUNK_PAGES * PAGE_SIZE };

static int create_refused(int ret, struct platform_error *err)
{
	switch (ret) {
	case -EINVAL:
		return platform_fail(err, ret, 0, "SIZE is not a power of two");
	case -EIO:
		return platform_fail(err, ret, 0,
		                     "ECREATE: the CPU refuses SECS");
	case -ENOMEM:
		return platform_fail(err, ret, 0,
		                     "the EPC is full: end other enclaves");
	default:
		return platform_fail(err, ret, 0, "can't create an enclave: %s",
		                     strerror(-ret));
	}
}

/* The driver forgets this at CREATE, so it comes after it. */
static int allow_provisioning(struct sgx_enclave *e, struct platform_error *err)
{
	struct sgx_calls *c = sgx_calls(e);
	struct sgx_enclave_provision arg;
	int fd = c->open(c, SGX_PROVISION_DEVICE, O_RDONLY);
	int ret = fd;

	if (fd >= 0) {
		arg.fd = (uint64_t)fd;
		ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_PROVISION, &arg);
		c->close(c, fd);
	}
	if (ret < 0)
		return platform_fail(err, -EACCES, 0,
		                     "an enclave with PROVISIONKEY needs "
		                     "permission to open " SGX_PROVISION_DEVICE
		                     ": add this user to the device's "
		                     "group, as in `usermod -aG sgx_prv USER`");
	return 0;
}

static int create(struct sgx_enclave *e, const struct secs *secs,
                  struct platform_error *err)
{
	struct sgx_calls *c = sgx_calls(e);
	struct sgx_enclave_create arg = { .src = (uintptr_t)e->buffer };
	int ret;

	memset(e->buffer, 0, PAGE_SIZE);
	memcpy(e->buffer, secs, sizeof(*secs));
	ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_CREATE, &arg);
	if (ret < 0)
		return create_refused(ret, err);
	if (secs->attributes.flags & SGX_ATTR_PROVISIONKEY)
		return allow_provisioning(e, err);
	return 0;
}

static void free_build_state(struct sgx_enclave *e)
{
	if (e->buffer)
		munmap(e->buffer, CHUNK_SIZE);
	e->buffer = NULL;
	free(e->run);
	e->run = NULL;
	e->n_runs = e->max_runs = 0;
}

static int set_up(struct sgx_enclave *e, const struct secs *secs,
                  struct platform_error *err)
{
	struct sgx_calls *c = sgx_calls(e);
	void *buffer = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (buffer == MAP_FAILED)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	e->buffer = buffer;
	ret = sgx_map_reserve(e, err);
	if (ret < 0)
		goto out_buffer;
	e->fd = c->open(c, SGX_DEVICE, O_RDWR);
	if (e->fd < 0) {
		ret = platform_fail(err, e->fd, 0,
		                    "can't open " SGX_DEVICE ": %s",
		                    strerror(-e->fd));
		goto out_range;
	}
	ret = create(e, secs, err);
	if (ret == 0)
		return 0;
	c->close(c, e->fd);

out_range:
	c->munmap(c, e->start, e->addr + e->size - e->start);
out_buffer:
	free_build_state(e);
	return ret;
}

int sgx_create(struct platform *base, const struct secs *secs,
               const struct enclave_pad *pads, size_t n_pads,
               struct enclave **ret_enclave, struct platform_error *err)
{
	struct sgx_enclave *e;
	int ret;

	(void)pads; /* the CPU executes ENCLU as it stands */
	(void)n_pads;
	if (!secs->size || secs->size & (secs->size - 1))
		return create_refused(-EINVAL, err);
	e = calloc(1, sizeof(*e));
	if (!e)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	e->base = (struct enclave){ .ops = &sgx_ops, .enter = sgx_enter };
	e->platform = container_of(base, struct sgx_platform, base);
	pthread_mutex_init(&e->page_calls, NULL);
	e->addr = secs->baseaddr;
	e->size = secs->size;
	e->start = MAX(e->addr, (uint64_t)SGX_LOWEST);
	e->is_debug = secs->attributes.flags & SGX_ATTR_DEBUG;
	ret = set_up(e, secs, err);
	if (ret < 0) {
		free(e);
		return ret;
	}
	*ret_enclave = &e->base;
	return 0;
}

void sgx_destroy(struct enclave *base)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct sgx_calls *c = sgx_calls(e);

	/* The enclave dies with its last file and its last mapping. */
	c->close(c, e->fd);
	c->munmap(c, e->start, e->addr + e->size - e->start);
	free_build_state(e);
	free(e);
}

/* ---- adding pages ------------------------------------------------------ */

static int add_refused(int ret, uint64_t offset, struct platform_error *err)
{
	unsigned long at = offset;

	switch (ret) {
	case -EINVAL:
		return platform_fail(err, ret, 0,
		                     "adding pages at %#lx: alignment, range, "
		                     "SECINFO, or the enclave is initialised",
		                     at);
	case -EBUSY:
		return platform_fail(err, ret, 0,
		                     "a page at %#lx exists already", at);
	case -ENOMEM:
		return platform_fail(err, ret, 0,
		                     "the EPC is full: end other enclaves");
	case -EIO:
		return platform_fail(err, ret, 0,
		                     "EADD: the CPU refuses a page at %#lx",
		                     at);
	default:
		return platform_fail(err, ret, 0, "adding pages at %#lx: %s",
		                     at, strerror(-ret));
	}
}

static bool is_transient(int ret)
{
	return ret == 0 || ret == -EINTR || ret == -EAGAIN;
}

/*
 * One buffer full.  A signal makes the driver stop early: with EINTR before the
 * first page, later with success and a count that is too small.
 */
static int add_chunk(struct sgx_enclave *e, struct sgx_enclave_add_pages *arg)
{
	struct sgx_calls *c = sgx_calls(e);
	unsigned int idle = 0;

	while (arg->length > 0) {
		int ret;

		arg->count = 0;
		ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_ADD_PAGES, arg);
		if (arg->count > arg->length)
			return -EIO;
		idle = arg->count ? 0 : idle + 1;
		arg->src += arg->count;
		arg->offset += arg->count;
		arg->length -= arg->count;
		if (!is_transient(ret))
			return ret;
		if (idle > SGX_RETRIES)
			return ret ? ret : -EIO;
	}
	return 0;
}

int sgx_add_pages(struct enclave *base, uint64_t offset, const void *src,
                  size_t npages, uint64_t secinfo, unsigned int flags,
                  struct platform_error *err)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct secinfo info __aligned(64) = { .flags = secinfo };
	const uint8_t *from = src;
	uint64_t at = offset;
	uint64_t left = (uint64_t)npages << PAGE_SHIFT;
	int ret = 0;

	if (!e->buffer || !npages)
		return add_refused(-EINVAL, offset, err);
	if (!src)
		memset(e->buffer, 0, MIN(left, (uint64_t)CHUNK_SIZE));
	while (ret == 0 && left > 0) {
		struct sgx_enclave_add_pages arg = {
			.src = (uintptr_t)e->buffer,
			.offset = at,
			.length = MIN(left, (uint64_t)CHUNK_SIZE),
			.secinfo = (uintptr_t)&info,
			.flags = flags & ENCLAVE_MEASURE ? SGX_PAGE_MEASURE : 0,
		};
		uint64_t size = arg.length;

		if (from) {
			memcpy(e->buffer, from, size);
			from += size;
		}
		ret = add_chunk(e, &arg);
		at += size;
		left -= size;
	}
	if (ret == 0)
		ret = sgx_map_note(e, e->addr + offset, e->addr + at, secinfo);
	return ret < 0 ? add_refused(ret, offset, err) : 0;
}

/* ---- init -------------------------------------------------------------- */

static int init_refused(int ret, struct platform_error *err)
{
	switch (ret) {
	case -EPERM:
		return platform_fail(
			err, ret, 0,
			"EINIT: measurement, signature or attributes are not "
			"those that SIGSTRUCT names");
	case -EACCES:
		return platform_fail(
			err, ret, 0,
			"the enclave has ATTRIBUTES that this host "
			"does not permit");
	case -EINVAL:
		return platform_fail(err, ret, 0,
		                     "the enclave is already initialised, or "
		                     "SIGSTRUCT names an unknown vendor or "
		                     "demands a feature that this CPU does not "
		                     "have");
	default:
		return platform_fail(err, ret, 0, "EINIT: %s", strerror(-ret));
	}
}

int sgx_init(struct enclave *base, const struct sigstruct *sig,
             struct platform_error *err)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct sgx_calls *c = sgx_calls(e);
	struct sgx_enclave_init arg;
	int ret = -EINTR;

	if (!e->buffer)
		return init_refused(-EINVAL, err);
	memset(e->buffer, 0, PAGE_SIZE);
	memcpy(e->buffer, sig, sizeof(*sig));
	arg.sigstruct = (uintptr_t)e->buffer;
	for (int i = 0; i < SGX_RETRIES && ret == -EINTR; i++)
		ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_INIT, &arg);
	if (ret < 0)
		return init_refused(ret, err);
	ret = sgx_map_pages(e, err);
	if (ret == 0)
		free_build_state(e);
	return ret;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_memory.c - mapping and filling.
 */
#include "host/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "host/cpuid_table.h"

#include "base/banned.h"

#define VCPU_OFFSET (sizeof(struct host_shared) + PAGE_SIZE)
#define VCPU_SHARED_STRIDE (sizeof(struct vcpu_shared) + PAGE_SIZE)

static int allow(void *addr, size_t size)
{
	return mprotect(addr, size, PROT_READ | PROT_WRITE) < 0 ? -errno : 0;
}

static int map_area(struct shared_memory *m)
{
	size_t size = PAGE_SIZE + VCPU_OFFSET + m->nvcpus * VCPU_SHARED_STRIDE;
	uint8_t *area;
	int ret;

	area = mmap(NULL, size, PROT_NONE,
	            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	m->area = area;
	m->area_size = size;
	m->shared = (struct host_shared *)(void *)(area + PAGE_SIZE);
	ret = allow(m->shared, sizeof(struct host_shared));
	for (uint32_t i = 0; i < m->nvcpus && !ret; i++)
		ret = allow(shared_memory_vcpu(m, i),
		            sizeof(struct vcpu_shared));
	return ret;
}

struct vcpu_shared *shared_memory_vcpu(const struct shared_memory *memory,
                                       uint32_t index)
{
	uint8_t *base = (uint8_t *)memory->shared;

	return (struct vcpu_shared *)(void *)(base + VCPU_OFFSET +
	                                      index * VCPU_SHARED_STRIDE);
}

/* Bytes of the strings of @list, their NULs included. */
static size_t strings_size(char *const *list)
{
	size_t size = 0;

	for (size_t i = 0; list && list[i]; i++)
		size += strlen(list[i]) + 1;
	return size;
}

/* Copies @list to *@at and moves that on. */
static struct host_blob put_strings(uint8_t **at, char *const *list)
{
	struct host_blob blob = { .addr = (uintptr_t)*at };

	for (size_t i = 0; list && list[i]; i++) {
		size_t size = strlen(list[i]) + 1;

		memcpy(*at, list[i], size);
		*at += size;
		blob.size += size;
	}
	return blob;
}

static struct host_blob put_cpuid(uint8_t **at)
{
	struct host_blob blob = { .addr = (uintptr_t)*at };

	blob.size = cpuid_table_collect((struct host_cpuid *)(void *)*at) *
	            sizeof(struct host_cpuid);
	*at += blob.size;
	return blob;
}

static int map_strings(struct shared_memory *m,
                       const struct host_run_options *options)
{
	struct host_boot *boot = &m->shared->boot;
	size_t size = CPUID_TABLE_MAX * sizeof(struct host_cpuid) +
	              strings_size(options->argv) + strings_size(options->env);
	uint8_t *at;

	size = ALIGN_UP(size, (size_t)PAGE_SIZE);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	m->strings = at;
	m->strings_size = size;
	boot->cpuid = put_cpuid(&at); /* first: it wants alignment */
	boot->args = put_strings(&at, options->argv);
	boot->env = put_strings(&at, options->env);
	return mprotect(m->strings, size, PROT_READ) < 0 ? -errno : 0;
}

/* An empty file becomes an empty blob. */
static int map_file(const char *path, struct host_blob *ret_blob)
{
	struct stat st;
	void *map = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		ret = -errno;
	else if (st.st_size)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
		           0);
	if (!ret && map == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (ret)
		return ret;
	ret_blob->addr = (uintptr_t)map;
	ret_blob->size = (uint64_t)st.st_size;
	return 0;
}

static void unmap_blob(struct host_blob *blob)
{
	if (blob->size)
		munmap((void *)(uintptr_t)blob->addr, blob->size);
}

static void fill_boot(struct shared_memory *m,
                      const struct host_run_options *options)
{
	struct host_boot *boot = &m->shared->boot;

	boot->magic = HOST_SHARED_MAGIC;
	boot->version = HOST_ABI_VERSION;
	boot->nvcpus = m->nvcpus;
	boot->vcpu_offset = VCPU_OFFSET;
	boot->vcpu_stride = VCPU_SHARED_STRIDE;
	boot->uid = options->uid;
	boot->gid = options->gid;
	boot->flags = options->flags & HOST_RUN_STRACE ? HOST_STRACE : 0;
}

static int map_root_file(const char *path, struct host_blob *ret_blob,
                         struct host_error *err)
{
	int ret = map_file(path, ret_blob);

	if (ret < 0)
		return host_fail(err, ret,
		                 "can't map %s: %s; run `occlum build`", path,
		                 strerror(-ret));
	return 0;
}

static int map_root(struct shared_memory *m,
                    const struct host_run_options *options,
                    struct host_error *err)
{
	struct host_boot *boot = &m->shared->boot;
	int ret;

	ret = map_root_file(options->root_index, &m->index, err);
	if (ret < 0)
		return ret;
	ret = map_root_file(options->root_body, &m->body, err);
	boot->root_index = m->index;
	boot->root_body = m->body;
	return ret;
}

int shared_memory_create(struct shared_memory *memory,
                         const struct host_run_options *options,
                         uint32_t nvcpus, struct host_error *err)
{
	int ret;

	*memory = (struct shared_memory){ .nvcpus = nvcpus };
	ret = map_area(memory);
	if (!ret)
		ret = map_strings(memory, options);
	if (ret < 0) {
		host_fail(err, ret, "no memory to share with the enclave: %s",
		          strerror(-ret));
		goto out_destroy;
	}
	fill_boot(memory, options);
	ret = map_root(memory, options, err);
	if (!ret)
		return 0;

out_destroy:
	shared_memory_destroy(memory);
	return ret;
}

void shared_memory_destroy(struct shared_memory *memory)
{
	unmap_blob(&memory->body);
	unmap_blob(&memory->index);
	if (memory->strings)
		munmap(memory->strings, memory->strings_size);
	if (memory->area)
		munmap(memory->area, memory->area_size);
	*memory = (struct shared_memory){ 0 };
}

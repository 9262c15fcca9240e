/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioctl.c - the driver's ioctls: dispatch, and those that build an enclave.
 *
 * Each does the driver's checks in the driver's order; what is the leaf's to
 * refuse is left to emu.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include "platform/emu/emu.h"
#include "platform/fake/fake_internal.h"
#include "sgx/zero.h"

enum {
	/* Source pages are looked at in pieces of this size. */
	PIECE_PAGES = 64,
};

static int do_create(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_create *arg = argp;
	struct secs secs;
	int ret;

	if (file->enclave)
		return -EINVAL;
	if (fake_copy_in(&secs, arg->src, sizeof(secs)) < 0)
		return -EFAULT;
	if (!secs.size || secs.size & (secs.size - 1))
		return -EINVAL;
	fake_unreserve(f, secs.baseaddr, secs.baseaddr + secs.size);
	ret = enclave_create(f->emu, &secs, NULL, 0, &file->enclave, NULL);
	if (ret < 0)
		return ret;
	fake_adopt(file->enclave);
	file->secs = secs;
	file->may_provision = false;
	file->vma = mmap(NULL, secs.size >> PAGE_SHIFT, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (file->vma == MAP_FAILED) {
		file->vma = NULL;
		enclave_destroy(file->enclave);
		file->enclave = NULL;
		return -ENOMEM;
	}
	return 0;
}

int fake_range_check(const struct fake_file *file, uint64_t offset,
                     uint64_t length)
{
	if (!IS_ALIGNED(offset, PAGE_SIZE) || !length ||
	    !IS_ALIGNED(length, PAGE_SIZE))
		return -EINVAL;
	if (offset >= file->secs.size || length > file->secs.size - offset)
		return -EINVAL;
	return 0;
}

/* One SECINFO for all pages. */
static int secinfo_check(uint64_t src, struct secinfo *ret_secinfo)
{
	struct secinfo s;
	uint64_t rwx;

	if (fake_copy_in(&s, src, sizeof(s)) < 0)
		return -EFAULT;
	rwx = s.flags & SGX_SECINFO_RWX;
	if ((s.flags & ~rwx) != SGX_SECINFO_REG && s.flags != SGX_SECINFO_TCS)
		return -EINVAL;
	if (rwx & SGX_SECINFO_W && !(rwx & SGX_SECINFO_R))
		return -EINVAL;
	if (!is_zero(s.reserved, sizeof(s.reserved)))
		return -EINVAL;
	*ret_secinfo = s;
	return 0;
}

/* VM_MAYEXEC, which is gone for files on a noexec mount. */
static bool may_execute(const char *path)
{
	struct statvfs st;

	return path[0] != '/' || statvfs(path, &st) < 0 ||
	       !(st.f_flag & ST_NOEXEC);
}

static int source_check(uint64_t src)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int ret = -EFAULT;

	if (!maps)
		return -ENOMEM;
	while (ret == -EFAULT && fgets(line, sizeof(line), maps)) {
		char path[256] = "";
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &start, &end,
		           path) < 2 ||
		    src < start || src >= end)
			continue;
		ret = may_execute(path) ? 0 : -EACCES;
	}
	fclose(maps);
	return ret;
}

/* How many pages from @offset on do not exist yet, at most @npages. */
static uint64_t count_absent(const struct fake_file *file, uint64_t offset,
                             uint64_t npages)
{
	const struct epcm *epcm = &emu_enclave(file->enclave)->epcm;
	uint64_t addr = file->secs.baseaddr + offset;
	uint64_t n = 0;

	while (n < npages && !epcm_get(epcm, addr + (n << PAGE_SHIFT)))
		n++;
	return n;
}

static int add_piece(struct fake_file *file,
                     const struct sgx_enclave_add_pages *arg, uint64_t flags,
                     uint64_t npages)
{
	static uint8_t piece[PIECE_PAGES * PAGE_SIZE] __aligned(PAGE_SIZE);
	uint64_t size = npages << PAGE_SHIFT;

	if (fake_copy_in(piece, arg->src + arg->count, size) < 0)
		return -EFAULT;
	/* Zeros cost emu no memory if it is told that they are. */
	return enclave_add_pages(
		file->enclave, arg->offset + arg->count,
		is_zero(piece, size) ? NULL : piece, npages, flags,
		arg->flags & SGX_PAGE_MEASURE ? ENCLAVE_MEASURE : 0, NULL);
}

static int add_all(struct fake *f, struct fake_file *file,
                   struct sgx_enclave_add_pages *arg, uint64_t flags)
{
	uint64_t stop = (uint64_t)f->trouble.stop_pages << PAGE_SHIFT;
	int ret = 0;

	while (ret == 0 && arg->count < arg->length) {
		uint64_t left = arg->length - arg->count;
		uint64_t n;

		if (stop && arg->count >= stop)
			return 0; /* a signal: what is done is done */
		if (stop)
			left = MIN(left, stop - arg->count);
		n = count_absent(
			file, arg->offset + arg->count,
			MIN(left >> PAGE_SHIFT, (uint64_t)PIECE_PAGES));
		if (!n)
			return -EBUSY;
		ret = source_check(arg->src + arg->count);
		if (ret == 0)
			ret = add_piece(file, arg, flags, n);
		if (ret == 0)
			arg->count += n << PAGE_SHIFT;
	}
	return ret;
}

static int do_add_pages(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_add_pages *arg = argp;
	struct secinfo secinfo = { 0 };
	int ret;

	if (!file->enclave || file->is_initialized)
		return -EINVAL;
	if (!IS_ALIGNED(arg->src, PAGE_SIZE))
		return -EINVAL;
	ret = fake_range_check(file, arg->offset, arg->length);
	if (ret == 0)
		ret = secinfo_check(arg->secinfo, &secinfo);
	if (ret < 0)
		return ret;
	arg->count = 0;
	return add_all(f, file, arg, secinfo.flags);
}

static int do_init(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_init *arg = argp;
	struct sigstruct sig;
	int ret;

	(void)f;
	if (!file->enclave || file->is_initialized)
		return -EINVAL;
	if (fake_copy_in(&sig, arg->sigstruct, sizeof(sig)) < 0)
		return -EFAULT;
	if (file->secs.attributes.flags & SGX_ATTR_PROVISIONKEY &&
	    !file->may_provision)
		return -EACCES;
	ret = enclave_init(file->enclave, &sig, NULL);
	file->is_initialized = ret == 0;
	return ret;
}

static int do_provision(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_provision *arg = argp;

	if (arg->fd > INT32_MAX || !fake_file(f, (int)arg->fd, FAKE_PROVISION))
		return -EINVAL;
	file->may_provision = true;
	return 0;
}

struct handler {
	unsigned long request;
	int (*serve)(struct fake *f, struct fake_file *file, void *arg);
	bool is_sgx2;
	bool has_count; /* the last member of its argument */
};

static const struct handler handlers[] = {
	{ SGX_IOC_ENCLAVE_CREATE, do_create, false, false },
	{ SGX_IOC_ENCLAVE_ADD_PAGES, do_add_pages, false, true },
	{ SGX_IOC_ENCLAVE_INIT, do_init, false, false },
	{ SGX_IOC_ENCLAVE_PROVISION, do_provision, false, false },
	{ SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, fake_restrict, true, true },
	{ SGX_IOC_ENCLAVE_MODIFY_TYPES, fake_modify, true, true },
	{ SGX_IOC_ENCLAVE_REMOVE_PAGES, fake_remove, true, true },
};

static const struct handler *find_handler(const struct fake *f,
                                          unsigned long request)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (handlers[i].request == request)
			return handlers[i].is_sgx2 && f->trouble.no_sgx2_ioctls
			               ? NULL
			               : &handlers[i];
	return NULL;
}

/* The driver copies its argument in, and back out whatever the result. */
static int serve(struct fake *f, struct fake_file *file,
                 const struct handler *handler, void *argp)
{
	uint64_t arg[8];
	size_t size = _IOC_SIZE(handler->request);
	int ret = fake_copy_in(arg, (uintptr_t)argp, size);

	if (ret < 0)
		return ret;
	if (f->trouble.during)
		f->trouble.during(f->trouble.arg);
	ret = handler->serve(f, file, arg);
	if (handler->has_count)
		arg[size / sizeof(arg[0]) - 1] += (uint64_t)f->trouble.count_lie
		                                  << PAGE_SHIFT;
	if (_IOC_DIR(handler->request) & _IOC_READ)
		memcpy(argp, arg, size);
	return ret;
}

int fake_ioctl(struct sgx_calls *c, int fd, unsigned long request, void *arg)
{
	struct fake *f = fake_of(c);
	struct fake_file *file = fake_file(f, fd, FAKE_ENCLAVE);
	const struct handler *handler;
	int ret;

	if (fake_fails(f))
		return f->trouble.error;
	if (!file) {
		f->strange++;
		return -EBADF;
	}
	if (__atomic_exchange_n(&file->is_busy, 1, __ATOMIC_ACQUIRE))
		return -EBUSY;
	handler = find_handler(f, request);
	ret = handler ? serve(f, file, handler, arg) : -ENOTTY;
	__atomic_store_n(&file->is_busy, 0, __ATOMIC_RELEASE);
	return ret;
}

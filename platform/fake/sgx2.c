/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgx2.c - RESTRICT_PERMISSIONS, MODIFY_TYPES, REMOVE_PAGES.
 */
#include <errno.h>

#include "platform/fake/fake_internal.h"
#include "sgx/secinfo.h"

/* What all three check first. */
static int entry_check(const struct fake *f, const struct fake_file *file,
                       uint64_t offset, uint64_t length)
{
	if (!f->is_sgx2)
		return -ENODEV;
	if (!file->enclave || !file->is_initialized)
		return -EINVAL;
	return fake_range_check(file, offset, length);
}

/* Bytes that this call gets to, *@ret_error what stops it there. */
static uint64_t limit(const struct fake *f, uint64_t length, int *ret_error)
{
	uint64_t stop = (uint64_t)f->trouble.stop_pages << PAGE_SHIFT;

	*ret_error = 0;
	if (!stop || length <= stop)
		return length;
	*ret_error = f->trouble.stop_error;
	return stop;
}

int fake_restrict(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_restrict_permissions *arg = argp;
	struct enclave_progress p;
	uint64_t length;
	int ret = entry_check(f, file, arg->offset, arg->length);
	int stopped;

	if (ret < 0)
		return ret;
	if (arg->permissions & ~(uint64_t)SGX_SECINFO_RWX ||
	    (arg->permissions & SGX_SECINFO_W &&
	     !(arg->permissions & SGX_SECINFO_R)) ||
	    arg->result || arg->count)
		return -EINVAL;
	length = limit(f, arg->length, &stopped);
	ret = enclave_restrict(file->enclave, arg->offset, length >> PAGE_SHIFT,
	                       (uint32_t)arg->permissions, &p);
	arg->result = p.code;
	arg->count = p.npages << PAGE_SHIFT;
	return ret ? ret : stopped;
}

int fake_modify(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_modify_types *arg = argp;
	struct enclave_progress p;
	uint64_t length;
	int ret = entry_check(f, file, arg->offset, arg->length);
	int stopped;

	if (ret < 0)
		return ret;
	if ((arg->page_type != SGX_PT_TCS && arg->page_type != SGX_PT_TRIM) ||
	    arg->result || arg->count)
		return -EINVAL;
	length = limit(f, arg->length, &stopped);
	ret = enclave_modify(file->enclave, arg->offset, length >> PAGE_SHIFT,
	                     (uint32_t)arg->page_type, &p);
	arg->result = p.code;
	arg->count = p.npages << PAGE_SHIFT;
	return ret ? ret : stopped;
}

int fake_remove(struct fake *f, struct fake_file *file, void *argp)
{
	struct sgx_enclave_remove_pages *arg = argp;
	struct enclave_progress p;
	uint64_t length;
	int ret = entry_check(f, file, arg->offset, arg->length);
	int stopped;

	if (ret < 0)
		return ret;
	if (arg->count)
		return -EINVAL;
	length = limit(f, arg->length, &stopped);
	ret = enclave_remove(file->enclave, arg->offset, length >> PAGE_SHIFT,
	                     &p);
	arg->count = p.npages << PAGE_SHIFT;
	return ret ? ret : stopped;
}

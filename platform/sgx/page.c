/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - the driver's SGX2 calls: a loop over what each of them leaves
 * undone, because a signal or the reclaimer came in between.
 */
#include <errno.h>

#include "platform/sgx/sgx.h"

/* One call in progress: its arguments as the driver's structs have them. */
struct step {
	unsigned long request;
	uint64_t offset;
	uint64_t length;
	uint64_t what; /* permissions or page type */
	uint64_t result;
	uint64_t count;
};

/* RESTRICT_PERMISSIONS and MODIFY_TYPES have the same layout. */
static int call_with_result(struct sgx_enclave *e, struct step *s)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = s->offset,
		.length = s->length,
		.permissions = s->what,
	};
	int ret = sgx_calls(e)->ioctl(sgx_calls(e), e->fd, s->request, &arg);

	s->result = arg.result;
	s->count = arg.count;
	return ret;
}

static_assert(sizeof(struct sgx_enclave_restrict_permissions) ==
                      sizeof(struct sgx_enclave_modify_types),
              "two structs as one");

static int call_remove(struct sgx_enclave *e, struct step *s)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = s->offset,
		.length = s->length,
	};
	int ret = sgx_calls(e)->ioctl(sgx_calls(e), e->fd, s->request, &arg);

	s->count = arg.count;
	return ret;
}

static bool is_transient(int ret)
{
	return ret == 0 || ret == -EINTR || ret == -EAGAIN || ret == -EBUSY;
}

static int run_locked(struct sgx_enclave *e, struct step *s,
                      int (*call)(struct sgx_enclave *e, struct step *s),
                      struct enclave_progress *ret_progress)
{
	unsigned int idle = 0;

	*ret_progress = (struct enclave_progress){ 0 };
	if (!e->platform->base.caps.sgx2)
		return -ENODEV;
	do {
		int ret = call(e, s);

		if (s->count > s->length)
			return -EFAULT;
		ret_progress->npages += s->count >> PAGE_SHIFT;
		ret_progress->code = (uint32_t)s->result;
		idle = s->count ? 0 : idle + 1;
		s->offset += s->count;
		s->length -= s->count;
		if (!is_transient(ret) || (ret && idle > SGX_RETRIES))
			return ret;
		if (!ret && idle)
			return -EFAULT; /* neither progress nor a reason */
	} while (s->length > 0);
	return 0;
}

/* vCPUs that change pages at the same time take turns. */
static int run_steps(struct sgx_enclave *e, struct step *s,
                     int (*call)(struct sgx_enclave *e, struct step *s),
                     struct enclave_progress *ret_progress)
{
	int ret;

	pthread_mutex_lock(&e->page_calls);
	ret = run_locked(e, s, call, ret_progress);
	pthread_mutex_unlock(&e->page_calls);
	return ret;
}

int sgx_restrict(struct enclave *base, uint64_t offset, uint64_t npages,
                 uint32_t rwx, struct enclave_progress *ret)
{
	struct step s = {
		.request = SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
		.offset = offset,
		.length = npages << PAGE_SHIFT,
		.what = rwx,
	};

	return run_steps(sgx_enclave(base), &s, call_with_result, ret);
}

int sgx_modify(struct enclave *base, uint64_t offset, uint64_t npages,
               uint32_t page_type, struct enclave_progress *ret)
{
	struct step s = {
		.request = SGX_IOC_ENCLAVE_MODIFY_TYPES,
		.offset = offset,
		.length = npages << PAGE_SHIFT,
		.what = page_type,
	};

	return run_steps(sgx_enclave(base), &s, call_with_result, ret);
}

int sgx_remove(struct enclave *base, uint64_t offset, uint64_t npages,
               struct enclave_progress *ret)
{
	struct step s = {
		.request = SGX_IOC_ENCLAVE_REMOVE_PAGES,
		.offset = offset,
		.length = npages << PAGE_SHIFT,
	};

	return run_steps(sgx_enclave(base), &s, call_remove, ret);
}

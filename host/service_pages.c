/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_pages.c - HC_RESTRICT, HC_MODT, HC_REMOVE: the driver's SGX2 calls,
 * for many ranges at once.
 */
#include <errno.h>

#include "base/compiler.h"
#include "base/units.h"
#include "host/service.h"

#include "base/banned.h"

typedef int page_call(const struct runtime *rt, const struct hc_range *range,
                      struct enclave_progress *ret);

static bool is_in_enclave(const struct hc_range *r)
{
	return IS_ALIGNED(r->addr, PAGE_SIZE) && r->npages &&
	       r->addr < ELRANGE_SIZE_DEFAULT &&
	       r->npages <= (ELRANGE_SIZE_DEFAULT - r->addr) / PAGE_SIZE;
}

static long page_error(int code)
{
	switch (code) {
	case -ENODEV:
	case -EINVAL:
	case -EFAULT:
	case -EAGAIN:
	case -EPERM:
		return code;
	case -EBUSY:
	case -EINTR:
		return -EAGAIN;
	default:
		return -EFAULT;
	}
}

/* Pages done over all ranges in order; an error only if that is none. */
static long for_each_range(struct vcpu *v, const struct hc_ranges *ranges,
                           page_call *call)
{
	struct enclave_progress progress = { 0 };
	long done = 0;
	int ret = 0;

	if (!v->rt->can_change_pages)
		return -ENODEV;
	if (ranges->count > HC_RANGES_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < ranges->count && !ret; i++) {
		if (!is_in_enclave(&ranges->range[i])) {
			ret = -EINVAL;
			break;
		}
		ret = call(v->rt, &ranges->range[i], &progress);
		done += (long)progress.npages;
	}
	return done || !ret ? done : page_error(ret);
}

static int restrict_range(const struct runtime *rt, const struct hc_range *r,
                          struct enclave_progress *ret)
{
	return rt->ops->restrict_pages(rt->enclave, r->addr, r->npages, r->arg,
	                               ret);
}

static int modify_range(const struct runtime *rt, const struct hc_range *r,
                        struct enclave_progress *ret)
{
	return rt->ops->modify_pages(rt->enclave, r->addr, r->npages, r->arg,
	                             ret);
}

static int remove_range(const struct runtime *rt, const struct hc_range *r,
                        struct enclave_progress *ret)
{
	return rt->ops->remove_pages(rt->enclave, r->addr, r->npages, ret);
}

long service_restrict(struct vcpu *v, union hc_args *args)
{
	return for_each_range(v, &args->ranges, restrict_range);
}

long service_modify(struct vcpu *v, union hc_args *args)
{
	return for_each_range(v, &args->ranges, modify_range);
}

long service_remove(struct vcpu *v, union hc_args *args)
{
	return for_each_range(v, &args->ranges, remove_range);
}

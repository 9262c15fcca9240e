/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c - ELRANGE in this process: first a reservation, after init the driver's
 * file, each page with the protection it was added with.
 *
 * The driver refuses a mapping that would allow more than the SECINFO of any
 * page below it, and later changes of rights touch the EPCM only.  So pages
 * get all that they may ever have, and what no page was added to is mapped RWX
 * where SGX2 may add some: the EPCM enforces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/sgx/sgx.h"
#include "sgx/secinfo.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

int sgx_map_reserve(struct sgx_enclave *e, struct platform_error *err)
{
	struct sgx_calls *c = sgx_calls(e);
	uint64_t end = e->addr + e->size;
	int ret;

	if (e->start >= end)
		return platform_fail(err, -ENOMEM, 0,
		                     "the enclave lies below 64 KiB, where "
		                     "nothing can be mapped");
	ret = c->mmap(c, e->start, end - e->start, PROT_NONE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                      MAP_FIXED_NOREPLACE,
	              -1);
	if (ret == -EPERM || ret == -EACCES)
		return platform_fail(
			err, -ENOMEM, 0,
			"the kernel keeps programs from mapping address %#lx: "
			"lower vm.mmap_min_addr, as in `sysctl -w "
			"vm.mmap_min_addr=65536`",
			(unsigned long)e->start);
	if (ret < 0)
		return platform_fail(err, -ENOMEM, 0,
		                     "the addresses %#lx-%#lx are not free in "
		                     "this process: %s",
		                     (unsigned long)e->start,
		                     (unsigned long)end, strerror(-ret));
	return 0;
}

static int prot_of(uint64_t secinfo)
{
	int prot = PROT_NONE;

	/* The CPU forces a TCS's rights to none, the driver wants these. */
	if (secinfo_page_type(secinfo) == SGX_PT_TCS)
		return PROT_READ | PROT_WRITE;
	if (secinfo & SGX_SECINFO_R)
		prot |= PROT_READ;
	if (secinfo & SGX_SECINFO_W)
		prot |= PROT_WRITE;
	if (secinfo & SGX_SECINFO_X)
		prot |= PROT_EXEC;
	return prot;
}

static int make_room(struct sgx_enclave *e)
{
	size_t max = e->max_runs ? 2 * e->max_runs : 64;
	struct sgx_run *longer;

	if (e->n_runs < e->max_runs)
		return 0;
	longer = realloc(e->run, max * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	e->run = longer;
	e->max_runs = max;
	return 0;
}

int sgx_map_note(struct sgx_enclave *e, uint64_t addr, uint64_t end,
                 uint64_t secinfo)
{
	struct sgx_run *last = e->n_runs ? &e->run[e->n_runs - 1] : NULL;
	int prot = prot_of(secinfo);

	if (last && last->end == addr && last->prot == prot) {
		last->end = end;
		return 0;
	}
	if (make_room(e) < 0)
		return -ENOMEM;
	e->run[e->n_runs++] = (struct sgx_run){ addr, end, prot };
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct sgx_run *x = a;
	const struct sgx_run *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static int protect(struct sgx_enclave *e, uint64_t addr, uint64_t end, int prot)
{
	struct sgx_calls *c = sgx_calls(e);

	if (addr >= end || prot == PROT_NONE)
		return 0;
	return c->mprotect(c, addr, end - addr, prot);
}

static int protect_all(struct sgx_enclave *e)
{
	int gap = e->platform->base.caps.sgx2 ? PROT_ALL : PROT_NONE;
	uint64_t at = e->start;
	int ret = 0;

	qsort(e->run, e->n_runs, sizeof(*e->run), by_addr);
	for (size_t i = 0; ret == 0 && i < e->n_runs; i++) {
		const struct sgx_run *r = &e->run[i];

		ret = protect(e, at, r->addr, gap);
		if (ret == 0)
			ret = protect(e, r->addr, r->end, r->prot);
		at = r->end;
	}
	return ret ? ret : protect(e, at, e->addr + e->size, gap);
}

int sgx_map_pages(struct sgx_enclave *e, struct platform_error *err)
{
	struct sgx_calls *c = sgx_calls(e);
	int ret = c->mmap(c, e->start, e->addr + e->size - e->start, PROT_NONE,
	                  MAP_SHARED | MAP_FIXED, e->fd);

	if (ret == 0)
		ret = protect_all(e);
	if (ret == -EPERM || ret == -EACCES)
		return platform_fail(
			err, -EACCES, 0,
			"the enclave's pages can't be mapped executable: if "
			"/dev is mounted noexec, `mount -o remount,exec /dev`");
	if (ret < 0)
		return platform_fail(err, -ENOMEM, 0,
		                     "can't map the enclave's pages: %s",
		                     strerror(-ret));
	return 0;
}

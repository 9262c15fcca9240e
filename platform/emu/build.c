/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - ECREATE and EADD/EEXTEND as the Linux driver offers them: the
 * driver's own checks first (with its errno), then the leaf's, which surface
 * as EIO.  Checks are those of SDM Vol. 3D 38.3, in its order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/emu/emu.h"
#include "sgx/zero.h"

static const uint8_t zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);

/* ECREATE's checks; NULL or what is wrong. */
static const char *secs_refusal(const struct emu_platform *p,
                                const struct secs *s)
{
	uint64_t xfrm = s->attributes.xfrm;
	bool kss = s->attributes.flags & SGX_ATTR_KSS;

	if (!xfrm_is_legal(xfrm, p->base.caps.xfrm))
		return "XFRM asks for what this platform does not have";
	if (s->cet_leg_bitmap_offset || s->cet_attributes)
		return "CET is not supported";
	if (s->miscselect & ~p->base.caps.miscselect)
		return "MISCSELECT asks for what this platform does not have";
	if (!ssa_frame_fits(s->ssaframesize, xsave_size(&p->xsave, xfrm),
	                    s->miscselect))
		return "SSAFRAMESIZE is too small for XFRM";
	if (!emu_is_canonical(s->baseaddr))
		return "BASEADDR is not canonical";
	if (s->size >> p->base.caps.size_max_log2)
		return "SIZE is too large for this platform";
	if (s->size < SGX_SIZE_MIN)
		return "SIZE is below 8 KiB";
	if (s->baseaddr & (s->size - 1))
		return "BASEADDR is not a multiple of SIZE";
	if (s->attributes.flags & ~p->base.caps.attributes)
		return "ATTRIBUTES has a bit this platform does not know";
	if (!is_zero(s->reserved1, sizeof(s->reserved1)) ||
	    !is_zero(s->reserved2, sizeof(s->reserved2)) ||
	    !is_zero(s->reserved3, sizeof(s->reserved3)) ||
	    !is_zero(s->reserved4, sizeof(s->reserved4)))
		return "SECS has reserved bytes set";
	if (!kss &&
	    (s->configsvn || !is_zero(s->configid, sizeof(s->configid))))
		return "CONFIGID and CONFIGSVN need KSS";
	return NULL;
}

/*
 * Reserve ELRANGE.  It must lie below every page of this process that executes
 * system calls: Syscall User Dispatch has one range in which they are allowed.
 */
static int reserve(const struct secs *s, struct platform_error *err)
{
	uint64_t start = MAX(s->baseaddr, (uint64_t)EMU_LOWEST);
	uint64_t end = s->baseaddr + s->size;
	void *got;

	if (end > (uintptr_t)emu_enter)
		return platform_fail(err, -ENOMEM, 0,
		                     "the enclave's addresses reach above this "
		                     "program's own");
	if (start >= end)
		return 0;
	got = mmap(emu_memory(start), end - start, PROT_NONE,
	           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                   MAP_FIXED_NOREPLACE,
	           -1, 0);
	if (got == emu_memory(start))
		return 0;
	if (got != MAP_FAILED)
		munmap(got, end - start);
	return platform_fail(err, -ENOMEM, 0,
	                     "the addresses %#lx-%#lx are not free in this "
	                     "process",
	                     (unsigned long)start, (unsigned long)end);
}

static void unreserve(const struct secs *s)
{
	uint64_t start = MAX(s->baseaddr, (uint64_t)EMU_LOWEST);
	uint64_t end = s->baseaddr + s->size;

	if (start < end)
		munmap(emu_memory(start), end - start);
}

static int copy_pads(struct emu_enclave *e, const struct enclave_pad *pads,
                     size_t n_pads)
{
	if (n_pads == 0)
		return 0;
	e->pads = calloc(n_pads, sizeof(*pads));
	if (!e->pads)
		return -ENOMEM;
	memcpy(e->pads, pads, n_pads * sizeof(*pads));
	e->n_pads = n_pads;
	return 0;
}

static int set_up(struct emu_enclave *e, struct platform_error *err)
{
	int ret = epcm_init(&e->epcm, e->secs.baseaddr, e->secs.size);

	if (ret < 0)
		return platform_fail(err, ret, 0,
		                     "no memory for the page "
		                     "table of the enclave");
	ret = reserve(&e->secs, err);
	if (ret < 0)
		goto out_epcm;
	ret = emu_epc_take(e->platform, 1);
	if (ret < 0) {
		platform_fail(err, ret, 0, "the EPC is full");
		goto out_range;
	}
	e->epc_used = 1;
	return 0;

out_range:
	unreserve(&e->secs);
out_epcm:
	epcm_fini(&e->epcm);
	return ret;
}

int emu_create(struct platform *base, const struct secs *secs,
               const struct enclave_pad *pads, size_t n_pads,
               struct enclave **ret_enclave, struct platform_error *err)
{
	struct emu_platform *p = container_of(base, struct emu_platform, base);
	struct emu_enclave *e;
	const char *refusal;
	int ret;

	if (!secs->size || secs->size & (secs->size - 1))
		return platform_fail(err, -EINVAL, 0,
		                     "SIZE is not a power of two");
	refusal = secs_refusal(p, secs);
	if (refusal)
		return platform_fail(err, -EIO, 0, "ECREATE: %s", refusal);
	if (emu_pads_check(secs, pads, n_pads) < 0)
		return platform_fail(err, -EINVAL, 0,
		                     "the image lists an ENCLU pad outside "
		                     "itself");

	e = calloc(1, sizeof(*e));
	if (!e)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	e->base = (struct enclave){ .ops = &emu_ops, .enter = emu_enter };
	e->platform = p;
	e->secs = *secs;
	e->secs.isvprodid = 0;
	e->secs.isvsvn = 0;
	e->xsave_bytes = xsave_size(&p->xsave, secs->attributes.xfrm);
	pthread_mutex_init(&e->lock, NULL);
	ret = copy_pads(e, pads, n_pads);
	if (ret < 0)
		platform_fail(err, ret, 0, "out of memory");
	else
		ret = set_up(e, err);
	if (ret < 0) {
		free(e->pads);
		free(e);
		return ret;
	}
	recorder_init(&e->recorder, &e->secs);
	*ret_enclave = &e->base;
	return 0;
}

void emu_destroy(struct enclave *base)
{
	struct emu_enclave *e = emu_enclave(base);

	recorder_fini(&e->recorder);
	emu_pads_fini(e);
	emu_tcs_free_all(e);
	unreserve(&e->secs);
	epcm_fini(&e->epcm);
	emu_epc_give(e->platform, e->epc_used);
	pthread_mutex_destroy(&e->lock);
	free(e->pads);
	free(e);
}

/* ---- EADD -------------------------------------------------------------- */

struct add {
	uint64_t offset;
	const uint8_t *src; /* NULL: zeros */
	size_t npages;
	struct secinfo secinfo;
	bool is_measured;
};

static const char *add_refusal(const struct emu_enclave *e,
                               const struct add *add)
{
	uint64_t flags = add->secinfo.flags;
	bool is_tcs = flags == SGX_SECINFO_TCS;
	bool is_reg = (flags & ~(uint64_t)SGX_SECINFO_RWX) == SGX_SECINFO_REG;

	if (emu_is_initialized(e))
		return "the enclave is already initialised";
	if (!IS_ALIGNED(add->offset, PAGE_SIZE) ||
	    !IS_ALIGNED((uintptr_t)add->src, PAGE_SIZE))
		return "offset or source is not page aligned";
	if (!add->npages || add->offset >= e->secs.size ||
	    add->npages > (e->secs.size - add->offset) >> PAGE_SHIFT)
		return "the range leaves the enclave";
	if (!is_tcs && !is_reg)
		return "SECINFO is neither that of a TCS nor of a REG page";
	if (flags & SGX_SECINFO_W && !(flags & SGX_SECINFO_R))
		return "SECINFO has W without R";
	if (e->secs.baseaddr + add->offset < EMU_LOWEST)
		return "the host maps nothing below 64 KiB";
	return NULL;
}

static bool range_is_free(const struct emu_enclave *e, const struct add *add)
{
	uint64_t addr = e->secs.baseaddr + add->offset;

	for (size_t i = 0; i < add->npages; i++)
		if (epcm_get(&e->epcm, addr + i * PAGE_SIZE))
			return false;
	return true;
}

/*
 * A large area of zeros: huge pages, one fault of 0.1 ms in place of 512 that
 * take 1 ms.  Linux gives one only where a whole one has one protection, so
 * that is set at once; see also emu_restrict().  Without it all is only slower.
 */
static void advise(void *start, size_t size, int prot)
{
	madvise(start, size, MADV_HUGEPAGE);
	(void)!mprotect(start, size, prot);
}

static int fill_memory(uint64_t addr, const struct add *add)
{
	size_t size = add->npages << PAGE_SHIFT;
	int prot = epcm_prot((unsigned int)add->secinfo.flags | EPCM_VALID);

	if (!add->src) {
		if (size >= EMU_HUGE_SIZE)
			advise(emu_memory(addr), size, prot);
		return 0;
	}
	if (mprotect(emu_memory(addr), size, PROT_READ | PROT_WRITE) < 0)
		return -ENOMEM;
	/* One call for what would be a fault a page. */
	madvise(emu_memory(addr), size, MADV_POPULATE_WRITE);
	memcpy(emu_memory(addr), add->src, size);
	return mprotect(emu_memory(addr), size, prot) < 0 ? -ENOMEM : 0;
}

/* EADD without EEXTEND, for @npages pages from page @i of @add on. */
static int record_unmeasured(struct emu_enclave *e, const struct add *add,
                             size_t i, size_t npages)
{
	return recorder_add(&e->recorder,
	                    &(struct recorder_run){
				    .offset = add->offset + (i << PAGE_SHIFT),
				    .npages = npages,
				    .secinfo = add->secinfo,
			    });
}

static int add_tcs(struct emu_enclave *e, const struct add *add, size_t i)
{
	uint64_t offset = add->offset + (i << PAGE_SHIFT);
	struct tcs tcs;
	int ret;

	memcpy(&tcs, add->src ? add->src + (i << PAGE_SHIFT) : zero_page,
	       sizeof(tcs));
	if (!is_zero(tcs.reserved, sizeof(tcs.reserved)))
		return -EIO;
	measure_tcs_as_loaded(&tcs);
	ret = emu_tcs_add(e, e->secs.baseaddr + offset, &tcs);
	if (ret < 0)
		return ret;
	if (!add->is_measured)
		return record_unmeasured(e, add, i, 1);
	return recorder_add_page(&e->recorder, offset, &add->secinfo,
	                         (const uint8_t *)&tcs);
}

static int add_all_tcs(struct emu_enclave *e, const struct add *add)
{
	int ret = 0;

	for (size_t i = 0; i < add->npages && ret == 0; i++)
		ret = add_tcs(e, add, i);
	return ret;
}

/* Pages without R, of which only the caller's bytes can be read. */
static int record_unreadable(struct emu_enclave *e, const struct add *add)
{
	int ret = 0;

	for (size_t i = 0; i < add->npages && ret == 0; i++)
		ret = recorder_add_page(
			&e->recorder, add->offset + (i << PAGE_SHIFT),
			&add->secinfo, add->src + (i << PAGE_SHIFT));
	return ret;
}

static int record(struct emu_enclave *e, const struct add *add)
{
	struct recorder_run run = {
		.offset = add->offset,
		.npages = add->npages,
		.secinfo = add->secinfo,
		.bytes = zero_page,
	};

	if (!add->is_measured)
		return record_unmeasured(e, add, 0, add->npages);
	if (add->src && !(add->secinfo.flags & SGX_SECINFO_R))
		return record_unreadable(e, add);
	if (add->src) {
		run.bytes = emu_memory(e->secs.baseaddr + add->offset);
		run.stride = PAGE_SIZE;
	}
	return recorder_add(&e->recorder, &run);
}

static int add_all(struct emu_enclave *e, const struct add *add)
{
	uint64_t addr = e->secs.baseaddr + add->offset;
	bool is_tcs = secinfo_page_type(add->secinfo.flags) == SGX_PT_TCS;
	unsigned int entry = (unsigned int)add->secinfo.flags | EPCM_VALID;
	int ret = is_tcs ? add_all_tcs(e, add) : fill_memory(addr, add);

	if (ret == 0 && !is_tcs)
		ret = record(e, add);
	if (ret < 0)
		return ret;
	entry |= (is_tcs ? SGX_SECINFO_R | SGX_SECINFO_W
	                 : entry & SGX_SECINFO_RWX)
	         << EPCM_MAX_SHIFT;
	for (size_t i = 0; i < add->npages; i++)
		epcm_set(&e->epcm, addr + (i << PAGE_SHIFT), entry);
	return 0;
}

int emu_add_pages(struct enclave *base, uint64_t offset, const void *src,
                  size_t npages, uint64_t secinfo, unsigned int flags,
                  struct platform_error *err)
{
	struct emu_enclave *e = emu_enclave(base);
	struct add add = {
		.offset = offset,
		.src = src,
		.npages = npages,
		.secinfo.flags = secinfo,
		.is_measured = flags & ENCLAVE_MEASURE,
	};
	const char *refusal = add_refusal(e, &add);
	int ret;

	if (refusal)
		return platform_fail(err, -EINVAL, 0,
		                     "adding pages at %#lx: %s",
		                     (unsigned long)offset, refusal);
	epcm_populate(&e->epcm, e->secs.baseaddr + offset, npages);
	if (!range_is_free(e, &add))
		return platform_fail(err, -EBUSY, 0,
		                     "a page at %#lx exists already",
		                     (unsigned long)offset);
	ret = emu_epc_take(e->platform, npages);
	if (ret < 0)
		return platform_fail(err, ret, 0,
		                     "the EPC is full: %zu more pages do not "
		                     "fit (option --epc)",
		                     npages);
	e->epc_used += npages;
	ret = add_all(e, &add);
	if (ret == -EIO)
		return platform_fail(err, ret, 0,
		                     "EADD: the TCS has reserved bytes set");
	if (ret < 0)
		return platform_fail(err, ret, 0, "out of memory");
	return 0;
}

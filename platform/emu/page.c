/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - EAUG, EMODPR, EMODT and EREMOVE, as the Linux driver issues them:
 * page by page, counting what is done, ETRACK included, so that an EACCEPT
 * never meets an old translation.
 *
 * Taking rights away acts at once, by mprotect; giving them (EMODPE, EACCEPT)
 * changes the EPCM only, and the fault handler lets the host's protection
 * follow for a whole run of pages when one of them is touched.
 */
#include <errno.h>
#include <sys/mman.h>

#include "platform/emu/emu.h"

/* A range call in progress. */
struct walk {
	struct emu_enclave *e;
	uint64_t addr;
	uint64_t end;
	uint32_t arg;
	struct enclave_progress *progress;
};

void emu_page_sync(struct emu_enclave *e, uint64_t addr)
{
	uint64_t size;
	uint64_t start;

	pthread_mutex_lock(&e->lock);
	start = epcm_run(&e->epcm, addr, &size);
	/* Failing to widen means another fault, failing to narrow never occurs:
	 * a run is widened only. */
	(void)!mprotect(emu_memory(start), size,
	                epcm_prot(epcm_get(&e->epcm, addr)));
	pthread_mutex_unlock(&e->lock);
}

unsigned int emu_page_augment(struct emu_enclave *e, uint64_t addr)
{
	unsigned int entry;

	pthread_mutex_lock(&e->lock);
	entry = epcm_get(&e->epcm, addr);
	if (!entry && emu_is_sgx2(e) && emu_is_initialized(e) &&
	    addr >= EMU_LOWEST && epcm_covers(&e->epcm, addr) &&
	    emu_epc_take(e->platform, 1) == 0) {
		e->epc_used++;
		entry = EPCM_VALID | EPCM_MAX_RWX | SGX_SECINFO_REG |
		        SGX_SECINFO_PENDING | SGX_SECINFO_R | SGX_SECINFO_W;
		epcm_set(&e->epcm, addr, entry);
	}
	pthread_mutex_unlock(&e->lock);
	return entry;
}

static int range_check(const struct emu_enclave *e, uint64_t offset,
                       uint64_t npages)
{
	if (!emu_is_sgx2(e))
		return -ENODEV;
	if (!emu_is_initialized(e))
		return -EINVAL;
	if (!IS_ALIGNED(offset, PAGE_SIZE) || !npages ||
	    offset >= e->secs.size ||
	    npages > (e->secs.size - offset) >> PAGE_SHIFT)
		return -EINVAL;
	return 0;
}

/* Protect [start, addr) as its pages deserve, which are all alike. */
static void protect(uint64_t start, uint64_t end, int prot)
{
	if (start < end && mprotect(emu_memory(start), end - start, prot) < 0)
		__builtin_trap(); /* a right taken away must not survive */
}

/*
 * Do @step for each page, and let the host's protection follow in one call per
 * run of equal results.
 */
static int walk_pages(struct walk *w,
                      int (*step)(struct walk *w, unsigned int *entry))
{
	struct emu_enclave *e = w->e;
	uint64_t start = w->addr;
	int prot = PROT_NONE;
	int ret = 0;

	*w->progress = (struct enclave_progress){ 0 };
	pthread_mutex_lock(&e->lock);
	for (; w->addr < w->end; w->addr += PAGE_SIZE) {
		unsigned int old, entry;

		do {
			old = entry = epcm_get(&e->epcm, w->addr);
			ret = entry ? step(w, &entry) : -EFAULT;
		} while (ret == 0 && !epcm_swap(&e->epcm, w->addr, old, entry));
		if (ret < 0)
			break;
		if (epcm_prot(entry) != prot) {
			protect(start, w->addr, prot);
			start = w->addr;
			prot = epcm_prot(entry);
		}
		w->progress->npages++;
	}
	protect(start, w->addr, prot);
	pthread_mutex_unlock(&e->lock);
	return ret;
}

static int walk_range(struct enclave *base, uint64_t offset, uint64_t npages,
                      uint32_t arg, struct enclave_progress *progress,
                      int (*step)(struct walk *w, unsigned int *entry))
{
	struct emu_enclave *e = emu_enclave(base);
	struct walk w = {
		.e = e,
		.addr = e->secs.baseaddr + offset,
		.end = e->secs.baseaddr + offset + (npages << PAGE_SHIFT),
		.arg = arg,
		.progress = progress,
	};

	return walk_pages(&w, step);
}

static int restrict_page(struct walk *w, unsigned int *entry)
{
	if (epcm_type(*entry) != SGX_PT_REG)
		return -EINVAL;
	if (!epcm_is_settled(*entry)) {
		w->progress->code = SGX_PAGE_NOT_MODIFIABLE;
		return -EFAULT;
	}
	*entry &= ~(unsigned int)SGX_SECINFO_RWX | w->arg;
	*entry |= SGX_SECINFO_PR;
	return 0;
}

/* Do all pages of a huge page at @addr deserve to be written? */
static bool is_writable(const struct emu_enclave *e, uint64_t addr)
{
	for (uint64_t i = 0; i < EMU_HUGE_SIZE; i += PAGE_SIZE)
		if (!epcm_allows(epcm_get(&e->epcm, addr + i), SGX_SECINFO_W))
			return false;
	return true;
}

/*
 * Have Linux put a huge page where a range begins with one that nobody has
 * split: what follows will, and then it is too late.  Touching one page does
 * it, if there is a huge page to be had.
 */
static void populate_huge(struct emu_enclave *e, uint64_t addr, uint64_t npages)
{
	if (!IS_ALIGNED(addr, EMU_HUGE_SIZE) ||
	    npages < EMU_HUGE_SIZE / PAGE_SIZE)
		return;
	pthread_mutex_lock(&e->lock);
	if (is_writable(e, addr))
		madvise(emu_memory(addr), PAGE_SIZE, MADV_POPULATE_WRITE);
	pthread_mutex_unlock(&e->lock);
}

void emu_expect(struct enclave *base, uint64_t offset, uint64_t size)
{
	struct emu_enclave *e = emu_enclave(base);

	for (uint64_t at = 0; at < size; at += EMU_HUGE_SIZE)
		populate_huge(e, e->secs.baseaddr + offset + at,
		              (size - at) >> PAGE_SHIFT);
}

int emu_restrict(struct enclave *base, uint64_t offset, uint64_t npages,
                 uint32_t rwx, struct enclave_progress *ret_progress)
{
	struct emu_enclave *e = emu_enclave(base);
	int ret = range_check(e, offset, npages);

	*ret_progress = (struct enclave_progress){ 0 };
	if (ret < 0)
		return ret;
	if (rwx & ~(uint32_t)SGX_SECINFO_RWX ||
	    (rwx & SGX_SECINFO_W && !(rwx & SGX_SECINFO_R)))
		return -EINVAL;
	populate_huge(e, e->secs.baseaddr + offset, npages);
	return walk_range(base, offset, npages, rwx, ret_progress,
	                  restrict_page);
}

static int modify_page(struct walk *w, unsigned int *entry)
{
	enum sgx_page_type type = epcm_type(*entry);
	bool is_legal = type == SGX_PT_REG ||
	                (type == SGX_PT_TCS && w->arg == SGX_PT_TRIM);

	if (!is_legal)
		return -EINVAL;
	if (w->arg == SGX_PT_TCS && (*entry & EPCM_MAX_RW) != EPCM_MAX_RW)
		return -EPERM;
	if (!epcm_is_settled(*entry)) {
		w->progress->code = SGX_PAGE_NOT_MODIFIABLE;
		return -EFAULT;
	}
	*entry = (*entry & ~(unsigned int)EPCM_SECINFO) | SGX_SECINFO_MODIFIED |
	         w->arg << SGX_SECINFO_PT_SHIFT;
	return 0;
}

int emu_modify(struct enclave *base, uint64_t offset, uint64_t npages,
               uint32_t page_type, struct enclave_progress *ret_progress)
{
	int ret = range_check(emu_enclave(base), offset, npages);

	*ret_progress = (struct enclave_progress){ 0 };
	if (ret < 0)
		return ret;
	if (page_type != SGX_PT_TCS && page_type != SGX_PT_TRIM)
		return -EINVAL;
	return walk_range(base, offset, npages, page_type, ret_progress,
	                  modify_page);
}

/* Pages from @addr on that are TRIM and accepted, at most @npages. */
static uint64_t count_trimmed(const struct emu_enclave *e, uint64_t addr,
                              uint64_t npages)
{
	uint64_t n = 0;

	while (n < npages) {
		unsigned int entry = epcm_get(&e->epcm, addr + n * PAGE_SIZE);

		if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_TRIM)
			break;
		n++;
	}
	return n;
}

/* What EAUG adds here next is zero because the old bytes are gone. */
static void remove_pages(struct emu_enclave *e, uint64_t addr, uint64_t npages)
{
	if (npages == 0)
		return;
	if (madvise(emu_memory(addr), npages << PAGE_SHIFT, MADV_DONTNEED) < 0)
		__builtin_trap();
	for (uint64_t i = 0; i < npages; i++)
		epcm_set(&e->epcm, addr + i * PAGE_SIZE, 0);
	e->epc_used -= npages;
	emu_epc_give(e->platform, npages);
}

int emu_remove(struct enclave *base, uint64_t offset, uint64_t npages,
               struct enclave_progress *ret_progress)
{
	struct emu_enclave *e = emu_enclave(base);
	uint64_t addr = e->secs.baseaddr + offset;
	int ret = range_check(e, offset, npages);
	uint64_t n;

	*ret_progress = (struct enclave_progress){ 0 };
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&e->lock);
	n = count_trimmed(e, addr, npages);
	if (n < npages)
		ret = epcm_get(&e->epcm, addr + n * PAGE_SIZE) ? -EPERM
		                                               : -EFAULT;
	remove_pages(e, addr, n);
	pthread_mutex_unlock(&e->lock);
	ret_progress->npages = n;
	return ret;
}

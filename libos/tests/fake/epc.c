/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc.c - the pages of user space, with the rules of the SGX2 page leaves (SDM
 * Vol. 3D chapter 39) and a host driver that can misbehave.
 *
 * The arena's own page protection follows the EPCM, so that a test crashes
 * where an enclave would fault.  Pages that are there from the start hold
 * junk.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/layout.h"
#include "base/units.h"
#include "libos/cpu/enclu.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/window.h"
#include "libos/tests/fake/fake.h"
#include "sgx/secinfo.h"

enum {
	JUNK = 0xcc,
	/* SGX_PAGE_ATTRIBUTES_MISMATCH, SGX_PAGE_NOT_MODIFIABLE */
	CODE_MISMATCH = 19,
	CODE_NOT_MODIFIABLE = 20
};

/* An EPCM entry. */
enum {
	E_RIGHTS = 7,
	E_PENDING = 8,
	E_MODIFIED = 16,
	E_PR = 32,
	E_VALID = 64,
	E_TRIM = 128
};

uint8_t *fake_user_space;
struct fake_host fake_host;
void (*fake_on_exit)(uint32_t kind, uint32_t status, uint32_t code);

static uint8_t *epcm; /* one byte a page */
static uint64_t present;
static bool has_sgx2;

static uint8_t *entry_at(uint64_t addr)
{
	if (addr < USER_BASE || addr >= USER_END || addr % PAGE_SIZE)
		fake_die("page leaf at %#llx", (unsigned long long)addr);
	return &epcm[addr >> PAGE_SHIFT];
}

static uint32_t accessible(uint8_t e)
{
	if (!(e & E_VALID) || (e & (E_PENDING | E_MODIFIED | E_TRIM)))
		return 0;
	return e & E_RIGHTS;
}

uint32_t fake_epc_rights(uint64_t addr)
{
	return accessible(epcm[addr >> PAGE_SHIFT]);
}

uint64_t fake_epc_present(void)
{
	return present;
}

/* Page protection bits happen to be the rights' own, R W X = 1 2 4. */
static void set(uint64_t addr, uint8_t now)
{
	uint8_t *e = entry_at(addr);
	uint32_t before = accessible(*e);

	present += (now & E_VALID) / E_VALID;
	present -= (*e & E_VALID) / E_VALID;
	*e = now;
	if (accessible(now) != before &&
	    mprotect(fake_user_space + addr, PAGE_SIZE, (int)accessible(now)) <
	            0)
		fake_die("mprotect: %s", strerror(errno));
}

static void *reserve(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_NONE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                       (at ? MAP_FIXED : 0),
	               -1, 0);

	if (p == MAP_FAILED)
		fake_die("no address space for the arena");
	return p;
}

void fake_epc_init(const struct fake_config *config)
{
	size_t size = config->user_space_size - USER_BASE;

	fake_user_space = reserve(fake_user_space, USER_END);
	free(epcm);
	epcm = calloc(USER_END >> PAGE_SHIFT, 1);
	if (!epcm)
		fake_die("no memory");
	has_sgx2 = config->edmm;
	present = size >> PAGE_SHIFT;
	memset(epcm + (USER_BASE >> PAGE_SHIFT), E_VALID | E_RIGHTS,
	       size >> PAGE_SHIFT);
	if (mprotect(fake_user_space + USER_BASE, size, E_RIGHTS) < 0)
		fake_die("mprotect: %s", strerror(errno));
	memset(fake_user_space + USER_BASE, JUNK, size);
}

static void need_sgx2(const struct secinfo *si)
{
	if (!has_sgx2)
		fake_die("an SGX2 leaf on SGX1");
	if ((uintptr_t)si % 64 || (si->flags & SGX_SECINFO_RESERVED))
		fake_die("bad SECINFO");
}

/* What the driver does when an access meets an address without a page. */
static bool augment(uint64_t addr)
{
	if (fake_host.epc_pages && present >= fake_host.epc_pages)
		return false;
	if (madvise(fake_user_space + addr, PAGE_SIZE, MADV_DONTNEED) < 0)
		fake_die("madvise");
	set(addr, E_VALID | E_PENDING | PROT_READ | PROT_WRITE);
	return true;
}

static uint64_t flags_of(uint8_t e)
{
	uint64_t flags = e & E_RIGHTS;

	flags |= e & E_PENDING ? SGX_SECINFO_PENDING : 0;
	flags |= e & E_MODIFIED ? SGX_SECINFO_MODIFIED : 0;
	return flags | (e & E_TRIM ? SGX_SECINFO_TRIM : SGX_SECINFO_REG);
}

uint64_t enclu_eaccept(const struct secinfo *si, uint64_t addr)
{
	uint8_t e;

	need_sgx2(si);
	if (!(*entry_at(addr) & E_VALID) && !augment(addr))
		return ENCLU_FAULT;
	e = *entry_at(addr);
	if (!(si->flags &
	      (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED | SGX_SECINFO_PR)))
		fake_die("EACCEPT of nothing");
	if (flags_of(e) != (si->flags & ~(uint64_t)SGX_SECINFO_PR))
		return CODE_MISMATCH;
	/*
	 * The leaf itself does not compare PR.  A page that was not restricted
	 * has the rights that are asked about only if it had them before, and
	 * then nothing was to be restricted.
	 */
	set(addr, e & (uint8_t) ~(E_PENDING | E_MODIFIED | E_PR));
	return 0;
}

uint64_t enclu_eacceptcopy(const struct secinfo *si, uint64_t dst, uint64_t src)
{
	uint8_t page[PAGE_SIZE];

	need_sgx2(si);
	if (src % PAGE_SIZE)
		fake_die("EACCEPTCOPY from %#llx", (unsigned long long)src);
	if (!(*entry_at(dst) & E_VALID) && !augment(dst))
		return ENCLU_FAULT;
	if (flags_of(*entry_at(dst)) != SGX_SECINFO_ACCEPT_AUG)
		return CODE_MISMATCH;
	memcpy(page, (const void *)(uintptr_t)src, PAGE_SIZE);
	set(dst, E_VALID | PROT_READ | PROT_WRITE);
	memcpy(fake_user_space + dst, page, PAGE_SIZE);
	set(dst, E_VALID | (uint8_t)(si->flags & E_RIGHTS));
	return 0;
}

uint64_t enclu_emodpe(const struct secinfo *si, uint64_t addr, uint64_t more)
{
	uint8_t e = *entry_at(addr);
	uint8_t wanted = si->flags & E_RIGHTS;

	(void)more;
	need_sgx2(si);
	if (!(e & E_VALID) || (e & (E_PENDING | E_MODIFIED | E_TRIM)))
		return ENCLU_FAULT;
	if ((wanted & PROT_WRITE) && !((wanted | e) & PROT_READ))
		return ENCLU_FAULT;
	set(addr, e | wanted);
	return 0;
}

static bool restrict_page(uint64_t addr, uint32_t rights)
{
	uint8_t e = *entry_at(addr);

	if (!(e & E_VALID) || (e & (E_PENDING | E_MODIFIED | E_TRIM)))
		return false;
	if ((rights & PROT_WRITE) && !(rights & PROT_READ))
		fake_die("EMODPR to W without R");
	set(addr, (uint8_t)((e & ~(uint32_t)E_RIGHTS) |
	                    (e & rights & E_RIGHTS) | E_PR));
	return true;
}

static bool trim_page(uint64_t addr, uint32_t type)
{
	uint8_t e = *entry_at(addr);

	if (type != SGX_PT_TRIM)
		fake_die("EMODT to type %u", type);
	if (!(e & E_VALID) || (e & (E_PENDING | E_MODIFIED)))
		return false;
	set(addr, E_VALID | E_MODIFIED | E_TRIM);
	return true;
}

static bool remove_page(uint64_t addr)
{
	uint8_t e = *entry_at(addr);

	if (!(e & E_VALID))
		return true;
	if (!(e & E_TRIM) || (e & E_MODIFIED))
		return false;
	set(addr, 0);
	return true;
}

static bool do_page(enum hostcall nr, uint64_t addr, uint32_t arg)
{
	switch (nr) {
	case HC_RESTRICT:
		return restrict_page(addr, arg);
	case HC_MODT:
		return trim_page(addr, arg);
	case HC_REMOVE:
		return remove_page(addr);
	default:
		fake_die("host call %d on pages", nr);
	}
}

static uint64_t total_pages(const struct hc_range *ranges, uint32_t count)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		total += ranges[i].npages;
	return total;
}

static bool is_done(uint64_t done)
{
	return fake_host.max_pages && done >= fake_host.max_pages;
}

long host_pages(enum hostcall nr, const struct hc_range *ranges, uint32_t count)
{
	uint64_t total = total_pages(ranges, count);
	uint64_t done = 0;
	uint32_t i, j;

	fake_locks_check_sleep("a host call");
	if (!has_sgx2)
		fake_die("page call %d on SGX1", nr);
	if (count == 0 || count > HC_RANGES_MAX)
		fake_die("page call with %u ranges", count);
	fake_host.calls++;
	fake_host.pages += total;
	if (fake_host.refuse || (fake_host.again_every &&
	                         fake_host.calls % fake_host.again_every == 0))
		return -EAGAIN;
	for (i = 0; i < count; i++)
		for (j = 0; j < ranges[i].npages; j++) {
			if (is_done(done) ||
			    !do_page(nr, ranges[i].addr + j * PAGE_SIZE,
			             ranges[i].arg))
				goto out;
			done++;
		}
out:
	done += fake_host.claim_more;
	/* hostcall/ cuts what the host claims to what it was asked for. */
	return done || !total ? (long)(done < total ? done : total) : -EFAULT;
}

static sigjmp_buf access_fault;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(access_fault, 1);
}

/* Do one access with SIGSEGV caught. */
static int try_access(uint64_t addr, uint8_t *value, int write)
{
	struct sigaction catch = { .sa_handler = on_fault };
	struct sigaction old;
	volatile uint8_t *p = fake_user_space + addr;
	volatile int ret = -EFAULT;

	if (sigaction(SIGSEGV, &catch, &old) < 0)
		fake_die("sigaction");
	if (sigsetjmp(access_fault, 1) == 0) {
		if (write)
			*p = *value;
		else
			*value = *p;
		ret = 0;
	}
	if (sigaction(SIGSEGV, &old, NULL) < 0)
		fake_die("sigaction");
	return ret;
}

int fake_peek(uint64_t addr, uint8_t *ret)
{
	return try_access(addr, ret, 0);
}

int fake_poke(uint64_t addr, uint8_t value)
{
	return try_access(addr, &value, 1);
}

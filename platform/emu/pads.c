/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pads.c - rewriting the ENCLUs of an image into jumps.
 *
 * A pad becomes `jmp *0(%rip); .quad thunk`, which touches no register.  The
 * thunk, one per pad and outside ELRANGE, has to find the thread's block with
 * one scratch register and no flags: it adds 2^40 to the GS base (BSWAP makes
 * that an LEA) and loads the block's address from there.  EENTER has stored it
 * in the TCS's page at OGSBASE + 2^40.  Where that page does not exist, since
 * two TCSs share an OGSBASE or the enclave has moved its GS base to a place
 * without one, the load faults and the signal handler serves the leaf: slower
 * by microseconds, but the same.
 *
 * An enclave that sets its GS base to another thread's finds that thread's
 * block and comes to grief; on a CPU it would not.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/emu/emu.h"

enum {
	PAD_JUMP = 14,
	THUNK_SIZE = 64,
	/* The thunks' two targets stand before the first. */
	THUNK_FIRST = 64,
	TARGET_EXIT = 0,
	TARGET_LEAF = 8,
};

#define EXIT_PAGE_DISTANCE (UINT64_C(1) << 40)

static const uint8_t enclu[3] = { 0x0f, 0x01, 0xd7 };

/* RCX = block; RCX is EEXIT's to overwrite. */
static const uint8_t exit_thunk[] = {
	0xf3, 0x48, 0x0f, 0xae, 0xc9,             /* rdgsbase %rcx          */
	0x48, 0x0f, 0xc9,                         /* bswap %rcx             */
	0x48, 0x8d, 0x89, 0x00, 0x00, 0x01, 0x00, /* lea 0x10000(%rcx),%rcx */
	0x48, 0x0f, 0xc9,                         /* bswap %rcx             */
	0x48, 0x8b, 0x09,                         /* mov (%rcx),%rcx        */
	0xc7, 0x81,                               /* movl $index,B_PAD(%rcx) */
};

/* RAX = block; EAX is the pad's leaf. */
static const uint8_t leaf_thunk[] = {
	0xf3, 0x48, 0x0f, 0xae,  0xc8,             /* rdgsbase %rax          */
	0x48, 0x0f, 0xc8,                          /* bswap %rax             */
	0x48, 0x8d, 0x80, 0x00,  0x00, 0x01, 0x00, /* lea 0x10000(%rax),%rax */
	0x48, 0x0f, 0xc8,                          /* bswap %rax             */
	0x48, 0x8b, 0x00,                          /* mov (%rax),%rax        */
	0x48, 0x89, 0x48, B_RCX,                   /* mov %rcx,B_RCX(%rax)   */
	0xc7, 0x80,                                /* movl $index,B_PAD(%rax) */
};

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *thunk_at(const struct emu_enclave *e, size_t i)
{
	return e->thunks + THUNK_FIRST + i * THUNK_SIZE;
}

static size_t thunks_size(const struct emu_enclave *e)
{
	return ALIGN_UP(THUNK_FIRST + e->n_pads * THUNK_SIZE, PAGE_SIZE);
}

static void write_thunk(struct emu_enclave *e, size_t i)
{
	uint8_t *at = thunk_at(e, i);
	uint8_t *target = e->thunks;

	if (e->pads[i].leaf == ENCLU_EEXIT) {
		memcpy(at, exit_thunk, sizeof(exit_thunk));
		at += sizeof(exit_thunk);
		target += TARGET_EXIT;
	} else {
		memcpy(at, leaf_thunk, sizeof(leaf_thunk));
		at += sizeof(leaf_thunk);
		target += TARGET_LEAF;
	}
	at = put32(at, B_PAD);
	at = put32(at, (uint32_t)i);
	*at++ = 0xff; /* jmp *target(%rip) */
	*at++ = 0x25;
	put32(at, (uint32_t)(target - (at + 4)));
}

int emu_pads_check(const struct secs *secs, const struct enclave_pad *pads,
                   size_t n_pads)
{
	if (n_pads > UINT16_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n_pads; i++) {
		uint64_t offset = pads[i].vaddr - secs->baseaddr;

		if (pads[i].size < PAD_JUMP || offset >= secs->size ||
		    pads[i].size > secs->size - offset)
			return -EINVAL;
	}
	return 0;
}

/* Whether the pad lies on readable REG pages, where add_pages() left it. */
static bool pad_is_mapped(const struct emu_enclave *e,
                          const struct enclave_pad *pad)
{
	uint64_t last = pad->vaddr + PAD_JUMP - 1;

	return epcm_allows(epcm_get(&e->epcm, pad->vaddr), SGX_SECINFO_R) &&
	       epcm_allows(epcm_get(&e->epcm, last), SGX_SECINFO_R);
}

/* A pad that does not hold ENCLU is left alone: it is not one. */
static void rewrite(struct emu_enclave *e, size_t i)
{
	static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };
	uint64_t thunk = (uintptr_t)thunk_at(e, i);
	uint8_t *code = emu_memory(e->pads[i].vaddr);

	if (memcmp(code, enclu, sizeof(enclu)) != 0)
		return;
	memcpy(code, jump, sizeof(jump));
	memcpy(code + sizeof(jump), &thunk, sizeof(thunk));
}

/* Pages [start, end) that can be written for the time being. */
struct opened {
	uint64_t start, end;
};

static int close_pages(const struct emu_enclave *e, const struct opened *o)
{
	for (uint64_t page = o->start; page < o->end; page += PAGE_SIZE)
		if (mprotect(emu_memory(page), PAGE_SIZE,
		             epcm_prot(epcm_get(&e->epcm, page))) < 0)
			return -ENOMEM;
	return 0;
}

/* Open the pad's pages instead of those of the pad before it. */
static int open_pages(const struct emu_enclave *e, struct opened *o,
                      const struct enclave_pad *pad)
{
	uint64_t start = ALIGN_DOWN(pad->vaddr, PAGE_SIZE);
	uint64_t end = ALIGN_UP(pad->vaddr + PAD_JUMP, PAGE_SIZE);

	if (start >= o->start && end <= o->end)
		return 0;
	if (close_pages(e, o) < 0 || mprotect(emu_memory(start), end - start,
	                                      PROT_READ | PROT_WRITE) < 0)
		return -ENOMEM;
	*o = (struct opened){ start, end };
	return 0;
}

static int rewrite_all(struct emu_enclave *e)
{
	struct opened opened = { 0 };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < e->n_pads; i++) {
		if (!pad_is_mapped(e, &e->pads[i]))
			continue;
		ret = open_pages(e, &opened, &e->pads[i]);
		if (ret == 0)
			rewrite(e, i);
	}
	return close_pages(e, &opened) < 0 ? -ENOMEM : ret;
}

int emu_pads_install(struct emu_enclave *e)
{
	uint64_t targets[2] = { (uintptr_t)emu_exit_fast,
		                (uintptr_t)emu_leaf_entry };
	void *thunks;

	if (e->n_pads == 0)
		return 0;
	thunks = mmap(NULL, thunks_size(e), PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (thunks == MAP_FAILED)
		return -ENOMEM;
	e->thunks = thunks;
	memcpy(e->thunks, targets, sizeof(targets));
	for (size_t i = 0; i < e->n_pads; i++)
		write_thunk(e, i);
	if (mprotect(e->thunks, thunks_size(e), PROT_READ | PROT_EXEC) < 0)
		return -ENOMEM;
	return rewrite_all(e);
}

size_t emu_pad_of_thunk(const struct emu_enclave *e, uint64_t rip)
{
	uint64_t offset = rip - (uintptr_t)e->thunks;

	if (!e->thunks || offset < THUNK_FIRST ||
	    offset >= THUNK_FIRST + e->n_pads * THUNK_SIZE)
		return e->n_pads;
	return (offset - THUNK_FIRST) / THUNK_SIZE;
}

/* ---- exit pages -------------------------------------------------------- */

static struct emu_tcs *other_with_ogsbase(struct emu_enclave *e,
                                          const struct emu_tcs *tcs)
{
	for (size_t i = 0; i < EMU_TCS_BUCKETS; i++)
		for (struct emu_tcs *t = e->tcs[i]; t; t = t->next)
			if (t != tcs && t->ogsbase == tcs->ogsbase)
				return t;
	return NULL;
}

static void unmap_exit_page(struct emu_tcs *t)
{
	if (t->exit_page)
		munmap(t->exit_page, PAGE_SIZE);
	t->exit_page = NULL;
}

void emu_exit_page_map(struct emu_enclave *e, struct emu_tcs *tcs)
{
	uint64_t addr = e->secs.baseaddr + tcs->ogsbase + EXIT_PAGE_DISTANCE;
	struct emu_tcs *other = other_with_ogsbase(e, tcs);
	void *page;

	unmap_exit_page(tcs);
	if (other) {
		unmap_exit_page(other);
		return;
	}
	if (!IS_ALIGNED(addr, PAGE_SIZE) || !emu_is_canonical(addr))
		return;
	page = mmap(emu_memory(addr), PAGE_SIZE, PROT_READ | PROT_WRITE,
	            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (page == emu_memory(addr))
		tcs->exit_page = page;
	else if (page != MAP_FAILED)
		munmap(page, PAGE_SIZE);
}

void emu_pads_fini(struct emu_enclave *e)
{
	for (size_t i = 0; i < EMU_TCS_BUCKETS; i++)
		for (struct emu_tcs *t = e->tcs[i]; t; t = t->next)
			unmap_exit_page(t);
	if (e->thunks)
		munmap(e->thunks, thunks_size(e));
}

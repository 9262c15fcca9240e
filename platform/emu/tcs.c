/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcs.c - the TCSs of an enclave, found by address.
 *
 * Only the EPCM decides whether a TCS exists; a node here outlives its page
 * and is filled anew if the address becomes a TCS again.  Compiled without
 * vector registers, because EENTER looks here.
 */
#include <errno.h>
#include <stdlib.h>

#include "platform/emu/emu.h"

static size_t bucket(uint64_t addr)
{
	/* Two shifts: TCSs lie at a stride that is a power of two. */
	return ((addr >> PAGE_SHIFT) ^ (addr >> 18)) % EMU_TCS_BUCKETS;
}

struct emu_tcs *emu_tcs_find(const struct emu_enclave *e, uint64_t addr)
{
	struct emu_tcs *t =
		__atomic_load_n(&e->tcs[bucket(addr)], __ATOMIC_ACQUIRE);

	while (t && t->addr != addr)
		t = t->next;
	return t;
}

static struct emu_tcs *node_at(struct emu_enclave *e, uint64_t addr)
{
	struct emu_tcs **head = &e->tcs[bucket(addr)];
	struct emu_tcs *t = emu_tcs_find(e, addr);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->addr = addr;
	t->next = *head;
	__atomic_store_n(head, t, __ATOMIC_RELEASE);
	return t;
}

int emu_tcs_add(struct emu_enclave *e, uint64_t addr, const struct tcs *tcs)
{
	struct emu_tcs *t = node_at(e, addr);

	if (!t)
		return -ENOMEM;
	t->cssa = tcs->cssa;
	t->nssa = tcs->nssa;
	t->flags = tcs->flags;
	t->ossa = tcs->ossa;
	t->oentry = tcs->oentry;
	t->aep = tcs->aep;
	t->ofsbase = tcs->ofsbase;
	t->ogsbase = tcs->ogsbase;
	t->state = SGX_TCS_FREE;
	emu_exit_page_map(e, t);
	return 0;
}

void emu_tcs_free_all(struct emu_enclave *e)
{
	for (size_t i = 0; i < EMU_TCS_BUCKETS; i++) {
		struct emu_tcs *t = e->tcs[i];

		while (t) {
			struct emu_tcs *next = t->next;

			free(t);
			t = next;
		}
	}
}

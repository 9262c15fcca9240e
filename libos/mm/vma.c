/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vma.c - the tree of a process's mappings, and its accounts.
 *
 * Every change of a VMA in the tree goes through this file, which keeps
 * mm->mapped, data, locked and nvmas in step.  A VMA never changes its start
 * while it is in the tree.
 */
#include "libos/mm/vma.h"

#include "base/assert.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/uspace.h"

static struct vma *vma_of(const struct tree_node *n)
{
	return n ? tree_entry(n, struct vma, node) : NULL;
}

static int at_cmp(const void *key, const struct tree_node *n)
{
	uint64_t addr = *(const uint64_t *)key;
	const struct vma *v = vma_of(n);

	if (addr < v->start)
		return -1;
	return addr < v->end ? 0 : 1;
}

static int start_cmp(const struct tree_node *a, const struct tree_node *b)
{
	return vma_of(a)->start < vma_of(b)->start ? -1 : 1;
}

struct vma *vma_find(const struct tree *t, uint64_t addr)
{
	return vma_of(tree_find(t, &addr, at_cmp));
}

struct vma *vma_find_from(const struct tree *t, uint64_t addr)
{
	return vma_of(tree_find_ge(t, &addr, at_cmp));
}

struct vma *vma_first(const struct tree *t)
{
	return vma_of(tree_first(t));
}

struct vma *vma_next(const struct vma *v)
{
	return vma_of(tree_next(&v->node));
}

struct vma *vma_prev(const struct vma *v)
{
	return vma_of(tree_prev(&v->node));
}

bool vma_covers(const struct tree *t, uint64_t start, uint64_t end)
{
	const struct vma *v = vma_find(t, start);

	while (v && v->end < end) {
		const struct vma *next = vma_next(v);

		if (!next || next->start != v->end)
			return false;
		v = next;
	}
	return v != NULL;
}

struct vma *vma_create(uint64_t start, uint64_t end)
{
	struct vma *v = kzalloc(sizeof(*v));

	if (!v)
		return NULL;
	if (uspace_pay() < 0) {
		kfree(v);
		return NULL;
	}
	v->start = start;
	v->end = end;
	return v;
}

void vma_destroy(struct vma *v)
{
	if (v->segment)
		segment_put(v->segment);
	if (v->object)
		vm_object_put(v->object);
	uspace_refund();
	kfree(v);
}

struct vma *vma_clone(const struct vma *v, uint64_t start, uint64_t end)
{
	struct vma *c = vma_create(start, end);

	if (!c)
		return NULL;
	c->prot = v->prot;
	c->flags = v->flags;
	c->offset = v->object ? vma_offset_of(v, start) : 0;
	c->name = v->name;
	c->object = v->object;
	if (c->object)
		vm_object_get(c->object);
	c->segment = v->segment;
	if (c->segment)
		segment_use(c->segment);
	return c;
}

/* Add or take away what @v contributes to the sums. */
static void account(struct mm *mm, const struct vma *v, int sign)
{
	uint64_t size = vma_size(v) * (uint64_t)(int64_t)sign;

	mm->mapped += size;
	if (vma_is_private_writable(v->prot, v->flags))
		mm->data += size;
	if (v->flags & VMA_LOCKED)
		mm->locked += size;
}

void vma_insert_locked(struct mm *mm, struct vma *v)
{
	int ret = tree_insert(&mm->vmas, &v->node, start_cmp);

	assert_that(ret == 0);
	mm->nvmas++;
	account(mm, v, 1);
}

void vma_kill_locked(struct mm *mm, struct vma *v, struct mm_work *w)
{
	account(mm, v, -1);
	mm->nvmas--;
	tree_erase(&mm->vmas, &v->node);
	v->next_dead = w->dead;
	w->dead = v;
}

void vma_set_prot_locked(struct mm *mm, struct vma *v, uint32_t prot)
{
	account(mm, v, -1);
	v->prot = prot;
	if (prot & PROT_WRITE)
		v->flags |= VMA_WRITTEN;
	account(mm, v, 1);
}

void vma_set_flags_locked(struct mm *mm, struct vma *v, uint32_t flags)
{
	account(mm, v, -1);
	v->flags = flags;
	account(mm, v, 1);
}

void vma_set_end_locked(struct mm *mm, struct vma *v, uint64_t end)
{
	account(mm, v, -1);
	v->end = end;
	account(mm, v, 1);
}

int vma_split_at_locked(struct mm *mm, uint64_t addr)
{
	struct vma *v = vma_find(&mm->vmas, addr);
	struct vma *tail;

	if (!v || v->start == addr)
		return 0;
	if (mm->nvmas >= MM_VMA_MAX)
		return -ENOMEM;
	tail = vma_clone(v, addr, v->end);
	if (!tail)
		return -ENOMEM;
	vma_set_end_locked(mm, v, addr);
	vma_insert_locked(mm, tail);
	return 0;
}

static bool can_merge(const struct vma *a, const struct vma *b)
{
	if (a->end != b->start || a->prot != b->prot || a->name != b->name ||
	    a->flags != b->flags || a->object != b->object ||
	    a->segment != b->segment)
		return false;
	return !a->object || vma_offset_of(a, b->start) == b->offset;
}

void vma_merge_range_locked(struct mm *mm, uint64_t start, uint64_t end,
                            struct mm_work *w)
{
	struct vma *v = vma_find_from(&mm->vmas, start ? start - 1 : 0);
	struct vma *next;

	for (; v && v->start <= end; v = next) {
		next = vma_next(v);
		if (!next || next->start > end || !can_merge(v, next))
			continue;
		vma_kill_locked(mm, next, w);
		vma_set_end_locked(mm, v, next->end);
		next = v;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mm_internal.h - what the files of an address space share.
 *
 *	mm.c     life, accounts, reports
 *	vma.c    the tree: find, insert, split, merge
 *	map.c    new mappings, and where they go
 *	unmap.c  holes
 *	protect.c remap.c brk.c advise.c
 *	fault.c  first touches and contents
 *	object.c shared mappings
 *
 * Functions named _locked want mm->lock held for writing.
 */
#pragma once

#include "base/units.h"
#include "libos/mm/mm.h"
#include "libos/mm/object.h"
#include "libos/mm/pages.h"
#include "libos/mm/uspace.h"

/*
 * What a change of the tree leaves to do once the lock is dropped: objects and
 * segments may call into file systems when they go.
 */
struct mm_work {
	struct vma *dead; /* through next_dead */
	struct pages_batch batch;
};

void mm_work_init(struct mm_work *w);
/* Without mm->lock. */
void mm_work_finish(struct mm_work *w);

/* mm->lock for writing, with the windows of user copies closed. */
void mm_write_begin(struct mm *mm);
/* The same, but the windows stay: to open another one. */
void mm_window_begin(struct mm *mm);
/* The same for an mm that need not become resident any more. */
void mm_dying_begin(struct mm *mm);
void mm_write_end(struct mm *mm);

/* A VMA that is in no tree, with its extent paid for; NULL: no memory. */
struct vma *vma_create(uint64_t start, uint64_t end);
/* Not in a tree; drops object and segment: without mm->lock. */
void vma_destroy(struct vma *v);
/* Another one for [@start, @end) of the same mapping, in no tree; or NULL. */
struct vma *vma_clone(const struct vma *v, uint64_t start, uint64_t end);

void vma_insert_locked(struct mm *mm, struct vma *v);
/* Out of the tree and onto the list of the dead. */
void vma_kill_locked(struct mm *mm, struct vma *v, struct mm_work *w);
/* Change prot, flags or the end, keeping the accounts. */
void vma_set_prot_locked(struct mm *mm, struct vma *v, uint32_t prot);
void vma_set_flags_locked(struct mm *mm, struct vma *v, uint32_t flags);
void vma_set_end_locked(struct mm *mm, struct vma *v, uint64_t end);
/* Make @addr a border between VMAs. 0 or -ENOMEM. */
__must_check int vma_split_at_locked(struct mm *mm, uint64_t addr);
/* One VMA out of neighbours that say the same, in and around the range. */
void vma_merge_range_locked(struct mm *mm, uint64_t start, uint64_t end,
                            struct mm_work *w);
/* Is every page of the range mapped? */
bool vma_covers(const struct tree *t, uint64_t start, uint64_t end);

/* Private pages of a file that nobody can have changed. */
static inline bool vma_is_clean_file(const struct vma *v)
{
	return v->object && !(v->flags & (VMA_SHARED | VMA_WRITTEN));
}

static inline bool vma_is_private_writable(uint32_t prot, uint32_t flags)
{
	return (prot & PROT_WRITE) && !(flags & VMA_SHARED);
}

static inline uint64_t vma_npages(const struct vma *v)
{
	return vma_size(v) >> PAGE_SHIFT;
}

/* Offset of @addr, which @v holds, in the object. */
static inline uint64_t vma_offset_of(const struct vma *v, uint64_t addr)
{
	return v->offset + (addr - v->start);
}

/* Addresses for @size bytes, from the text cache if there are no others. */
__must_check int mm_addresses(uint64_t size, uint64_t align,
                              enum uspace_place place, uint64_t *ret_addr);
/* Where pages will be used. */
enum uspace_place mm_backed_place(void);

/*
 * Addresses: some of those outside of any VMA are the mm's all the same (what
 * is reserved for the heap, overlay slots).  mm_own_locked() takes the rest of
 * [@start, @end), -EEXIST: somebody else has a part; mm_disown_locked() gives
 * them back.  Neither looks at the tree.
 */
__must_check int mm_own_locked(struct mm *mm, uint64_t start, uint64_t end,
                               struct pages_batch *b,
                               const struct content_id *id, uint64_t offset);
/* The same without pages_open(), for addresses that nothing is mapped to yet. */
__must_check int mm_reserve_locked(struct mm *mm, uint64_t start, uint64_t end,
                                   struct pages_batch *b,
                                   const struct content_id *id,
                                   uint64_t offset);
void mm_disown_locked(struct mm *mm, uint64_t start, uint64_t end);

/*
 * Empty [@start, @end) of VMAs, free their pages, keep or give back their
 * addresses.  -ENOMEM: nothing was changed.
 */
__must_check int mm_unmap_locked(struct mm *mm, uint64_t start, uint64_t end,
                                 struct mm_work *w);
/*
 * The same, to make room for @next: the addresses stay the caller's, and so do
 * pages whose contents @next would show.  No VMA in the range is shared, none
 * reaches over its ends.
 */
void mm_replace_locked(struct mm *mm, const struct vma *next,
                       struct mm_work *w);

/*
 * Read what warm pages of [@start, @end) show of a file, or free them.  A loader
 * that will map over them again (@rights) may keep more than its VMA says.
 */
void mm_fill_warm(struct mm *mm, uint64_t start, uint64_t end, uint32_t rights);

/*
 * Bring a small new part of anonymous memory into use if its pages are there
 * anyway: it costs less than the fault that would ask for them.
 */
void mm_fill_ahead(struct mm *mm, uint64_t start, uint64_t size);

/* Can a second thread of @mm look on?  (fault.c) */
enum pages_reach mm_reach(const struct mm *mm);

/* Page-aligned and inside user space, not empty; -EINVAL, -ENOMEM. */
__must_check int mm_check_range(uint64_t addr, uint64_t size,
                                uint64_t *ret_end);

/* May @more bytes be mapped under the limits?  0 or -ENOMEM. */
__must_check int mm_check_limits(const struct mm *mm, uint64_t more,
                                 uint64_t more_data);

const struct mm_ops *mm_get_ops(void);

/*
 * Segments of objects (object.c): the one that covers [@offset, +@size), with a
 * use for the caller.
 *
 * @fixed != 0: it has to lie there.  If the object has none, -ENOENT, unless
 * the caller @is_owner of the addresses, which the new segment then takes over.
 * -ENOMEM: it lies elsewhere, or can't be made longer, or no memory.
 */
struct segment_request {
	uint64_t offset, size;
	uint64_t fixed;
	bool is_owner;
};
__must_check int segment_get(struct vm_object *obj,
                             const struct segment_request *req,
                             struct vm_segment **ret);
/* One more user of a segment that has one. */
void segment_use(struct vm_segment *seg);
/* The last one writes back and frees: may sleep, no lock held. */
void segment_put(struct vm_segment *seg);
/*
 * A mapper of [@start, @end) needs @rights.  The sole user has exactly these
 * from now on (but R where there is a file to write back to), others gain.
 */
void segment_protect(struct vm_segment *seg, struct pages_batch *b,
                     uint64_t start, uint64_t end, uint32_t rights);
/* Write back what is in use of the part [@start, @end).  No lock held. */
__must_check int segment_sync(struct vm_segment *seg, uint64_t start,
                              uint64_t end);

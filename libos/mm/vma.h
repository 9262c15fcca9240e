/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vma.h - one range of addresses of one process, and the tree of them.
 *
 * The ranges of a tree never overlap, are whole pages, and lie in user space.
 * The tree is the truth about what a program may do; what the platform holds
 * (mm/pages.h) is never more than that while the program runs.  Guarded by
 * mm->lock.
 */
#pragma once

#include "base/tree.h"
#include "base/types.h"

struct vm_object;
struct vm_segment;

/* mmap(2): values of Linux on x86-64. */
#define PROT_NONE 0x0
#define PROT_READ 0x1
#define PROT_WRITE 0x2
#define PROT_EXEC 0x4
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWSUP 0x02000000

#define MAP_SHARED 0x01
#define MAP_PRIVATE 0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE 0x0f
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_32BIT 0x40
#define MAP_GROWSDOWN 0x0100
#define MAP_DENYWRITE 0x0800
#define MAP_EXECUTABLE 0x1000
#define MAP_LOCKED 0x2000
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE 0x8000
#define MAP_NONBLOCK 0x10000
#define MAP_STACK 0x20000
#define MAP_HUGETLB 0x40000
#define MAP_SYNC 0x80000
#define MAP_FIXED_NOREPLACE 0x100000

enum vma_flags {
	VMA_SHARED = 1u << 0,  /* segment is set                             */
	VMA_STACK = 1u << 1,   /* "[stack]"                                  */
	VMA_BRK = 1u << 2,     /* "[heap]"                                   */
	VMA_WRITTEN = 1u << 3, /* was writable once: pages may differ from
				  the object                                 */
	VMA_LOCKED = 1u << 4,  /* mlock(2): an account, nothing else         */
	VMA_OVERLAY = 1u << 5, /* lies in an overlay slot (mm/overlay.h)     */
	VMA_SPECIAL = 1u << 6, /* the kernel's: vDSO, stubs; not the program's
				  to change                                  */
	VMA_DONTFORK = 1u << 7,
	VMA_WIPEONFORK = 1u << 8,
	VMA_DONTDUMP = 1u << 9,
	VMA_MAY_WRITE = 1u << 10 /* PROT_WRITE may be asked for later        */
};

struct vma {
	struct tree_node node;
	uint64_t start, end;
	uint32_t prot;              /* PROT_* */
	uint32_t flags;             /* enum vma_flags */
	struct vm_object *object;   /* a reference; NULL: anonymous private */
	uint64_t offset;            /* of start in object */
	struct vm_segment *segment; /* a use; VMA_SHARED only */
	uint64_t next_touch;        /* where a sequential toucher faults next */
	uint32_t chunk_pages;       /* how much the next such fault commits   */
	struct vma *next_dead;      /* out of the tree, to be destroyed       */
	const char *name;           /* static: "[vdso]"; NULL: from the rest  */
};

/* The VMA that holds @addr / the first that ends behind @addr; or NULL. */
struct vma *vma_find(const struct tree *t, uint64_t addr);
struct vma *vma_find_from(const struct tree *t, uint64_t addr);
struct vma *vma_next(const struct vma *v);
struct vma *vma_prev(const struct vma *v);
struct vma *vma_first(const struct tree *t);

static inline uint64_t vma_size(const struct vma *v)
{
	return v->end - v->start;
}

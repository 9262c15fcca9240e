/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mm.h - the address space of a process.
 *
 * All processes of the enclave live in one range of addresses; what makes them
 * separate is that each has its own tree of VMAs and that no two trees hold
 * the same address, but for shared mappings and overlay slots.
 *
 * Life: mm_create() gives one reference; each thread of a process holds one,
 * so that refs == 1 means that nobody else can touch the memory.  The last
 * mm_put() unmaps everything, keeping read-only file pages in the text cache.
 *
 * Locking: every function takes mm->lock itself (RANK_MM) and may sleep and
 * leave the enclave.  File systems are called without it.
 *
 *	struct mm_map req = {
 *		.size = 2 * PAGE_SIZE,
 *		.prot = PROT_READ | PROT_WRITE,
 *		.flags = MAP_PRIVATE | MAP_ANONYMOUS,
 *	};
 *	uint64_t addr;
 *	int ret = mm_map(mm, &req, &addr);
 *
 * Errors are those of the system call of the same name in Linux.
 */
#pragma once

#include "base/compiler.h"
#include "base/tree.h"
#include "base/types.h"
#include "libos/mm/vma.h"
#include "libos/sched/mutex.h"

struct thread;
struct vm_object;

/* What the platform can do, from the boot block and the boot config. */
struct mm_config {
	uint64_t user_space_size;     /* EADDed from USER_BASE up to here     */
	uint64_t user_space_max_size; /* bytes of user pages, all in all      */
	uint64_t kernel_heap_max_size;
	bool edmm;           /* the SGX2 page calls work             */
	bool trusted_faults; /* EXINFO tells address and kind of a #PF */
};

/* Once, after kheap_init(). 0 or -ENOMEM. */
__must_check int mm_init(const struct mm_config *config);
/* No mm is left: forget everything, the text cache too.  For tests. */
void mm_fini(void);

/* How many VMAs a process may have: Linux's vm.max_map_count. */
#define MM_VMA_MAX 65530

#define MM_NWINDOWS 4

/* A VMA that user copies met lately; see usercopy.c. */
struct mm_window {
	uint64_t start, end;
	uint32_t prot;
};

struct mm {
	uint32_t refs; /* atomic */
	uint32_t id;   /* never reused; names private futexes */
	struct rwlock lock;

	/* Under lock. */
	struct tree vmas;
	uint32_t nvmas;
	uint64_t mapped; /* bytes of all VMAs: RLIMIT_AS         */
	uint64_t data;   /* bytes of private writable ones: RLIMIT_DATA */
	uint64_t locked; /* bytes of VMA_LOCKED ones             */
	uint64_t brk_start, brk_end; /* the heap, as brk(2) says */
	uint64_t brk_limit;          /* end of what is reserved for it */
	uint64_t stack_start, stack_end;
	uint32_t lock_future;   /* mlockall(MCL_FUTURE) */
	uint64_t spurious_addr; /* the last fault that needed nothing */
	uint32_t spurious_count;

	/* Written under lock, read without: odd seq means being changed. */
	uint32_t seq;
	struct mm_window windows[MM_NWINDOWS];
	uint32_t next_window;

	/* Set by the layers above; 0 in the first: RLIM_INFINITY is ~0. */
	uint64_t limit_as;
	uint64_t limit_data;
	uint64_t limit_stack;

	/* For exec and /proc: written by proc/ before the mm is shared. */
	uint64_t code_start, code_end, data_start, data_end;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t auxv[64];     /* /proc/PID/auxv; pairs, ends with AT_NULL */
	struct vm_object *exe; /* a reference or NULL */

	struct overlay_member *overlay; /* mm/overlay.h; NULL: none */
};

/* Empty: no VMA, infinite limits. */
__must_check int mm_create(struct mm **ret);
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);
/* Unmap everything now, as the last mm_put() would: exec by the last thread. */
void mm_clear(struct mm *mm);

/* Is the caller's reference the only one? */
static inline bool mm_is_alone(const struct mm *mm)
{
	return __atomic_load_n(&mm->refs, __ATOMIC_ACQUIRE) == 1;
}

struct mm_map {
	uint64_t addr;  /* hint, or the address if MAP_FIXED[_NOREPLACE] */
	uint64_t size;  /* rounded up to pages                           */
	uint64_t align; /* 0: a page; else a power of two                */
	uint32_t prot;
	uint32_t flags;     /* MAP_* of Linux; unknown bits are ignored */
	uint32_t vma_flags; /* VMA_STACK, VMA_SPECIAL...                */
	struct vm_object
		*object; /* NULL: anonymous; mm_map takes its own ref */
	uint64_t offset;
	const char *name; /* static, for VMA_SPECIAL                  */
	bool may_write;   /* shared file opened for writing           */
	bool is_image;    /* of mm_reserve_image() only               */
};

__must_check int mm_map(struct mm *mm, const struct mm_map *req,
                        uint64_t *ret_addr);
__must_check int mm_unmap(struct mm *mm, uint64_t addr, uint64_t size);
__must_check int mm_protect(struct mm *mm, uint64_t addr, uint64_t size,
                            uint32_t prot);

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
#define MREMAP_DONTUNMAP 4
struct mm_remap {
	uint64_t old_addr, old_size;
	uint64_t new_size, new_addr;
	uint32_t flags; /* MREMAP_* */
};
__must_check int mm_remap(struct mm *mm, const struct mm_remap *req,
                          uint64_t *ret_addr);

/*
 * Reserve addresses for an image that will be mapped piece by piece with
 * MAP_FIXED: @addr == 0 lets mm choose, near the pages that the text cache
 * still has of @object (may be NULL).  The reservation is a PROT_NONE mapping.
 * With @addr != 0, a non-PIE program: pages that another process has there
 * make it an overlay (mm/overlay.h).
 *
 * Before the program runs, mm_seal_image() takes the rights from what is left
 * of the reservation.
 */
__must_check int mm_reserve_image(struct mm *mm, uint64_t addr, uint64_t size,
                                  uint64_t align, struct vm_object *object,
                                  uint64_t *ret_addr);
void mm_seal_image(struct mm *mm, uint64_t addr, uint64_t size);

/*
 * Place the heap: @size bytes of addresses are reserved (RLIMIT_DATA can't
 * exceed it), at @hint if that is free, and the break is at its start.
 */
__must_check int mm_brk_init(struct mm *mm, uint64_t hint, uint64_t size);
/* brk(2): the break afterwards, which is the old one where it failed. */
uint64_t mm_brk(struct mm *mm, uint64_t brk);

/* madvise(2), msync(2), mincore(2), mlock(2) and relatives. */
__must_check int mm_advise(struct mm *mm, uint64_t addr, uint64_t size,
                           int advice);
__must_check int mm_sync(struct mm *mm, uint64_t addr, uint64_t size,
                         int flags);
/* One byte for each page into @vec, @size >> PAGE_SHIFT of them. */
__must_check int mm_incore(struct mm *mm, uint64_t addr, uint64_t size,
                           uint8_t *vec);
enum mm_lock_mode { MM_UNLOCK, MM_LOCK, MM_LOCK_ONFAULT };
/* @limit: how many bytes may be locked. */
__must_check int mm_lock_range(struct mm *mm, uint64_t addr, uint64_t size,
                               enum mm_lock_mode mode, uint64_t limit);
/* @flags: MCL_*; 0 unlocks. */
__must_check int mm_lock_all(struct mm *mm, int flags, uint64_t limit);

/* Commit and fill what is mapped in the range. 0, -ENOMEM, -EIO. */
__must_check int mm_populate(struct mm *mm, uint64_t addr, uint64_t size);

/*
 * A fault of a program at @addr; @access is one of PROT_READ, PROT_WRITE,
 * PROT_EXEC.  0: go on; else the signal to raise (SIGSEGV, SIGBUS, SIGKILL),
 * with its si_code in @ret_code.  In thread context; may sleep.
 */
__must_check int mm_fault(struct mm *mm, uint64_t addr, uint32_t access,
                          int *ret_code);

/* Call @func for each VMA in order of addresses, until it returns non-zero. */
int mm_for_each(struct mm *mm,
                int (*func)(const struct vma *v, const char *path, void *arg),
                void *arg);

/* /proc/PID/statm and getrusage; in pages. */
struct mm_usage {
	uint64_t size, resident, shared, text, data, stack, locked;
};
void mm_usage(struct mm *mm, struct mm_usage *ret);

/* /proc/meminfo; in pages. */
struct mm_totals {
	uint64_t total;     /* budget                            */
	uint64_t committed; /* present in the enclave            */
	uint64_t used;      /* in use by VMAs, segments or cache */
	uint64_t cached;    /* of these, by the text cache       */
};
void mm_totals(struct mm_totals *ret);

struct mm_ops {
	/*
	 * Contents [@addr, +@size) of executable pages of @obj at @offset
	 * are about to become visible; @bytes is the writable copy of it.
	 * Called with mm->lock held: may take locks ranked above RANK_MM.
	 * Instructions that lie across an end can't be changed whole.
	 */
	void (*text_filled)(struct mm *mm, struct vm_object *obj,
	                    uint64_t offset, uint64_t addr, uint8_t *bytes,
	                    size_t size);
	/* Does a thread of @mm run on another vCPU at this moment? */
	bool (*runs_elsewhere)(struct mm *mm);
	/* Would a thread of @mm, other than the calling one, run if it could? */
	bool (*is_runnable)(struct mm *mm);
	/* Ask those threads to give their vCPUs up soon. */
	void (*kick_out)(struct mm *mm);
};
/* Registered once, at boot; without, nothing is patched and no mm runs. */
void mm_set_ops(const struct mm_ops *ops);

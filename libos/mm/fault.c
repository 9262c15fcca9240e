/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - first touches: pages come into use, with their contents.
 *
 * Anonymous memory is committed under mm->lock.  Contents of files are read
 * into a kernel buffer with no lock held, because a file system takes locks
 * that come before ours; afterwards the mapping is looked up again, and what is
 * still as it was gets the pages.  Both go in chunks: a sequential toucher gets
 * larger and larger ones.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/shortage.h"

enum {
	CHUNK_PAGES = 16,      /* 64 KiB: a chunk of the root's digests too */
	CHUNK_PAGES_MAX = 512, /* 2 MiB */
	READ_PAGES = 16,
	AHEAD_PAGES_MAX = 40, /* the first step of a C library's heap: 33 */
	/* A thread may find done what it faulted for, but not for ever. */
	SPURIOUS_MAX = 256,
	READ_TRIES = 16
};

/* Signals and codes of Linux. */
enum {
	SIG_BUS = 7,
	SIG_KILL = 9,
	SIG_SEGV = 11,
	CODE_KERNEL = 0x80,
	CODE_MAPERR = 1,
	CODE_ACCERR = 2,
	CODE_ADRERR = 2,
	CODE_MCEERR_AR = 4
};

enum pages_reach mm_reach(const struct mm *mm)
{
	return mm_is_alone(mm) ? PAGES_HIDDEN : PAGES_REACHABLE;
}

static bool is_zero_filled(const struct vma *v)
{
	return !v->object || vm_object_is_anonymous(v->object);
}

/* The pages of a segment are guarded by its object. */
static int commit(struct mm *mm, const struct vma *v, uint64_t start,
                  uint64_t npages, const void *src)
{
	int ret;

	if (!(v->flags & VMA_SHARED))
		return pages_commit(start, npages, src,
		                    pages_rights_of(v->prot), mm_reach(mm));
	mutex_lock(&v->object->lock);
	ret = pages_commit(start, npages, src, v->segment->rights,
	                   PAGES_REACHABLE);
	mutex_unlock(&v->object->lock);
	return ret;
}

/* What has been read for a run of pages, to be entered if it still fits. */
struct fill {
	struct vm_object *obj; /* a reference */
	uint64_t start, end;
	uint64_t offset;
	uint64_t changes; /* of obj, before the read */
	uint32_t warm;    /* rights to stay with warm pages; 0: not warm */
	uint8_t *buf;
	uint64_t buf_pages;
};

static uint64_t changes_of(struct vm_object *obj)
{
	uint64_t n;

	mutex_lock(&obj->lock);
	n = obj->changes;
	mutex_unlock(&obj->lock);
	return n;
}

/* A buffer of as many pages as there are to be had. */
static int fill_alloc(struct fill *f)
{
	f->buf_pages =
		MIN((f->end - f->start) >> PAGE_SHIFT, (uint64_t)READ_PAGES);
	f->buf = kpages_alloc(f->buf_pages);
	if (!f->buf && f->buf_pages > 1) {
		f->buf_pages = 1;
		f->buf = kpages_alloc(1);
	}
	f->end = MIN(f->end, f->start + (f->buf_pages << PAGE_SHIFT));
	return f->buf ? 0 : -ENOMEM;
}

/*
 * Read [start, end), cut to the end of the file; no lock is held.  -EIO: there
 * is nothing to read; -EBADMSG: the file can't give what it has.
 */
static int fill_read(struct fill *f)
{
	uint64_t size = f->obj->ops->size(f->obj);
	size_t want, done = 0;
	long n;

	if (f->offset >= size)
		return -EIO;
	f->end = MIN(f->end, f->start + ALIGN_UP(size - f->offset, PAGE_SIZE));
	f->changes = changes_of(f->obj);
	want = f->end - f->start;
	do {
		n = f->obj->ops->read(f->obj, f->buf + done, want - done,
		                      f->offset + done);
		if (n < 0)
			return n == -ENOMEM ? -ENOMEM : -EBADMSG;
		done += (size_t)n;
	} while (n > 0 && done < want);
	memset(f->buf + done, 0, want - done);
	vm_object_overlay_read(f->obj, f->buf, want, f->offset);
	return 0;
}

/* -EAGAIN: a writer was faster; what was read is old. */
static int enter_shared(struct mm *mm, const struct vma *v,
                        const struct fill *f)
{
	if (changes_of(f->obj) != f->changes)
		return -EAGAIN;
	return commit(mm, v, f->start, (f->end - f->start) >> PAGE_SHIFT,
	              f->buf);
}

static int fill_enter_locked(struct mm *mm, struct fill *f)
{
	const struct vma *v = vma_find(&mm->vmas, f->start);

	/* Somebody changed the mapping meanwhile: that is not our fault. */
	if (!v || v->object != f->obj || v->prot == PROT_NONE ||
	    vma_offset_of(v, f->start) != f->offset)
		return 0;
	f->end = MIN(f->end, v->end);
	if (v->prot & PROT_EXEC)
		mm_get_ops()->text_filled(mm, f->obj, f->offset, f->start,
		                          f->buf, f->end - f->start);
	if (v->flags & VMA_SHARED)
		return enter_shared(mm, v, f);
	if (f->warm)
		return pages_commit(f->start, (f->end - f->start) >> PAGE_SHIFT,
		                    f->buf, f->warm, PAGES_HIDDEN);
	return commit(mm, v, f->start, (f->end - f->start) >> PAGE_SHIFT,
	              f->buf);
}

static int fill_once(struct mm *mm, struct fill *f)
{
	int ret = fill_read(f);

	if (ret < 0)
		return ret;
	mm_window_begin(mm);
	ret = fill_enter_locked(mm, f);
	mm_write_end(mm);
	return ret;
}

/* Of the run in @f, as many pages as fit a buffer; the lock is dropped. */
static int fill_run_unlock(struct mm *mm, const struct vma *v, struct fill *f)
{
	uint32_t tries = 0;
	int ret;

	f->obj = v->object;
	f->offset = vma_offset_of(v, f->start);
	vm_object_get(f->obj);
	mm_write_end(mm);

	ret = fill_alloc(f);
	if (ret < 0)
		goto out_object;
	do
		ret = fill_once(mm, f);
	while (ret == -EAGAIN && ++tries < READ_TRIES);
	kpages_free(f->buf, f->buf_pages);
out_object:
	vm_object_put(f->obj);
	return ret;
}

/*
 * Bring the first run of missing file pages of [@start, @end) in.  mm->lock is
 * held at the call and not afterwards.  *@ret_next: where to go on.
 */
static int fill_file_unlock(struct mm *mm, const struct vma *v, uint64_t start,
                            uint64_t end, uint64_t *ret_next)
{
	struct fill f = { 0 };
	int ret = 0;

	f.start = pages_find_unused(start, (end - start) >> PAGE_SHIFT);
	f.end = pages_find_used(f.start, (end - f.start) >> PAGE_SHIFT);
	if (f.start < f.end)
		ret = fill_run_unlock(mm, v, &f);
	else
		mm_write_end(mm);
	*ret_next = f.end;
	return ret;
}

static void free_warm(struct mm *mm, uint64_t start, uint64_t limit)
{
	struct pages_batch b;
	uint64_t end = limit;

	pages_batch_init(&b);
	mm_window_begin(mm);
	for (; pages_find_warm(&start, &end); start = end, end = limit)
		pages_free(&b, start, (end - start) >> PAGE_SHIFT);
	pages_batch_finish(&b);
	mm_write_end(mm);
}

void mm_fill_warm(struct mm *mm, uint64_t start, uint64_t end, uint32_t rights)
{
	const struct vma *v;

	for (;;) {
		struct fill f = { .start = start, .end = end, .warm = rights };

		mm_window_begin(mm);
		v = vma_find(&mm->vmas, start);
		if (!v || !v->object || !pages_find_warm(&f.start, &f.end)) {
			mm_write_end(mm);
			return;
		}
		if (fill_run_unlock(mm, v, &f) < 0)
			break;
		start = f.end;
	}
	free_warm(mm, start, end);
}

/*
 * Commit the part of [@start, @end) that lies in the VMA at @start, or the next
 * one; -ENOENT: there is none.  *@ret_next: where to go on.
 */
static int fill_step(struct mm *mm, uint64_t start, uint64_t end,
                     uint64_t *ret_next)
{
	const struct vma *v;
	int ret = 0;

	mm_window_begin(mm);
	v = vma_find_from(&mm->vmas, start);
	if (!v || v->start >= end) {
		mm_write_end(mm);
		return -ENOENT;
	}
	start = MAX(start, v->start);
	end = MIN(end, v->end);
	*ret_next = end;
	if (v->prot != PROT_NONE && !is_zero_filled(v))
		return fill_file_unlock(mm, v, start, end, ret_next);
	if (v->prot != PROT_NONE)
		ret = commit(mm, v, start, (end - start) >> PAGE_SHIFT, NULL);
	mm_write_end(mm);
	return ret;
}

int mm_populate(struct mm *mm, uint64_t addr, uint64_t size)
{
	uint64_t pos = ALIGN_DOWN(addr, PAGE_SIZE);
	uint64_t end = ALIGN_UP(addr + size, PAGE_SIZE);
	int ret = 0;

	while (ret == 0 && pos < end)
		ret = fill_step(mm, pos, end, &pos);
	if (ret == -EBADMSG)
		ret = -EIO;
	return ret == -ENOENT ? 0 : ret;
}

void mm_fill_ahead(struct mm *mm, uint64_t start, uint64_t size)
{
	uint64_t end = ALIGN_UP(start + size, PAGE_SIZE);

	start = ALIGN_UP(start, PAGE_SIZE);
	/* Larger ones may be meant to stay almost empty. */
	if (start >= end || end - start > AHEAD_PAGES_MAX * PAGE_SIZE ||
	    pages_state(start) != PAGE_ZERO ||
	    pages_state(end - PAGE_SIZE) != PAGE_ZERO)
		return;
	if (mm_populate(mm, start, end - start) < 0)
		return; /* then at the touch, and the error too */
}

/*
 * How far into a chunk a page is.  Those of a file are chunks of the file: the
 * root is read and hashed in the same.
 */
static uint64_t chunk_place(const struct vma *v, uint64_t page)
{
	uint64_t at = is_zero_filled(v) ? page : vma_offset_of(v, page);

	return at % (CHUNK_PAGES * PAGE_SIZE);
}

/* How much to commit for a touch at @addr. */
static void chunk_at(struct vma *v, uint64_t addr, uint64_t *ret_start,
                     uint64_t *ret_end)
{
	uint64_t page = ALIGN_DOWN(addr, PAGE_SIZE);
	uint64_t start = page - chunk_place(v, page);

	if (page == v->next_touch && v->chunk_pages) {
		v->chunk_pages =
			MIN(2 * v->chunk_pages, (uint32_t)CHUNK_PAGES_MAX);
		start = page;
	} else {
		v->chunk_pages = CHUNK_PAGES;
	}
	*ret_start = MAX(start, v->start);
	*ret_end = MIN(start + v->chunk_pages * PAGE_SIZE, v->end);
	v->next_touch = *ret_end;
}

static bool is_allowed(const struct vma *v, uint32_t access)
{
	if (access == PROT_READ)
		return v->prot != PROT_NONE;
	return (v->prot & access) == access;
}

/* The page is in use: perhaps it lacks a right, perhaps another was faster. */
static int fault_in_use(struct mm *mm, const struct vma *v, uint64_t page)
{
	uint32_t rights = pages_rights_of(v->prot);
	struct pages_batch b;

	if ((rights & ~pages_rights(page)) == 0) {
		if (mm->spurious_addr != page)
			mm->spurious_count = 0;
		mm->spurious_addr = page;
		return ++mm->spurious_count < SPURIOUS_MAX ? 0 : -EFAULT;
	}
	pages_batch_init(&b);
	if (v->flags & VMA_SHARED)
		segment_protect(v->segment, &b, page, page + PAGE_SIZE, rights);
	else
		pages_protect(&b, page, 1, rights);
	pages_batch_finish(&b);
	return 0;
}

/* One page where a whole chunk was too much. */
static int commit_chunk(struct mm *mm, struct vma *v, uint64_t page)
{
	uint64_t start, end;
	int ret;

	chunk_at(v, page, &start, &end);
	ret = commit(mm, v, start, (end - start) >> PAGE_SHIFT, NULL);
	if (ret < 0)
		ret = commit(mm, v, page, 1, NULL);
	return ret;
}

/* Drops the lock.  0 or -errno. */
static int fault_unlock(struct mm *mm, struct vma *v, uint64_t page)
{
	uint64_t start, end, next;
	int ret;

	if (pages_state(page) != PAGE_USED && !is_zero_filled(v)) {
		chunk_at(v, page, &start, &end);
		/* The run that is read has to hold the page. */
		if (pages_find_used(start, (page - start) >> PAGE_SHIFT) < page)
			start = page;
		end = MIN(end, start + READ_PAGES * PAGE_SIZE);
		return fill_file_unlock(mm, v, MIN(start, page), end, &next);
	}
	if (pages_state(page) == PAGE_USED)
		ret = fault_in_use(mm, v, page);
	else
		ret = commit_chunk(mm, v, page);
	mm_write_end(mm);
	return ret;
}

static int signal_of(int err, int *ret_code)
{
	switch (err) {
	case -ENOMEM:
		mm_explain_shortage();
		*ret_code = CODE_KERNEL;
		return SIG_KILL;
	case -EFAULT:
		*ret_code = CODE_ACCERR;
		return SIG_SEGV;
	case -EBADMSG:
		*ret_code = CODE_MCEERR_AR;
		return SIG_BUS;
	default:
		*ret_code = CODE_ADRERR;
		return SIG_BUS;
	}
}

int mm_fault(struct mm *mm, uint64_t addr, uint32_t access, int *ret_code)
{
	struct vma *v;
	int ret;

	mm_window_begin(mm);
	v = vma_find(&mm->vmas, addr);
	if (!v || !is_allowed(v, access)) {
		*ret_code = v ? CODE_ACCERR : CODE_MAPERR;
		mm_write_end(mm);
		return SIG_SEGV;
	}
	ret = fault_unlock(mm, v, ALIGN_DOWN(addr, PAGE_SIZE));
	return ret == 0 ? 0 : signal_of(ret, ret_code);
}

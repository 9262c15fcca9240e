/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdtable.c - descriptor tables.
 *
 * A bit in open says the number is taken; the file pointer follows, so that a
 * descriptor can be reserved before what it stands for exists.  Tables only
 * grow, and only with the lock held: a table nobody shares may be read without.
 */
#include "libos/fs/fdtable.h"

#include "base/bitmap.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/flock.h"
#include "libos/mm/kheap.h"

static struct fdtable *fdtable_alloc(void)
{
	struct fdtable *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->refs = 1;
	spin_init(&t->lock, RANK_FDTABLE);
	t->capacity = FD_INLINE;
	t->limit = FD_LIMIT_DEFAULT;
	t->files = t->inline_files;
	t->open = t->inline_open;
	t->cloexec = t->inline_cloexec;
	return t;
}

struct fdtable *fdtable_create(void)
{
	return fdtable_alloc();
}

/* The three arrays of a table, in one allocation that files points to. */
struct fd_arrays {
	struct file **files;
	unsigned long *open;
	unsigned long *cloexec;
	uint32_t capacity;
};

static bool arrays_alloc(struct fd_arrays *a, uint32_t capacity)
{
	size_t words = BITMAP_WORDS(capacity);
	size_t size = capacity * sizeof(*a->files) + 2 * words * sizeof(long);

	a->files = kzalloc(size);
	if (!a->files)
		return false;
	a->open = (unsigned long *)(void *)(a->files + capacity);
	a->cloexec = a->open + words;
	a->capacity = capacity;
	return true;
}

static void arrays_free(struct fdtable *t, struct file **files)
{
	if (files != t->inline_files)
		kfree(files);
}

/* Put the contents of @t into @a, which is at least as large, and use it. */
static void arrays_adopt(struct fdtable *t, const struct fd_arrays *a)
{
	size_t words = BITMAP_WORDS(t->capacity);

	memcpy(a->files, t->files, t->capacity * sizeof(*t->files));
	memcpy(a->open, t->open, words * sizeof(long));
	memcpy(a->cloexec, t->cloexec, words * sizeof(long));
	t->files = a->files;
	t->open = a->open;
	t->cloexec = a->cloexec;
	t->capacity = a->capacity;
}

/* Make room for descriptor @fd.  The lock is held, dropped and held again. */
static int grow_locked(struct fdtable *t, uint32_t fd)
{
	uint32_t capacity = t->capacity;
	struct file **old = t->files;
	struct fd_arrays a;

	if (fd < capacity)
		return 0;
	while (capacity <= fd)
		capacity *= 2;
	spin_unlock(&t->lock);
	if (!arrays_alloc(&a, capacity)) {
		spin_lock(&t->lock);
		return -ENOMEM;
	}
	spin_lock(&t->lock);
	if (fd < t->capacity) { /* another thread was faster */
		kfree(a.files);
		return 0;
	}
	old = t->files;
	arrays_adopt(t, &a);
	arrays_free(t, old);
	return 0;
}

/* Copy the taken descriptors of @old, whose lock is held, into @t. */
static void copy_files(struct fdtable *t, const struct fdtable *old)
{
	for (uint32_t i = 0; i < old->capacity; i++) {
		struct file *f = old->files[i];

		/* A number that is only reserved stays with its thread. */
		if (!f)
			continue;
		t->files[i] = file_get(f);
		bitmap_set(t->open, i);
		if (bitmap_test(old->cloexec, i))
			bitmap_set(t->cloexec, i);
	}
	t->next_free = 0;
	t->limit = old->limit;
}

struct fdtable *fdtable_copy(struct fdtable *old)
{
	struct fdtable *t = fdtable_alloc();
	int err;

	if (!t)
		return NULL;
	/* The other table may grow while ours is being enlarged. */
	spin_lock(&old->lock);
	while (t->capacity < old->capacity) {
		uint32_t last = old->capacity - 1;

		spin_unlock(&old->lock);
		spin_lock(&t->lock);
		err = grow_locked(t, last);
		spin_unlock(&t->lock);
		if (err < 0) {
			fdtable_put(t);
			return NULL;
		}
		spin_lock(&old->lock);
	}
	copy_files(t, old);
	spin_unlock(&old->lock);
	return t;
}

struct fdtable *fdtable_get(struct fdtable *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

/* What close does besides giving the number back. */
static int close_file(struct fdtable *t, struct file *f)
{
	int ret = 0;

	if (!(f->mode & FILE_PATH)) {
		ret = f->ops->flush(f);
		flock_release_owner(f->inode, t);
	}
	file_put(f);
	return ret;
}

void fdtable_put(struct fdtable *t)
{
	if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (uint32_t i = 0; i < t->capacity; i++) {
		if (t->files[i])
			close_file(t, t->files[i]);
	}
	arrays_free(t, t->files);
	kfree(t);
}

void fdtable_set_limit(struct fdtable *t, uint64_t limit)
{
	spin_lock(&t->lock);
	t->limit = (uint32_t)MIN(limit, (uint64_t)FD_COUNT_MAX);
	spin_unlock(&t->lock);
}

static struct file *find_locked(const struct fdtable *t, int fd)
{
	return (uint32_t)fd < t->capacity ? t->files[fd] : NULL;
}

static void free_number_locked(struct fdtable *t, uint32_t fd)
{
	t->files[fd] = NULL;
	bitmap_clear(t->open, fd);
	bitmap_clear(t->cloexec, fd);
	t->next_free = MIN(t->next_free, fd);
}

struct file *fd_get_any(struct fdtable *t, int fd)
{
	struct file *f;

	spin_lock(&t->lock);
	f = find_locked(t, fd);
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	return f;
}

struct file *fd_get(struct fdtable *t, int fd)
{
	struct file *f = fd_get_any(t, fd);

	if (f && (f->mode & FILE_PATH)) {
		file_put(f);
		return NULL;
	}
	return f;
}

struct fd_ref fd_borrow(struct fdtable *t, int fd)
{
	struct fd_ref r = { .file = NULL, .counted = false };

	/* Only the owner can make refs grow beyond 1, and the owner is here. */
	if (likely(__atomic_load_n(&t->refs, __ATOMIC_ACQUIRE) == 1)) {
		r.file = find_locked(t, fd);
		if (r.file && unlikely(r.file->mode & FILE_PATH))
			r.file = NULL;
		return r;
	}
	r.file = fd_get(t, fd);
	r.counted = r.file != NULL;
	return r;
}

/* The lowest free number >= @from; it may lie beyond the arrays. */
static uint32_t lowest_free_locked(const struct fdtable *t, uint32_t from)
{
	from = MAX(from, t->next_free);
	if (from >= t->capacity)
		return from;
	return (uint32_t)bitmap_find_next_zero(t->open, t->capacity, from);
}

int fd_reserve(struct fdtable *t, uint32_t from, uint32_t flags)
{
	uint32_t fd;
	int ret;

	spin_lock(&t->lock);
	if (from >= t->limit) {
		ret = from == 0 ? -EMFILE : -EINVAL;
		goto out;
	}
	do {
		fd = lowest_free_locked(t, from);
		ret = fd >= t->limit ? -EMFILE : grow_locked(t, fd);
		if (ret < 0)
			goto out;
		/* Growing let go of the lock: somebody may have taken it. */
	} while (bitmap_test(t->open, fd));

	bitmap_set(t->open, fd);
	if (flags & O_CLOEXEC)
		bitmap_set(t->cloexec, fd);
	else
		bitmap_clear(t->cloexec, fd);
	if (from <= t->next_free)
		t->next_free = fd + 1;
	ret = (int)fd;
out:
	spin_unlock(&t->lock);
	return ret;
}

void fd_install(struct fdtable *t, int fd, struct file *f)
{
	spin_lock(&t->lock);
	t->files[fd] = f;
	spin_unlock(&t->lock);
}

void fd_release(struct fdtable *t, int fd)
{
	spin_lock(&t->lock);
	free_number_locked(t, (uint32_t)fd);
	spin_unlock(&t->lock);
}

int fd_install_new(struct fdtable *t, struct file *f, uint32_t flags,
                   uint32_t from)
{
	int fd = fd_reserve(t, from, flags);

	if (fd < 0)
		file_put(f);
	else
		fd_install(t, fd, f);
	return fd;
}

int fd_close(struct fdtable *t, int fd)
{
	struct file *f;

	spin_lock(&t->lock);
	f = find_locked(t, fd);
	if (f)
		free_number_locked(t, (uint32_t)fd);
	spin_unlock(&t->lock);
	return f ? close_file(t, f) : -EBADF;
}

int fd_replace(struct fdtable *t, int from, int to, uint32_t flags)
{
	struct file *f, *old;
	int ret;

	spin_lock(&t->lock);
	f = find_locked(t, from);
	ret = -EBADF;
	if (!f || (uint32_t)to >= t->limit)
		goto out;
	file_get(f);
	ret = grow_locked(t, (uint32_t)to);
	if (ret < 0)
		goto out_file;
	old = t->files[to];
	ret = -EBUSY; /* as Linux: another thread's open is about to fill it */
	if (!old && bitmap_test(t->open, (uint32_t)to))
		goto out_file;

	t->files[to] = f;
	bitmap_set(t->open, (uint32_t)to);
	if (flags & O_CLOEXEC)
		bitmap_set(t->cloexec, (uint32_t)to);
	else
		bitmap_clear(t->cloexec, (uint32_t)to);
	spin_unlock(&t->lock);
	if (old)
		(void)close_file(t, old); /* dup2(2): the error is lost */
	return to;

out_file:
	spin_unlock(&t->lock);
	file_put(f);
	return ret;
out:
	spin_unlock(&t->lock);
	return ret;
}

/* Close all descriptors in [@first, @last] that are set in @map. */
static void close_marked(struct fdtable *t, uint32_t first, uint32_t last,
                         bool only_cloexec)
{
	struct file *f;
	uint32_t fd;

	spin_lock(&t->lock);
	for (fd = first; fd < t->capacity && fd <= last; fd++) {
		const unsigned long *map = only_cloexec ? t->cloexec : t->open;

		fd = (uint32_t)bitmap_find_next_set(map, t->capacity, fd);
		if (fd >= t->capacity || fd > last)
			break;
		f = t->files[fd];
		if (!f)
			continue;
		free_number_locked(t, fd);
		spin_unlock(&t->lock);
		(void)close_file(t, f);
		spin_lock(&t->lock);
	}
	spin_unlock(&t->lock);
}

void fdtable_exec(struct fdtable *t)
{
	close_marked(t, 0, UINT32_MAX, true);
}

int fd_close_range(struct fdtable *t, uint32_t first, uint32_t last,
                   uint32_t flags)
{
	if (first > last)
		return -EINVAL;
	if (!(flags & CLOSE_RANGE_CLOEXEC)) {
		close_marked(t, first, last, false);
		return 0;
	}
	spin_lock(&t->lock);
	for (uint32_t fd = first; fd < t->capacity && fd <= last; fd++) {
		if (bitmap_test(t->open, fd))
			bitmap_set(t->cloexec, fd);
	}
	spin_unlock(&t->lock);
	return 0;
}

int fd_get_cloexec(struct fdtable *t, int fd)
{
	int ret = -EBADF;

	spin_lock(&t->lock);
	if (find_locked(t, fd))
		ret = bitmap_test(t->cloexec, (uint32_t)fd) ? FD_CLOEXEC : 0;
	spin_unlock(&t->lock);
	return ret;
}

int fd_set_cloexec(struct fdtable *t, int fd, uint32_t flags)
{
	int ret = -EBADF;

	spin_lock(&t->lock);
	if (find_locked(t, fd)) {
		if (flags & FD_CLOEXEC)
			bitmap_set(t->cloexec, (uint32_t)fd);
		else
			bitmap_clear(t->cloexec, (uint32_t)fd);
		ret = 0;
	}
	spin_unlock(&t->lock);
	return ret;
}

int fd_next(struct fdtable *t, uint32_t from)
{
	int found = -1;

	spin_lock(&t->lock);
	for (uint32_t fd = from; fd < t->capacity; fd++) {
		if (t->files[fd]) {
			found = (int)fd;
			break;
		}
	}
	spin_unlock(&t->lock);
	return found;
}

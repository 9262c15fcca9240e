/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - what a mapping shows: the memory side of a file.
 *
 * A file system embeds a struct vm_object in each inode that can be mapped and
 * supplies the operations.  Anonymous shared memory is an object too (made by
 * mm itself).  Private anonymous memory has none.
 *
 * Private mappings read pages through ops->read when they are first touched.
 *
 * Shared mappings: pages can't be mapped twice in an enclave, so all who map
 * the same part of an object see it at ONE address.  The object owns such
 * ranges as struct vm_segment; the first mapper's wish decides the address.
 * Someone who insists on another one (MAP_FIXED elsewhere) gets -ENOMEM.
 * While a segment exists it is newer than what the file system stores, so the
 * file system calls, from its own read and write paths,
 *
 *	vm_object_overlay_read()   after it has filled a reader's buffer
 *	vm_object_overlay_write()  after it has stored a writer's bytes
 *	vm_object_truncate()       after the size has shrunk
 *
 * (each of them is one load when nothing is mapped), and mm writes the
 * segments back through ops->write at msync(2), fsync(2) (the file system calls
 * vm_object_sync()) and when the last mapper is gone.
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "base/types.h"
#include "libos/sched/mutex.h"

struct vm_object;

/*
 * Names contents, for ever: two objects with the same content id hold the same
 * bytes.  Text of programs is kept in memory under it after they have ended.
 */
struct content_id {
	uint64_t word[4];
};

/* What /proc/PID/maps says about a file. */
struct vm_object_info {
	uint32_t dev_major, dev_minor;
	uint64_t ino;
};

/*
 * No slot is NULL.  All are called without mm->lock or spinlocks held and may
 * sleep, but for info and content_id, which may be called under mm->lock and
 * must take no lock ranked below RANK_PAGE_CACHE.
 */
struct vm_object_ops {
	const char *name;
	/*
	 * Read up to @size bytes at @offset into kernel memory.  Fewer only at
	 * the end of the file; mm zeroes the rest.  Bytes or -errno.
	 */
	long (*read)(struct vm_object *obj, void *dst, size_t size,
	             uint64_t offset);
	/* Write back; never makes the file longer.  Bytes or -errno. */
	long (*write)(struct vm_object *obj, const void *src, size_t size,
	              uint64_t offset);
	/* Size of the file now, in bytes. */
	uint64_t (*size)(struct vm_object *obj);
	/* False: the bytes may change, don't cache. */
	bool (*content_id)(struct vm_object *obj, struct content_id *ret);
	void (*info)(struct vm_object *obj, struct vm_object_info *ret);
	/*
	 * Path for /proc/PID/maps, NUL-terminated and cut to @size; its length
	 * before the cut.
	 */
	size_t (*path)(struct vm_object *obj, char *dst, size_t size);
	/* mm took or dropped a reference: the inode must live that long. */
	void (*get)(struct vm_object *obj);
	void (*put)(struct vm_object *obj);
};

struct vm_object {
	const struct vm_object_ops *ops;
	struct mutex lock;    /* RANK_VM_OBJECT */
	struct list segments; /* struct vm_segment; under lock            */
	uint32_t nsegments;   /* written under lock, read by anyone       */
	uint64_t changes;     /* writes past the segments; under lock     */
};

void vm_object_init(struct vm_object *obj, const struct vm_object_ops *ops);

static inline void vm_object_get(struct vm_object *obj)
{
	obj->ops->get(obj);
}

static inline void vm_object_put(struct vm_object *obj)
{
	obj->ops->put(obj);
}

static inline bool vm_object_is_shared(const struct vm_object *obj)
{
	return __atomic_load_n(&obj->nsegments, __ATOMIC_ACQUIRE) != 0;
}

/*
 * A part of an object that lies at one enclave address for all its mappers.
 * @users counts VMAs and transient holders; the last one writes it back.
 */
struct vm_segment {
	struct list node;
	struct vm_object *object; /* a reference */
	uint64_t start, end;      /* enclave addresses                   */
	uint64_t offset;          /* of start in the object              */
	uint32_t users;           /* under object->lock                  */
	uint32_t rights;          /* PAGE_*: what its mappers need, all of
				     them together                       */
};

/* Put what is mapped over [@offset, +@size) of @dst, kernel memory. */
void vm_object_overlay_read(struct vm_object *obj, void *dst, size_t size,
                            uint64_t offset);
/* Put @src into what is mapped of [@offset, +@size). */
void vm_object_overlay_write(struct vm_object *obj, const void *src,
                             size_t size, uint64_t offset);
/* Zero what is mapped beyond @size. */
void vm_object_truncate(struct vm_object *obj, uint64_t size);
/* Write back what is mapped of [@offset, +@size). */
__must_check int vm_object_sync(struct vm_object *obj, uint64_t offset,
                                uint64_t size);

/* Nothing to read or to write back: pages start as zeros. */
bool vm_object_is_anonymous(const struct vm_object *obj);

/* Anonymous shared memory of @size bytes, one reference. */
__must_check int vm_object_create_anonymous(uint64_t size,
                                            struct vm_object **ret);

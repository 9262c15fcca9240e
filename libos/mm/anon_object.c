/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anon_object.c - the object of a MAP_SHARED | MAP_ANONYMOUS mapping: memory
 * that relatives share.  It has no store but its pages.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/mm/object.h"

struct anon_object {
	struct vm_object object;
	uint32_t refs; /* atomic */
	uint64_t size;
	uint64_t ino;
};

static uint64_t last_ino; /* atomic */

static struct anon_object *anon_of(struct vm_object *obj)
{
	return container_of(obj, struct anon_object, object);
}

static long anon_read(struct vm_object *obj, void *dst, size_t size,
                      uint64_t offset)
{
	(void)obj, (void)offset;
	memset(dst, 0, size);
	return (long)size;
}

static long anon_write(struct vm_object *obj, const void *src, size_t size,
                       uint64_t offset)
{
	(void)obj, (void)src, (void)offset;
	return (long)size;
}

static uint64_t anon_size(struct vm_object *obj)
{
	return anon_of(obj)->size;
}

static bool anon_content_id(struct vm_object *obj, struct content_id *ret)
{
	(void)obj, (void)ret;
	return false;
}

/* Linux shows shared memory as files of a hidden tmpfs, device 0:1. */
static void anon_info(struct vm_object *obj, struct vm_object_info *ret)
{
	ret->dev_major = 0;
	ret->dev_minor = 1;
	ret->ino = anon_of(obj)->ino;
}

static size_t anon_path(struct vm_object *obj, char *dst, size_t size)
{
	static const char path[] = "/dev/zero (deleted)";

	(void)obj;
	if (str_copy(dst, size, path) < 0 && size)
		dst[0] = '\0';
	return sizeof(path) - 1;
}

static void anon_get(struct vm_object *obj)
{
	__atomic_add_fetch(&anon_of(obj)->refs, 1, __ATOMIC_RELAXED);
}

static void anon_put(struct vm_object *obj)
{
	if (__atomic_sub_fetch(&anon_of(obj)->refs, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(anon_of(obj));
}

static const struct vm_object_ops anon_ops = {
	.name = "shared memory",
	.read = anon_read,
	.write = anon_write,
	.size = anon_size,
	.content_id = anon_content_id,
	.info = anon_info,
	.path = anon_path,
	.get = anon_get,
	.put = anon_put,
};

bool vm_object_is_anonymous(const struct vm_object *obj)
{
	return obj->ops == &anon_ops;
}

int vm_object_create_anonymous(uint64_t size, struct vm_object **ret)
{
	struct anon_object *a = kzalloc(sizeof(*a));

	if (!a)
		return -ENOMEM;
	vm_object_init(&a->object, &anon_ops);
	a->refs = 1;
	a->size = size;
	a->ino = __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
	*ret = &a->object;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_object.c - files of tmpfs as mm sees them (mm/object.h).
 *
 * mm may call while it holds locks ranked above the inode's, so nothing here
 * takes that one: the file's pages have a lock of their own.
 */
#include "base/errno.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "libos/fs/dentry.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/mm/kheap.h"

static struct tmpfs_file *file_of(struct vm_object *obj)
{
	return container_of(obj, struct tmpfs_file, object);
}

static uint64_t object_size(struct vm_object *obj)
{
	return (uint64_t)READ_ONCE(file_of(obj)->t.inode.size);
}

static long object_read(struct vm_object *obj, void *dst, size_t size,
                        uint64_t offset)
{
	uint64_t end = object_size(obj);

	if (offset >= end)
		return 0;
	return filedata_read_kernel(&file_of(obj)->data, dst,
	                            MIN(size, end - offset), offset);
}

static long object_write(struct vm_object *obj, const void *src, size_t size,
                         uint64_t offset)
{
	uint64_t end = object_size(obj);

	if (offset >= end)
		return 0;
	return filedata_write_kernel(&file_of(obj)->data, src,
	                             MIN(size, end - offset), offset);
}

/* Keep it, unless somebody else did or there is no memory: it is only dear. */
static void keep_id(struct root_file *f, const uint8_t digest[SHA256_SIZE])
{
	uint8_t *id = kmalloc(SHA256_SIZE), *none = NULL;

	if (!id)
		return;
	memcpy(id, digest, SHA256_SIZE);
	if (!__atomic_compare_exchange_n(&f->id, &none, id, false,
	                                 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		kfree(id);
}

static void make_id(struct root_file *f, uint8_t digest[SHA256_SIZE])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_update(&h, &f->size, sizeof(f->size));
	sha256_update(&h, f->digests, root_file_digests(f));
	sha256_final(&h, digest);
	keep_id(f, digest);
}

/*
 * The digests of an unwritten file and its size name its bytes: equal files of
 * the root share the cached text.
 */
static bool object_content_id(struct vm_object *obj, struct content_id *ret)
{
	struct filedata *d = &file_of(obj)->data;
	uint8_t digest[SHA256_SIZE];
	const uint8_t *id;

	if (!d->backing || READ_ONCE(d->is_written))
		return false;
	id = __atomic_load_n(&d->backing->id, __ATOMIC_ACQUIRE);
	if (!id) {
		make_id(d->backing, digest);
		id = digest;
	}
	static_assert(sizeof(*ret) == sizeof(digest), "a digest is an id");
	memcpy(ret, id, sizeof(*ret));
	return true;
}

static void object_info(struct vm_object *obj, struct vm_object_info *ret)
{
	const struct inode *inode = &file_of(obj)->t.inode;

	*ret = (struct vm_object_info){ .dev_major = DEV_MAJOR(inode->sb->dev),
		                        .dev_minor = DEV_MINOR(inode->sb->dev),
		                        .ino = inode->ino };
}

static size_t object_path(struct vm_object *obj, char *dst, size_t size)
{
	struct tmpfs_file *tf = file_of(obj);
	size_t n;

	if (!tf->t.link)
		return inode_path(&tf->t.inode, dst, size);
	n = strlen(tf->t.link);
	if (str_copy(dst, size, tf->t.link) < 0 && size) {
		memcpy(dst, tf->t.link, size - 1);
		dst[size - 1] = '\0';
	}
	return n;
}

static void object_get(struct vm_object *obj)
{
	inode_get(&file_of(obj)->t.inode);
}

static void object_put(struct vm_object *obj)
{
	inode_put(&file_of(obj)->t.inode);
}

const struct vm_object_ops tmpfs_object_ops = {
	.name = "tmpfs",
	.read = object_read,
	.write = object_write,
	.size = object_size,
	.content_id = object_content_id,
	.info = object_info,
	.path = object_path,
	.get = object_get,
	.put = object_put,
};

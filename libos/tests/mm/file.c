/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/mm/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/errno.h"
#include "libos/tests/fake/fake.h"

static struct test_file *file_of(struct vm_object *obj)
{
	return container_of(obj, struct test_file, obj);
}

uint8_t file_byte(uint64_t seed, uint64_t offset)
{
	uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15ull + offset;

	return (uint8_t)((x ^ x >> 12) * 31 + (x >> 7)) | 1;
}

static long file_read(struct vm_object *obj, void *dst, size_t size,
                      uint64_t offset)
{
	struct test_file *f = file_of(obj);

	if (fake_locks_held())
		fake_die("a file is read under a lock");
	f->reads++;
	if (f->read_error)
		return f->read_error;
	if (offset >= f->size)
		return 0;
	/* Short on purpose. */
	size = MIN(size, (size_t)5000);
	size = MIN(size, f->size - offset);
	memcpy(dst, f->bytes + offset, size);
	return (long)size;
}

static long file_write(struct vm_object *obj, const void *src, size_t size,
                       uint64_t offset)
{
	struct test_file *f = file_of(obj);

	if (fake_locks_held())
		fake_die("a file is written under a lock");
	f->writes++;
	if (offset + size > f->size)
		fake_die("a file is made longer by write back");
	memcpy(f->bytes + offset, src, size);
	return (long)size;
}

static uint64_t file_size(struct vm_object *obj)
{
	return file_of(obj)->size;
}

static bool file_content_id(struct vm_object *obj, struct content_id *ret)
{
	const struct test_file *f = file_of(obj);

	*ret = (struct content_id){ { f->seed, f->size, 1, 2 } };
	return f->is_cacheable;
}

static void file_info(struct vm_object *obj, struct vm_object_info *ret)
{
	*ret = (struct vm_object_info){ 8, 1, file_of(obj)->seed };
}

static size_t file_path(struct vm_object *obj, char *dst, size_t size)
{
	(void)obj;
	if (size)
		dst[0] = '\0';
	return 0;
}

static void file_get(struct vm_object *obj)
{
	file_of(obj)->refs++;
}

static void file_put(struct vm_object *obj)
{
	if (file_of(obj)->refs-- == 0)
		fake_die("a file has one reference too few");
}

static const struct vm_object_ops file_ops = {
	.name = "test",
	.read = file_read,
	.write = file_write,
	.size = file_size,
	.content_id = file_content_id,
	.info = file_info,
	.path = file_path,
	.get = file_get,
	.put = file_put,
};

struct test_file *file_create(uint64_t seed, uint64_t size)
{
	struct test_file *f = calloc(1, sizeof(*f));
	uint64_t i;

	if (!f || !(f->bytes = malloc(size)))
		fake_die("no memory");
	for (i = 0; i < size; i++)
		f->bytes[i] = file_byte(seed, i);
	vm_object_init(&f->obj, &file_ops);
	f->refs = 1;
	f->size = size;
	f->seed = seed;
	f->is_cacheable = true;
	return f;
}

void file_put_last(struct test_file *f)
{
	if (f->refs != 1)
		fake_die("a file has %u references", f->refs);
	free(f->bytes);
	free(f);
}

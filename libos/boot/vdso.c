/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/vdso.h"

#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/mm.h"
#include "libos/mm/object.h"
#include "libos/time/vdso_image.h"

static long vdso_read(struct vm_object *obj, void *dst, size_t size,
                      uint64_t offset)
{
	(void)obj;
	if (offset >= vdso_image_size)
		return 0;
	size = MIN(size, vdso_image_size - offset);
	memcpy(dst, vdso_image + offset, size);
	return (long)size;
}

static long vdso_write(struct vm_object *obj, const void *src, size_t size,
                       uint64_t offset)
{
	(void)obj;
	(void)src;
	(void)size;
	(void)offset;
	return -EACCES;
}

static uint64_t vdso_size(struct vm_object *obj)
{
	(void)obj;
	return vdso_image_size;
}

/* Not the digest of anything: the one object whose id is this word. */
static bool vdso_content_id(struct vm_object *obj, struct content_id *ret)
{
	(void)obj;
	*ret = (struct content_id){ { (uint64_t)&vdso_image, 0, 0, 0 } };
	return true;
}

static void vdso_info(struct vm_object *obj, struct vm_object_info *ret)
{
	(void)obj;
	*ret = (struct vm_object_info){ 0, 0, 0 };
}

static size_t vdso_path(struct vm_object *obj, char *dst, size_t size)
{
	static const char name[] = "[vdso]";

	(void)obj;
	if (size)
		memcpy(dst, name, MIN(size, sizeof(name)));
	return sizeof(name) - 1;
}

static void vdso_ref(struct vm_object *obj)
{
	(void)obj; /* lives as long as the kernel */
}

static const struct vm_object_ops vdso_ops = {
	.name = "vdso",
	.read = vdso_read,
	.write = vdso_write,
	.size = vdso_size,
	.content_id = vdso_content_id,
	.info = vdso_info,
	.path = vdso_path,
	.get = vdso_ref,
	.put = vdso_ref,
};

static struct vm_object vdso_object;

void boot_vdso_init(void)
{
	vm_object_init(&vdso_object, &vdso_ops);
}

uint64_t boot_map_vdso(struct mm *mm)
{
	const struct mm_map req = {
		.size = vdso_image_size,
		.prot = PROT_READ | PROT_EXEC,
		.flags = MAP_PRIVATE,
		.vma_flags = VMA_SPECIAL,
		.object = &vdso_object,
		.name = "[vdso]",
	};
	uint64_t addr;

	if (mm_map(mm, &req, &addr))
		return 0;
	return addr;
}

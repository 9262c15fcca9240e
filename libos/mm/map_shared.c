/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map_shared.c - new shared mappings.
 *
 * The object says where: its segment lies at one address for all.  Who can't
 * have it there (MAP_FIXED elsewhere, or it is in this very process already)
 * and only reads gets a private copy of the present contents instead; a writer
 * gets -ENOMEM, because a copy would lose what it writes.
 */
#include "base/errno.h"
#include "libos/mm/map_internal.h"
#include "libos/mm/uspace.h"

/* Put @v, which has its segment, into the tree.  -EEXIST: there is something. */
static int insert_shared(struct mm *mm, struct vma *v)
{
	const struct vma *there;
	struct pages_batch b;
	int ret;

	pages_batch_init(&b);
	mm_write_begin(mm);
	there = vma_find_from(&mm->vmas, v->start);
	ret = there && there->start < v->end ? -EEXIST : 0;
	if (ret == 0 && mm->nvmas >= MM_VMA_MAX)
		ret = -ENOMEM;
	if (ret == 0)
		ret = mm_check_limits(mm, vma_size(v), 0);
	if (ret == 0) {
		segment_protect(v->segment, &b, v->start, v->end,
		                pages_rights_of(v->prot));
		vma_insert_locked(mm, v);
	}
	pages_batch_finish(&b);
	mm_write_end(mm);
	return ret;
}

static int place_anywhere(struct vma *v, uint64_t size)
{
	struct segment_request req = { .offset = v->offset, .size = size };
	int ret = segment_get(v->object, &req, &v->segment);

	if (ret == 0)
		v->start = v->segment->start + (v->offset - v->segment->offset);
	v->end = v->start + size;
	return ret;
}

/* Own the addresses first; the segment takes them over. */
static int place_new(struct mm *mm, struct vma *v, struct segment_request *req)
{
	struct pages_batch b;
	int ret;

	pages_batch_init(&b);
	mm_write_begin(mm);
	ret = mm_own_locked(mm, v->start, v->end, &b, NULL, 0);
	pages_batch_finish(&b);
	mm_write_end(mm);
	if (ret < 0)
		return -ENOMEM;
	req->is_owner = true;
	ret = segment_get(v->object, req, &v->segment);
	if (ret == 0)
		return 0;
	mm_write_begin(mm);
	mm_disown_locked(mm, v->start, v->end);
	mm_write_end(mm);
	return ret;
}

static bool is_taken(struct mm *mm, uint64_t start, uint64_t end)
{
	const struct vma *v;
	bool ret;

	rwlock_read(&mm->lock);
	v = vma_find_from(&mm->vmas, start);
	ret = v && v->start < end;
	rwlock_read_done(&mm->lock);
	return ret;
}

static int place_fixed(struct mm *mm, const struct mm_map *map, struct vma *v,
                       uint64_t size)
{
	struct segment_request req = {
		.offset = v->offset,
		.size = size,
		.fixed = map->addr,
	};
	int ret;

	v->start = map->addr;
	v->end = map->addr + size;
	if ((map->flags & MAP_FIXED_NOREPLACE) &&
	    is_taken(mm, v->start, v->end))
		return -EEXIST;
	ret = segment_get(v->object, &req, &v->segment);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (mm_unmap(mm, v->start, size) < 0)
		return -ENOMEM;
	return ret == 0 ? 0 : place_new(mm, v, &req);
}

static int map_copy(struct mm *mm, const struct mm_map *req, uint64_t size,
                    uint64_t *ret_addr)
{
	struct mm_map copy = *req;

	if ((req->prot & PROT_WRITE) || vm_object_is_anonymous(req->object))
		return -ENOMEM;
	copy.flags = (req->flags & ~(uint32_t)MAP_TYPE) | MAP_PRIVATE;
	copy.vma_flags &= ~(uint32_t)(VMA_SHARED | VMA_MAY_WRITE);
	return map_private(mm, &copy, size, ret_addr);
}

static int map_object(struct mm *mm, const struct mm_map *req, uint64_t size,
                      uint64_t *ret_addr)
{
	struct vma *v = map_new_vma(req);
	int ret;

	if (!v)
		return -ENOMEM;
	v->flags = req->vma_flags | VMA_SHARED;
	if (req->may_write)
		v->flags |= VMA_MAY_WRITE;
	if (map_is_fixed(req))
		ret = place_fixed(mm, req, v, size);
	else
		ret = place_anywhere(v, size);
	if (ret == 0)
		ret = insert_shared(mm, v);
	if (ret == 0) {
		*ret_addr = v->start;
		return 0;
	}
	vma_destroy(v);
	if (ret == -EEXIST && (req->flags & MAP_FIXED_NOREPLACE))
		return ret;
	return map_copy(mm, req, size, ret_addr);
}

int map_shared(struct mm *mm, const struct mm_map *req, uint64_t size,
               uint64_t *ret_addr)
{
	struct mm_map map = *req;
	int ret;

	if (req->object)
		return map_object(mm, req, size, ret_addr);
	ret = vm_object_create_anonymous(size, &map.object);
	if (ret < 0)
		return ret;
	map.offset = 0;
	map.may_write = true;
	ret = map_object(mm, &map, size, ret_addr);
	vm_object_put(map.object);
	return ret;
}

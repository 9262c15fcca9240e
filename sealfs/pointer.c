/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/pointer.h"

#include "base/errno.h"
#include "base/string.h"
#include "sealfs/layout.h"

static void put_le(uint8_t *p, size_t size, uint64_t v)
{
	for (size_t i = 0; i < size; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_le(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	while (size--)
		v = v << 8 | p[size];
	return v;
}

void ptr_encode(const struct ptr *p, struct disk_ptr *ret_disk)
{
	memset(ret_disk, 0, sizeof(*ret_disk));
	if (ptr_is_hole(p))
		return;
	put_le(ret_disk->block, sizeof(ret_disk->block), p->block);
	put_le(ret_disk->epoch, sizeof(ret_disk->epoch), p->epoch);
	put_le(ret_disk->counter, sizeof(ret_disk->counter), p->counter);
	ret_disk->type = p->type;
	ret_disk->level = p->level;
	memcpy(ret_disk->tag, p->tag, sizeof(p->tag));
}

static bool is_zero(const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint8_t any = 0;

	while (size--)
		any |= *p++;
	return !any;
}

int ptr_parse(const struct disk_ptr *disk, uint8_t type, uint8_t level,
              uint64_t nblocks, struct ptr *ret)
{
	struct ptr p = {
		.block = get_le(disk->block, sizeof(disk->block)),
		.epoch = (uint32_t)get_le(disk->epoch, sizeof(disk->epoch)),
		.counter = get_le(disk->counter, sizeof(disk->counter)),
		.type = disk->type,
		.level = disk->level,
	};

	memset(ret, 0, sizeof(*ret));
	if (p.block == 0)
		return is_zero(disk, sizeof(*disk)) ? 0 : -EUCLEAN;
	if (p.block >= nblocks || layout_is_fixed(p.block) || !p.epoch ||
	    !p.counter || p.type != type || p.level != level || disk->zero)
		return -EUCLEAN;
	memcpy(p.tag, disk->tag, sizeof(p.tag));
	*ret = p;
	return 0;
}

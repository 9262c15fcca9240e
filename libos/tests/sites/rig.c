/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/sites/rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/fs/rootfs.h"
#include "libos/mm/kheap.h"
#include "libos/mm/textcache.h"
#include "libos/proc/sites/sites.h"
#include "libos/signal/signal.h"

struct rig_table rig_table;
size_t rig_table_size;
uint64_t rig_table_reads;
const struct signal_site_ops *rig_site_ops;

long rootfs_object_sites(struct vm_object *obj, void **ret)
{
	(void)obj;
	if (!rig_table_size)
		return 0;
	rig_table_reads++;
	*ret = kmalloc(rig_table_size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, &rig_table, rig_table_size);
	return (long)rig_table_size;
}

void signal_set_site_ops(const struct signal_site_ops *ops)
{
	rig_site_ops = ops;
}

void rig_set_table(const struct site *sites, uint32_t count)
{
	rig_table.header =
		(struct sites_header){ SITES_MAGIC, SITES_VERSION, count };
	if (count)
		memcpy(rig_table.site, sites, count * sizeof(*sites));
	rig_table_size = sizeof(rig_table.header) + count * sizeof(*sites);
}

static bool runs_nowhere_else(struct mm *mm)
{
	(void)mm;
	return false;
}

static void kick_nobody(struct mm *mm)
{
	(void)mm;
}

void rig_init(bool edmm, bool rdtsc_faults)
{
	static const struct mm_ops ops = {
		.text_filled = sites_text_filled,
		.runs_elsewhere = runs_nowhere_else,
		.is_runnable = runs_nowhere_else,
		.kick_out = kick_nobody,
	};
	struct fake_config config = fake_default;

	config.edmm = edmm;
	fake_init(&config);
	mm_set_ops(&ops);
	sites_init(rdtsc_faults ? SITES_RDTSC_FAULTS : SITES_RDTSC_WORKS);
	rig_table_size = 0;
	rig_table_reads = 0;
}

int rig_fini(void)
{
	sites_fini();
	return fake_fini();
}

uint64_t rig_map(struct test_file *f, uint64_t addr)
{
	int64_t at = user_map_file(&f->obj, 0, addr, f->size, RX,
	                           MAP_PRIVATE | (addr ? MAP_FIXED : 0));
	uint64_t pos;
	uint8_t b;

	if (at < 0)
		fake_die("rig_map: %lld", (long long)at);
	for (pos = 0; pos < f->size; pos += PAGE_SIZE)
		CHECK_EQ(user_read((uint64_t)at + pos, &b), 0);
	return (uint64_t)at;
}

void rig_unmap(struct test_file *f, uint64_t addr)
{
	CHECK_EQ(mm_unmap(own_mm(), addr, f->size), 0);
	textcache_shrink(UINT64_MAX);
}

void rig_read(uint64_t addr, uint8_t *dst, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (fake_peek(addr + i, &dst[i]) < 0)
			fake_die("rig_read: 0x%llx",
			         (unsigned long long)(addr + i));
}

uint64_t rig_jump(uint64_t addr)
{
	uint8_t b[SITE_JUMP_SIZE];

	rig_read(addr, b, sizeof(b));
	return b[0] == 0xe9
	               ? addr + sizeof(b) + (uint64_t)(int32_t)get_le32(b + 1)
	               : 0;
}

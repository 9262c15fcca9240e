/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysfs.c - /sys as far as programs look: CPUs, the one node, huge pages, and
 * an empty place where cgroups would be.
 */
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"
#include "libos/proc/procfs/procfs.h"
#include "libos/sched/sched.h"

/* "0-3", or "0" for one. */
static int show_all_cpus(uint64_t key __unused, struct synth_text *t)
{
	uint32_t n = sched_nvcpus();

	synth_print(t, n > 1 ? "0-%u\n" : "%u\n", n - 1);
	return 0;
}

static int show_all_mask(uint64_t key __unused, struct synth_text *t)
{
	uint32_t n = sched_nvcpus();

	synth_print(t, "%llx\n",
	            n >= 64 ? ~0ull : (unsigned long long)(1ull << n) - 1);
	return 0;
}

static int show_kernel_max(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "%u\n", sched_nvcpus() - 1);
	return 0;
}

static int show_zero(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "0\n");
	return 0;
}

static int show_one(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "1\n");
	return 0;
}

static int show_nothing(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "\n");
	return 0;
}

/* The key of what lies below cpuN is N. */
static int show_own_number(uint64_t key, struct synth_text *t)
{
	synth_print(t, "%u\n", (uint32_t)key);
	return 0;
}

static int show_own_mask(uint64_t key, struct synth_text *t)
{
	synth_print(t, "%llx\n", 1ull << (key & 63));
	return 0;
}

/* madvise(2): pages are backed as the platform likes; none are promised. */
static int show_thp(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "always madvise [never]\n");
	return 0;
}

#define TEXT(file_name, file_show)                                             \
	{                                                                      \
		.name = (file_name), .mode = S_IFREG | 0444,                   \
		.show = (file_show)                                            \
	}
#define DIRECTORY(dir_name, dir_entries)                                       \
	{                                                                      \
		.name = (dir_name), .mode = S_IFDIR | 0555,                    \
		.entries = (dir_entries), .nentries = ARRAY_SIZE(dir_entries)  \
	}
#define EMPTY(dir_name)                                                        \
	{                                                                      \
		.name = (dir_name), .mode = S_IFDIR | 0555                     \
	}

static const struct synth_entry topology_entries[] = {
	TEXT("core_cpus", show_own_mask),
	TEXT("core_cpus_list", show_own_number),
	TEXT("core_id", show_own_number),
	TEXT("core_siblings", show_all_mask),
	TEXT("core_siblings_list", show_all_cpus),
	TEXT("package_cpus", show_all_mask),
	TEXT("package_cpus_list", show_all_cpus),
	TEXT("physical_package_id", show_zero),
	TEXT("thread_siblings", show_own_mask),
	TEXT("thread_siblings_list", show_own_number),
};

static const struct synth_entry one_cpu_entries[] = {
	TEXT("online", show_one),
	DIRECTORY("topology", topology_entries),
};

static const struct synth_entry one_cpu = DIRECTORY(NULL, one_cpu_entries);

static int cpu_lookup(uint64_t key __unused, const struct name *name,
                      struct synth_found *ret)
{
	struct name number = { name->text + 3, name->size - 3 };
	int64_t n;

	if (name->size <= 3 || memcmp(name->text, "cpu", 3) != 0)
		return -ENOENT;
	n = name_to_number(&number);
	if (n < 0 || n >= sched_nvcpus())
		return -ENOENT;
	*ret = (struct synth_found){ .entry = &one_cpu, .key = (uint64_t)n };
	return 0;
}

static int cpu_next(uint64_t key __unused, uint64_t *pos,
                    char name[NAME_MAX + 1], struct synth_found *ret)
{
	if (*pos >= sched_nvcpus())
		return -ENOENT;
	str_format(name, NAME_MAX + 1, "cpu%u", (uint32_t)*pos);
	*ret = (struct synth_found){ .entry = &one_cpu, .key = *pos };
	++*pos;
	return 0;
}

static const struct synth_dir_ops cpu_names = { .lookup = cpu_lookup,
	                                        .next = cpu_next };

static const struct synth_entry cpu_entries[] = {
	TEXT("isolated", show_nothing),  TEXT("kernel_max", show_kernel_max),
	TEXT("offline", show_nothing),   TEXT("online", show_all_cpus),
	TEXT("possible", show_all_cpus), TEXT("present", show_all_cpus),
};

static const struct synth_entry node0_entries[] = {
	TEXT("cpulist", show_all_cpus),
	TEXT("cpumap", show_all_mask),
};

static const struct synth_entry node_entries[] = {
	TEXT("has_cpu", show_zero),
	DIRECTORY("node0", node0_entries),
	TEXT("online", show_zero),
	TEXT("possible", show_zero),
};

static const struct synth_entry system_entries[] = {
	{ .name = "cpu",
	  .mode = S_IFDIR | 0555,
	  .entries = cpu_entries,
	  .nentries = ARRAY_SIZE(cpu_entries),
	  .dir = &cpu_names },
	DIRECTORY("node", node_entries),
};

static const struct synth_entry devices_entries[] = {
	DIRECTORY("system", system_entries),
};

static const struct synth_entry fs_entries[] = {
	EMPTY("cgroup"),
};

static const struct synth_entry thp_entries[] = {
	TEXT("enabled", show_thp),
};

static const struct synth_entry kernel_mm_entries[] = {
	DIRECTORY("transparent_hugepage", thp_entries),
};

static const struct synth_entry kernel_entries[] = {
	DIRECTORY("mm", kernel_mm_entries),
};

static const struct synth_entry class_entries[] = {
	EMPTY("block"),
	EMPTY("net"),
};

static const struct synth_entry root_entries[] = {
	EMPTY("block"),
	DIRECTORY("class", class_entries),
	DIRECTORY("devices", devices_entries),
	DIRECTORY("fs", fs_entries),
	DIRECTORY("kernel", kernel_entries),
};

static const struct synth_entry sys_root = DIRECTORY("sys", root_entries);

int sysfs_create(struct dentry **ret_root)
{
	return synth_create("sysfs", SYSFS_MAGIC, &sys_root, ret_root);
}

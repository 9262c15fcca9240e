/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.c - the top of /proc.
 */
#include "base/errno.h"
#include "base/format.h"
#include "libos/proc/procfs/internal.h"
#include "libos/proc/procfs/procfs.h"

static int link_self(uint64_t key __unused, struct link_target *ret)
{
	char text[16];

	str_format(text, sizeof(text), "%d", process_tgid(thread_self()));
	return link_text(ret, text);
}

static int link_thread_self(uint64_t key __unused, struct link_target *ret)
{
	struct thread *self = thread_self();
	char text[40];

	str_format(text, sizeof(text), "%d/task/%d", process_tgid(self),
	           self->tid);
	return link_text(ret, text);
}

static int link_mounts(uint64_t key __unused, struct link_target *ret)
{
	*ret = (struct link_target){ .text = "self/mounts" };
	return 0;
}

#define TEXT(file_name, file_show)                                             \
	{                                                                      \
		.name = (file_name), .mode = S_IFREG | 0444,                   \
		.show = (file_show)                                            \
	}
#define LINK(link_name, link_func)                                             \
	{                                                                      \
		.name = (link_name), .mode = S_IFLNK | 0777,                   \
		.readlink = (link_func)                                        \
	}

static const struct synth_entry occlum_entries[] = {
	TEXT("files", show_occlum_files),
	TEXT("heap", show_occlum_heap),
	TEXT("memory", show_occlum_memory),
	TEXT("pages", show_occlum_pages),
	TEXT("syscalls", show_occlum_syscalls),
	TEXT("threads", show_occlum_threads),
};

static const struct synth_entry proc_entries[] = {
	TEXT("cmdline", show_cmdline),
	TEXT("cpuinfo", show_cpuinfo),
	TEXT("filesystems", show_filesystems),
	TEXT("loadavg", show_loadavg),
	TEXT("meminfo", show_meminfo),
	LINK("mounts", link_mounts),
	{ .name = "occlum",
	  .mode = S_IFDIR | 0555,
	  .entries = occlum_entries,
	  .nentries = ARRAY_SIZE(occlum_entries) },
	LINK("self", link_self),
	TEXT("stat", show_stat),
	{ .name = "sys",
	  .mode = S_IFDIR | 0555,
	  .entries = sysctl_entries,
	  .nentries = SYSCTL_NENTRIES },
	LINK("thread-self", link_thread_self),
	TEXT("uptime", show_uptime),
	TEXT("version", show_version),
};

static const struct synth_entry proc_root = {
	.name = "proc",
	.mode = S_IFDIR | 0555,
	.entries = proc_entries,
	.nentries = ARRAY_SIZE(proc_entries),
	.dir = &pid_names,
};

int procfs_create(struct dentry **ret_root)
{
	return synth_create("proc", PROC_SUPER_MAGIC, &proc_root, ret_root);
}

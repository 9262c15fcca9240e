/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctl.c - /proc/sys, as far as programs look.  Numbers are the kernel's
 * real limits where it has them.
 */
#include "abi/layout.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/random.h"
#include "libos/fs/cred.h"
#include "libos/fs/fdtable.h"
#include "libos/ipc/pipe.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"
#include "libos/proc/uts.h"

/* A file that says the same at all times. */
#define CONSTANT(func_name, fmt, ...)                                          \
	static int func_name(uint64_t key __unused, struct synth_text *t)      \
	{                                                                      \
		synth_print(t, fmt "\n", __VA_ARGS__);                         \
		return 0;                                                      \
	}

CONSTANT(show_pid_max, "%d", PID_MAX)
CONSTANT(show_threads_max, "%u", proc_config.max_threads)
CONSTANT(show_cap_last, "%d", CAP_LAST)
CONSTANT(show_ngroups_max, "%d", FS_CRED_GROUPS_MAX)
CONSTANT(show_overflow_id, "%d", 65534)
CONSTANT(show_core_pattern, "%s", "core")
CONSTANT(show_randomize, "%d", 0)
CONSTANT(show_entropy, "%d", 256)
CONSTANT(show_overcommit, "%d", 0)
CONSTANT(show_overcommit_ratio, "%d", 50)
CONSTANT(show_map_count, "%d", MM_VMA_MAX)
CONSTANT(show_mmap_min, "%llu", (unsigned long long)USER_BASE)
CONSTANT(show_swappiness, "%d", 0)
CONSTANT(show_file_max, "%lld", (long long)INT64_MAX)
CONSTANT(show_nr_open, "%d", FD_COUNT_MAX)
CONSTANT(show_pipe_max, "%d", PIPE_SIZE_MAX)
CONSTANT(show_somaxconn, "%d", 4096)

static int show_ostype(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s\n", u.sysname);
	return 0;
}

static int show_osrelease(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s\n", u.release);
	return 0;
}

static int show_osversion(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s\n", u.version);
	return 0;
}

static int show_hostname(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s\n", u.nodename);
	return 0;
}

static int show_domainname(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s\n", u.domainname);
	return 0;
}

static size_t without_newline(const char *data, size_t size)
{
	return size && data[size - 1] == '\n' ? size - 1 : size;
}

/* The file's mode lets only root write. */
static int store_hostname(uint64_t key __unused, const char *data, size_t size)
{
	return uts_set_nodename(data, without_newline(data, size));
}

static int store_domainname(uint64_t key __unused, const char *data,
                            size_t size)
{
	return uts_set_domainname(data, without_newline(data, size));
}

/* RFC 9562: version 4 is random but for six bits. */
static int uuid_make(uint8_t uuid[16])
{
	if (random_bytes(uuid, 16))
		return -EIO;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

static void uuid_print(struct synth_text *t, const uint8_t uuid[16])
{
	for (size_t i = 0; i < 16; i++)
		synth_print(t,
		            i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x"
		                                                  : "%02x",
		            uuid[i]);
	synth_print(t, "\n");
}

static int show_uuid(uint64_t key __unused, struct synth_text *t)
{
	uint8_t uuid[16];
	int err = uuid_make(uuid);

	if (err == 0)
		uuid_print(t, uuid);
	return err;
}

/* One for each run, made when somebody first asks. */
static int show_boot_id(uint64_t key __unused, struct synth_text *t)
{
	static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);
	static uint8_t boot_id[16];
	static bool is_made;
	uint8_t fresh[16];
	int err = uuid_make(fresh);

	if (err < 0)
		return err;
	spin_lock(&lock);
	if (!is_made)
		memcpy(boot_id, fresh, sizeof(boot_id));
	is_made = true;
	memcpy(fresh, boot_id, sizeof(fresh));
	spin_unlock(&lock);
	uuid_print(t, fresh);
	return 0;
}

#define READ_ONLY(file_name, file_show)                                        \
	{                                                                      \
		.name = (file_name), .mode = S_IFREG | 0444,                   \
		.show = (file_show)                                            \
	}
#define READ_WRITE(file_name, file_show, file_store)                           \
	{                                                                      \
		.name = (file_name), .mode = S_IFREG | 0644,                   \
		.show = (file_show), .store = (file_store)                     \
	}
#define DIRECTORY(dir_name, dir_entries)                                       \
	{                                                                      \
		.name = (dir_name), .mode = S_IFDIR | 0555,                    \
		.entries = (dir_entries), .nentries = ARRAY_SIZE(dir_entries)  \
	}

static const struct synth_entry random_entries[] = {
	READ_ONLY("boot_id", show_boot_id),
	READ_ONLY("entropy_avail", show_entropy),
	READ_ONLY("poolsize", show_entropy),
	READ_ONLY("uuid", show_uuid),
};

static const struct synth_entry kernel_entries[] = {
	READ_ONLY("cap_last_cap", show_cap_last),
	READ_ONLY("core_pattern", show_core_pattern),
	READ_WRITE("domainname", show_domainname, store_domainname),
	READ_WRITE("hostname", show_hostname, store_hostname),
	READ_ONLY("ngroups_max", show_ngroups_max),
	READ_ONLY("osrelease", show_osrelease),
	READ_ONLY("ostype", show_ostype),
	READ_ONLY("overflowgid", show_overflow_id),
	READ_ONLY("overflowuid", show_overflow_id),
	READ_ONLY("pid_max", show_pid_max),
	DIRECTORY("random", random_entries),
	READ_ONLY("randomize_va_space", show_randomize),
	READ_ONLY("threads-max", show_threads_max),
	READ_ONLY("version", show_osversion),
};

static const struct synth_entry vm_entries[] = {
	READ_ONLY("max_map_count", show_map_count),
	READ_ONLY("mmap_min_addr", show_mmap_min),
	READ_ONLY("overcommit_memory", show_overcommit),
	READ_ONLY("overcommit_ratio", show_overcommit_ratio),
	READ_ONLY("swappiness", show_swappiness),
};

static const struct synth_entry fs_entries[] = {
	READ_ONLY("file-max", show_file_max),
	READ_ONLY("nr_open", show_nr_open),
	READ_ONLY("overflowgid", show_overflow_id),
	READ_ONLY("overflowuid", show_overflow_id),
	READ_ONLY("pipe-max-size", show_pipe_max),
};

static const struct synth_entry core_entries[] = {
	READ_ONLY("somaxconn", show_somaxconn),
};

static const struct synth_entry net_entries[] = {
	DIRECTORY("core", core_entries),
};

const struct synth_entry sysctl_entries[SYSCTL_NENTRIES] = {
	DIRECTORY("fs", fs_entries),
	DIRECTORY("kernel", kernel_entries),
	DIRECTORY("net", net_entries),
	DIRECTORY("vm", vm_entries),
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the files of procfs share.
 *
 * A key says whom an entry is about: a process or one of its threads, by
 * number, and a descriptor where that matters.
 */
#pragma once

#include "libos/fs/synth.h"
#include "libos/proc/process.h"

#define KEY_THREAD (1ull << 63) /* of one thread, not of its process */
#define KEY_FD_SHIFT 32
#define KEY_FD_MASK 0x1fffffull /* FD_COUNT_MAX fits */

static inline int32_t key_number(uint64_t key)
{
	return (int32_t)(key & INT32_MAX);
}

static inline uint64_t key_with_fd(uint64_t key, int fd)
{
	return key | (uint64_t)fd << KEY_FD_SHIFT;
}

static inline int key_fd(uint64_t key)
{
	return (int)(key >> KEY_FD_SHIFT & KEY_FD_MASK);
}

/* --- subject.c: whom a key names; references, NULL once it is gone --- */

struct process *key_process(uint64_t key);
/* The thread, or the process's first that is alive. */
struct thread *key_thread(uint64_t key);
struct mm *key_mm(uint64_t key);
struct fdtable *key_files(uint64_t key);
struct fs_context *key_fs(uint64_t key);
/* synth_entry.owner: the effective user of the process. */
void key_owner(uint64_t key, uint32_t *ret_uid, uint32_t *ret_gid);

/* A decimal number without leading zeros, or -1. */
int64_t name_to_number(const struct name *name);

/* Link text on the heap; 0 or -ENOMEM. */
int link_text(struct link_target *ret, const char *text);

/* --- entries --- */

/* pid.c */
extern const struct synth_entry pid_dir;
extern const struct synth_dir_ops pid_names;
/* fd.c */
extern const struct synth_dir_ops fd_names;
extern const struct synth_dir_ops fdinfo_names;
/* sysctl.c */
enum { SYSCTL_NENTRIES = 4 };
extern const struct synth_entry sysctl_entries[SYSCTL_NENTRIES];

/* stat.c */
int show_pid_stat(uint64_t key, struct synth_text *t);
int show_pid_statm(uint64_t key, struct synth_text *t);
/* status.c */
int show_pid_status(uint64_t key, struct synth_text *t);
/* memory.c */
int show_pid_maps(uint64_t key, struct synth_text *t);
int show_pid_cmdline(uint64_t key, struct synth_text *t);
int show_pid_environ(uint64_t key, struct synth_text *t);
int show_pid_auxv(uint64_t key, struct synth_text *t);
/* mounts.c */
int show_pid_mounts(uint64_t key, struct synth_text *t);
int show_pid_mountinfo(uint64_t key, struct synth_text *t);
int show_filesystems(uint64_t key, struct synth_text *t);
/* cpuinfo.c */
int show_cpuinfo(uint64_t key, struct synth_text *t);
/* system.c */
int show_meminfo(uint64_t key, struct synth_text *t);
int show_stat(uint64_t key, struct synth_text *t);
int show_uptime(uint64_t key, struct synth_text *t);
int show_loadavg(uint64_t key, struct synth_text *t);
int show_version(uint64_t key, struct synth_text *t);
int show_cmdline(uint64_t key, struct synth_text *t);
/* occlum.c */
int show_occlum_syscalls(uint64_t key, struct synth_text *t);
int show_occlum_files(uint64_t key, struct synth_text *t);
int show_occlum_heap(uint64_t key, struct synth_text *t);
int show_occlum_memory(uint64_t key, struct synth_text *t);
int show_occlum_pages(uint64_t key, struct synth_text *t);
int show_occlum_threads(uint64_t key, struct synth_text *t);

/* USER_HZ: what /proc counts CPU time in. */
#define TICKS_PER_SEC 100

/* How the state of @t (NULL: a zombie) is written. */
char thread_state_letter(const struct thread *t);

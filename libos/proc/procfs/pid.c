/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pid.c - /proc/PID and /proc/PID/task/TID.
 */
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/fs/fs_context.h"
#include "libos/proc/procfs/internal.h"

static int show_comm(uint64_t key, struct synth_text *t)
{
	struct thread *thread = key_thread(key);

	if (!thread)
		return -ESRCH;
	synth_print(t, "%.*s\n", THREAD_NAME_SIZE - 1, thread->name);
	thread_put(thread);
	return 0;
}

/* proc(5): what is longer is cut; a newline is not part of it. */
static int store_comm(uint64_t key, const char *data, size_t size)
{
	struct thread *thread = key_thread(key);
	size_t n = MIN(size, (size_t)THREAD_NAME_SIZE - 1);

	if (!thread)
		return -ESRCH;
	if (n && data[n - 1] == '\n')
		n--;
	memcpy(thread->name, data, n);
	thread->name[n] = '\0';
	thread_put(thread);
	return 0;
}

static int jump_to(struct path p, struct link_target *ret)
{
	*ret = (struct link_target){ .is_jump = true,
		                     .jump_dentry = p.dentry,
		                     .jump_mnt = p.mnt };
	return 0;
}

static int link_cwd(uint64_t key, struct link_target *ret)
{
	struct fs_context *fs = key_fs(key);
	struct path p;

	if (!fs)
		return -ENOENT;
	p = fs_context_cwd(fs);
	fs_context_put(fs);
	return jump_to(p, ret);
}

static int link_root(uint64_t key, struct link_target *ret)
{
	struct fs_context *fs = key_fs(key);
	struct path p;

	if (!fs)
		return -ENOENT;
	p = fs_context_root(fs);
	fs_context_put(fs);
	return jump_to(p, ret);
}

static int link_exe(uint64_t key, struct link_target *ret)
{
	struct process *p = key_process(key);
	struct file *exe;
	struct path place;
	int err;

	if (!p)
		return -ENOENT;
	mutex_lock(&p->lock);
	exe = p->exe ? file_get(p->exe) : NULL;
	mutex_unlock(&p->lock);
	process_put(p);
	if (!exe)
		return -ENOENT;
	err = file_place(exe, &place);
	file_put(exe);
	return err < 0 ? err : jump_to(place, ret);
}

static void print_limit(struct synth_text *t, uint64_t value)
{
	if (value == RLIM_INFINITY)
		synth_print(t, "%-20s ", "unlimited");
	else
		synth_print(t, "%-20llu ", (unsigned long long)value);
}

static int show_limits(uint64_t key, struct synth_text *t)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct rlimit limits[RLIM_NLIMITS];
	struct process *p = key_process(key);

	if (!p)
		return -ESRCH;
	spin_lock(&p->limits_lock);
	memcpy(limits, p->rlimits, sizeof(limits));
	spin_unlock(&p->limits_lock);
	process_put(p);
	synth_print(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
	            "Hard Limit", "Units");
	for (size_t i = 0; i < RLIM_NLIMITS; i++) {
		synth_print(t, "%-25s ", rows[i].name);
		print_limit(t, limits[i].cur);
		print_limit(t, limits[i].max);
		synth_print(t, "%-10s\n", rows[i].unit);
	}
	return 0;
}

static int show_cgroup(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "0::/\n");
	return 0;
}

/* user_namespaces(7): the one namespace maps every number to itself. */
static int show_id_map(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "%10u %10u %10u\n", 0, 0, UINT32_MAX);
	return 0;
}

static int show_setgroups(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "allow\n");
	return 0;
}

static int show_zero(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "0\n");
	return 0;
}

static int show_wchan(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "0");
	return 0;
}

static int show_personality(uint64_t key, struct synth_text *t)
{
	struct process *p = key_process(key);

	if (!p)
		return -ESRCH;
	synth_print(t, "%08x\n", READ_ONCE(p->personality));
	process_put(p);
	return 0;
}

/* There is no killer to advise: any score is as good as 0. */
static int store_score(uint64_t key __unused, const char *data __unused,
                       size_t size __unused)
{
	return 0;
}

#define FILE_OF_OWNER(file_name, file_mode, file_show)                         \
	{                                                                      \
		.name = (file_name), .mode = S_IFREG | (file_mode),            \
		.show = (file_show), .owner = key_owner                        \
	}
#define LINK_OF_OWNER(link_name, link_func)                                    \
	{                                                                      \
		.name = (link_name), .mode = S_IFLNK | 0777,                   \
		.readlink = (link_func), .owner = key_owner                    \
	}

static const struct synth_dir_ops task_names;

static const struct synth_entry pid_entries[] = {
	FILE_OF_OWNER("auxv", 0400, show_pid_auxv),
	FILE_OF_OWNER("cgroup", 0444, show_cgroup),
	FILE_OF_OWNER("cmdline", 0444, show_pid_cmdline),
	{ .name = "comm",
	  .mode = S_IFREG | 0644,
	  .show = show_comm,
	  .store = store_comm,
	  .owner = key_owner },
	LINK_OF_OWNER("cwd", link_cwd),
	FILE_OF_OWNER("environ", 0400, show_pid_environ),
	LINK_OF_OWNER("exe", link_exe),
	{ .name = "fd",
	  .mode = S_IFDIR | 0500,
	  .dir = &fd_names,
	  .owner = key_owner },
	{ .name = "fdinfo",
	  .mode = S_IFDIR | 0555,
	  .dir = &fdinfo_names,
	  .owner = key_owner },
	FILE_OF_OWNER("gid_map", 0444, show_id_map),
	FILE_OF_OWNER("limits", 0444, show_limits),
	FILE_OF_OWNER("maps", 0444, show_pid_maps),
	FILE_OF_OWNER("mountinfo", 0444, show_pid_mountinfo),
	FILE_OF_OWNER("mounts", 0444, show_pid_mounts),
	FILE_OF_OWNER("oom_score", 0444, show_zero),
	{ .name = "oom_score_adj",
	  .mode = S_IFREG | 0644,
	  .show = show_zero,
	  .store = store_score,
	  .owner = key_owner },
	FILE_OF_OWNER("personality", 0400, show_personality),
	LINK_OF_OWNER("root", link_root),
	FILE_OF_OWNER("setgroups", 0444, show_setgroups),
	FILE_OF_OWNER("stat", 0444, show_pid_stat),
	FILE_OF_OWNER("statm", 0444, show_pid_statm),
	FILE_OF_OWNER("status", 0444, show_pid_status),
	FILE_OF_OWNER("uid_map", 0444, show_id_map),
	FILE_OF_OWNER("wchan", 0444, show_wchan),
	/* Last: a thread has all the others. */
	{ .name = "task",
	  .mode = S_IFDIR | 0555,
	  .dir = &task_names,
	  .owner = key_owner },
};

const struct synth_entry pid_dir = {
	.mode = S_IFDIR | 0555,
	.owner = key_owner,
	.entries = pid_entries,
	.nentries = ARRAY_SIZE(pid_entries),
};

static const struct synth_entry task_dir = {
	.mode = S_IFDIR | 0555,
	.owner = key_owner,
	.entries = pid_entries,
	.nentries = ARRAY_SIZE(pid_entries) - 1,
};

/* --- names: processes in /proc, threads in task --- */

static int pid_lookup(uint64_t key __unused, const struct name *name,
                      struct synth_found *ret)
{
	int64_t nr = name_to_number(name);
	struct process *p;

	if (nr <= 0 || nr > PID_MAX)
		return -ENOENT;
	p = process_lookup((int32_t)nr);
	if (!p)
		return -ENOENT;
	process_put(p);
	*ret = (struct synth_found){ .entry = &pid_dir, .key = (uint64_t)nr };
	return 0;
}

/* The smallest number from @from on. */
struct smallest {
	uint64_t from;
	uint64_t best; /* UINT64_MAX: none yet */
};

static void consider(struct smallest *s, int32_t nr)
{
	if ((uint64_t)nr >= s->from && (uint64_t)nr < s->best)
		s->best = (uint64_t)nr;
}

static int visit_process(struct process *p, void *arg)
{
	consider(arg, p->pid.nr);
	return 0;
}

static int found_number(const struct smallest *s, uint64_t *pos, char *name)
{
	if (s->best == UINT64_MAX)
		return -ENOENT;
	*pos = s->best + 1;
	str_format(name, NAME_MAX + 1, "%llu", (unsigned long long)s->best);
	return 0;
}

static int pid_next(uint64_t key __unused, uint64_t *pos,
                    char name[NAME_MAX + 1], struct synth_found *ret)
{
	struct smallest s = { .from = *pos, .best = UINT64_MAX };

	(void)process_for_each(visit_process, &s);
	*ret = (struct synth_found){ .entry = &pid_dir, .key = s.best };
	return found_number(&s, pos, name);
}

const struct synth_dir_ops pid_names = { .lookup = pid_lookup,
	                                 .next = pid_next };

static int task_lookup(uint64_t key, const struct name *name,
                       struct synth_found *ret)
{
	int64_t nr = name_to_number(name);
	struct thread *t;
	bool is_ours;

	t = nr > 0 && nr <= PID_MAX ? thread_lookup((int32_t)nr) : NULL;
	if (!t)
		return -ENOENT;
	is_ours = process_tgid(t) == key_number(key);
	thread_put(t);
	if (!is_ours)
		return -ENOENT;
	*ret = (struct synth_found){ .entry = &task_dir,
		                     .key = (uint64_t)nr | KEY_THREAD };
	return 0;
}

static int task_next(uint64_t key, uint64_t *pos, char name[NAME_MAX + 1],
                     struct synth_found *ret)
{
	struct smallest s = { .from = *pos, .best = UINT64_MAX };
	struct process *p = key_process(key);
	struct thread *t;

	if (!p)
		return -ENOENT;
	spin_lock(&p->sig.lock);
	list_for_each_entry (t, &p->sig.threads, process_node)
		consider(&s, t->tid);
	spin_unlock(&p->sig.lock);
	process_put(p);
	*ret = (struct synth_found){ .entry = &task_dir,
		                     .key = s.best | KEY_THREAD };
	return found_number(&s, pos, name);
}

static const struct synth_dir_ops task_names = { .lookup = task_lookup,
	                                         .next = task_next };

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/root.h"

#include "base/errno.h"
#include "base/log.h"
#include "base/string.h"
#include "libos/boot/vdso.h"
#include "libos/dev/console.h"
#include "libos/dev/devfs.h"
#include "libos/dev/sigpipe.h"
#include "libos/entry/insn.h"
#include "libos/entry/syscall.h"
#include "libos/fs/cred.h"
#include "libos/fs/file.h"
#include "libos/fs/fs.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei.h"
#include "libos/fs/rootfs.h"
#include "libos/fs/tmpfs.h"
#include "libos/hostcall/hostcall.h"
#include "libos/ipc/ipc.h"
#include "libos/mm/mm.h"
#include "libos/proc/exec.h"
#include "libos/proc/process.h"
#include "libos/proc/procfs/procfs.h"
#include "libos/proc/sites/sites.h"
#include "libos/proc/uts.h"
#include "libos/sched/sched.h"
#include "libos/signal/signal.h"
#include "libos/time/clock.h"

static long read_index(void *arg, void *dst, size_t size)
{
	const struct host_blob *index = &host_boot_block()->root_index;

	(void)arg;
	/* As with the other files, not a byte more either. */
	if (index->size != size)
		return -EBADMSG;
	return host_blob_read(index, 0, dst, size);
}

static enum boot_error root_error(int err, const char *what)
{
	if (!err)
		return BOOT_OK;
	/* The host has a sentence of its own for an index that was changed. */
	if (err != -EBADMSG)
		log_error("%s: error %d", what, -err);
	return err == -ENOMEM ? BOOT_NO_KERNEL_HEAP : BOOT_BAD_INDEX;
}

static int make_mount(const struct boot_mount *m, struct dentry **ret)
{
	struct tmpfs_options opts;
	int err;

	switch (m->type) {
	case MOUNT_TMPFS:
		err = tmpfs_parse(m->options, strlen(m->options), &opts);
		return err ? err : tmpfs_create(&opts, ret);
	case MOUNT_PROC:
		return procfs_create(ret);
	case MOUNT_DEV:
		return devfs_create(ret);
	case MOUNT_SYS:
		return sysfs_create(ret);
	default:
		return -EINVAL;
	}
}

/* As root, from the top: no process exists yet. */
static int find_directory(const char *target, struct path *ret)
{
	static const struct fs_cred root_ids = { .caps = UINT64_MAX };
	struct fs_context *fs;
	struct fs_cred *cred;
	struct walk w;
	int err;

	cred = fs_cred_create(&root_ids, NULL, 0);
	if (!cred)
		return -ENOMEM;
	fs = fs_context_create(cred, 0);
	if (!fs)
		return -ENOMEM;
	walk_begin_fs(&w, fs);
	err = path_lookup(&w, target, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, ret);
	walk_end(&w);
	fs_context_put(fs);
	return err;
}

static const char *const sources[] = {
	[MOUNT_ROOT] = "rootfs", [MOUNT_TMPFS] = "tmpfs",
	[MOUNT_PROC] = "proc",   [MOUNT_DEV] = "devtmpfs",
	[MOUNT_SYS] = "sysfs",
};

static int attach(const struct boot_mount *m)
{
	struct dentry *root;
	struct path at;
	int err;

	err = find_directory(m->target, &at);
	if (err)
		return err;
	err = make_mount(m, &root);
	if (!err)
		err = mount_attach(&at, root, m->flags, sources[m->type]);
	path_put(&at);
	return err;
}

/* What every instance has beside what its config lists. */
static const struct boot_mount implicit_mounts[] = {
	{ MOUNT_TMPFS, MOUNT_NOSUID | MOUNT_NODEV, "/dev/shm", "",
	  "mode=1777" },
	{ MOUNT_SYS, MOUNT_RDONLY | MOUNT_NOSUID, "/sys", "", "" },
};

static enum boot_error mount_all(const struct boot_config *cfg)
{
	size_t i;
	int err;

	for (i = 0; i < cfg->h.n_mounts; i++) {
		const struct boot_mount *m = &cfg->mounts[i];

		if (m->type == MOUNT_ROOT)
			continue;
		if (m->type >= ARRAY_SIZE(sources))
			return BOOT_BAD_CONFIG;
		err = attach(m);
		if (err)
			return root_error(err, m->target);
	}
	for (i = 0; i < ARRAY_SIZE(implicit_mounts); i++) {
		err = attach(&implicit_mounts[i]);
		/* An image need not have /sys. */
		if (err && err != -ENOENT)
			return root_error(err, implicit_mounts[i].target);
	}
	return BOOT_OK;
}

enum boot_error boot_root(const struct boot_config *cfg)
{
	const struct rootfs_config rc = {
		.index_sha256 = cfg->h.root_index_sha256,
		.index_size = cfg->h.root_index_size,
		.body_size = cfg->h.root_body_size,
		.read_index = read_index,
		.read_body = host_root_read,
	};
	struct dentry *root;
	int err;

	ipc_init();
	err = fs_init();
	if (!err)
		err = rootfs_create(&rc, &root);
	if (!err)
		err = mount_set_root(root, 0, sources[MOUNT_ROOT]);
	if (err)
		return root_error(err, "root file system");
	return mount_all(cfg);
}

static __noreturn void instance_ended(int wait_status)
{
	host_exit(EXIT_PROGRAM, (uint32_t)wait_status, 0);
}

static void host_signals(uint64_t bits)
{
	struct process *first = process_first();

	if (first)
		signal_send_host(&first->sig, bits);
}

static const struct host_event_ops events = {
	.ready = console_ready,
	.signals = host_signals,
};

static const struct mm_ops mm_hooks = {
	.text_filled = sites_text_filled,
	.runs_elsewhere = proc_mm_runs_elsewhere,
	.is_runnable = proc_mm_is_runnable,
	.kick_out = proc_mm_kick_out,
};

static const struct exec_ops exec_hooks = {
	.map_vdso = boot_map_vdso,
};

static enum boot_error program_error(int err)
{
	switch (err) {
	case 0:
		return BOOT_OK;
	case -EPERM:
		return BOOT_NO_ENTRY_POINT;
	case -ENOENT:
	case -ENOTDIR:
		return BOOT_NO_PROGRAM;
	case -ENOMEM:
		return BOOT_NO_USER_SPACE;
	case -EIO:
		/* Its file was changed, and that has been told. */
		instance_ended(STATUS_NOT_EXECUTABLE);
	default:
		log_error("cannot execute the program: error %d", -err);
		return BOOT_NOT_EXECUTABLE;
	}
}

enum boot_error boot_program(const struct boot_config *cfg,
                             const struct boot_strings *strings)
{
	struct process_boot pb = {
		.path = strings->argv[0],
		.argv = strings->argv,
		.envp = strings->envp,
		.cwd = cfg->cwd,
		.uid = strings->uid,
		.gid = strings->gid,
		.umask = cfg->h.umask,
		.entry_points = cfg->entry_points,
	};
	struct process *first;
	uint32_t i;
	int err;

	proc_config = (struct proc_config){
		.stack_size = cfg->h.default_stack_size,
		.heap_size = cfg->h.default_heap_size,
		.max_threads = cfg->h.max_threads,
		.is_debuggable = cfg->h.flags & BOOTCFG_DEBUGGABLE,
	};
	proc_init();
	if (uts_set_nodename(cfg->hostname, strlen(cfg->hostname)) < 0)
		log_warn("the host name is longer than 64 bytes");
	mm_set_ops(&mm_hooks);
	boot_vdso_init();
	sites_init(clock_uses_tsc() ? SITES_RDTSC_WORKS : SITES_RDTSC_FAULTS);
	insn_set_kind_func(sites_kind);
	exec_set_ops(&exec_hooks);
	sigpipe_set_sender(signal_send_self);
	procfs_set_syscall_counts(syscall_counts);
	for (i = 0; i < ARRAY_SIZE(pb.stdio); i++)
		/* What the host has closed is closed for the program too. */
		if (console_open(i, &pb.stdio[i]) == -ENOMEM)
			return BOOT_NO_KERNEL_HEAP;
	proc_set_exit_hook(instance_ended);
	sched_set_host_events(&events);
	err = process_create_first(&pb, &first);
	for (i = 0; i < ARRAY_SIZE(pb.stdio); i++)
		file_put(pb.stdio[i]);
	if (err)
		return program_error(err);
	process_put(first);
	return BOOT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * first.c - the first process, the program of `occlum run`.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/cred.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/kheap.h"
#include "libos/proc/cred.h"
#include "libos/proc/exec_internal.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

/* "/bin" allows "/bin" and "/bin/ls", and not "/binary". */
static bool is_below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	while (n && prefix[n - 1] == '/')
		n--;
	return strncmp(path, prefix, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

/* Components that would lead out of the prefix again. */
static bool has_dots(const char *path)
{
	const char *p = path;

	while ((p = strchr(p, '/')) != NULL) {
		p++;
		if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
			return true;
	}
	return false;
}

bool entry_point_allows(const char *const *entry_points, const char *path)
{
	if (path[0] != '/' || has_dots(path))
		return false;
	for (; *entry_points; entry_points++)
		if (is_below(path, *entry_points))
			return true;
	return false;
}

static int add_strings(struct exec_args *args, const struct process_boot *boot)
{
	const char *const *s;
	int ret = 0;

	for (s = boot->argv; ret == 0 && *s; s++)
		ret = exec_args_add(args, *s, &args->argc);
	for (s = boot->envp; ret == 0 && *s; s++)
		ret = exec_args_add(args, *s, &args->envc);
	return ret;
}

static int set_cwd(struct fs_context *fs, const char *cwd)
{
	struct walk w;
	struct path p;
	int ret;

	walk_begin_fs(&w, fs);
	ret = path_lookup(&w, cwd, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);
	walk_end(&w);
	if (ret < 0)
		return ret;
	fs_context_set_cwd(fs, &p);
	path_put(&p);
	return 0;
}

static int set_stdio(struct fdtable *files, const struct process_boot *boot)
{
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(boot->stdio); i++) {
		if (!boot->stdio[i])
			continue;
		fd = fd_install_new(files, file_get(boot->stdio[i]), 0, i);
		if (fd < 0)
			return fd;
	}
	return 0;
}

static struct fs_context *make_fs(const struct process_boot *boot)
{
	const struct fs_cred ids = {
		.uid = boot->uid,
		.gid = boot->gid,
		.fsuid = boot->uid,
		.fsgid = boot->gid,
		.caps = boot->uid == 0 ? CAPS_ALL : 0,
	};
	struct fs_cred *cred = fs_cred_create(&ids, &ids.gid, 1);
	struct fs_context *fs;

	if (!cred)
		return NULL;
	fs = fs_context_create(cred, boot->umask);
	if (!fs)
		fs_cred_put(cred);
	return fs;
}

static int give_files(struct thread *t, const struct process_boot *boot)
{
	t->fs = make_fs(boot);
	t->files = fdtable_create();
	if (!t->fs || !t->files)
		return -ENOMEM;
	return set_stdio(t->files, boot);
}

static void drop_files(struct thread *t)
{
	if (t->files)
		fdtable_put(t->files);
	fs_context_put(t->fs);
	t->files = NULL;
	t->fs = NULL;
}

static int load(struct exec *x, struct thread *t,
                const struct process_boot *boot)
{
	struct walk w;
	int ret;

	ret = str_copy(x->name, sizeof(x->name), boot->path);
	if (ret < 0)
		return ret;
	walk_begin_fs(&w, t->fs);
	ret = exec_find(x, &w, &w, boot->path, LOOKUP_FOLLOW);
	walk_end(&w);
	if (ret == 0)
		ret = exec_build(x);
	if (ret == 0)
		ret = exec_settle(x, x->mm);
	if (ret == 0)
		ret = set_cwd(t->fs, boot->cwd);
	return ret;
}

/* Everything is there: names, places, off it goes. */
static void launch(struct exec *x, struct task *task)
{
	struct thread *t = &task->thread;
	struct process *p = t->process;
	bool added;

	t->mm = x->mm;
	x->mm = NULL;
	exec_set_regs(x, t->regs);
	exec_set_name(x, t);
	p->exe = x->program.file;
	x->program.file = NULL;
	p->exit_signal = SIGCHLD;
	process_enter(p, NULL);
	p->pid.thread = t;
	t->tid = p->pid.nr;
	added = signal_group_add(&p->sig, t);
	(void)added; /* nobody could have ended it yet */
	/* Here: the boot has nothing better to do than to run it. */
	sched_start_successor(t);
}

static int create_task(const struct process_boot *boot, struct task **ret)
{
	struct sighand *actions = sighand_create();
	struct process *p;

	if (!actions)
		return -ENOMEM;
	p = process_create(NULL, actions);
	if (!p) {
		sighand_put(actions);
		return -ENOMEM;
	}
	cred_init(&p->cred, boot->uid, boot->gid);
	*ret = task_create(p);
	process_put(p);
	return *ret ? 0 : -ENOMEM;
}

static int start_first(const struct process_boot *boot, struct task *task,
                       struct exec_args *args)
{
	struct thread *t = &task->thread;
	struct exec *x;
	int ret;

	ret = add_strings(args, boot);
	if (ret == 0)
		ret = give_files(t, boot);
	if (ret < 0)
		return ret;
	x = exec_begin(t->process, args);
	if (!x)
		return -ENOMEM;
	ret = load(x, t, boot);
	if (ret == 0)
		launch(x, task);
	exec_end(x);
	return ret;
}

int process_create_first(const struct process_boot *boot,
                         struct process **ret_process)
{
	struct process *p;
	struct exec_args args;
	struct task *task;
	int ret;

	if (!entry_point_allows(boot->entry_points, boot->path))
		return -EPERM;
	ret = create_task(boot, &task);
	if (ret < 0)
		return ret;
	p = process_get(task->thread.process);
	exec_args_init(&args, exec_args_limit(proc_config.stack_size));
	ret = start_first(boot, task, &args);
	exec_args_fini(&args);
	if (ret < 0) {
		drop_files(&task->thread);
		thread_put(&task->thread);
		process_put(p);
		return ret;
	}
	*ret_process = p;
	return 0;
}

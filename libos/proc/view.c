/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c - what a thread holds, seen from other threads.
 *
 * A thread reads its own pointers as it likes.  It changes them under its
 * group's lock, under which others take a reference: what they get was not let
 * go before they had it.
 */
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/mm.h"
#include "libos/proc/process.h"

struct mm *thread_mm_get(struct thread *t)
{
	struct mm *mm;

	spin_lock(&t->process->sig.lock);
	mm = t->mm;
	if (mm)
		mm_get(mm);
	spin_unlock(&t->process->sig.lock);
	return mm;
}

struct fdtable *thread_files_get(struct thread *t)
{
	struct fdtable *files;

	spin_lock(&t->process->sig.lock);
	files = t->files ? fdtable_get(t->files) : NULL;
	spin_unlock(&t->process->sig.lock);
	return files;
}

struct fs_context *thread_fs_get(struct thread *t)
{
	struct fs_context *fs;

	spin_lock(&t->process->sig.lock);
	fs = t->fs ? fs_context_get(t->fs) : NULL;
	spin_unlock(&t->process->sig.lock);
	return fs;
}

struct mm *thread_mm_swap(struct thread *self, struct mm *mm)
{
	struct mm *old = self->mm;

	spin_lock(&self->process->sig.lock);
	self->mm = mm;
	spin_unlock(&self->process->sig.lock);
	return old;
}

struct fdtable *thread_files_swap(struct thread *self, struct fdtable *files)
{
	struct fdtable *old = self->files;

	spin_lock(&self->process->sig.lock);
	self->files = files;
	spin_unlock(&self->process->sig.lock);
	return old;
}

struct fs_context *thread_fs_swap(struct thread *self, struct fs_context *fs)
{
	struct fs_context *old = self->fs;

	spin_lock(&self->process->sig.lock);
	self->fs = fs;
	spin_unlock(&self->process->sig.lock);
	return old;
}

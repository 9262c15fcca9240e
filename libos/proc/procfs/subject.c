/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.c - from the key of an entry to the process or thread it is about.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"

static struct thread *first_thread(struct process *p)
{
	struct thread *t = NULL;

	spin_lock(&p->sig.lock);
	if (!list_empty(&p->sig.threads)) {
		t = list_first_entry(&p->sig.threads, struct thread,
		                     process_node);
		thread_get(t);
	}
	spin_unlock(&p->sig.lock);
	return t;
}

struct thread *key_thread(uint64_t key)
{
	struct thread *t = thread_lookup(key_number(key));
	struct process *p;

	if (t || (key & KEY_THREAD))
		return t;
	/* The first thread may end before the others. */
	p = process_lookup(key_number(key));
	if (!p)
		return NULL;
	t = first_thread(p);
	process_put(p);
	return t;
}

struct process *key_process(uint64_t key)
{
	struct thread *t;
	struct process *p;

	if (!(key & KEY_THREAD))
		return process_lookup(key_number(key));
	t = thread_lookup(key_number(key));
	if (!t)
		return NULL;
	p = process_get(t->process);
	thread_put(t);
	return p;
}

struct mm *key_mm(uint64_t key)
{
	struct thread *t = key_thread(key);
	struct mm *mm = t ? thread_mm_get(t) : NULL;

	if (t)
		thread_put(t);
	return mm;
}

struct fdtable *key_files(uint64_t key)
{
	struct thread *t = key_thread(key);
	struct fdtable *files = t ? thread_files_get(t) : NULL;

	if (t)
		thread_put(t);
	return files;
}

struct fs_context *key_fs(uint64_t key)
{
	struct thread *t = key_thread(key);
	struct fs_context *fs = t ? thread_fs_get(t) : NULL;

	if (t)
		thread_put(t);
	return fs;
}

void key_owner(uint64_t key, uint32_t *ret_uid, uint32_t *ret_gid)
{
	struct process *p = key_process(key);

	if (!p)
		return;
	spin_lock(&p->limits_lock);
	*ret_uid = p->cred.euid;
	*ret_gid = p->cred.egid;
	spin_unlock(&p->limits_lock);
	process_put(p);
}

int64_t name_to_number(const struct name *name)
{
	int64_t n = 0;

	if (!name->size || name->size > 10 ||
	    (name->size > 1 && name->text[0] == '0'))
		return -1;
	for (size_t i = 0; i < name->size; i++) {
		if (name->text[i] < '0' || name->text[i] > '9')
			return -1;
		n = n * 10 + (name->text[i] - '0');
	}
	return n;
}

int link_text(struct link_target *ret, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = kmalloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	*ret = (struct link_target){ .text = copy, .owned = true };
	return 0;
}

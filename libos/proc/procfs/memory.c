/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - what is shown of an address space: maps, arguments, environment.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/mm/object.h"
#include "libos/mm/overlay.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/procfs/internal.h"

/* More than that of arguments or environment is not shown. */
#define STRINGS_MAX (2 * MIB)

/* proc(5): the path begins in column 73. */
#define MAPS_PATH_COLUMN 73

static int maps_line(const struct vma *v, const char *path, void *arg)
{
	struct synth_text *t = arg;
	struct vm_object_info info = { 0 };
	size_t start = t->size;

	if (v->object)
		v->object->ops->info(v->object, &info);
	synth_print(t, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu",
	            (unsigned long long)v->start, (unsigned long long)v->end,
	            v->prot & PROT_READ ? 'r' : '-',
	            v->prot & PROT_WRITE ? 'w' : '-',
	            v->prot & PROT_EXEC ? 'x' : '-',
	            v->flags & VMA_SHARED ? 's' : 'p',
	            (unsigned long long)(v->object ? v->offset : 0),
	            info.dev_major, info.dev_minor,
	            (unsigned long long)info.ino);
	if (*path) {
		size_t used = t->size - start;
		int pad = used < MAPS_PATH_COLUMN
		                  ? (int)(MAPS_PATH_COLUMN - used)
		                  : 1;

		synth_print(t, "%*s%s", pad, "", path);
	}
	synth_print(t, "\n");
	return 0;
}

int show_pid_maps(uint64_t key, struct synth_text *t)
{
	struct mm *mm = key_mm(key);

	if (!mm)
		return 0; /* a zombie: empty */
	(void)mm_for_each(mm, maps_line, t);
	mm_put(mm);
	return 0;
}

/*
 * [@start, @end) of @mm, as bytes.  The memory of an overlay's member that has
 * moved out is not where its addresses say: nothing is shown of it.
 */
static int show_strings(struct mm *mm, uint64_t start, uint64_t end,
                        struct synth_text *t)
{
	size_t size, n;
	uint8_t *page;

	if (end <= start || !mm_is_resident(mm))
		return 0;
	page = kpages_alloc(1);
	if (!page)
		return -ENOMEM;
	for (size = MIN(end - start, STRINGS_MAX); size; size -= n) {
		n = MIN(size, (size_t)PAGE_SIZE);
		if (copy_from_mm(mm, page, start, n))
			break;
		synth_write(t, page, n);
		start += n;
	}
	kpages_free(page, 1);
	return 0;
}

int show_pid_cmdline(uint64_t key, struct synth_text *t)
{
	struct mm *mm = key_mm(key);
	int err;

	if (!mm)
		return 0;
	err = show_strings(mm, mm->arg_start, mm->arg_end, t);
	mm_put(mm);
	return err;
}

int show_pid_environ(uint64_t key, struct synth_text *t)
{
	struct mm *mm = key_mm(key);
	int err;

	if (!mm)
		return 0;
	err = show_strings(mm, mm->env_start, mm->env_end, t);
	mm_put(mm);
	return err;
}

int show_pid_auxv(uint64_t key, struct synth_text *t)
{
	struct mm *mm = key_mm(key);
	size_t n = 0;

	if (!mm)
		return 0;
	/* Pairs, up to and with the one that starts with AT_NULL. */
	while (n + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[n])
		n += 2;
	synth_write(t, mm->auxv, (n + 2) * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}

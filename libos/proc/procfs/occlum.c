/* SPDX-License-Identifier: Apache-2.0 */
/*
 * occlum.c - /proc/occlum: the kernel's own numbers.
 */
#include "libos/fs/file.h"
#include "libos/mm/kheap.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uspace.h"
#include "libos/proc/procfs/internal.h"
#include "libos/proc/procfs/procfs.h"
#include "libos/sched/sched.h"

static void (*syscall_counts)(uint64_t *ret_patched, uint64_t *ret_trapped);

void procfs_set_syscall_counts(void (*counts)(uint64_t *ret_patched,
                                              uint64_t *ret_trapped))
{
	syscall_counts = counts;
}

/* Calls of programs that came through rewritten sites, and through faults. */
int show_occlum_syscalls(uint64_t key __unused, struct synth_text *t)
{
	uint64_t patched = 0, trapped = 0;

	if (syscall_counts)
		syscall_counts(&patched, &trapped);
	synth_print(t, "patched %llu\ntrapped %llu\n",
	            (unsigned long long)patched, (unsigned long long)trapped);
	return 0;
}

int show_occlum_heap(uint64_t key __unused, struct synth_text *t)
{
	struct kheap_stats s;

	kheap_stats(&s);
	synth_print(t,
	            "total %zu\nmax %zu\nused %zu\npeak %zu\nslabs %zu\n"
	            "page_runs %zu\n",
	            s.total, s.max, s.used, s.peak, s.slabs, s.page_runs);
	for (size_t i = 0; i < KHEAP_CLASSES; i++)
		synth_print(t, "class %zu live %zu\n", s.classes[i].size,
		            s.classes[i].live);
	return 0;
}

/* A name and a number on each line, as in all of these files. */
static void figure(struct synth_text *t, const char *name, uint64_t value)
{
	synth_print(t, "%s %llu\n", name, (unsigned long long)value);
}

/* Pages of user space and addresses; `cached` are part of `used`. */
int show_occlum_memory(uint64_t key __unused, struct synth_text *t)
{
	struct textcache_stats cache;
	struct pages_totals pages;
	uint32_t extents;
	uint64_t bytes;

	pages_totals(&pages);
	textcache_stats(&cache);
	uspace_stats(&bytes, &extents);
	figure(t, "budget", pages.budget);
	figure(t, "present", pages.present);
	figure(t, "used", pages.used);
	figure(t, "cached", cache.pages);
	figure(t, "cache_entries", cache.entries);
	figure(t, "adopted", cache.adopted_pages);
	figure(t, "evicted", cache.evicted);
	figure(t, "free_bytes", bytes);
	figure(t, "free_extents", extents);
	return 0;
}

/* What protection has cost since boot: `host_calls`, the others in pages. */
int show_occlum_pages(uint64_t key __unused, struct synth_text *t)
{
	struct pages_work work;

	pages_work(&work);
	figure(t, "host_calls", work.host_calls);
	figure(t, "restricted", work.restricted);
	figure(t, "extended", work.extended);
	figure(t, "added", work.added);
	figure(t, "removed", work.removed);
	return 0;
}

int show_occlum_files(uint64_t key __unused, struct synth_text *t)
{
	figure(t, "open", file_count());
	return 0;
}

int show_occlum_threads(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "threads %u\nrunnable %u\nvcpus %u\n", proc_nthreads(),
	            sched_nrunnable(), sched_nvcpus());
	return 0;
}

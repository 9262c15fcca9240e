/* SPDX-License-Identifier: Apache-2.0 */
/*
 * occlum.c - /proc/occlum: the kernel's own numbers.
 */
#include "libos/mm/kheap.h"
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
	            "total %zu\nused %zu\npeak %zu\nslabs %zu\npage_runs %zu\n",
	            s.total, s.used, s.peak, s.slabs, s.page_runs);
	for (size_t i = 0; i < KHEAP_CLASSES; i++)
		synth_print(t, "class %zu live %zu\n", s.classes[i].size,
		            s.classes[i].live);
	return 0;
}

int show_occlum_threads(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "threads %u\nrunnable %u\nvcpus %u\n", proc_nthreads(),
	            sched_nrunnable(), sched_nvcpus());
	return 0;
}

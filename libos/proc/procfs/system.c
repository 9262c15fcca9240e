/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - meminfo, stat, uptime and the like, proc(5): about the instance,
 * never about the host.
 */
#include "base/format.h"
#include "base/units.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"
#include "libos/proc/uts.h"
#include "libos/sched/sched.h"
#include "libos/time/clock.h"

#define NSEC_PER_CENTI (NSEC_PER_SEC / 100)

static void print_kib(struct synth_text *t, const char *name, uint64_t npages)
{
	char label[24];

	str_format(label, sizeof(label), "%s:", name);
	synth_print(t, "%-15s %8llu kB\n", label,
	            (unsigned long long)(npages * (PAGE_SIZE / KIB)));
}

int show_meminfo(uint64_t key __unused, struct synth_text *t)
{
	struct mm_totals m;
	uint64_t free;

	mm_totals(&m);
	free = m.total - MIN(m.used, m.total);
	print_kib(t, "MemTotal", m.total);
	print_kib(t, "MemFree", free);
	print_kib(t, "MemAvailable", MIN(free + m.cached, m.total));
	print_kib(t, "Buffers", 0);
	print_kib(t, "Cached", m.cached);
	print_kib(t, "SwapCached", 0);
	print_kib(t, "Active", m.used - MIN(m.cached, m.used));
	print_kib(t, "Inactive", m.cached);
	print_kib(t, "SwapTotal", 0);
	print_kib(t, "SwapFree", 0);
	print_kib(t, "Dirty", 0);
	print_kib(t, "Writeback", 0);
	print_kib(t, "AnonPages", m.used - MIN(m.cached, m.used));
	print_kib(t, "Mapped", m.cached);
	print_kib(t, "Shmem", 0);
	print_kib(t, "CommitLimit", m.total);
	print_kib(t, "Committed_AS", m.used);
	synth_print(t, "HugePages_Total:       0\nHugePages_Free:        0\n"
	               "Hugepagesize:       2048 kB\n");
	return 0;
}

static void print_cpu(struct synth_text *t, const char *name, uint64_t busy_ns,
                      uint64_t idle_ns)
{
	synth_print(t, "%s %llu 0 0 %llu 0 0 0 0 0 0\n", name,
	            (unsigned long long)(busy_ns / NSEC_PER_CENTI),
	            (unsigned long long)(idle_ns / NSEC_PER_CENTI));
}

static void print_cpus(struct synth_text *t)
{
	uint64_t busy, idle, all_busy = 0, all_idle = 0;
	char name[16];
	uint32_t i;

	for (i = 0; i < sched_nvcpus(); i++) {
		sched_vcpu_times(i, &busy, &idle);
		all_busy += busy;
		all_idle += idle;
	}
	print_cpu(t, "cpu ", all_busy, all_idle);
	for (i = 0; i < sched_nvcpus(); i++) {
		sched_vcpu_times(i, &busy, &idle);
		str_format(name, sizeof(name), "cpu%u", i);
		print_cpu(t, name, busy, idle);
	}
}

static int count_one(struct process *p __unused, void *arg)
{
	++*(uint32_t *)arg;
	return 0;
}

/* Monotonic time since the kernel started. */
static uint64_t up_ns(void)
{
	return clock_monotonic_ns() - clock_boot_ns();
}

int show_stat(uint64_t key __unused, struct synth_text *t)
{
	uint32_t nprocesses = 0;

	(void)process_for_each(count_one, &nprocesses);
	print_cpus(t);
	synth_print(t, "intr 0\nctxt 0\nbtime %llu\nprocesses %u\n",
	            (unsigned long long)((clock_realtime_ns() - up_ns()) /
	                                 NSEC_PER_SEC),
	            nprocesses);
	synth_print(t, "procs_running %u\nprocs_blocked 0\n",
	            sched_nrunnable() + 1);
	return 0;
}

static void print_seconds(struct synth_text *t, uint64_t ns, char end)
{
	synth_print(t, "%llu.%02llu%c", (unsigned long long)(ns / NSEC_PER_SEC),
	            (unsigned long long)(ns % NSEC_PER_SEC / NSEC_PER_CENTI),
	            end);
}

int show_uptime(uint64_t key __unused, struct synth_text *t)
{
	uint64_t busy, idle, all_idle = 0;

	for (uint32_t i = 0; i < sched_nvcpus(); i++) {
		sched_vcpu_times(i, &busy, &idle);
		all_idle += idle;
	}
	print_seconds(t, up_ns(), ' ');
	print_seconds(t, all_idle, '\n');
	return 0;
}

/* No averages are kept; what runs now is true. */
int show_loadavg(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "0.00 0.00 0.00 %u/%u %d\n", sched_nrunnable() + 1,
	            proc_nthreads(), thread_self()->tid);
	return 0;
}

int show_version(uint64_t key __unused, struct synth_text *t)
{
	struct utsname u;

	uts_read(&u);
	synth_print(t, "%s version %s %s\n", u.sysname, u.release, u.version);
	return 0;
}

int show_cmdline(uint64_t key __unused, struct synth_text *t)
{
	synth_print(t, "\n"); /* there is no boot loader */
	return 0;
}

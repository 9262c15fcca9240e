/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - what a program sees of the machine: user, cores, day, and the
 * leaves of CPUID that name features.  For tests that change these.
 */
#include <cpuid.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	unsigned int a, b, c, d;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	printf("user %d\ncores %d\nday %lld\n", (int)geteuid(), CPU_COUNT(&set),
	       (long long)time(NULL) / 86400);
	__cpuid(1, a, b, c, d);
	/* Without the APIC ID and OSXSAVE. */
	printf("cpuid %08x %08x %08x", a, c & ~(1u << 27), d);
	__cpuid_count(7, 0, a, b, c, d);
	printf(" %08x %08x %08x\n", b, c, d);
	return 0;
}

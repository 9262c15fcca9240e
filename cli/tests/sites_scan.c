/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_scan FILE [TABLE] - the site table of an ELF file, for sites_test.py.
 *
 * Prints one line for each kind, "KIND FOUND COVERED", then "sigreturn N" and
 * "unclear N"; the table goes to the file TABLE.
 *
 * sites_scan --root FILE TABLE - the same as `occlum build` does it in the
 * current folder, without a report.
 */
#include <stdio.h>
#include <string.h>

#include "cli/image/sites.h"
#include "cli/instance/file.h"

static const char *const names[] = {
	[SITE_SYSCALL] = "syscall", [SITE_CPUID] = "cpuid",
	[SITE_RDTSC] = "rdtsc",     [SITE_RDTSCP] = "rdtscp",
	[SITE_XGETBV] = "xgetbv",
};

static void print_report(const struct sites_report *r)
{
	for (int kind = SITE_SYSCALL; kind <= SITE_KIND_MAX; kind++)
		printf("%s %u %u\n", names[kind], r->found[kind],
		       r->covered[kind]);
	printf("sigreturn %u\nunclear %u\n", r->sigreturn, r->unclear);
}

static int scan_as_build(char **argv)
{
	struct bytes file = { 0 }, table = { 0 };
	struct cli_error err;
	int ret = file_read(argv[2], &file, &err);

	if (ret == 0)
		ret = sites_for_root("/f", cspan_make(file.data, file.size),
		                     &table, &err);
	if (ret == 0)
		ret = file_write(argv[3], cspan_make(table.data, table.size),
		                 0644, &err);
	bytes_fini(&file);
	bytes_fini(&table);
	return ret < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct bytes file = { 0 }, table = { 0 };
	struct sites_report report;
	struct cli_error err;

	if (argc == 4 && !strcmp(argv[1], "--root"))
		return scan_as_build(argv);
	if (argc < 2 || file_read(argv[1], &file, &err) < 0)
		return 2;
	sites_scan(cspan_make(file.data, file.size), &table, &report);
	print_report(&report);
	if (argc > 2 && file_write(argv[2], cspan_make(table.data, table.size),
	                           0644, &err) < 0)
		return 2;
	bytes_fini(&file);
	bytes_fini(&table);
	return 0;
}

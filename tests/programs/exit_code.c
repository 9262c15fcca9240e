/* SPDX-License-Identifier: Apache-2.0 */
/* Ends as its argument says: a number, "abort" or "segv". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	volatile int *null = NULL;

	if (argc != 2)
		return 99;
	if (!strcmp(argv[1], "abort"))
		abort();
	if (!strcmp(argv[1], "segv"))
		return *null;
	return atoi(argv[1]);
}

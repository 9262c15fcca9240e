/* SPDX-License-Identifier: Apache-2.0 */
/* Greets, and shows its arguments and what it reads. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char line[256];
	int i;

	printf("hello from %s\n", strrchr(argv[0], '/') + 1);
	for (i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	while (fgets(line, sizeof(line), stdin))
		printf("read: %s", line);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Computes for a while and prints a sum; or stays at one instruction. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static uint64_t table[4096];
	uint64_t sum = 0;

	puts("ready");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "here"))
		for (;;)
			__asm__ volatile("1: jmp 1b");
	for (uint64_t i = 0; i < 1000000000; i++) {
		table[i % 4096] += i;
		sum = sum * 31 + table[i * 7 % 4096];
	}
	printf("%lu\n", (unsigned long)sum);
	return 0;
}

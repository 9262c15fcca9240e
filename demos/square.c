/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled inside the enclave by the demo. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;

	printf("%ld squared is %ld\n", n, n * n);
	return 0;
}

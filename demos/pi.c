/* SPDX-License-Identifier: Apache-2.0 */
/* Pi by the midpoint rule, on every CPU that OpenMP is given. */
#include <omp.h>
#include <stdio.h>

enum { STEPS = 50000000 };

int main(void)
{
	double sum = 0, width = 1.0 / STEPS;
	int busy = 0;
	long i;

#pragma omp parallel reduction(+ : busy)
	busy = 1;
#pragma omp parallel for reduction(+ : sum)
	for (i = 0; i < STEPS; i++) {
		double x = (i + 0.5) * width;

		sum += 4 / (1 + x * x);
	}
	printf("pi = %.8f, all %s\n", sum * width,
	       busy == omp_get_num_procs() ? "CPUs took part" : "?");
	return 0;
}

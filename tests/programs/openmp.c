/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMP on as many threads as there are CPUs: every one takes part, and a
 * reduction, a critical section and a barrier give the sums they must.
 */
#include <omp.h>
#include <stdio.h>

enum { STEPS = 2000000, ROUNDS = 200 };

int main(void)
{
	double sum = 0, width = 1.0 / STEPS;
	long criticals = 0;
	int took_part = 0;
	long i;

#pragma omp parallel reduction(+ : took_part)
	took_part = 1;
#pragma omp parallel for reduction(+ : sum)
	for (i = 0; i < STEPS; i++) {
		double x = (i + 0.5) * width;

		sum += 4 / (1 + x * x);
	}
#pragma omp parallel
	for (int round = 0; round < ROUNDS; round++) {
#pragma omp critical
		criticals++;
#pragma omp barrier
	}
	printf("%.8f %s %s\n", sum * width,
	       took_part == omp_get_num_procs() ? "all" : "not all",
	       criticals == (long)ROUNDS * took_part ? "exact" : "lost some");
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the checked kernel for the fault whose number is the argument
 * (libos/checked/seeds.c); any other kernel says EINVAL.
 */
#include <stdlib.h>
#include <sys/prctl.h>

#include "report.h"

int main(int argc, char **argv)
{
	if (argc != 2)
		return 99;
	CALL(prctl(0x53454544, strtoul(argv[1], NULL, 10)));
	return 0;
}

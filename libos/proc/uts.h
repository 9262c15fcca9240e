/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uts.h - the names of the machine and the kernel (uname(2)).
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

#define UTS_NAME_SIZE 65 /* with the NUL */

/* As uname(2) writes it. */
struct utsname {
	char sysname[UTS_NAME_SIZE];
	char nodename[UTS_NAME_SIZE];
	char release[UTS_NAME_SIZE];
	char version[UTS_NAME_SIZE];
	char machine[UTS_NAME_SIZE];
	char domainname[UTS_NAME_SIZE];
};

void uts_read(struct utsname *ret);

/* @size bytes without a NUL.  0 or -EINVAL: too long. */
int __must_check uts_set_nodename(const char *name, size_t size);
int __must_check uts_set_domainname(const char *name, size_t size);

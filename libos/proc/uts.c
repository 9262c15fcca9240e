/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/uts.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/sched/spinlock.h"

/*
 * Programs compare the release with what they need: it names the Linux whose
 * interface this is, not the kernel that runs outside.
 */
static struct utsname names = {
	.sysname = "Linux",
	.nodename = "occlum",
	.release = "6.1.0-occlum",
	.version = "#1 SMP",
	.machine = "x86_64",
	.domainname = "(none)",
};
static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);

void uts_read(struct utsname *ret)
{
	spin_lock(&lock);
	*ret = names;
	spin_unlock(&lock);
}

static int set_name(char *field, const char *name, size_t size)
{
	if (size >= UTS_NAME_SIZE)
		return -EINVAL;
	spin_lock(&lock);
	memset(field, 0, UTS_NAME_SIZE);
	memcpy(field, name, size);
	spin_unlock(&lock);
	return 0;
}

int uts_set_nodename(const char *name, size_t size)
{
	return set_name(names.nodename, name, size);
}

int uts_set_domainname(const char *name, size_t size)
{
	return set_name(names.domainname, name, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info.c - uname, sysinfo, getrandom and the like.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/random.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/proc/uts.h"
#include "libos/sched/sched.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/time/clock.h"

long sys_uname(struct thread *self, void __user *buf)
{
	struct utsname names;

	(void)self;
	uts_read(&names);
	return copy_to_user(buf, &names, sizeof(names));
}

typedef int set_name_func(const char *name, size_t size);

static long set_name(struct thread *self, const char __user *uname, int size,
                     set_name_func *set)
{
	char name[UTS_NAME_SIZE];
	int ret;

	if (!cred_has_cap(self, CAP_SYS_ADMIN))
		return -EPERM;
	if (size < 0 || size >= UTS_NAME_SIZE)
		return -EINVAL;
	ret = copy_from_user(name, uname, (size_t)size);
	return ret < 0 ? ret : set(name, (size_t)size);
}

long sys_sethostname(struct thread *self, const char __user *name, int size)
{
	return set_name(self, name, size, uts_set_nodename);
}

long sys_setdomainname(struct thread *self, const char __user *name, int size)
{
	return set_name(self, name, size, uts_set_domainname);
}

struct user_sysinfo {
	int64_t uptime;
	uint64_t loads[3];
	uint64_t totalram, freeram, sharedram, bufferram;
	uint64_t totalswap, freeswap;
	uint16_t procs, pad;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
};
static_assert(sizeof(struct user_sysinfo) == 112, "sysinfo(2)");

#define LOAD_SHIFT 16 /* SI_LOAD_SHIFT: fixed point */

/*
 * Free is what programs may still take; the text cache gives way when asked.
 * The load is that of this moment: nobody keeps averages.
 */
long sys_sysinfo(struct thread *self, void __user *buf)
{
	uint64_t now = clock_monotonic_ns() - clock_boot_ns();
	uint64_t load = (uint64_t)sched_nrunnable() << LOAD_SHIFT;
	struct mm_totals m;
	struct user_sysinfo info;

	(void)self;
	mm_totals(&m);
	memset(&info, 0, sizeof(info));
	info.uptime = (int64_t)(now / NSEC_PER_SEC);
	info.loads[0] = info.loads[1] = info.loads[2] = load;
	info.totalram = m.total << PAGE_SHIFT;
	info.freeram = (m.total - MIN(m.used, m.total)) << PAGE_SHIFT;
	info.bufferram = m.cached << PAGE_SHIFT;
	info.procs = (uint16_t)MIN(proc_nthreads(), (uint32_t)UINT16_MAX);
	info.mem_unit = 1;
	return copy_to_user(buf, &info, sizeof(info));
}

enum getrandom_flags { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 };

/* No more than one call would move anyhow: INT_MAX rounded down to a page. */
#define RANDOM_BYTES_MAX 0x7ffff000ul
#define RANDOM_CHUNK 256

long sys_getrandom(struct thread *self, void __user *buf, size_t size,
                   uint32_t flags)
{
	uint8_t chunk[RANDOM_CHUNK];
	size_t done = 0, n;
	int ret = 0;

	if ((flags &
	     ~(uint32_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) ==
	            (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	size = MIN(size, RANDOM_BYTES_MAX);
	while (ret == 0 && done < size) {
		/* Long requests can be interrupted, as on Linux. */
		if (done && signal_is_pending(self))
			break;
		n = MIN(size - done, sizeof(chunk));
		ret = random_bytes(chunk, n);
		if (ret == 0)
			ret = copy_to_user(user_ptr(user_addr(buf) + done),
			                   chunk, n);
		if (ret == 0)
			done += n;
	}
	memzero_explicit(chunk, sizeof(chunk));
	return done ? (long)done : ret;
}

/* CAP_SYS_BOOT is not given to programs. */
long sys_reboot(struct thread *self, uint32_t magic1, uint32_t magic2,
                uint32_t cmd, uint64_t arg)
{
	(void)self;
	(void)magic1;
	(void)magic2;
	(void)cmd;
	(void)arg;
	return -EPERM;
}

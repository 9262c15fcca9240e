/* SPDX-License-Identifier: Apache-2.0 */
/*
 * system.c - what the machine and the kernel say of themselves.
 */
#include <linux/random.h>
#include <linux/utsname.h>
#include <sched.h>
#include <sys/sysinfo.h>

#include "conformance.h"

/* Outside an enclave the host's name must stay: what fails, fails before. */
static void own_names(void)
{
	needs(CAP_SYS_ADMIN);
	sys(unshare, CLONE_NEWUTS);
}

static void show_names(void)
{
	struct new_utsname name;

	sys(uname, &name);
	say("  node %s domain %s\n", name.nodename, name.domainname);
}

CASE(uname, "the system and the machine")
{
	struct new_utsname name;

	CALL(uname, &name);
	BYTES(name.sysname, 6);
	BYTES(name.machine, 7);
	IS(name.release[0] >= '4');
}

CASE(uname, "what was set")
{
	struct new_utsname name;

	own_names();
	CALL(sethostname, "conformance", 11);
	CALL(setdomainname, "suite", 5);
	CALL(uname, &name);
	BYTES(name.nodename, 12);
	BYTES(name.domainname, 6);
}

ERROR_CASE(uname, "memory")
{
	CALL(uname, NOWHERE);
	CALL(uname, NULL);
}

CASE(sethostname, "replaces, also by less")
{
	own_names();
	CALL(setdomainname, "d", 1);
	CALL(sethostname, "longer", 6);
	CALL(sethostname, "abc", 2);
	show_names();
}

CASE(sethostname, "empty, and the longest")
{
	char name[64];

	own_names();
	CALL(setdomainname, "d", 1);
	CALL(sethostname, "", 0);
	show_names();
	memset(name, 'n', 64);
	CALL(sethostname, name, 64);
	show_names();
}

ERROR_CASE(sethostname, "too long, negative, memory, not root")
{
	char name[65] = "";

	own_names();
	CALL(sethostname, name, 65);
	CALL(sethostname, name, -1);
	CALL(sethostname, NOWHERE, 5);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(sethostname, "x", 1);
}

CASE(setdomainname, "replaces, also by less")
{
	own_names();
	CALL(sethostname, "h", 1);
	CALL(setdomainname, "longer", 6);
	CALL(setdomainname, "abc", 2);
	show_names();
}

CASE(setdomainname, "empty, and the longest")
{
	char name[64];

	own_names();
	CALL(sethostname, "h", 1);
	CALL(setdomainname, "", 0);
	show_names();
	memset(name, 'n', 64);
	CALL(setdomainname, name, 64);
	show_names();
}

ERROR_CASE(setdomainname, "too long, negative, memory, not root")
{
	char name[65] = "";

	own_names();
	CALL(setdomainname, name, 65);
	CALL(setdomainname, name, -1);
	CALL(setdomainname, NOWHERE, 5);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(setdomainname, "x", 1);
}

CASE(sysinfo, "memory in units")
{
	struct sysinfo info;

	memset(&info, 0xff, sizeof(info));
	CALL(sysinfo, &info);
	IS(info.totalram > 0 && info.freeram <= info.totalram);
	IS(info.mem_unit >= 1);
}

CASE(sysinfo, "processes and time")
{
	struct sysinfo info;

	CALL(sysinfo, &info);
	IS(info.procs >= 1);
	IS(info.uptime >= 0 && info.uptime < 1L << 32);
}

ERROR_CASE(sysinfo, "memory")
{
	CALL(sysinfo, NOWHERE);
	CALL(sysinfo, NULL);
}

CASE(getrandom, "as much as asked, each time other bytes")
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	CALL(getrandom, a, 32, 0);
	CALL(getrandom, b, 32, GRND_NONBLOCK);
	IS(memcmp(a, b, 32) != 0);
	CALL(getrandom, a, 0, 0);
}

CASE(getrandom, "large pieces; the other sources")
{
	static unsigned char large[100000];

	CALL(getrandom, large, sizeof(large), 0);
	IS(large[99990] | large[99991] | large[99992] | large[99993]);
	CALL(getrandom, large, 16, GRND_RANDOM);
	CALL(getrandom, large, 16, GRND_INSECURE);
}

ERROR_CASE(getrandom, "flags, memory")
{
	char a[4];

	CALL(getrandom, a, 4, 8);
	CALL(getrandom, a, 4, GRND_RANDOM | GRND_INSECURE);
	CALL(getrandom, NOWHERE, 4, 0);
}

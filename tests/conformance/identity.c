/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.c - users, groups, capabilities; process groups and sessions.
 */
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "conformance.h"

static void show_users(void)
{
	uint32_t r = 77, e = 77, s = 77;

	sys(getresuid, &r, &e, &s);
	say("  users %u %u %u\n", r, e, s);
}

static void show_groups(void)
{
	uint32_t r = 77, e = 77, s = 77;

	sys(getresgid, &r, &e, &s);
	say("  groups %u %u %u\n", r, e, s);
}

/* Real 1, effective 2, saved 3, without capabilities. */
static void be_three_users(void)
{
	needs(CAP_SETUID);
	sys(setresuid, 1, 2, 3);
}

static void be_three_groups(void)
{
	needs(CAP_SETGID);
	needs(CAP_SETUID);
	sys(setresgid, 1, 2, 3);
	sys(setresuid, 9, 9, 9);
}

CASE(getuid, "the real one")
{
	be_three_users();
	CALL(getuid);
}

CASE(getuid, "after setuid")
{
	needs(CAP_SETUID);
	CALL(setuid, 5);
	CALL(getuid);
}

CASE(getuid, "large ids")
{
	needs(CAP_SETUID);
	CALL(setuid, 0x7fffffff);
	CALL(getuid);
}

CASE(geteuid, "the effective one")
{
	be_three_users();
	CALL(geteuid);
}

CASE(geteuid, "after setuid")
{
	needs(CAP_SETUID);
	CALL(setuid, 5);
	CALL(geteuid);
}

CASE(geteuid, "after setreuid")
{
	needs(CAP_SETUID);
	CALL(setreuid, -1, 6);
	CALL(geteuid);
	CALL(getuid);
}

CASE(getgid, "the real one")
{
	be_three_groups();
	CALL(getgid);
}

CASE(getgid, "after setgid")
{
	needs(CAP_SETGID);
	CALL(setgid, 5);
	CALL(getgid);
}

CASE(getgid, "large ids")
{
	needs(CAP_SETGID);
	CALL(setgid, 0x7fffffff);
	CALL(getgid);
}

CASE(getegid, "the effective one")
{
	be_three_groups();
	CALL(getegid);
}

CASE(getegid, "after setgid")
{
	needs(CAP_SETGID);
	CALL(setgid, 5);
	CALL(getegid);
}

CASE(getegid, "after setregid")
{
	needs(CAP_SETGID);
	CALL(setregid, -1, 6);
	CALL(getegid);
	CALL(getgid);
}

CASE(setuid, "root changes all three, for good")
{
	needs(CAP_SETUID);
	CALL(setuid, 1000);
	show_users();
	CALL(setuid, 0);
	show_users();
}

CASE(setuid, "others change the effective one")
{
	be_three_users();
	CALL(setuid, 1);
	show_users();
	CALL(setuid, 3);
	show_users();
}

ERROR_CASE(setuid, "not one of mine; no id")
{
	be_three_users();
	CALL(setuid, 0);
	CALL(setuid, 2);
	CALL(setuid, -1);
	show_users();
}

CASE(setgid, "root changes all three")
{
	needs(CAP_SETGID);
	CALL(setgid, 1000);
	show_groups();
	CALL(setgid, 0);
	show_groups();
}

CASE(setgid, "others change the effective one")
{
	be_three_groups();
	CALL(setgid, 1);
	show_groups();
	CALL(setgid, 3);
	show_groups();
}

ERROR_CASE(setgid, "not one of mine; no id")
{
	be_three_groups();
	CALL(setgid, 0);
	CALL(setgid, -1);
	show_groups();
}

CASE(setreuid, "the saved one follows when the real one is set")
{
	needs(CAP_SETUID);
	CALL(setreuid, 5, -1);
	show_users();
	CALL(setreuid, -1, 6);
	show_users();
}

CASE(setreuid, "others exchange theirs")
{
	needs(CAP_SETUID);
	sys(setresuid, 1, 2, 2);
	CALL(setreuid, 2, 1);
	show_users();
	CALL(setreuid, -1, -1);
	show_users();
}

ERROR_CASE(setreuid, "not one of mine")
{
	be_three_users();
	CALL(setreuid, 3, -1);
	CALL(setreuid, 0, 0);
	CALL(setreuid, -1, 9);
	show_users();
}

CASE(setregid, "the saved one follows when the real one is set")
{
	needs(CAP_SETGID);
	CALL(setregid, 5, -1);
	show_groups();
	CALL(setregid, -1, 6);
	show_groups();
}

CASE(setregid, "others exchange theirs")
{
	be_three_groups();
	CALL(setregid, 2, 1);
	show_groups();
}

ERROR_CASE(setregid, "not one of mine")
{
	be_three_groups();
	CALL(setregid, 3, -1);
	CALL(setregid, 0, 0);
	show_groups();
}

CASE(setresuid, "each of its own")
{
	needs(CAP_SETUID);
	CALL(setresuid, 5, 6, 7);
	show_users();
	CALL(setresuid, -1, 7, 5);
	show_users();
}

CASE(setresuid, "minus one leaves")
{
	be_three_users();
	CALL(setresuid, -1, -1, -1);
	CALL(setresuid, -1, -1, 1);
	show_users();
}

ERROR_CASE(setresuid, "not one of mine changes none")
{
	be_three_users();
	CALL(setresuid, 3, 3, 9);
	show_users();
	CALL(setresuid, 0, -1, -1);
}

CASE(setresgid, "each of its own")
{
	needs(CAP_SETGID);
	CALL(setresgid, 5, 6, 7);
	show_groups();
	CALL(setresgid, -1, 7, 5);
	show_groups();
}

CASE(setresgid, "minus one leaves")
{
	be_three_groups();
	CALL(setresgid, -1, -1, -1);
	CALL(setresgid, -1, -1, 1);
	show_groups();
}

ERROR_CASE(setresgid, "not one of mine changes none")
{
	be_three_groups();
	CALL(setresgid, 3, 3, 9);
	show_groups();
}

CASE(getresuid, "all three")
{
	uint32_t r, e, s;

	be_three_users();
	CALL(getresuid, &r, &e, &s);
	SHOW(r);
	SHOW(e);
	SHOW(s);
}

CASE(getresuid, "the first of a program")
{
	uint32_t r, e, s;

	needs(CAP_SETUID);
	CALL(getresuid, &r, &e, &s);
	SHOW(r + e + s);
}

ERROR_CASE(getresuid, "memory")
{
	uint32_t id;

	CALL(getresuid, NOWHERE, &id, &id);
	CALL(getresuid, &id, NOWHERE, &id);
	CALL(getresuid, &id, &id, NULL);
}

CASE(getresgid, "all three")
{
	uint32_t r, e, s;

	be_three_groups();
	CALL(getresgid, &r, &e, &s);
	SHOW(r);
	SHOW(e);
	SHOW(s);
}

CASE(getresgid, "the first of a program")
{
	uint32_t r, e, s;

	needs(CAP_SETGID);
	CALL(getresgid, &r, &e, &s);
	SHOW(r + e + s);
}

ERROR_CASE(getresgid, "memory")
{
	uint32_t id;

	CALL(getresgid, NOWHERE, &id, &id);
	CALL(getresgid, &id, &id, NULL);
}

CASE(setfsuid, "gives the one before, whatever happens")
{
	be_three_users();
	CALL(setfsuid, 1);
	CALL(setfsuid, 99);
	CALL(setfsuid, 3);
	CALL(setfsuid, -1);
}

CASE(setfsuid, "follows the effective one")
{
	needs(CAP_SETUID);
	CALL(setfsuid, 5);
	CALL(setresuid, -1, 6, -1);
	CALL(setfsuid, -1);
}

CASE(setfsuid, "takes the capabilities for files, and gives them back")
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	needs(CAP_SETUID);
	CALL(capget, &head, data);
	SHOW(data[0].effective & 0x1f);
	CALL(setfsuid, 1000);
	CALL(capget, &head, data);
	SHOW(data[0].effective & 0x1f);
	CALL(setfsuid, 0);
	CALL(capget, &head, data);
	SHOW(data[0].effective & 0x1f);
}

CASE(setfsuid, "decides what may be opened")
{
	needs(CAP_SETUID);
	file("f", "abc");
	sys(chmod, "f", 0600);
	CALL(setfsuid, 1000);
	show_file("f");
	CALL(setfsuid, 0);
	show_file("f");
}

CASE(setfsgid, "gives the one before, whatever happens")
{
	be_three_groups();
	CALL(setfsgid, 1);
	CALL(setfsgid, 99);
	CALL(setfsgid, 3);
	CALL(setfsgid, -1);
}

CASE(setfsgid, "follows the effective one")
{
	needs(CAP_SETGID);
	CALL(setfsgid, 5);
	CALL(setresgid, -1, 6, -1);
	CALL(setfsgid, -1);
}

CASE(setfsgid, "is the group of new files")
{
	struct stat;

	needs(CAP_SETGID);
	CALL(setfsgid, 1000);
	CALL(setfsgid, 1000);
	file("f", "abc");
	CALL(chown, "f", -1, 1000);
}

CASE(getgroups, "what was set, or how many")
{
	uint32_t groups[4] = { 0 };

	needs(CAP_SETGID);
	groups[0] = 3; /* Linux sorts them */
	groups[1] = 7;
	CALL(setgroups, 2, groups);
	groups[0] = groups[1] = 0;
	CALL(getgroups, 0, NULL);
	CALL(getgroups, 4, groups);
	SHOW(groups[0]);
	SHOW(groups[1]);
}

CASE(getgroups, "none")
{
	uint32_t groups[4];

	needs(CAP_SETGID);
	CALL(setgroups, 0, NULL);
	CALL(getgroups, 4, groups);
}

ERROR_CASE(getgroups, "too small, memory")
{
	uint32_t groups[4] = { 1, 2, 3, 4 };

	needs(CAP_SETGID);
	CALL(setgroups, 4, groups);
	CALL(getgroups, 3, groups);
	CALL(getgroups, -1, groups);
	CALL(getgroups, 4, NOWHERE);
}

CASE(setgroups, "give access")
{
	uint32_t groups[1] = { 1000 };

	needs(CAP_SETGID);
	needs(CAP_SETUID);
	file("f", "abc");
	sys(chown, "f", 0, 1000);
	sys(chmod, "f", 0640);
	CALL(setgroups, 1, groups);
	CALL(setresuid, 5, 5, 5);
	show_file("f");
}

CASE(setgroups, "without them there is none")
{
	needs(CAP_SETGID);
	needs(CAP_SETUID);
	file("f", "abc");
	sys(chown, "f", 0, 1000);
	sys(chmod, "f", 0640);
	CALL(setgroups, 0, NULL);
	CALL(setresgid, 5, 5, 5);
	CALL(setresuid, 5, 5, 5);
	show_file("f");
}

ERROR_CASE(setgroups, "too many, memory, not root")
{
	uint32_t groups[1] = { 1000 };

	needs(CAP_SETGID);
	CALL(setgroups, 65537, groups);
	CALL(setgroups, -1, groups);
	CALL(setgroups, 1, NOWHERE);
	be_three_users();
	CALL(setgroups, 1, groups);
	CALL(setgroups, 0, NULL);
}

struct caps {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[2];
};

static void caps_init(struct caps *c)
{
	memset(c, 0, sizeof(*c));
	c->head.version = _LINUX_CAPABILITY_VERSION_3;
}

static void show_caps(struct caps *c)
{
	int has = !!(c->data[0].effective & 1 << CAP_CHOWN);
	int may = !!(c->data[0].permitted & 1 << CAP_CHOWN);

	say("  CAP_CHOWN effective %d permitted %d inheritable %x\n", has, may,
	    c->data[0].inheritable);
}

CASE(capget, "root has them, others not")
{
	struct caps c;

	needs(CAP_CHOWN);
	caps_init(&c);
	CALL(capget, &c.head, c.data);
	show_caps(&c);
	CALL(setresuid, 5, 5, 5);
	CALL(capget, &c.head, c.data);
	show_caps(&c);
}

CASE(capget, "an effective id of another leaves the permitted ones")
{
	struct caps c;

	needs(CAP_CHOWN);
	caps_init(&c);
	CALL(setresuid, -1, 5, -1);
	CALL(capget, &c.head, c.data);
	show_caps(&c);
	CALL(setresuid, -1, 0, -1);
	CALL(capget, &c.head, c.data);
	show_caps(&c);
}

ERROR_CASE(capget, "version, process, memory")
{
	struct caps c;

	caps_init(&c);
	c.head.version = 1;
	CALL(capget, &c.head, NULL);
	IS(c.head.version == _LINUX_CAPABILITY_VERSION_3);
	c.head.version = 1;
	CALL(capget, &c.head, c.data);
	c.head.pid = 1 << 30;
	CALL(capget, &c.head, c.data);
	c.head.pid = -1;
	CALL(capget, &c.head, c.data);
	CALL(capget, NOWHERE, c.data);
	c.head.pid = 0;
	CALL(capget, &c.head, NOWHERE);
}

CASE(capset, "drops one; the call that needs it fails")
{
	struct caps c;

	needs(CAP_CHOWN);
	caps_init(&c);
	file("f", "abc");
	sys(capget, &c.head, c.data);
	c.data[0].effective &= ~(1U << CAP_CHOWN);
	CALL(capset, &c.head, c.data);
	CALL(chown, "f", 5, 5);
	c.data[0].effective |= 1U << CAP_CHOWN;
	CALL(capset, &c.head, c.data);
	CALL(chown, "f", 5, 5);
}

CASE(capset, "what is not permitted does not come back")
{
	struct caps c;

	needs(CAP_CHOWN);
	caps_init(&c);
	sys(capget, &c.head, c.data);
	c.data[0].effective = c.data[0].permitted = 1U << CAP_KILL;
	c.data[1].effective = c.data[1].permitted = 0;
	CALL(capset, &c.head, c.data);
	c.data[0].permitted |= 1U << CAP_CHOWN;
	CALL(capset, &c.head, c.data);
}

ERROR_CASE(capset, "version, another process, effective beyond permitted")
{
	struct caps c;

	needs(CAP_SETUID);
	caps_init(&c);
	c.head.version = 1;
	CALL(capset, &c.head, c.data);
	caps_init(&c);
	c.head.pid = 1 << 30;
	CALL(capset, &c.head, c.data);
	c.head.pid = 0;
	CALL(capset, &c.head, NOWHERE);
	c.data[0].effective = 1;
	CALL(capset, &c.head, c.data);
}

static int in_own_group(void *arg)
{
	(void)arg;
	CALL(setpgid, 0, 0);
	IS(sys(getpgid, 0) == sys(getpid));
	IS(sys(getpgrp) == sys(getpid));
	return 0;
}

CASE(setpgid, "a group of its own")
{
	reap(child(in_own_group, NULL));
}

static int sleeps(void *arg)
{
	(void)arg;
	msleep(30);
	return 0;
}

CASE(setpgid, "a child's group, by its parent")
{
	pid_t pid = child(sleeps, NULL);

	CALL(setpgid, pid, pid);
	IS(sys(getpgid, pid) == pid);
	reap(pid);
}

ERROR_CASE(setpgid, "not a child, no such group, negative")
{
	CALL(setpgid, 1 << 30, 0);
	CALL(setpgid, 0, 1 << 30);
	CALL(setpgid, 0, -1);
	CALL(setpgid, -1, 0);
}

static int leads_session(void *arg)
{
	(void)arg;
	IS(CALL_OK(setsid) == sys(getpid));
	IS(sys(getsid, 0) == sys(getpid));
	IS(sys(getpgid, 0) == sys(getpid));
	CALL(setsid);
	CALL(setpgid, 0, 0);
	return 0;
}

CASE(setsid, "a session and group of its own, once")
{
	reap(child(leads_session, NULL));
}

CASE(getpgid, "mine, by zero and by id")
{
	IS(CALL_OK(getpgid, 0) == sys(getpgid, sys(getpid)));
	IS(sys(getpgid, 0) == sys(getpgrp));
}

CASE(getpgid, "a child's is its parent's")
{
	pid_t pid = child(sleeps, NULL);

	IS(CALL_OK(getpgid, pid) == sys(getpgrp));
	reap(pid);
}

ERROR_CASE(getpgid, "no such process")
{
	CALL(getpgid, 1 << 30);
	CALL(getpgid, -1);
}

CASE(getpgrp, "is getpgid of zero")
{
	IS(CALL_OK(getpgrp) == sys(getpgid, 0));
}

CASE(getpgrp, "is a group's leader after setpgid")
{
	reap(child(in_own_group, NULL));
	CALL_OK(getpgrp);
}

CASE(getpgrp, "does not change with the session of a child")
{
	long group = CALL_OK(getpgrp);

	reap(child(leads_session, NULL));
	IS(sys(getpgrp) == group);
}

CASE(getsid, "mine, by zero and by id")
{
	IS(CALL_OK(getsid, 0) == sys(getsid, sys(getpid)));
}

CASE(getsid, "a child's is its parent's")
{
	pid_t pid = child(sleeps, NULL);

	IS(CALL_OK(getsid, pid) == sys(getsid, 0));
	reap(pid);
}

ERROR_CASE(getsid, "no such process")
{
	CALL(getsid, 1 << 30);
	CALL(getsid, -1);
}

CASE(prctl, "a name, no new privileges, keeping capabilities")
{
	char name[16];

	CALL(prctl, PR_SET_NAME, "a name that is too long", 0, 0, 0);
	CALL(prctl, PR_GET_NAME, name, 0, 0, 0);
	BYTES(name, 16);
	CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CALL(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	CALL(prctl, PR_GET_KEEPCAPS, 0, 0, 0, 0);
}

CASE(prctl, "a signal at the parent's end, dumpable, subreaper")
{
	int value = 77;

	CALL(prctl, PR_GET_PDEATHSIG, &value, 0, 0, 0);
	SHOW(value);
	CALL(prctl, PR_SET_PDEATHSIG, 9, 0, 0, 0);
	CALL(prctl, PR_GET_PDEATHSIG, &value, 0, 0, 0);
	SHOW(value);
	CALL(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	CALL(prctl, PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0);
	SHOW(value);
}

ERROR_CASE(prctl, "options, values")
{
	CALL(prctl, 9999, 0, 0, 0, 0);
	CALL(prctl, PR_SET_PDEATHSIG, 65, 0, 0, 0);
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0);
	CALL(prctl, PR_SET_NAME, NOWHERE, 0, 0, 0);
	CALL(prctl, PR_SET_DUMPABLE, 2, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_READ, 99, 0, 0, 0);
}

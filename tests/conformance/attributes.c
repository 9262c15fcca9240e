/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes.c - who may do what with a file, whose it is, its times.
 */
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

#include "conformance.h"

static int dir_fd(const char *path)
{
	return (int)sys(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

static void show_mode(const char *path)
{
	struct stat st = { 0 };

	sys(lstat, path, &st);
	say("  mode %o owner %u:%u\n", st.st_mode, st.st_uid, st.st_gid);
}

static void show_times(const char *path)
{
	struct stat st = { 0 };

	sys(lstat, path, &st);
	say("  times %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec,
	    st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

CASE(access, "root reads and writes all, executes what has an x")
{
	needs(CAP_DAC_OVERRIDE);
	file("f", "abc");
	sys(chmod, "f", 0);
	CALL(access, "f", F_OK);
	CALL(access, "f", R_OK | W_OK);
	CALL(access, "f", X_OK);
	sys(chmod, "f", 0010);
	CALL(access, "f", X_OK);
}

CASE(access, "folders and links")
{
	folder("d");
	sys(symlink, "d", "l");
	CALL(access, "d", R_OK | W_OK | X_OK);
	CALL(access, "l", X_OK);
}

CASE(access, "asks the real user")
{
	needs(CAP_SETUID);
	file("f", "abc");
	sys(chmod, "f", 0600);
	CALL(setresuid, 1000, 0, 0);
	CALL(access, "f", R_OK);
	CALL(faccessat, AT_FDCWD, ".", R_OK);
}

ERROR_CASE(access, "names, modes, memory")
{
	file("f", "abc");
	CALL(access, "none", F_OK);
	CALL(access, "f", 8);
	CALL(access, "f", -1);
	CALL(access, "f/x", F_OK);
	CALL(access, "", F_OK);
	CALL(access, NOWHERE, F_OK);
}

CASE(faccessat, "relative to a folder")
{
	folder("d");
	file("d/f", "abc");
	CALL(faccessat, dir_fd("d"), "f", R_OK);
	CALL(faccessat, AT_FDCWD, "d/f", W_OK);
}

CASE(faccessat, "through a link")
{
	file("f", "abc");
	sys(symlink, "f", "l");
	CALL(faccessat, AT_FDCWD, "l", R_OK);
}

ERROR_CASE(faccessat, "descriptors, modes, names")
{
	int fd = file("f", "abc");

	CALL(faccessat, NO_FD, "f", F_OK);
	CALL(faccessat, fd, "f", F_OK);
	CALL(faccessat, AT_FDCWD, "f", 16);
	CALL(faccessat, AT_FDCWD, "f", X_OK);
	CALL(faccessat, fd, "", F_OK);
}

CASE(faccessat2, "the effective user; a link itself")
{
	needs(CAP_SETUID);
	file("f", "abc");
	sys(chmod, "f", 0600);
	sys(symlink, "none", "l");
	CALL(faccessat2, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW);
	CALL(setresuid, 1000, 0, 0);
	CALL(faccessat2, AT_FDCWD, "f", R_OK, 0);
	CALL(faccessat2, AT_FDCWD, "f", R_OK, AT_EACCESS);
}

CASE(faccessat2, "the descriptor itself")
{
	int fd = file("f", "abc");

	CALL(faccessat2, fd, "", R_OK, AT_EMPTY_PATH);
	CALL(faccessat2, fd, "", X_OK, AT_EMPTY_PATH);
}

ERROR_CASE(faccessat2, "flags, modes, names")
{
	file("f", "abc");
	CALL(faccessat2, AT_FDCWD, "f", R_OK, 1);
	CALL(faccessat2, AT_FDCWD, "f", 8, 0);
	CALL(faccessat2, AT_FDCWD, "none", F_OK, 0);
	CALL(faccessat2, AT_FDCWD, "", F_OK, 0);
	CALL(faccessat2, NO_FD, "f", F_OK, 0);
}

CASE(chmod, "all twelve bits")
{
	file("f", "abc");
	CALL(chmod, "f", 07751);
	show_mode("f");
	CALL(chmod, "f", 0);
	show_mode("f");
	CALL(chmod, "f", 0170644);
	show_mode("f");
}

CASE(chmod, "follows links; folders")
{
	file("f", "abc");
	folder("d");
	sys(symlink, "f", "l");
	CALL(chmod, "l", 0640);
	show_mode("f");
	CALL(chmod, "d", 01777);
	show_mode("d");
}

ERROR_CASE(chmod, "names, memory, somebody else's file")
{
	file("f", "abc");
	CALL(chmod, "none", 0644);
	CALL(chmod, "f/x", 0644);
	CALL(chmod, "", 0644);
	CALL(chmod, NOWHERE, 0644);
	needs(CAP_SETUID);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(chmod, "f", 0644);
}

CASE(fchmod, "an open file")
{
	CALL(fchmod, file("f", "abc"), 04711);
	show_mode("f");
}

CASE(fchmod, "an open folder")
{
	folder("d");
	CALL(fchmod, dir_fd("d"), 0700);
	show_mode("d");
}

ERROR_CASE(fchmod, "not open, O_PATH")
{
	file("f", "abc");
	CALL(fchmod, NO_FD, 0644);
	CALL(fchmod, sys(openat, AT_FDCWD, "f", O_PATH, 0), 0644);
}

CASE(fchmodat, "relative to a folder")
{
	folder("d");
	file("d/f", "abc");
	CALL(fchmodat, dir_fd("d"), "f", 0600);
	show_mode("d/f");
}

CASE(fchmodat, "through a link")
{
	file("f", "abc");
	sys(symlink, "f", "l");
	CALL(fchmodat, AT_FDCWD, "l", 0600);
	show_mode("f");
	show_mode("l");
}

ERROR_CASE(fchmodat, "descriptors, names")
{
	int fd = file("f", "abc");

	CALL(fchmodat, NO_FD, "f", 0600);
	CALL(fchmodat, fd, "f", 0600);
	CALL(fchmodat, fd, "", 0600);
	CALL(fchmodat, AT_FDCWD, "none", 0600);
}

/* Linux has had it since 6.6. */
#define SYS_fchmodat2 452

CASE(fchmodat2, "relative to a folder")
{
	folder("d");
	file("d/f", "abc");
	needs_call(SYS_fchmodat2);
	CALL(fchmodat2, dir_fd("d"), "f", 0600, 0);
	show_mode("d/f");
}

CASE(fchmodat2, "the descriptor itself")
{
	int fd = file("f", "abc");

	needs_call(SYS_fchmodat2);
	CALL(fchmodat2, fd, "", 0640, AT_EMPTY_PATH);
	show_mode("f");
}

ERROR_CASE(fchmodat2, "a link itself, flags, descriptors")
{
	int fd = file("f", "abc");

	needs_call(SYS_fchmodat2);
	sys(symlink, "f", "l");
	CALL(fchmodat2, AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW);
	CALL(fchmodat2, AT_FDCWD, "f", 0600, 1);
	CALL(fchmodat2, fd, "", 0600, 0);
	CALL(fchmodat2, NO_FD, "f", 0600, 0);
	show_mode("f");
}

CASE(chown, "either or both")
{
	needs(CAP_CHOWN);
	file("f", "abc");
	CALL(chown, "f", 1, 2);
	show_mode("f");
	CALL(chown, "f", -1, 3);
	show_mode("f");
	CALL(chown, "f", 4, -1);
	show_mode("f");
	CALL(chown, "f", -1, -1);
	show_mode("f");
}

CASE(chown, "takes the set-id bits of a program, not of a folder")
{
	needs(CAP_CHOWN);
	file("f", "abc");
	folder("d");
	sys(chmod, "f", 06755);
	sys(chmod, "d", 06755);
	CALL(chown, "f", 1, 1);
	show_mode("f");
	CALL(chown, "d", 1, 1);
	show_mode("d");
	sys(chmod, "f", 06745);
	CALL(chown, "f", 1, 1);
	show_mode("f");
}

ERROR_CASE(chown, "names, memory, not the owner")
{
	file("f", "abc");
	CALL(chown, "none", 0, 0);
	CALL(chown, "", 0, 0);
	CALL(chown, NOWHERE, 0, 0);
	needs(CAP_SETUID);
	CALL(chown, "f", 1000, 1000);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(chown, "f", 0, -1);
	CALL(chown, "f", 1000, 5);
	CALL(chown, "f", -1, -1);
}

CASE(fchown, "an open file")
{
	needs(CAP_CHOWN);
	CALL(fchown, file("f", "abc"), 5, 6);
	show_mode("f");
}

CASE(fchown, "an open folder")
{
	needs(CAP_CHOWN);
	folder("d");
	CALL(fchown, dir_fd("d"), 5, 6);
	show_mode("d");
}

ERROR_CASE(fchown, "not open, O_PATH")
{
	file("f", "abc");
	CALL(fchown, NO_FD, 0, 0);
	CALL(fchown, sys(openat, AT_FDCWD, "f", O_PATH, 0), 0, 0);
}

CASE(lchown, "the link itself")
{
	needs(CAP_CHOWN);
	file("f", "abc");
	sys(symlink, "f", "l");
	CALL(lchown, "l", 5, 6);
	show_mode("l");
	show_mode("f");
}

CASE(lchown, "a file")
{
	needs(CAP_CHOWN);
	file("f", "abc");
	CALL(lchown, "f", 5, -1);
	show_mode("f");
}

ERROR_CASE(lchown, "names, memory")
{
	CALL(lchown, "none", 0, 0);
	CALL(lchown, NOWHERE, 0, 0);
	CALL(lchown, "", 0, 0);
}

CASE(fchownat, "relative to a folder; a link or what it names")
{
	needs(CAP_CHOWN);
	folder("d");
	file("d/f", "abc");
	sys(symlink, "f", "d/l");
	CALL(fchownat, dir_fd("d"), "l", 5, 6, AT_SYMLINK_NOFOLLOW);
	CALL(fchownat, dir_fd("d"), "l", 7, 8, 0);
	show_mode("d/l");
	show_mode("d/f");
}

CASE(fchownat, "the descriptor itself")
{
	needs(CAP_CHOWN);
	CALL(fchownat, file("f", "abc"), "", 5, 6, AT_EMPTY_PATH);
	show_mode("f");
}

ERROR_CASE(fchownat, "flags, descriptors, names")
{
	int fd = file("f", "abc");

	CALL(fchownat, AT_FDCWD, "f", 0, 0, 1);
	CALL(fchownat, NO_FD, "f", 0, 0, 0);
	CALL(fchownat, fd, "f", 0, 0, 0);
	CALL(fchownat, fd, "", 0, 0, 0);
}

CASE(utime, "both times, in seconds")
{
	struct utimbuf t = { 1000, 2000 };

	file("f", "abc");
	CALL(utime, "f", &t);
	show_times("f");
}

CASE(utime, "now")
{
	struct timespec old[2] = { { 5, 5 }, { 5, 5 } };
	struct stat st;

	file("f", "abc");
	sys(utimensat, AT_FDCWD, "f", old, 0);
	CALL(utime, "f", NULL);
	stat("f", &st);
	IS(st.st_mtime > 1000000 && st.st_atime > 1000000);
}

ERROR_CASE(utime, "names, memory")
{
	file("f", "abc");
	CALL(utime, "none", NULL);
	CALL(utime, "f", NOWHERE);
	CALL(utime, NOWHERE, NULL);
}

CASE(utimes, "microseconds")
{
	struct timeval t[2] = { { 1000, 5 }, { 2000, 999999 } };

	file("f", "abc");
	CALL(utimes, "f", t);
	show_times("f");
}

CASE(utimes, "before 1970")
{
	struct timeval t[2] = { { -1000, 5 }, { -1, 0 } };

	file("f", "abc");
	CALL(utimes, "f", t);
	show_times("f");
}

ERROR_CASE(utimes, "microseconds out of range, names")
{
	struct timeval t[2] = { { 1000, 1000000 }, { 0, 0 } };

	file("f", "abc");
	CALL(utimes, "f", t);
	t[0].tv_usec = -1;
	CALL(utimes, "f", t);
	CALL(utimes, "none", NULL);
	CALL(utimes, "f", NOWHERE);
}

CASE(futimesat, "relative to a folder")
{
	struct timeval t[2] = { { 1000, 5 }, { 2000, 6 } };

	folder("d");
	file("d/f", "abc");
	CALL(futimesat, dir_fd("d"), "f", t);
	show_times("d/f");
}

CASE(futimesat, "the descriptor itself")
{
	struct timeval t[2] = { { 1000, 5 }, { 2000, 6 } };

	CALL(futimesat, file("f", "abc"), NULL, t);
	show_times("f");
}

ERROR_CASE(futimesat, "times, descriptors")
{
	struct timeval t[2] = { { 1000, 1000000 }, { 0, 0 } };

	file("f", "abc");
	CALL(futimesat, AT_FDCWD, "f", t);
	CALL(futimesat, NO_FD, "f", NULL);
	CALL(futimesat, NO_FD, NULL, NULL);
}

CASE(utimensat, "nanoseconds, one left alone")
{
	struct timespec t[2] = { { 1000, 1 }, { 2000, 999999999 } };

	file("f", "abc");
	CALL(utimensat, AT_FDCWD, "f", t, 0);
	show_times("f");
	t[0] = (struct timespec){ 7, 7 };
	t[1].tv_nsec = UTIME_OMIT;
	CALL(utimensat, AT_FDCWD, "f", t, 0);
	show_times("f");
}

CASE(utimensat, "a link itself, a descriptor itself")
{
	struct timespec t[2] = { { 1000, 1 }, { 2000, 2 } };
	int fd = file("f", "abc");

	sys(symlink, "f", "l");
	CALL(utimensat, AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW);
	show_times("l");
	t[0].tv_sec = 3000;
	CALL(utimensat, fd, NULL, t, 0);
	show_times("f");
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	CALL(utimensat, AT_FDCWD, "none", t, 0);
}

ERROR_CASE(utimensat, "nanoseconds, flags, names")
{
	struct timespec t[2] = { { 1000, 1000000000 }, { 2000, 2 } };

	file("f", "abc");
	CALL(utimensat, AT_FDCWD, "f", t, 0);
	CALL(utimensat, AT_FDCWD, "f", NULL, 1);
	CALL(utimensat, AT_FDCWD, "none", NULL, 0);
	CALL(utimensat, AT_FDCWD, "f", NOWHERE, 0);
	CALL(utimensat, NO_FD, NULL, NULL, 0);
	CALL(utimensat, AT_FDCWD, NULL, NULL, 0);
}

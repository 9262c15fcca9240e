/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sizes.c - offsets and sizes, copies between files, what makes data durable.
 */
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "conformance.h"

CASE(lseek, "from the start, here and the end")
{
	int fd = file("f", "0123456789");

	CALL(lseek, fd, 4, SEEK_SET);
	CALL(lseek, fd, 3, SEEK_CUR);
	CALL(lseek, fd, -2, SEEK_END);
	CALL(lseek, fd, 1000, SEEK_END);
}

CASE(lseek, "data and holes")
{
	int fd = file("f", "x");

	CALL(pwrite64, fd, "y", 1, 1 << 20);
	CALL(lseek, fd, 0, SEEK_DATA);
	CALL(lseek, fd, 0, SEEK_HOLE);
	CALL(lseek, fd, 8192, SEEK_DATA);
	CALL(lseek, fd, 1 << 20, SEEK_HOLE);
	CALL(lseek, fd, 2 << 20, SEEK_DATA);
}

ERROR_CASE(lseek, "before the start, whence, pipe, descriptor")
{
	int fd = file("f", "0123456789"), p[2];

	sys(pipe2, p, 0);
	CALL(lseek, fd, -1, SEEK_SET);
	CALL(lseek, fd, -11, SEEK_END);
	CALL(lseek, fd, 0, 99);
	CALL(lseek, p[0], 0, SEEK_CUR);
	CALL(lseek, NO_FD, 0, SEEK_CUR);
	CALL(lseek, fd, 10, SEEK_DATA);
	CALL(lseek, fd, INT64_MAX, SEEK_END);
	CALL(lseek, fd, 0, SEEK_CUR);
}

CASE(truncate, "cuts and grows")
{
	file("f", "0123456789");
	CALL(truncate, "f", 4);
	show_file("f");
	CALL(truncate, "f", 6);
	show_file("f");
	CALL(truncate, "f", 0);
	show_file("f");
}

CASE(truncate, "follows symbolic links")
{
	file("f", "0123456789");
	CALL(symlink, "f", "l");
	CALL(truncate, "l", 2);
	show_file("f");
}

ERROR_CASE(truncate, "size, name, folder, memory")
{
	file("f", "0123456789");
	CALL(truncate, "f", -1);
	CALL(truncate, "none", 0);
	CALL(truncate, ".", 0);
	CALL(truncate, "f/x", 0);
	CALL(truncate, NOWHERE, 0);
	CALL(truncate, "", 0);
	show_file("f");
}

CASE(ftruncate, "what was cut is zero when it comes back")
{
	int fd = file("f", "0123456789");

	CALL(ftruncate, fd, 4);
	CALL(ftruncate, fd, 7);
	show_file("f");
	CALL(lseek, fd, 0, SEEK_CUR);
}

CASE(ftruncate, "grows beyond 4 GiB")
{
	int fd = file("f", "0123456789");

	CALL(ftruncate, fd, (5L << 30) + 1);
	CALL(lseek, fd, 0, SEEK_END);
	CALL(ftruncate, fd, 3);
	show_file("f");
}

ERROR_CASE(ftruncate, "size, not for writing, pipe, descriptor")
{
	int fd = file("f", "0123456789"), p[2];
	int r = (int)sys(openat, AT_FDCWD, "f", O_RDONLY, 0);

	sys(pipe2, p, 0);
	CALL(ftruncate, fd, -1);
	CALL(ftruncate, r, 2);
	CALL(ftruncate, p[1], 2);
	CALL(ftruncate, NO_FD, 2);
	show_file("f");
}

CASE(fallocate, "grows the file, or keeps its size")
{
	int fd = file("f", "abc");
	struct stat st;

	CALL(fallocate, fd, 0, 0, 5);
	show_file("f");
	CALL(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 9000);
	fstat(fd, &st);
	SHOW(st.st_size);
	SHOW(st.st_blocks);
}

CASE(fallocate, "punches a hole")
{
	int fd = file("f", "0123456789");

	CALL(fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3);
	show_file("f");
}

ERROR_CASE(fallocate, "ranges, flags, descriptors")
{
	int fd = file("f", "0123456789"), p[2];
	int r = (int)sys(openat, AT_FDCWD, "f", O_RDONLY, 0);

	sys(pipe2, p, 0);
	CALL(fallocate, fd, 0, -1, 5);
	CALL(fallocate, fd, 0, 0, 0);
	CALL(fallocate, fd, 0, 1, INT64_MAX);
	CALL(fallocate, fd, FALLOC_FL_PUNCH_HOLE, 0, 5);
	CALL(fallocate, fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096);
	CALL(fallocate, fd, 1 << 20, 0, 5);
	CALL(fallocate, r, 0, 0, 5);
	CALL(fallocate, p[1], 0, 0, 5);
	CALL(fallocate, NO_FD, 0, 0, 5);
}

CASE(sendfile, "moves both offsets")
{
	int in = file("in", "0123456789"), out = file("out", "");

	CALL(lseek, in, 2, SEEK_SET);
	CALL(sendfile, out, in, NULL, 5);
	CALL(lseek, in, 0, SEEK_CUR);
	show_file("out");
}

CASE(sendfile, "with an offset of the caller's")
{
	int in = file("in", "0123456789"), out = file("out", "");
	off_t off = 6;

	CALL(sendfile, out, in, &off, 100);
	SHOW(off);
	CALL(lseek, in, 0, SEEK_CUR);
	CALL(sendfile, out, in, &off, 100);
	show_file("out");
}

CASE(sendfile, "into a pipe")
{
	int in = file("in", "0123456789"), p[2];
	char buf[8];

	sys(pipe2, p, 0);
	CALL(sendfile, p[1], in, NULL, 4);
	CALL(read, p[0], buf, 8);
	BYTES(buf, 4);
}

ERROR_CASE(sendfile, "descriptors, offset, append")
{
	int in = file("in", "0123456789"), out = file("out", ""), p[2];
	int w = (int)sys(openat, AT_FDCWD, "in", O_WRONLY, 0);
	off_t off = -1;

	sys(pipe2, p, 0);
	CALL(sendfile, NO_FD, in, NULL, 1);
	CALL(sendfile, out, NO_FD, NULL, 1);
	CALL(sendfile, out, w, NULL, 1);
	CALL(sendfile, out, in, &off, 1);
	CALL(sendfile, out, in, NOWHERE, 1);
	off = 0;
	CALL(sendfile, out, p[0], &off, 1);
	sys(fcntl, out, F_SETFL, O_APPEND);
	CALL(sendfile, out, in, NULL, 1);
}

CASE(copy_file_range, "copies with both offsets given")
{
	int in = file("in", "0123456789"), out = file("out", "abcdefghij");
	off_t from = 2, to = 5;

	CALL(copy_file_range, in, &from, out, &to, 3, 0);
	SHOW(from);
	SHOW(to);
	CALL(lseek, in, 0, SEEK_CUR);
	show_file("out");
}

CASE(copy_file_range, "to the end of the source only")
{
	int in = file("in", "0123456789"), out = file("out", "");

	CALL(copy_file_range, in, NULL, out, NULL, 1000, 0);
	CALL(copy_file_range, in, NULL, out, NULL, 1000, 0);
	CALL(lseek, in, 0, SEEK_CUR);
	CALL(lseek, out, 0, SEEK_CUR);
	show_file("out");
}

ERROR_CASE(copy_file_range, "flags, overlap, kinds of file")
{
	int in = file("in", "0123456789"), out = file("out", ""), p[2];
	int r = (int)sys(openat, AT_FDCWD, "out", O_RDONLY, 0);
	int dir = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0);
	off_t from = 0, to = 2;

	sys(pipe2, p, 0);
	CALL(copy_file_range, in, NULL, out, NULL, 1, 1);
	CALL(copy_file_range, in, &from, in, &to, 5, 0);
	CALL(copy_file_range, in, NULL, r, NULL, 1, 0);
	CALL(copy_file_range, p[0], NULL, out, NULL, 1, 0);
	CALL(copy_file_range, dir, NULL, out, NULL, 1, 0);
	CALL(copy_file_range, NO_FD, NULL, out, NULL, 1, 0);
	sys(fcntl, out, F_SETFL, O_APPEND);
	CALL(copy_file_range, in, NULL, out, NULL, 1, 0);
}

CASE(fsync, "files and folders")
{
	int dir = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0);

	CALL(fsync, file("f", "abc"));
	CALL(fsync, dir);
}

CASE(fsync, "a file open for reading only")
{
	file("f", "abc");
	CALL(fsync, sys(openat, AT_FDCWD, "f", O_RDONLY, 0));
}

ERROR_CASE(fsync, "pipes, descriptors")
{
	int p[2];

	sys(pipe2, p, 0);
	CALL(fsync, p[1]);
	CALL(fsync, NO_FD);
	CALL(fsync, sys(openat, AT_FDCWD, ".", O_PATH, 0));
}

CASE(fdatasync, "files and folders")
{
	int dir = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0);

	CALL(fdatasync, file("f", "abc"));
	CALL(fdatasync, dir);
}

CASE(fdatasync, "a file open for reading only")
{
	file("f", "abc");
	CALL(fdatasync, sys(openat, AT_FDCWD, "f", O_RDONLY, 0));
}

ERROR_CASE(fdatasync, "pipes, descriptors")
{
	int p[2];

	sys(pipe2, p, 0);
	CALL(fdatasync, p[1]);
	CALL(fdatasync, NO_FD);
}

CASE(sync, "always succeeds")
{
	CALL(sync);
}

CASE(sync, "leaves data as it is")
{
	int fd = file("f", "abc");

	CALL(write, fd, "X", 1);
	CALL(sync);
	show_file("f");
}

CASE(sync, "also after a file was removed")
{
	int fd = file("f", "abc");

	CALL(unlink, "f");
	CALL(sync);
	CALL(lseek, fd, 0, SEEK_END);
}

CASE(syncfs, "by a file")
{
	CALL(syncfs, file("f", "abc"));
}

CASE(syncfs, "by a folder")
{
	CALL(syncfs, sys(openat, AT_FDCWD, ".", O_RDONLY, 0));
}

ERROR_CASE(syncfs, "descriptors")
{
	CALL(syncfs, NO_FD);
	CALL(syncfs, sys(openat, AT_FDCWD, ".", O_PATH, 0));
}

CASE(sync_file_range, "a range, and all")
{
	int fd = file("f", "0123456789");

	CALL(sync_file_range, fd, 2, 3, SYNC_FILE_RANGE_WRITE);
	CALL(sync_file_range, fd, 0, 0, 7);
}

CASE(sync_file_range, "no flags")
{
	CALL(sync_file_range, file("f", "0123456789"), 0, 5, 0);
}

ERROR_CASE(sync_file_range, "ranges, flags, pipes, descriptors")
{
	int fd = file("f", "0123456789"), p[2];

	sys(pipe2, p, 0);
	CALL(sync_file_range, fd, -1, 3, 0);
	CALL(sync_file_range, fd, 0, -1, 0);
	CALL(sync_file_range, fd, 0, 3, 8);
	CALL(sync_file_range, p[1], 0, 3, 2);
	CALL(sync_file_range, NO_FD, 0, 3, 2);
}

CASE(readahead, "changes nothing")
{
	int fd = file("f", "0123456789");

	CALL(readahead, fd, 0, 100);
	CALL(lseek, fd, 0, SEEK_CUR);
}

ERROR_CASE(readahead, "kinds of file, descriptors")
{
	int p[2];

	sys(pipe2, p, 0);
	CALL(readahead, p[0], 0, 100);
	CALL(readahead, NO_FD, 0, 100);
	CALL(readahead, sys(openat, AT_FDCWD, "w", O_WRONLY | O_CREAT, 0600), 0,
	     100);
}

CASE(fadvise64, "changes nothing")
{
	int fd = file("f", "0123456789");

	CALL(fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	CALL(fadvise64, fd, 0, 5, POSIX_FADV_DONTNEED);
	show_file("f");
}

ERROR_CASE(fadvise64, "advice, length, pipes, descriptors")
{
	int fd = file("f", "0123456789"), p[2];

	sys(pipe2, p, 0);
	CALL(fadvise64, fd, 0, 0, 99);
	CALL(fadvise64, fd, 0, -1, POSIX_FADV_NORMAL);
	CALL(fadvise64, p[0], 0, 0, POSIX_FADV_NORMAL);
	CALL(fadvise64, NO_FD, 0, 0, POSIX_FADV_NORMAL);
}

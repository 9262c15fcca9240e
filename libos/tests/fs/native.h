/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.h - the same operations on the machine's own file system, below a
 * fresh directory: what Linux answers is what we must answer.  In a file of
 * its own because the C library's headers define what ours do.
 */
#pragma once

#include <stddef.h>

int native_begin(void);
void native_end(void);

/* 0 or -errno; all paths are relative to the directory. */
int native_mkdir(const char *path);
int native_rmdir(const char *path);
int native_unlink(const char *path);
int native_create(const char *path, int excl);
int native_symlink(const char *target, const char *path);
int native_link(const char *old, const char *path);
int native_rename(const char *old, const char *path, unsigned int flags);
/* Type bits of st_mode, and the link count of what is no directory. */
int native_stat(const char *path, int follow, unsigned int *ret_type,
                unsigned long *ret_nlink);
/* Names but the dots, sorted, with spaces between. */
const char *native_ls(const char *path);

/* One open file. */
int native_open(const char *path);
long native_pread(void *buf, size_t size, long off);
long native_pwrite(const void *buf, size_t size, long off);
int native_truncate(long size);
int native_punch(long off, long size);

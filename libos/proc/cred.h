/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cred.h - changing who a process is.
 *
 * Credentials belong to the process here; Linux keeps them for each thread and
 * leaves it to the C library to keep threads in step, so programs can't tell.
 * Files are checked against the fs_cred of the thread's fs_context, which
 * cred_install() replaces.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/cred.h"

struct cred;
struct thread;

/* A snapshot of @self's. */
void cred_read(struct thread *self, struct cred *ret);
/* 0 or -ENOMEM, with nothing changed. */
int __must_check cred_install(struct thread *self, const struct cred *c);
/* Replace the supplementary groups. 0, -ENOMEM. */
int __must_check cred_set_groups(struct thread *self, const uint32_t *groups,
                                 uint32_t ngroups);

/* The credentials of the first process: @uid, @gid, capabilities if root. */
void cred_init(struct cred *c, uint32_t uid, uint32_t gid);

/*
 * What changes of the user ids do to capabilities (capabilities(7), "Effect of
 * user ID changes on capabilities").  @old is what @c was before.
 */
void cred_fix_caps(struct cred *c, const struct cred *old);

/* Does @self have capability number @cap? */
bool cred_has_cap(struct thread *self, unsigned int cap);

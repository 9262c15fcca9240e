/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance.h - the instance folder, which is always the current one.
 *
 *	Occlum.json   what the instance is, written by people
 *	image/        the root as programs will see it
 *	build/        what `build` made; replaced as a whole, never half
 *	volumes/      data; `build` never touches it
 *	run/pids      an empty file: each `run` has the byte locked whose offset
 *	              is its PID, as long as it lives
 *
 * Locks are flock(2)'s on the folders themselves, and fcntl(2)'s on run/pids,
 * so a killed command leaves nothing that has to be cleaned up.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "cli/error.h"

#define INSTANCE_IMAGE "image"
#define INSTANCE_BUILD "build"
#define INSTANCE_BUILD_NEW ".build.new"
#define INSTANCE_RUN "run"
#define INSTANCE_PIDS INSTANCE_RUN "/pids"
#define INSTANCE_VOLUMES "volumes"

/* Names in build/. */
#define BUILD_KERNEL "kernel"
#define BUILD_CONFIG "config.bin"
#define BUILD_SIGSTRUCT "SIGSTRUCT"
#define BUILD_INDEX "root.index"
#define BUILD_BODY "root.body"
#define BUILD_INFO "image.json"

/* Make the current folder an instance; it must not be one. */
__must_check int instance_create(struct cli_error *err);

/* 0 if the current folder is an instance, else with the remedy. */
__must_check int instance_check(struct cli_error *err);

/*
 * instance_lock_build - keep a second `build` (or `add`) out.
 *
 * The lock ends when the descriptor is closed.  -EBUSY if somebody has it.
 */
__must_check int instance_lock_build(int *ret_fd, struct cli_error *err);

/* Whether build/ holds a complete build. */
bool instance_is_built(void);

/*
 * instance_open_build - a descriptor of build/ as it is now.
 *
 * A later build replaces the folder, so files opened through the descriptor
 * always belong together.
 */
__must_check int instance_open_build(int *ret_fd, struct cli_error *err);

/* instance_swap_build - .build.new becomes build/, the old one is removed. */
__must_check int instance_swap_build(struct cli_error *err);

/*
 * instance_enter_run - lock this process's byte of run/pids.
 *
 * The lock ends with the descriptor, or with the process.
 */
__must_check int instance_enter_run(int *ret_fd, struct cli_error *err);

/* Call @each with the PID of every live run, in order. */
void instance_list_runs(void (*each)(void *ctx, pid_t pid), void *ctx);

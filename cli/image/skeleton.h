/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skeleton.h - the image of a new instance: folders, and the few files in
 * etc/ without which programs misbehave.  All of it is fixed text of ours.
 */
#pragma once

#include "base/compiler.h"
#include "cli/error.h"

__must_check int skeleton_create(const char *folder, struct cli_error *err);

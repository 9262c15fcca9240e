/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bom.h - a bill of materials for an image, in the YAML of Occlum's copy_bom.
 *
 *	includes: [base.yaml]        other files, first
 *	excludes: [.git]             names left out of copied folders
 *	targets:
 *	  - target: /                folder of the image
 *	    mkdirs: [bin]
 *	    createlinks:
 *	      - { src: ../hello, linkname: softlink }
 *	    copy:
 *	      - from: ..             without dirs and files: all that is in it
 *	        dirs: [data, lib/]   "lib/": what is in it
 *	        files:
 *	          - Makefile
 *	          - { name: prog, hash: SHA256, autodep: false, rename: p2 }
 *
 * $NAME and ${NAME} stand for variables of the environment.  Relative paths
 * count from the current folder.  A base.yaml that is found nowhere is what
 * `occlum init` has made already.
 */
#pragma once

#include "base/compiler.h"
#include "cli/error.h"
#include "cli/image/copier.h"

__must_check int bom_apply(struct copier *c, const char *path,
                           const struct strings *include_dirs,
                           struct cli_error *err);

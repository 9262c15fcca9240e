/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hidden.h - included before everything else in kernel code by the build.
 *
 * The kernel is one image at a fixed address above 4 GiB: every symbol is its
 * own, so addresses are taken relative to RIP and there is no GOT.
 */
#pragma once

#pragma GCC visibility push(hidden)

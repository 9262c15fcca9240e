/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the kernel's log, written to the host's stderr.
 *
 * What describes the program to the host needs metadata.debuggable; otherwise
 * errors only, and they must not name what the program does.
 */
#pragma once

#include "base/types.h"

void boot_log_setup(bool is_debuggable, bool is_off);

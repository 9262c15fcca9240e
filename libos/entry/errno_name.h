/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* "ENOENT" for 2; never NULL. */
const char *errno_name(int err);

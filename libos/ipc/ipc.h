/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc.h - starting pipes, fifos and epoll.
 */
#pragma once

/* Once, at boot, after fs_init(): how fifos open, what the end of a file does. */
void ipc_init(void);

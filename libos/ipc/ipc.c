/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/ipc/ipc.h"

#include "libos/fs/file.h"
#include "libos/fs/namei.h"
#include "libos/ipc/epoll_internal.h"
#include "libos/ipc/pipe.h"

void ipc_init(void)
{
	mutex_init(&epoll_graph_lock, RANK_EPOLL_GRAPH);
	fs_set_fifo_open(fifo_open);
	file_set_gone_hook(epoll_file_gone);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_end.c - HC_EXIT and HC_LOG: the kernel's last words, and others.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "host/service.h"

#include "base/banned.h"

long service_exit(struct vcpu *v, union hc_args *args)
{
	const struct hc_exit *e = &args->exit;
	struct host_result result = {
		.kind = HOST_RESULT_KERNEL,
		.code = e->code,
		.vcpu = v->index,
	};

	if (e->kind == EXIT_PROGRAM) {
		result.kind = HOST_RESULT_PROGRAM;
		/* wait(2)'s form has 16 bits. */
		result.status = (int)(e->status & 0xffff);
	}
	runtime_finish(v->rt, &result);
	return 0;
}

/* All of it, however long it takes; gives up when stderr is gone. */
static void write_stderr(const char *text, size_t size)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	while (size) {
		n = write(STDERR_FILENO, text, size);
		if (n < 0 && errno == EAGAIN)
			poll(&pfd, 1, -1);
		else if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
}

/*
 * Lines of the kernel.  What may leave the enclave is its decision; an instance
 * that is not debuggable sends fatal sentences only.
 */
long service_log(struct vcpu *v, union hc_args *args)
{
	const struct hc_log *log = &args->log;
	const char *text = service_buffer(v, log->buf, log->size);

	if (text)
		write_stderr(text, log->size);
	return 0;
}

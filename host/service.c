/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - the table and its dispatch.
 */
#include "host/service.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"

#include "base/banned.h"

struct service {
	const char *name;
	service_fn *serve;
	size_t args_size;
	bool has_answer; /* the argument block goes back, too */
};

static const struct service services[HC_COUNT] = {
	[HC_IDLE] = { "idle", service_idle, sizeof(struct hc_idle), false },
	[HC_KICK] = { "kick", service_kick, sizeof(struct hc_kick), false },
	[HC_EXIT] = { "exit", service_exit, sizeof(struct hc_exit), false },
	[HC_READ] = { "read", service_read, sizeof(struct hc_io), false },
	[HC_WRITE] = { "write", service_write, sizeof(struct hc_io), false },
	[HC_POLL] = { "poll", service_poll, sizeof(struct hc_poll), false },
	[HC_SEEK] = { "seek", service_seek, sizeof(struct hc_seek), false },
	[HC_FDINFO] = { "fdinfo", service_fdinfo, sizeof(struct hc_fdinfo),
	                true },
	[HC_TTY] = { "tty", service_tty, sizeof(struct hc_tty), true },
	[HC_CLOSE] = { "close", service_close, sizeof(struct hc_fd), false },
	[HC_LOG] = { "log", service_log, sizeof(struct hc_log), false },
	[HC_RESTRICT] = { "restrict", service_restrict,
	                  sizeof(struct hc_ranges), false },
	[HC_MODT] = { "modt", service_modify, sizeof(struct hc_ranges), false },
	[HC_REMOVE] = { "remove", service_remove, sizeof(struct hc_ranges),
	                false },
};

void *service_buffer(struct vcpu *v, uint64_t addr, uint64_t size)
{
	uint64_t scratch = (uintptr_t)v->shared->scratch;
	uint64_t offset = addr - scratch; /* below it: wraps, too large */

	if (offset > HOST_SCRATCH_SIZE || size > HOST_SCRATCH_SIZE - offset)
		return NULL;
	return v->shared->scratch + offset;
}

void service_call(struct vcpu *v)
{
	struct vcpu_shared *shared = v->shared;
	uint32_t number = READ_ONCE(shared->number);
	const struct service *s;
	union hc_args args;
	long result = -EIO;

	if (number < HC_COUNT && services[number].serve) {
		s = &services[number];
		memcpy(&args, &shared->args, s->args_size);
		result = s->serve(v, &args);
		if (s->has_answer)
			memcpy(&shared->args, &args, s->args_size);
	}
	WRITE_ONCE(shared->result, result);
}

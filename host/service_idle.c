/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_idle.c - HC_IDLE and HC_KICK: sleeping and waking.
 */
#include "host/service.h"
#include "host/supervisor.h"
#include "host/vcpu.h"

#include "base/banned.h"

static bool stay_awake(void *arg)
{
	struct runtime *rt = arg;

	return runtime_has_news(rt) || runtime_is_finished(rt);
}

long service_idle(struct vcpu *v, union hc_args *args)
{
	_Static_assert(IDLE_FOREVER == PARK_FOREVER, "no deadline");

	park_wait(&v->park, args->idle.deadline_ns, stay_awake, v->rt);
	supervisor_note_awake(&v->rt->supervisor);
	return 0;
}

long service_kick(struct vcpu *v, union hc_args *args)
{
	if (args->kick.vcpu < v->rt->nvcpus)
		vcpu_kick(&v->rt->vcpu[args->kick.vcpu]);
	return 0;
}

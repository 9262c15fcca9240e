/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime.c - the end of a run, and who is told of news.
 */
#include "host/runtime.h"

#include "host/supervisor.h"
#include "host/vcpu.h"

#include "base/banned.h"

void runtime_finish(struct runtime *rt, const struct host_result *result)
{
	uint32_t running = 0;

	if (!__atomic_compare_exchange_n(&rt->finished, &running, 1, false,
	                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	rt->result = *result;
	__atomic_store_n(&rt->finished, 2, __ATOMIC_SEQ_CST);
	supervisor_wake(&rt->supervisor);
	for (uint32_t i = 0; i < rt->nvcpus; i++)
		park_wake(&rt->vcpu[i].park);
}

bool runtime_has_news(const struct runtime *rt)
{
	const struct host_shared *shared = rt->memory.shared;

	return __atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&shared->signals, __ATOMIC_SEQ_CST);
}

void runtime_notify(struct runtime *rt)
{
	struct vcpu *awake = NULL;

	for (uint32_t i = 0; i < rt->nvcpus; i++) {
		struct vcpu *v = &rt->vcpu[i];

		if (!vcpu_is_running(v))
			continue;
		if (park_is_asleep(&v->park) && park_wake(&v->park))
			return;
		if (!awake)
			awake = v;
	}
	/*
	 * Outside the enclave this does nothing; but then that vCPU looks on
	 * its way into HC_IDLE, or the supervisor's next round tries again.
	 */
	if (awake)
		vcpu_interrupt(awake);
}

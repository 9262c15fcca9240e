/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - which thread may enter which enclave.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/sgx/sgx.h"

__thread struct sgx_thread *sgx_self __attribute__((tls_model("initial-exec")));

/* All but exceptions and ticks. */
static void block_signals(struct sgx_thread *t)
{
	static const int unblocked[] = { SIGSEGV, SIGBUS,  SIGILL,
		                         SIGFPE,  SIGTRAP, SIGSYS };
	sigset_t mask;

	sigfillset(&mask);
	for (size_t i = 0; i < ARRAY_SIZE(unblocked); i++)
		sigdelset(&mask, unblocked[i]);
	sigdelset(&mask, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &mask, &t->old_mask);
}

int sgx_attach(struct enclave *base, struct enclave_thread **ret_thread,
               struct platform_error *err)
{
	struct sgx_enclave *e = sgx_enclave(base);
	struct sgx_calls *c = sgx_calls(e);
	struct sgx_thread *t;
	int ret;

	if (sgx_self)
		return platform_fail(err, -EBUSY, 0,
		                     "this thread is attached to an enclave");
	t = calloc(1, sizeof(*t));
	if (!t)
		return platform_fail(err, -ENOMEM, 0, "out of memory");
	t->base.ops = &sgx_ops;
	t->entry = e->platform->entry;
	t->enclave = e;
	t->tid = (int)syscall(SYS_gettid);
	ret = c->thread_begin(c, e->fd);
	if (ret < 0) {
		free(t);
		return platform_fail(err, ret, 0,
		                     "this thread can't enter enclaves: %s",
		                     strerror(-ret));
	}
	sgx_self = t;
	block_signals(t);
	*ret_thread = &t->base;
	return 0;
}

void sgx_detach(struct enclave_thread *base)
{
	struct sgx_thread *t = container_of(base, struct sgx_thread, base);
	struct sgx_calls *c = sgx_calls(t->enclave);

	/* A tick on its way finds nobody. */
	__atomic_store_n(&sgx_self, NULL, __ATOMIC_SEQ_CST);
	pthread_sigmask(SIG_SETMASK, &t->old_mask, NULL);
	c->thread_end(c, t->enclave->fd);
	free(t);
}

void sgx_counters(const struct enclave_thread *base,
                  struct enclave_counters *ret_counters)
{
	const struct sgx_thread *t =
		container_of(base, const struct sgx_thread, base);

	/* Entries and exits are the vDSO's own and uncounted. */
	*ret_counters = (struct enclave_counters){
		.tick = __atomic_load_n(&t->ticks, __ATOMIC_RELAXED),
	};
}

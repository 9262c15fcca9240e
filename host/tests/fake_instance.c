/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_instance.c - see fake_instance.h.
 */
#include "host/tests/fake_instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/compiler.h"
#include "host/supervisor.h"
#include "host/vcpu.h"
#include "sgx/leaf.h"

/* There is one instance at a time; ops get no context of their own. */
static struct fake_instance *current;

__noreturn void assert_fail(const char *expr, const char *file, int line)
{
	(void)expr;
	(void)file;
	(void)line;
	abort();
}

static uint32_t index_of_tcs(uint64_t tcs)
{
	return (uint32_t)((tcs - VCPU_BASE) / VCPU_STRIDE);
}

/* A thread handle is the address of its vCPU's interrupt counter. */
static int fake_attach(struct enclave *e, struct enclave_thread **ret_thread,
                       struct platform_error *err)
{
	uint32_t n =
		__atomic_fetch_add(&current->attached, 1, __ATOMIC_SEQ_CST);

	(void)e;
	(void)err;
	*ret_thread = (struct enclave_thread *)(void *)&current->interrupts[n];
	return 0;
}

static void fake_detach(struct enclave_thread *t)
{
	(void)t;
	__atomic_fetch_sub(&current->attached, 1, __ATOMIC_SEQ_CST);
}

static void fake_interrupt(struct enclave_thread *t)
{
	__atomic_fetch_add((uint32_t *)(void *)t, 1, __ATOMIC_SEQ_CST);
}

static void fake_run_init(struct sgx_enclave_run *run, uint64_t tcs,
                          struct enclave_regs *regs)
{
	(void)regs;
	run->tcs = tcs;
}

static int fake_call(const struct enclave *enclave, struct enclave_regs *regs,
                     unsigned int function, struct sgx_enclave_run *run)
{
	uint32_t index = index_of_tcs(run->tcs);
	struct fake_entry e = {
		.fake = current,
		.vcpu = index,
		.leaf = function,
		.reason = regs->rdi,
		.count = current->entries[index]++,
		.shared = current->rt.vcpu[index].shared,
	};
	uint64_t left = current->kernel(&e);

	(void)enclave;
	run->function = ENCLU_EEXIT;
	regs->rdi = left;
	if (left == FAKE_FAULT || left == FAKE_ENTRY_FAULT) {
		run->function =
			left == FAKE_FAULT ? ENCLU_ERESUME : ENCLU_EENTER;
		run->exception_vector = 14;
		run->exception_error_code = 6;
		run->exception_addr = FAKE_FAULT_ADDR;
	}
	return 0;
}

static int fake_pages(uint64_t npages, struct enclave_progress *ret)
{
	ret->npages = MIN(npages, current->pages_done);
	current->pages_done -= ret->npages;
	return ret->npages == npages ? 0 : -EFAULT;
}

static int fake_pages_arg(struct enclave *e, uint64_t offset, uint64_t npages,
                          uint32_t arg, struct enclave_progress *ret)
{
	(void)e;
	(void)offset;
	(void)arg;
	return fake_pages(npages, ret);
}

static int fake_pages_plain(struct enclave *e, uint64_t offset, uint64_t npages,
                            struct enclave_progress *ret)
{
	(void)e;
	(void)offset;
	return fake_pages(npages, ret);
}

static const struct enclave_ops fake_ops = {
	.attach = fake_attach,
	.detach = fake_detach,
	.run_init = fake_run_init,
	.call = fake_call,
	.interrupt = fake_interrupt,
	.restrict_pages = fake_pages_arg,
	.modify_pages = fake_pages_arg,
	.remove_pages = fake_pages_plain,
};

struct fake_instance *fake_create(uint32_t nvcpus, fake_kernel *kernel)
{
	static char program[] = "/bin/a", arg[] = "b", var[] = "K=V";
	char *const argv[] = { program, arg, NULL };
	char *const env[] = { var, NULL };
	struct host_run_options options = {
		.root_index = "/dev/null",
		.root_body = "/dev/null",
		.argv = argv,
		.env = env,
	};
	struct fake_instance *fake = calloc(1, sizeof(*fake));
	struct host_error err;

	assert_that(fake);
	current = fake;
	fake->kernel = kernel;
	fake->rt.ops = &fake_ops;
	fake->rt.nvcpus = nvcpus;
	fake->rt.can_change_pages = true;
	assert_that(supervisor_init(&fake->rt.supervisor) == 0);
	descriptor_table_init(&fake->rt.descriptors,
	                      fake->rt.supervisor.epoll_fd);
	hostclock_init(&fake->rt.clock);
	assert_that(shared_memory_create(&fake->rt.memory, &options, nvcpus,
	                                 &err) == 0);
	hostclock_attach(&fake->rt.clock, &fake->rt.memory.shared->clock, true);
	for (uint32_t i = 0; i < nvcpus; i++)
		vcpu_init(&fake->rt, i);
	return fake;
}

struct host_result fake_run(struct fake_instance *fake)
{
	assert_that(vcpu_start(&fake->rt.vcpu[0]) == 0);
	vcpu_admit(&fake->rt.vcpu[0]);
	supervisor_run(&fake->rt);
	assert_that(vcpu_join_all(&fake->rt) == 0);
	return fake->rt.result;
}

void fake_destroy(struct fake_instance *fake)
{
	shared_memory_destroy(&fake->rt.memory);
	descriptor_table_fini(&fake->rt.descriptors);
	supervisor_fini(&fake->rt.supervisor);
	free(fake);
	current = NULL;
}

uint64_t fake_exit(struct fake_entry *e, uint32_t status)
{
	e->shared->number = HC_EXIT;
	e->shared->args.exit = (struct hc_exit){
		.kind = EXIT_PROGRAM,
		.status = status,
	};
	return LEAVE_HOSTCALL;
}

uint64_t fake_idle(struct fake_entry *e, uint64_t deadline_ns)
{
	e->shared->number = HC_IDLE;
	e->shared->args.idle.deadline_ns = deadline_ns;
	return LEAVE_HOSTCALL;
}

uint64_t fake_kick(struct fake_entry *e, uint32_t vcpu)
{
	e->shared->number = HC_KICK;
	e->shared->args.kick.vcpu = vcpu;
	return LEAVE_HOSTCALL;
}

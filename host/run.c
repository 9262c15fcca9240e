/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - puts the parts together, in the order they depend on each other, and
 * takes them apart again.
 */
#include "host/run.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "host/error.h"
#include "host/expect.h"
#include "host/load.h"
#include "host/runtime.h"
#include "host/supervisor.h"
#include "host/vcpu.h"

#include "base/banned.h"

static const struct enclave_ops platform_ops = {
	.attach = enclave_attach,
	.detach = enclave_detach,
	.run_init = enclave_run_init,
	.call = enclave_call,
	.interrupt = enclave_interrupt,
	.restrict_pages = enclave_restrict,
	.modify_pages = enclave_modify,
	.remove_pages = enclave_remove,
};

static uint32_t usable_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (uint32_t)MAX(CPU_COUNT(&set), 1);
}

static uint32_t choose_nvcpus(const struct host_run_options *options,
                              const struct bootcfg_header *config)
{
	uint32_t wanted = options->nvcpus ? options->nvcpus : usable_cores();

	/* host/image.h has checked that max_vcpus is at most VCPU_MAX. */
	return MIN(wanted, config->max_vcpus);
}

/* For the user, who must not mistake the one platform for the other. */
static void warn_unprotected(const struct host_run_options *options,
                             const struct platform_caps *caps)
{
	if (caps->is_protected || options->flags & HOST_RUN_QUIET)
		return;
	if (options->platform == HOST_PLATFORM_SGX_FAKE)
		fputs("occlum: running on a fake of the SGX driver, for tests: "
		      "no hardware protects this instance\n",
		      stderr);
	else
		fputs("occlum: running on the emulated platform: no hardware "
		      "protects this instance\n",
		      stderr);
}

/* What needs the enclave's pages, but need not wait until it is measured. */
static int prepare(struct runtime *rt, const struct host_run_options *options,
                   const struct loaded *loaded, struct host_error *err)
{
	const struct platform_caps *caps = platform_caps(loaded->platform);
	int ret;

	rt->ops = &platform_ops;
	rt->enclave = loaded->enclave;
	rt->can_change_pages = caps->sgx2;
	rt->nvcpus = choose_nvcpus(options, &loaded->config);
	ret = shared_memory_create(&rt->memory, options, rt->nvcpus, err);
	if (ret < 0)
		return ret;
	rt->memory.shared->boot.edmm = caps->sgx2;
	for (uint32_t i = 0; i < rt->nvcpus; i++)
		vcpu_init(rt, i);
	return 0;
}

/* Everything that takes time and is not measuring, while another CPU does. */
static int start(struct runtime *rt, const struct host_run_options *options,
                 const struct loaded *loaded, struct host_error *err)
{
	const struct platform_caps *caps = platform_caps(loaded->platform);
	int ret = vcpu_start(&rt->vcpu[0]);

	if (ret < 0)
		return host_fail(err, ret, "no thread for vCPU 0: %s",
		                 strerror(-ret));
	expect_pages(rt->enclave, &loaded->config, options);
	ret = load_initialise(loaded, err);
	if (ret < 0) {
		vcpu_dismiss(&rt->vcpu[0]);
		return ret;
	}
	warn_unprotected(options, caps);
	hostclock_attach(&rt->clock, &rt->memory.shared->clock, caps->sgx2);
	vcpu_admit(&rt->vcpu[0]);
	return 0;
}

static int prepare_and_start(struct runtime *rt,
                             const struct host_run_options *options,
                             const struct loaded *loaded,
                             struct host_error *err)
{
	int ret = prepare(rt, options, loaded, err);

	if (ret < 0)
		return ret;
	ret = start(rt, options, loaded, err);
	if (ret < 0)
		shared_memory_destroy(&rt->memory);
	return ret;
}

/*
 * After the end.  Without HOST_RUN_TEARDOWN, or if a vCPU does not come out,
 * all that its thread may still use is left where it is.
 */
static void finish(struct runtime *rt, struct loaded *loaded, uint32_t flags)
{
	if (!(flags & HOST_RUN_TEARDOWN))
		return;
	if (vcpu_join_all(rt) < 0) {
		log_warn("a vCPU did not leave the enclave; it stays");
		return;
	}
	shared_memory_destroy(&rt->memory);
	load_release(loaded);
	descriptor_table_fini(&rt->descriptors);
	supervisor_fini(&rt->supervisor);
	free(rt);
}

static int run(struct runtime *rt, const struct host_run_options *options,
               struct host_result *ret_result, struct host_error *err)
{
	struct loaded loaded;
	int ret;

	/* Before the loading, whose time measures the clock's rate. */
	hostclock_init(&rt->clock);
	ret = load_enclave(&loaded, options, err);
	if (ret < 0)
		return ret;
	ret = prepare_and_start(rt, options, &loaded, err);
	if (ret < 0) {
		load_release(&loaded);
		return ret;
	}
	supervisor_run(rt);
	*ret_result = rt->result;
	finish(rt, &loaded, options->flags);
	return 0;
}

int host_run(const struct host_run_options *options,
             struct host_result *ret_result, struct host_error *ret_error)
{
	struct runtime *rt = calloc(1, sizeof(*rt));
	int ret;

	if (!rt)
		return host_fail(ret_error, -ENOMEM,
		                 "the host is out of memory");
	ret = supervisor_init(&rt->supervisor);
	if (ret < 0) {
		free(rt);
		return host_fail(ret_error, ret, "no supervisor: %s",
		                 strerror(-ret));
	}
	descriptor_table_init(&rt->descriptors, rt->supervisor.epoll_fd);
	ret = run(rt, options, ret_result, ret_error);
	if (ret < 0) {
		descriptor_table_fini(&rt->descriptors);
		supervisor_fini(&rt->supervisor);
		free(rt);
	}
	return ret;
}

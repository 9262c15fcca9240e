/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - what a back end of platform.h supplies.  Private to platform/.
 *
 * A back end embeds struct platform, struct enclave and struct enclave_thread
 * as first members of its own and fills their ops.  No slot is ever NULL.
 * platform.c checks nothing on the way: contracts are in platform.h.
 */
#pragma once

#include "platform/platform.h"

struct platform_ops {
	void (*close)(struct platform *p);
	int (*create)(struct platform *p, const struct secs *secs,
	              const struct enclave_pad *pads, size_t n_pads,
	              struct enclave **ret_enclave, struct platform_error *err);
	int (*add_pages)(struct enclave *e, uint64_t offset, const void *src,
	                 size_t npages, uint64_t secinfo, unsigned int flags,
	                 struct platform_error *err);
	int (*init)(struct enclave *e, const struct sigstruct *sig,
	            struct platform_error *err);
	void (*destroy)(struct enclave *e);
	int (*restrict_rights)(struct enclave *e, uint64_t offset,
	                       uint64_t npages, uint32_t rwx,
	                       struct enclave_progress *ret);
	int (*modify)(struct enclave *e, uint64_t offset, uint64_t npages,
	              uint32_t page_type, struct enclave_progress *ret);
	int (*remove)(struct enclave *e, uint64_t offset, uint64_t npages,
	              struct enclave_progress *ret);
	/* NULL where there is nothing to be had ready. */
	void (*expect)(struct enclave *e, uint64_t offset, uint64_t size);
	int (*attach)(struct enclave *e, struct enclave_thread **ret_thread,
	              struct platform_error *err);
	void (*detach)(struct enclave_thread *t);
	void (*interrupt)(struct enclave_thread *t);
	void (*counters)(const struct enclave_thread *t,
	                 struct enclave_counters *ret_counters);
	int (*debug_read)(struct enclave *e, uint64_t addr, void *dst,
	                  size_t size);
	int (*debug_write)(struct enclave *e, uint64_t addr, const void *src,
	                   size_t size);
};

struct platform {
	const struct platform_ops *ops;
	struct platform_caps caps;
};

struct enclave {
	const struct platform_ops *ops;
	enclave_enter_fn *enter;
};

struct enclave_thread {
	const struct platform_ops *ops;
};

/* One way to get a platform: an entry of the table in platform.c. */
struct platform_backend {
	enum platform_kind kind;
	int (*open)(const struct platform_options *opt,
	            struct platform **ret_platform, struct platform_error *err);
};

int emu_open(const struct platform_options *opt, struct platform **ret_platform,
             struct platform_error *err);
int sgx_open(const struct platform_options *opt, struct platform **ret_platform,
             struct platform_error *err);
int fake_open(const struct platform_options *opt,
              struct platform **ret_platform, struct platform_error *err);

/* Fill @err (may be NULL) and return @ret, so that a check is one line. */
__printf(4, 5) int platform_fail(struct platform_error *err, int ret,
                                 uint32_t code, const char *fmt, ...);

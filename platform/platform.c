/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.c - choosing a back end, and passing calls on to it.
 */
#include "platform/platform.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "platform/backend.h"

/* In the order in which PLATFORM_AUTO tries them. */
static const struct platform_backend backends[] = {
	{ PLATFORM_SGX, sgx_open },
	{ PLATFORM_EMU, emu_open },
	{ PLATFORM_SGX_FAKE, fake_open },
};

int platform_fail(struct platform_error *err, int ret, uint32_t code,
                  const char *fmt, ...)
{
	va_list args;

	if (!err)
		return ret;
	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return ret;
}

static bool is_candidate(const struct platform_options *opt,
                         const struct platform_backend *b)
{
	if (opt->kind != PLATFORM_AUTO)
		return b->kind == opt->kind;
	return b->kind == PLATFORM_SGX ||
	       (b->kind == PLATFORM_EMU && opt->allow_emu);
}

/* Why hardware can't be used is in @err; add why nothing else is taken. */
static int no_candidate(struct platform_error *err)
{
	char why[sizeof(err->text) / 2];

	if (!err)
		return -ENODEV;
	snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1, err->text);
	return platform_fail(err, -ENODEV, 0,
	                     "%s; the software platform is only taken for a "
	                     "debuggable image (or ask for it by name)",
	                     why);
}

int platform_open(const struct platform_options *opt,
                  struct platform **ret_platform, struct platform_error *err)
{
	int ret = -ENODEV;

	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		if (!is_candidate(opt, &backends[i]))
			continue;
		ret = backends[i].open(opt, ret_platform, err);
		if (ret == 0)
			return 0;
	}
	if (opt->kind == PLATFORM_AUTO && !opt->allow_emu)
		return no_candidate(err);
	return ret;
}

void platform_close(struct platform *p)
{
	if (p)
		p->ops->close(p);
}

const struct platform_caps *platform_caps(const struct platform *p)
{
	return &p->caps;
}

int enclave_create(struct platform *p, const struct secs *secs,
                   const struct enclave_pad *pads, size_t n_pads,
                   struct enclave **ret_enclave, struct platform_error *err)
{
	return p->ops->create(p, secs, pads, n_pads, ret_enclave, err);
}

int enclave_add_pages(struct enclave *e, uint64_t offset, const void *src,
                      size_t npages, uint64_t secinfo, unsigned int flags,
                      struct platform_error *err)
{
	return e->ops->add_pages(e, offset, src, npages, secinfo, flags, err);
}

int enclave_init(struct enclave *e, const struct sigstruct *sig,
                 struct platform_error *err)
{
	return e->ops->init(e, sig, err);
}

void enclave_destroy(struct enclave *e)
{
	if (e)
		e->ops->destroy(e);
}

int enclave_restrict(struct enclave *e, uint64_t offset, uint64_t npages,
                     uint32_t rwx, struct enclave_progress *ret)
{
	return e->ops->restrict_rights(e, offset, npages, rwx, ret);
}

int enclave_modify(struct enclave *e, uint64_t offset, uint64_t npages,
                   uint32_t page_type, struct enclave_progress *ret)
{
	return e->ops->modify(e, offset, npages, page_type, ret);
}

int enclave_remove(struct enclave *e, uint64_t offset, uint64_t npages,
                   struct enclave_progress *ret)
{
	return e->ops->remove(e, offset, npages, ret);
}

void enclave_expect(struct enclave *e, uint64_t offset, uint64_t size)
{
	if (e->ops->expect)
		e->ops->expect(e, offset, size);
}

int enclave_attach(struct enclave *e, struct enclave_thread **ret_thread,
                   struct platform_error *err)
{
	return e->ops->attach(e, ret_thread, err);
}

void enclave_detach(struct enclave_thread *t)
{
	t->ops->detach(t);
}

enclave_enter_fn *enclave_entry(const struct enclave *e)
{
	return e->enter;
}

/* Called by the entry function after every exit; keeps the registers. */
static int keep_registers(long rdi, long rsi, long rdx, long rsp, long r8,
                          long r9, struct sgx_enclave_run *run)
{
	struct enclave_regs *regs =
		(struct enclave_regs *)(uintptr_t)run->user_data;

	(void)rsp;
	*regs = (struct enclave_regs){
		.rdi = (uint64_t)rdi,
		.rsi = (uint64_t)rsi,
		.rdx = (uint64_t)rdx,
		.r8 = (uint64_t)r8,
		.r9 = (uint64_t)r9,
	};
	return 0;
}

void enclave_run_init(struct sgx_enclave_run *run, uint64_t tcs,
                      struct enclave_regs *regs)
{
	*run = (struct sgx_enclave_run){
		.tcs = tcs,
		.user_handler = (uintptr_t)keep_registers,
		.user_data = (uintptr_t)regs,
	};
}

/* call.S relies on this. */
static_assert(offsetof(struct enclave, enter) == 8, "struct enclave");
static_assert(offsetof(struct enclave_regs, r9) == 32, "struct enclave_regs");

void enclave_interrupt(struct enclave_thread *t)
{
	t->ops->interrupt(t);
}

void enclave_counters(const struct enclave_thread *t,
                      struct enclave_counters *ret_counters)
{
	t->ops->counters(t, ret_counters);
}

int enclave_debug_read(struct enclave *e, uint64_t addr, void *dst, size_t size)
{
	return e->ops->debug_read(e, addr, dst, size);
}

int enclave_debug_write(struct enclave *e, uint64_t addr, const void *src,
                        size_t size)
{
	return e->ops->debug_write(e, addr, src, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - a checking fake of Linux's SGX driver and of its vDSO function.
 *
 * It fills struct sgx_calls (platform/sgx/calls.h).  ioctl, mmap, mprotect and
 * munmap do what <asm/sgx.h> and the driver say, with the driver's checks,
 * order and errno, on an EPC that is emu's; the vDSO function executes ENCLU,
 * which emu makes work, and gets exceptions and signals as the kernel's does.
 * So the back end for hardware runs whole programs on a machine without SGX.
 *
 *	fake_create(&opt, &f, &err);
 *	calls = fake_calls(f);
 *	fd = calls->open(calls, "/dev/sgx_enclave", O_RDWR);
 *	...
 *	calls->release(calls);                  everything is closed before
 *
 * What differs from the kernel: mappings of the enclave are checked and
 * remembered, but only a TCS that is not mapped is noticed by the CPU; every
 * other access is judged by the EPCM alone.  A page is never reclaimed, except
 * where a test says so.
 *
 * A fake is used by one thread at a time, but for SGX2's ioctls, the vDSO, and
 * what struct fake_trouble does.
 */
#pragma once

#include "platform/sgx/calls.h"

struct fake;

/* -ENODEV: emu does not work here. */
__must_check int fake_create(const struct platform_options *opt,
                             struct fake **ret_fake,
                             struct platform_error *err);

struct sgx_calls *fake_calls(struct fake *f);

/*
 * What is to go wrong.  Tests change it between calls; all zero: nothing.
 */
struct fake_trouble {
	/* The @fail_at-th call from now on, counting from 1, of any slot that
	 * can fail, returns @error (negative) and does nothing. */
	unsigned int fail_at;
	int error;
	bool for_ever; /* and so does every later one */
	/* ioctls with a count stop after so many pages: ADD_PAGES as after a
	 * signal, the others with @stop_error, -EINTR or -EAGAIN. */
	unsigned int stop_pages;
	int stop_error;
	/* Called while an ioctl runs on the enclave. */
	void (*during)(void *arg);
	void *arg;
	/* No such symbol in the vDSO; a kernel before SGX2. */
	bool no_entry;
	bool no_sgx2_ioctls;
	/* What tgkill() answers, if not 0. */
	int tick_error;
	/* Added to the pages that the ioctls with a count say they did. */
	int64_t count_lie;
	/* The CPU has tile registers; the kernel did not enable them; it gives
	 * them to nobody. */
	bool has_tiles;
	bool no_tiles_enabled;
	bool no_tiles_permitted;
};

struct fake_trouble *fake_trouble(struct fake *f);

/*
 * The first page of any enclave that is not mapped, or mapped with less than it
 * was added with: a CPU would fault there.  0 if there is none.
 */
uint64_t fake_first_unmapped(const struct fake *f);

/* Calls that only a mistake can be: descriptors that never were. */
uint64_t fake_strange(const struct fake *f);

/* Signals sent by tgkill(). */
uint64_t fake_ticks_sent(const struct fake *f);

/* XSAVE components that were asked for by permit(), a bit each. */
uint64_t fake_permitted(const struct fake *f);

/* PROT_* that the page at @addr is mapped with, -ENOMEM if it is not. */
int fake_prot(struct fake *f, uint64_t addr);

/* Descriptors that are open. */
unsigned int fake_open_files(const struct fake *f);

/* Enclaves that still use memory, closed or not. */
unsigned int fake_enclaves(const struct fake *f);

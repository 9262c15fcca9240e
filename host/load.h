/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - from the files of a build to an enclave that can be entered.
 */
#pragma once

#include <stdint.h>

#include "abi/bootcfg.h"
#include "base/compiler.h"
#include "host/error.h"
#include "host/run.h"
#include "platform/platform.h"
#include "sgx/sigstruct.h"

struct loaded {
	struct platform *platform;
	struct enclave *enclave;
	struct bootcfg_header config;
	struct sigstruct sig;
};

/*
 * load_enclave - open the platform, create the enclave, add its pages as
 * host/image.h plans them.  0, or -errno with *@err filled in and nothing left
 * behind.
 *
 * A platform that measures by itself may still be at it: what can be done
 * before load_initialise() is free.
 */
__must_check int load_enclave(struct loaded *ret,
                              const struct host_run_options *options,
                              struct host_error *err);

/* EINIT; then the enclave can be entered.  0, or -errno with *@err filled in. */
__must_check int load_initialise(const struct loaded *loaded,
                                 struct host_error *err);

/* No thread is attached any more. */
void load_release(struct loaded *loaded);

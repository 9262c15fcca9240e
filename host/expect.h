/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.h - which memory the program will soon use, told to the platform while
 * it measures (platform.h, enclave_expect()).
 *
 * Guesses: what is expected and not used costs the host memory, what is used
 * and not expected costs the program time.
 */
#pragma once

#include "abi/bootcfg.h"
#include "host/run.h"
#include "platform/platform.h"

void expect_pages(struct enclave *e, const struct bootcfg_header *config,
                  const struct host_run_options *options);

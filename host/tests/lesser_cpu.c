/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lesser_cpu PLATFORM XFRM INSTANCE PROGRAM [ARG]... - run a program of an
 * instance as on a CPU whose XCR0 has no more than the bits of XFRM (hex).
 *
 * Linked with --wrap: platform_caps() comes here first, so that the loader
 * takes that for all there is.  CPUID still answers for the CPU itself, as a
 * host that lies would have it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/run.h"
#include "platform/platform.h"

static uint64_t most;

const struct platform_caps *__real_platform_caps(const struct platform *p);
const struct platform_caps *__wrap_platform_caps(const struct platform *p);

const struct platform_caps *__wrap_platform_caps(const struct platform *p)
{
	static struct platform_caps caps;

	caps = *__real_platform_caps(p);
	caps.xfrm &= most;
	return &caps;
}

static enum host_platform platform_of(const char *name)
{
	if (strcmp(name, "sgx") == 0)
		return HOST_PLATFORM_SGX;
	return strcmp(name, "emu") ? HOST_PLATFORM_SGX_FAKE : HOST_PLATFORM_EMU;
}

int main(int argc, char **argv)
{
	static char *env[] = { NULL };
	struct host_run_options options = {
		.flags = HOST_RUN_QUIET,
		.kernel = "build/kernel",
		.config = "build/config.bin",
		.sigstruct = "build/SIGSTRUCT",
		.root_index = "build/root.index",
		.root_body = "build/root.body",
		.argv = argv + 4,
		.env = env,
		.uid = HOST_RUN_USER_CONFIG,
		.gid = HOST_RUN_USER_CONFIG,
	};
	struct host_result result;
	struct host_error error;

	if (argc < 5)
		return 2;
	options.platform = platform_of(argv[1]);
	most = strtoull(argv[2], NULL, 16);
	if (chdir(argv[3]) < 0 || host_run(&options, &result, &error) < 0) {
		fprintf(stderr, "lesser_cpu: %s\n", error.text);
		return 125;
	}
	if (result.kind != HOST_RESULT_PROGRAM)
		fprintf(stderr, "%s\n", host_result_text(&result));
	return host_result_exit_code(&result);
}

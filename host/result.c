/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result.c - what the end of a run means to whoever started it.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "abi/booterror.h"
#include "host/run.h"

#include "base/banned.h"

struct boot_reason {
	const char *text;
	int exit_code;
};

/* The kernel adds what it knows beyond the code as a line of its own. */
static const struct boot_reason boot_reasons[] = {
	[BOOT_OK] = { "the kernel stopped without a reason", HOST_EXIT_FAILED },
	[BOOT_BAD_SHARED] = { "the kernel refused the memory it shares with "
	                      "the host; this runtime and build/kernel are of "
	                      "different versions: run `occlum build` again",
	                      HOST_EXIT_FAILED },
	[BOOT_BAD_CONFIG] = { "the kernel could not parse its measured boot "
	                      "config; run `occlum build` again",
	                      HOST_EXIT_FAILED },
	[BOOT_BAD_ATTRIBUTES] = { "the enclave has attributes (XFRM, "
	                          "MISCSELECT or flags) that the kernel does "
	                          "not accept; see `occlum doctor`",
	                          HOST_EXIT_FAILED },
	[BOOT_BAD_CPUID] = { "this CPU lacks a feature that the kernel needs, "
	                     "or its CPUID table is malformed; see "
	                     "`occlum doctor`",
	                     HOST_EXIT_FAILED },
	[BOOT_BAD_INDEX] = { "build/root.index is not the one that was "
	                     "measured; run `occlum build` again",
	                     HOST_EXIT_FAILED },
	[BOOT_BAD_ARGS] = { "the kernel refused the arguments, the environment "
	                    "or the user; check their number and size, and "
	                    "process.user and process.users in Occlum.json",
	                    HOST_EXIT_FAILED },
	[BOOT_NO_KERNEL_HEAP] = { "the kernel's heap is too small; raise "
	                          "resource_limits.kernel_space_heap_size in "
	                          "Occlum.json and run `occlum build`",
	                          HOST_EXIT_FAILED },
	[BOOT_NO_USER_SPACE] = { "the program does not fit in user space; "
	                         "raise resource_limits.user_space_size in "
	                         "Occlum.json and run `occlum build`",
	                         HOST_EXIT_FAILED },
	[BOOT_NO_ENTRY_POINT] = { "the program is not below any of the "
	                          "entry_points in Occlum.json",
	                          HOST_EXIT_NOT_EXECUTABLE },
	[BOOT_NO_PROGRAM] = { "the program or its interpreter does not exist "
	                      "in the instance; put it into image/ and run "
	                      "`occlum build`",
	                      HOST_EXIT_NOT_FOUND },
	[BOOT_NOT_EXECUTABLE] = { "the program is there but can't be executed; "
	                          "check its mode, format and interpreter",
	                          HOST_EXIT_NOT_EXECUTABLE },
	[BOOT_FALSE_FAULT] = { "the host reports a fault again and again that "
	                       "the kernel can't confirm: a page that the host "
	                       "took away, or an instruction that can't be "
	                       "judged without SGX2",
	                       HOST_EXIT_FAILED },
	[BOOT_KERNEL_PANIC] = { "the kernel found an error in itself and "
	                        "stopped; please report it",
	                        HOST_EXIT_FAILED },
};

static const struct boot_reason unknown_reason = {
	"the kernel stopped with a code that this runtime does not know; "
	"build/kernel is of a different version: run `occlum build` again",
	HOST_EXIT_FAILED
};

static const struct boot_reason *boot_reason(unsigned int code)
{
	if (code >= ARRAY_SIZE(boot_reasons))
		return &unknown_reason;
	return &boot_reasons[code];
}

static const char *const lost_causes[] = {
	[HOST_LOST_ENTRY] =
		"it can't be entered any more (has the machine slept?)",
	[HOST_LOST_IN_HANDLER] = "the kernel's exception handler failed",
	[HOST_LOST_ALL_LEFT] = "the kernel left every vCPU without a reason",
};

static const char *lost_text(const struct host_result *result)
{
	static char text[200];
	const char *cause = "the cause is not known";

	if (result->lost && result->lost < ARRAY_SIZE(lost_causes))
		cause = lost_causes[result->lost];
	snprintf(text, sizeof(text),
	         "the enclave died: %s; vCPU %u, last exception %u at %#llx",
	         cause, result->vcpu, result->vector,
	         (unsigned long long)result->addr);
	return text;
}

const char *host_result_text(const struct host_result *result)
{
	switch (result->kind) {
	case HOST_RESULT_PROGRAM:
		return "the program ended";
	case HOST_RESULT_KERNEL:
		return boot_reason(result->code)->text;
	case HOST_RESULT_KILLED:
		return "the kernel did not react to a signal that was sent "
		       "twice; the instance was ended";
	case HOST_RESULT_LOST:
		return lost_text(result);
	}
	return "the run ended in an unknown way";
}

static int status_exit_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return HOST_EXIT_SIGNAL + WTERMSIG(status);
}

int host_result_exit_code(const struct host_result *result)
{
	switch (result->kind) {
	case HOST_RESULT_PROGRAM:
	case HOST_RESULT_KILLED:
		return status_exit_code(result->status);
	case HOST_RESULT_KERNEL:
		return boot_reason(result->code)->exit_code;
	case HOST_RESULT_LOST:
		return HOST_EXIT_FAILED;
	}
	return HOST_EXIT_FAILED;
}

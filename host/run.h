/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - run one program in one enclave, from start to exit.
 *
 * host/ is the untrusted half of the runtime.  It loads the image through
 * platform/, lends each vCPU a thread, serves the calls of abi/hostcall.h and
 * forwards signals.  Nothing secret is here, and nothing here is believed by
 * the kernel; in turn, nothing the enclave asks can make the host write
 * outside the memory that both share.
 *
 *	struct host_run_options options = {
 *		.kernel = "build/kernel",
 *		.config = "build/config.bin",
 *		.sigstruct = "build/SIGSTRUCT",
 *		.root_index = "build/root.index",
 *		.root_body = "build/root.body",
 *		.argv = argv,
 *		.env = env,
 *		.uid = HOST_RUN_USER_CONFIG,
 *		.gid = HOST_RUN_USER_CONFIG,
 *	};
 *	struct host_result result;
 *	struct host_error error;
 *
 *	if (host_run(&options, &result, &error) < 0)
 *		die(HOST_EXIT_FAILED, "%s", error.text);
 *	if (result.kind != HOST_RESULT_PROGRAM)
 *		say("%s", host_result_text(&result));
 *	exit(host_result_exit_code(&result));
 *
 * host_run() takes the process over while it runs: it blocks the signals it
 * forwards, ignores SIGPIPE, and the platform installs handlers for faults.
 * One instance at a time; call it from a thread that has no others beside it
 * that must see those signals.
 *
 * Its calling thread becomes the supervisor (host/supervisor.h); every vCPU is
 * a thread of its own.  When the program ends, threads may still be inside the
 * enclave.  Normally the process is about to exit and the host's kernel ends
 * them, which is quickest; a caller that lives on sets HOST_RUN_TEARDOWN.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

enum host_platform {
	HOST_PLATFORM_AUTO, /* sgx where it works; emu if debuggable */
	HOST_PLATFORM_SGX,
	HOST_PLATFORM_EMU,
	HOST_PLATFORM_SGX_FAKE, /* tests: sgx's code on a fake driver */
	HOST_PLATFORM_EMU_DIRTY /* tests: no page is zero unless measured */
};

enum host_run_flags {
	HOST_RUN_STRACE = 1u << 0,   /* print the program's system calls     */
	HOST_RUN_MODEL_HW = 1u << 1, /* emu: busy cycles as hardware has     */
	HOST_RUN_TEARDOWN = 1u << 2, /* end every thread, destroy the enclave */
	HOST_RUN_QUIET = 1u << 3,    /* no line about missing hardware       */
};

#define HOST_RUN_USER_CONFIG UINT32_MAX

struct host_run_options {
	enum host_platform platform;
	unsigned int isa;  /* emu: 1 or 2; 0: the best there is          */
	uint64_t epc_size; /* emu: bytes of EPC; 0: the platform's default */
	/* With HOST_RUN_MODEL_HW: cycles of EENTER, EEXIT, AEX; all 0: usual. */
	uint32_t model_hw[3];
	uint32_t nvcpus; /* 0: min(usable cores, the config's max_vcpus) */
	uint32_t flags;  /* enum host_run_flags                        */

	/* Files that `occlum build` made. */
	const char *kernel;
	const char *config;
	const char *sigstruct;
	const char *root_index;
	const char *root_body;

	/* What the program is started with; NULL at the end of each. */
	char *const *argv; /* argv[0] is the path in the instance        */
	char *const *env;  /* the kernel takes what the config allows    */
	/* Its file, for guesses at the memory it will use; 0: not to be had. */
	int program_fd;
	uint32_t uid, gid; /* HOST_RUN_USER_CONFIG: what the config says */
};

enum host_result_kind {
	HOST_RESULT_PROGRAM = 1, /* the first process ended: @status         */
	HOST_RESULT_KERNEL, /* the kernel did not boot, or gave up: @code */
	HOST_RESULT_KILLED, /* deaf to a signal sent twice: @status     */
	HOST_RESULT_LOST    /* the enclave died: @lost and what follows */
};

/* How an enclave dies without the kernel's saying so. */
enum host_lost {
	HOST_LOST_ENTRY = 1, /* EENTER or ERESUME fails: EPC lost in a sleep? */
	HOST_LOST_IN_HANDLER, /* an exception in the kernel's own handler      */
	HOST_LOST_ALL_LEFT /* every vCPU left for good                      */
};

struct host_result {
	enum host_result_kind kind;
	enum host_lost lost;
	int status;        /* as wait(2) reports it */
	unsigned int code; /* enum boot_error       */
	unsigned int vcpu;
	unsigned int vector;
	uint64_t addr;
};

/* Why host_run() failed, as a sentence without a full stop. */
struct host_error {
	char text[512];
};

/* Exit codes of a run that no program chose, as shells and docker have them. */
enum host_exit {
	HOST_EXIT_FAILED = 125,
	HOST_EXIT_NOT_EXECUTABLE = 126,
	HOST_EXIT_NOT_FOUND = 127,
	HOST_EXIT_SIGNAL = 128 /* + number of the signal */
};

/*
 * host_run - load the enclave, run its first process until it ends.
 *
 * 0 with *@ret_result filled in, whatever the program did, or -errno with
 * *@ret_error filled in if the enclave could not be started at all.
 */
__must_check int host_run(const struct host_run_options *options,
                          struct host_result *ret_result,
                          struct host_error *ret_error);

/*
 * host_result_text - why the run ended, for a result other than
 * HOST_RESULT_PROGRAM: one sentence with the remedy, naming the field of
 * Occlum.json where there is one.  Points to static storage.
 */
const char *host_result_text(const struct host_result *result);

/* The exit code that stands for @result: the program's, 125 to 127, 128 + n. */
int host_result_exit_code(const struct host_result *result);

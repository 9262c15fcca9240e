/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c - `occlum run PROGRAM ARGS...`.
 */
#include "host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config/size.h"
#include "cli/image/inside.h"
#include "cli/image/users.h"
#include "cli/instance/diagnose.h"
#include "cli/instance/instance.h"
#include "cli/instance/signed.h"
#include "cli/memory.h"
#include "cli/scope.h"
#include "cli/verb/verbs.h"

#include "base/banned.h"

enum {
	OPTION_PLATFORM,
	OPTION_USER,
	OPTION_STRACE,
	OPTION_EPC,
	OPTION_ISA,
	OPTION_MODEL_HW
};

extern char **environ;

/* A word of an option, and what it stands for. */
struct choice {
	const char *word;
	int value;
};

static const struct choice platforms[] = {
	{ "auto", HOST_PLATFORM_AUTO },
	{ "sgx", HOST_PLATFORM_SGX },
	{ "emu", HOST_PLATFORM_EMU },
	{ "sgx-fake", HOST_PLATFORM_SGX_FAKE },
	{ "emu-dirty", HOST_PLATFORM_EMU_DIRTY },
	{ NULL, 0 },
};

static const struct choice isas[] = {
	{ "sgx1", 1 },
	{ "sgx2", 2 },
	{ NULL, 0 },
};

static int choose(const struct choice *choices, const char *option,
                  const char *word, int *ret_value, struct cli_error *err)
{
	scope_free char *list = mem_string("");

	for (; choices->word; choices++) {
		char *longer;

		if (!strcmp(choices->word, word)) {
			*ret_value = choices->value;
			return 0;
		}
		longer = mem_format("%s%s%s", list, list[0] ? ", " : "",
		                    choices->word);
		free(list);
		list = longer;
	}
	return cli_misuse(err, "--%s must be one of %s, not %s", option, list,
	                  word);
}

static int is_debuggable(const json_t *info)
{
	return json_is_true(json_object_get(info, "debuggable"));
}

/* The one of image.json's users whose numbers, or whose name, are meant. */
static int find_user(const json_t *info, const char *text,
                     struct host_run_options *opt, struct cli_error *err)
{
	const json_t *users = json_object_get(info, "users");
	struct cli_error ignored;
	struct user wanted;
	int known = user_parse(INSTANCE_IMAGE, text, &wanted, &ignored) == 0;

	for (size_t i = 0; i < json_array_size(users); i++) {
		const json_t *user = json_array_get(users, i);
		const char *name =
			json_string_value(json_object_get(user, "name"));
		uint32_t uid = (uint32_t)json_integer_value(
			json_object_get(user, "uid"));
		uint32_t gid = (uint32_t)json_integer_value(
			json_object_get(user, "gid"));

		if ((name && !strcmp(name, text)) ||
		    (known && wanted.uid == uid && wanted.gid == gid)) {
			opt->uid = uid;
			opt->gid = gid;
			return 0;
		}
	}
	return cli_fail(err, -EPERM,
	                "this instance does not allow --user %s: add \"%s\" to "
	                "process.users in Occlum.json and build again",
	                text, text);
}

static int parse_platform(const struct invocation *in,
                          struct host_run_options *opt, struct cli_error *err)
{
	int value;
	int ret = 0;

	if (in->value[OPTION_PLATFORM]) {
		ret = choose(platforms, "platform", in->value[OPTION_PLATFORM],
		             &value, err);
		if (ret == 0)
			opt->platform = (enum host_platform)value;
	}
	if (ret == 0 && in->value[OPTION_ISA]) {
		ret = choose(isas, "isa", in->value[OPTION_ISA], &value, err);
		if (ret == 0)
			opt->isa = (unsigned int)value;
	}
	if (ret == 0 && in->value[OPTION_EPC] &&
	    (size_parse(in->value[OPTION_EPC], &opt->epc_size) < 0 ||
	     !opt->epc_size))
		ret = cli_misuse(err, "--epc must be a size such as 128MB");
	return ret;
}

/* "" or "ENTER,EXIT,AEX": numbers of cycles. */
static int parse_model(const char *text, struct host_run_options *opt,
                       struct cli_error *err)
{
	int used = 0;

	opt->flags |= HOST_RUN_MODEL_HW;
	if (!text[0])
		return 0;
	if (strspn(text, "0123456789,") == strlen(text) &&
	    sscanf(text, "%9" SCNu32 ",%9" SCNu32 ",%9" SCNu32 "%n",
	           &opt->model_hw[0], &opt->model_hw[1], &opt->model_hw[2],
	           &used) == 3 &&
	    !text[used])
		return 0;
	return cli_misuse(err, "--model-hw takes three numbers of cycles: "
	                       "--model-hw=8000,8000,10000");
}

static int parse_options(const struct invocation *in, const json_t *info,
                         struct host_run_options *opt, struct cli_error *err)
{
	int ret = parse_platform(in, opt, err);

	if (ret == 0 && in->value[OPTION_STRACE]) {
		if (!is_debuggable(info))
			return cli_fail(err, -EPERM,
			                "--strace needs an instance with "
			                "metadata.debuggable: true in "
			                "Occlum.json: it shows the host what "
			                "the program does");
		opt->flags |= HOST_RUN_STRACE;
	}
	if (ret == 0 && in->value[OPTION_MODEL_HW])
		ret = parse_model(in->value[OPTION_MODEL_HW], opt, err);
	if (ret == 0 && in->value[OPTION_USER])
		ret = find_user(info, in->value[OPTION_USER], opt, err);
	return ret;
}

static int check_program(const char *program, struct cli_error *err)
{
	if (program[0] == '/')
		return 0;
	err->exit_code = CLI_EXIT_NOT_FOUND;
	return cli_fail(err, -EINVAL,
	                "%s must be an absolute path in the instance, such as "
	                "/bin/%s",
	                program, program);
}

/*
 * Ends with the program's own exit code, or one of struct host_result's.  If
 * the enclave does not start, a changed file explains it better than the
 * platform's refusal does.
 */
static int start(struct host_run_options *opt, const char *folder,
                 const json_t *info, struct cli_error *err)
{
	struct host_error host_err = { .text = "" };
	struct host_result result;
	int ret = host_run(opt, &result, &host_err);

	if (ret < 0) {
		if (diagnose_build(folder, info, err) < 0)
			return ret;
		return cli_fail(err, ret, "%s", host_err.text);
	}
	if (result.kind != HOST_RESULT_PROGRAM)
		cli_note("%s", host_result_text(&result));
	return host_result_exit_code(&result);
}

static char *build_file(const char *folder, const char *name)
{
	return mem_format("%s/%s", folder, name);
}

/* Through the descriptor, so that all five files are of one build. */
static int start_build(int build_fd, struct host_run_options *opt,
                       const json_t *info, struct cli_error *err)
{
	scope_free char *folder = mem_format("/proc/self/fd/%d", build_fd);
	scope_free char *kernel = build_file(folder, BUILD_KERNEL);
	scope_free char *config = build_file(folder, BUILD_CONFIG);
	scope_free char *sigstruct = build_file(folder, BUILD_SIGSTRUCT);
	scope_free char *index = build_file(folder, BUILD_INDEX);
	scope_free char *body = build_file(folder, BUILD_BODY);

	opt->kernel = kernel;
	opt->config = config;
	opt->sigstruct = sigstruct;
	opt->root_index = index;
	opt->root_body = body;
	return start(opt, folder, info, err);
}

static int run_instance(const struct invocation *in, const json_t *info,
                        struct cli_error *err)
{
	struct host_run_options opt = {
		.argv = in->argv,
		.env = environ,
		.uid = HOST_RUN_USER_CONFIG,
		.gid = HOST_RUN_USER_CONFIG,
	};
	scope_fd int build_fd = -1;
	scope_fd int run_fd = -1;
	scope_fd int program_fd = -1;
	int ret = parse_options(in, info, &opt, err);

	if (ret == 0)
		ret = check_program(in->argv[0], err);
	if (ret == 0)
		ret = instance_open_build(&build_fd, err);
	if (ret == 0)
		ret = instance_enter_run(&run_fd, err);
	if (ret < 0)
		return ret;
	if (is_debuggable(info))
		cli_note("this instance is debuggable: nothing in it is secret "
		         "from the host");
	program_fd = inside_open(INSTANCE_IMAGE, in->argv[0]);
	opt.program_fd = MAX(program_fd, 0);
	return start_build(build_fd, &opt, info, err);
}

static int run(const struct invocation *in, struct cli_error *err)
{
	json_t *info;
	int ret = signed_info(&info, err);

	if (ret < 0)
		return ret;
	ret = run_instance(in, info, err);
	json_decref(info);
	return ret;
}

const struct verb verb_run = {
	.name = "run",
	.operands = "PROGRAM [ARGS...]",
	.summary = "run a program of the image in an enclave",
	.text = "Starts PROGRAM, an absolute path of the image below one of "
		"Occlum.json's\nentry_points. Standard input, output and error "
		"are the command's own, Ctrl-C reaches\nthe program.\n\n"
		"Exit code: the program's; 128+n if signal n killed it; 127 if "
		"it is not in the image,\n126 if it can't be executed, or its "
		"file was changed after the build, 125 if occlum\nitself "
		"failed or did not understand the command line.\n\n"
		"Platform \"sgx\" needs a CPU with SGX, \"emu\" emulates it in "
		"software and protects\nnothing. \"auto\" takes sgx where it "
		"works, and emu for debuggable instances only.",
	.example = "occlum run /bin/busybox ls -l /",
	.option = {
		[OPTION_PLATFORM] = { .name = "platform", .arg = "NAME",
		                      .values = "auto|sgx|emu",
		                      .help = "auto (default), sgx or emu" },
		[OPTION_USER] = { .name = "user", .letter = 'u',
		                  .arg = "USER[:GROUP]",
		                  .help = "run as a user that process.users "
		                          "lists" },
		[OPTION_STRACE] = { .name = "strace",
		                    .help = "print system calls (debuggable "
		                            "instances only)" },
		[OPTION_EPC] = { .name = "epc", .arg = "SIZE",
		                 .help = "emu: enclave memory of the machine" },
		[OPTION_ISA] = { .name = "isa", .arg = "NAME",
		                 .values = "sgx1|sgx2",
		                 .help = "emu: sgx1 or sgx2 (default)" },
		[OPTION_MODEL_HW] = { .name = "model-hw",
		                      .arg = "[=ENTER,EXIT,AEX]",
		                      .help = "emu: take as long as hardware, "
		                              "in cycles" },
	},
	.syntax = SYNTAX_IN_FRONT,
	.min_operands = 1,
	.max_operands = -1,
	.exit_failed = CLI_EXIT_RUN_FAILED,
	.exit_misused = CLI_EXIT_RUN_FAILED,
	.run = run,
};

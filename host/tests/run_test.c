/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_test.c PATH-OF-KERNEL [sgx-fake] - host_run() with a real enclave on the
 * software platform, or by the driver's back end on a fake of the driver: files, measurement, signature, entry, host calls, exit code; and
 * what the user reads if one of them is wrong.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/bootcfg.h"
#include "base/units.h"
#include "host/image.h"
#include "host/run.h"
#include "platform/rsa/rsa3072.h"
#include "sgx/measure.h"

/* The files of a build, in a folder of their own. */
static struct {
	char dir[32];
	char path[5][64];
	uint8_t kernel[256 * KIB];
	size_t kernel_size;
	struct bootcfg_header config;
	struct sigstruct sig;
	EVP_PKEY *key;
} built = { .dir = "/tmp/run-test-XXXXXX" };

static const char *const names[] = { "kernel", "config", "SIGSTRUCT", "index",
	                             "body" };

static void write_file(size_t i, const void *bytes, size_t size)
{
	int fd = open(built.path[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	              0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static int measure_one(void *ctx, uint64_t addr, uint64_t secinfo,
                       const uint8_t *bytes)
{
	struct secinfo info = { .flags = secinfo };

	if (bytes)
		measure_page(ctx, addr, &info, bytes);
	else
		measure_eadd(ctx, addr, &info);
	return 0;
}

static void measure_image(uint8_t mrenclave[SGX_HASH_SIZE])
{
	const char *reason = NULL;
	struct secs secs = { 0 };
	struct image image;
	struct measure m;

	if (image_init(&image, cspan_make(built.kernel, built.kernel_size),
	               CSPAN_OF(built.config), &reason) < 0)
		fail_msg("%s", reason);
	secs.size = image.size;
	secs.ssaframesize = image.ssaframesize;
	measure_init(&m, &secs, NULL);
	assert_int_equal(image_walk(&image, measure_one, &m), 0);
	assert_int_equal(measure_finish(&m, mrenclave), 0);
	image_fini(&image);
}

static void sign(void)
{
	struct sigstruct_params p = {
		.date = 0x20260101,
		.miscmask = ~(uint32_t)SGX_MISC_EXINFO,
		.attributes = { SGX_ATTR_MODE64BIT, SGX_XFRM_LEGACY },
		.attributemask = { ~(uint64_t)SGX_ATTR_DEBUG,
		                   ~(uint64_t)(SGX_XFRM_AVX |
		                               SGX_XFRM_AVX512) },
	};

	measure_image(p.enclavehash);
	assert_int_equal(sigstruct_fill(&built.sig, &p), 0);
	assert_int_equal(rsa3072_sign_sigstruct(built.key, &built.sig), 0);
}

static void write_all(void)
{
	write_file(0, built.kernel, built.kernel_size);
	write_file(1, &built.config, sizeof(built.config));
	write_file(2, &built.sig, sizeof(built.sig));
	write_file(3, "index", 5);
	write_file(4, "", 0);
}

static const char *kernel_path;
static enum host_platform platform = HOST_PLATFORM_EMU;

static void read_kernel(void)
{
	static uint8_t linked[sizeof(built.kernel)];
	int fd = open(kernel_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, linked, sizeof(linked));
	const char *reason = NULL;
	struct elf_image elf;

	assert_in_range(n, 1, sizeof(linked) - 1);
	close(fd);
	if (elf_image_parse(&elf, cspan_make(linked, (size_t)n), &reason) < 0)
		fail_msg("%s", reason);
	assert_false(
		elf_image_is_canonical(&elf, cspan_make(linked, (size_t)n)));
	built.kernel_size = elf_image_file_size(&elf);
	assert_in_range(built.kernel_size, 1, sizeof(built.kernel));
	elf_image_write(&elf, built.kernel);
}

static int build(void **state)
{
	built.config = (struct bootcfg_header){
		.magic = BOOTCFG_MAGIC,
		.version = BOOTCFG_VERSION,
		.size = sizeof(built.config),
		.flags = BOOTCFG_DEBUGGABLE,
		.max_vcpus = 4,
		.user_space_size = 16 * MIB,
		.kernel_heap_size = 1 * MIB,
	};
	(void)state;
	read_kernel();
	built.key = rsa3072_generate();
	if (!built.key || !mkdtemp(built.dir))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		snprintf(built.path[i], sizeof(built.path[i]), "%s/%s",
		         built.dir, names[i]);
	sign();
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(built.path[i]);
	rmdir(built.dir);
	EVP_PKEY_free(built.key);
	return 0;
}

/* What the test gets to see of a run. */
struct outcome {
	int ret;
	struct host_result result;
	struct host_error error;
	char output[64];
};

static char program[] = "/bin/hello";
static char *const argv[] = { program, NULL };
static char *const env[] = { NULL };

static struct host_run_options default_options(void)
{
	return (struct host_run_options){
		.platform = platform,
		.flags = HOST_RUN_TEARDOWN | HOST_RUN_QUIET,
		.kernel = built.path[0],
		.config = built.path[1],
		.sigstruct = built.path[2],
		.root_index = built.path[3],
		.root_body = built.path[4],
		.argv = argv,
		.env = env,
		.uid = HOST_RUN_USER_CONFIG,
		.gid = HOST_RUN_USER_CONFIG,
	};
}

/*
 * host_run(), @times over, with stream 1 in a pipe: in a process of its own,
 * because cmocka and the platform both want the handlers of faults.
 */
static void run_times(const struct host_run_options *options, int times,
                      struct outcome *o)
{
	struct outcome *shared = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
	                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, p[2];
	pid_t pid;

	assert_true(shared != MAP_FAILED);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(p[1], 1);
		alarm(30);
		for (int i = 0; i < times; i++)
			shared->ret = host_run(options, &shared->result,
			                       &shared->error);
		_exit(0);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	*o = *shared;
	munmap(shared, sizeof(*o));
	memset(o->output, 0, sizeof(o->output));
	assert_true(read(p[0], o->output, sizeof(o->output) - 1) >= 0);
	close(p[0]);
}

static void run(const struct host_run_options *options, struct outcome *o)
{
	run_times(options, 1, o);
}

static void assert_says_hello(const struct host_run_options *options)
{
	struct outcome o;

	run(options, &o);
	if (o.ret < 0)
		fail_msg("%s", o.error.text);
	assert_int_equal(o.result.kind, HOST_RESULT_PROGRAM);
	assert_string_equal(o.output, "hello\n");
	/* Six bytes, one exception. */
	assert_int_equal(host_result_exit_code(&o.result), 6 + 16);
}

static void test_hello(void **state)
{
	struct host_run_options options = default_options();

	(void)state;
	write_all();
	assert_says_hello(&options);
	/* The way of the command line: no teardown, the process ends. */
	options.flags &= ~(uint32_t)HOST_RUN_TEARDOWN;
	assert_says_hello(&options);
}

/* A teardown leaves nothing behind that is in the way of the next run. */
static void test_again(void **state)
{
	struct host_run_options options = default_options();
	struct outcome o;

	(void)state;
	write_all();
	run_times(&options, 3, &o);
	if (o.ret < 0)
		fail_msg("%s", o.error.text);
	assert_int_equal(host_result_exit_code(&o.result), 6 + 16);
	assert_string_equal(o.output, "hello\nhello\nhello\n");
}

static void test_options(void **state)
{
	struct host_run_options options = default_options();

	(void)state;
	write_all();
	options.isa = 1;
	assert_says_hello(&options);
	options.isa = 2;
	options.nvcpus = 100;
	options.flags |= HOST_RUN_MODEL_HW;
	assert_says_hello(&options);
	options.platform = HOST_PLATFORM_AUTO;
	assert_says_hello(&options);
}

static void assert_fails(const struct host_run_options *options,
                         const char *text)
{
	struct outcome o;

	run(options, &o);
	assert_true(o.ret < 0);
	if (!strstr(o.error.text, text))
		fail_msg("\"%s\" says nothing of \"%s\"", o.error.text, text);
	assert_string_equal(o.output, "");
}

static void test_missing_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct host_run_options options = default_options();

		write_all();
		unlink(built.path[i]);
		assert_fails(&options, built.path[i]);
		assert_fails(&options, "occlum build");
	}
}

static void test_damaged_files(void **state)
{
	struct host_run_options options = default_options();
	struct bootcfg_header config = built.config;

	(void)state;
	write_all();
	write_file(0, "not a kernel", 12);
	assert_fails(&options, "the kernel image");

	write_all();
	write_file(2, &built.sig, sizeof(built.sig) - 1);
	assert_fails(&options, "SIGSTRUCT");

	write_all();
	config.max_vcpus = 0;
	write_file(1, &config, sizeof(config));
	assert_fails(&options, "the boot config");
}

/* What was not measured so is not run. */
static void test_other_measurement(void **state)
{
	struct host_run_options options = default_options();
	struct bootcfg_header config = built.config;

	(void)state;
	write_all();
	config.umask = 022;
	write_file(1, &config, sizeof(config));
	assert_fails(&options, "the platform refused the enclave");
}

static void test_epc_too_small(void **state)
{
	struct host_run_options options = default_options();

	(void)state;
	write_all();
	options.epc_size = 4 * MIB;
	assert_fails(&options, "resource_limits.user_space_size");
}

/* emu protects nothing, so what is not debuggable does not get there. */
static void test_not_debuggable(void **state)
{
	struct host_run_options options = default_options();

	(void)state;
	if (!access("/dev/sgx_enclave", F_OK))
		skip(); /* here it would run, protected by hardware */
	built.config.flags = 0;
	sign();
	write_all();
	options.platform = HOST_PLATFORM_AUTO;
	assert_fails(&options, "no platform to run on");
	built.config.flags = BOOTCFG_DEBUGGABLE;
	sign();
}

int main(int argc, char **args)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_missing_files),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_other_measurement),
		cmocka_unit_test(test_epc_too_small),
		cmocka_unit_test(test_not_debuggable),
	};

	if (argc < 2)
		return 2;
	kernel_path = args[1];
	if (argc > 2 && strcmp(args[2], "sgx-fake") == 0)
		platform = HOST_PLATFORM_SGX_FAKE;
	return cmocka_run_group_tests(tests, build, clean_up);
}

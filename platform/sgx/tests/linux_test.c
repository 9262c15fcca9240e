/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_test.c - the table of the real host's calls, each on something that
 * every machine has.  Where there is no SGX: the sentence about it.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/sgx/sgx.h"

#define PAGE 4096ul

static int failures;

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			failures++;                                            \
			printf("line %d: %s\n", __LINE__, #cond);              \
		}                                                              \
	} while (0)

static struct sgx_calls *c;

static void test_files(void)
{
	char text[8] = "";
	int fd = c->open(c, "/nonesuch", O_RDWR);

	CHECK(fd == -ENOENT);
	CHECK(c->close(c, 12345) == -EBADF);
	CHECK(c->pread(c, 12345, text, 1, 0) == -EBADF);
	CHECK(c->pwrite(c, 12345, text, 1, 0) == -EBADF);
	CHECK(c->ioctl(c, 12345, SGX_IOC_ENCLAVE_INIT, text) == -EBADF);

	fd = memfd_create("linux_test", 0);
	CHECK(c->pwrite(c, fd, "abcdef", 6, 100) == 6);
	CHECK(c->pread(c, fd, text, 8, 102) == 4 && !strcmp(text, "cdef"));
	CHECK(c->close(c, fd) == 0);
	CHECK(c->close(c, fd) == -EBADF);

	fd = c->open(c, "/dev/null", O_RDONLY);
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	CHECK(c->ioctl(c, fd, SGX_IOC_ENCLAVE_INIT, text) == -ENOTTY);
	CHECK(c->close(c, fd) == 0);
}

/* A range of addresses that is free. */
static uint64_t free_range(size_t size)
{
	void *p =
		mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p, size);
	return (uintptr_t)p;
}

static bool is_writable(uint64_t addr)
{
	int null = open("/dev/zero", O_RDONLY);
	bool ret = read(null, (void *)(uintptr_t)addr, 1) == 1;

	close(null);
	return ret;
}

static void test_memory(void)
{
	const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	uint64_t addr = free_range(4 * PAGE);

	CHECK(c->mmap(c, addr, 4 * PAGE, PROT_NONE, fixed, -1) == 0);
	CHECK(c->mmap(c, addr, PAGE, PROT_NONE, fixed, -1) == -EEXIST);
	CHECK(!is_writable(addr));
	CHECK(c->mprotect(c, addr, PAGE, PROT_READ | PROT_WRITE) == 0);
	CHECK(is_writable(addr) && !is_writable(addr + PAGE));
	CHECK(c->munmap(c, addr, 4 * PAGE) == 0);
	CHECK(!is_writable(addr));
	CHECK(c->mprotect(c, addr, PAGE, PROT_READ) == -ENOMEM);
	CHECK(c->munmap(c, addr + 1, PAGE) == -EINVAL);
	CHECK(c->mmap(c, addr, PAGE, PROT_NONE, MAP_SHARED, 12345) == -EBADF);
	/* A hint that is not followed, as an old kernel takes a reservation. */
	CHECK(c->mmap(c, addr, PAGE, PROT_NONE, fixed, -1) == 0);
	CHECK(c->mmap(c, addr, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	              -1) == -EEXIST);
	CHECK(c->munmap(c, addr, PAGE) == 0);
}

static volatile int got_signal;
static volatile bool were_blocked, had_info;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	were_blocked = sigismember(&now, SIGTERM) && sigismember(&now, SIGINT);
	had_info = info->si_code <= 0 && context; /* sent by somebody */
	got_signal = sig;
}

static void test_signals(void)
{
	struct sigaction action;

	CHECK(c->sigaction(c, SIGUSR1, on_signal) == 0);
	CHECK(c->tgkill(c, (int)syscall(SYS_gettid), SIGUSR1) == 0);
	CHECK(got_signal == SIGUSR1 && were_blocked && had_info);
	sigaction(SIGUSR1, NULL, &action);
	CHECK(action.sa_flags & SA_RESTART && !(action.sa_flags & SA_ONSTACK));
	CHECK(c->sigaction(c, SIGKILL, on_signal) == -EINVAL);
	CHECK(c->tgkill(c, 1 << 30, SIGUSR1) == -ESRCH);
}

static void test_cpu(void)
{
	struct cpuid_regs r = { 1, 1, 1, 1 };
	uint32_t eax, ebx, ecx, edx, low, high;

	__cpuid_count(7, 0, eax, ebx, ecx, edx);
	c->cpuid(c, 7, 0, &r);
	CHECK(r.eax == eax && r.ebx == ebx && r.ecx == ecx && r.edx == edx);
	c->cpuid(c, 0x3fffffff, 0, &r);
	CHECK(!r.eax && !r.ebx && !r.ecx && !r.edx);
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	CHECK(c->xcr0(c) == ((uint64_t)high << 32 | low));
	CHECK(c->permit(c, 63) < 0);
	CHECK(!(c->xcr0(c) >> 18 & 1) == (c->permit(c, 18) < 0));
}

static void test_vdso(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	void *function = vdso_symbol(image, "__vdso_sgx_enter_enclave");

	CHECK((void *)(uintptr_t)c->entry(c) == function);
	CHECK(c->thread_begin(c, 0) == 0);
	c->thread_end(c, 0);
	CHECK(!strcmp(c->name, "sgx") && c->is_protected);
	c->release(c);
	CHECK(sgx_linux_calls() == c);
}

/* Everything, or one sentence. */
static void test_open(void)
{
	struct platform_options opt = { .kind = PLATFORM_SGX };
	struct platform_error err = { .text = "" };
	struct platform *p;
	int ret = platform_open(&opt, &p, &err);

	if (ret == 0) {
		printf("SGX is there\n");
		platform_close(p);
		return;
	}
	printf("%s\n", err.text);
	CHECK(ret == -ENODEV);
	CHECK(strstr(err.text, "sgx"));
	if (access(SGX_DEVICE, F_OK) < 0)
		CHECK(strstr(err.text, "CONFIG_X86_SGX"));
}

int main(void)
{
	c = sgx_linux_calls();
	test_files();
	test_memory();
	test_signals();
	test_cpu();
	test_vdso();
	test_open();
	printf("%d failed\n", failures);
	return failures != 0;
}

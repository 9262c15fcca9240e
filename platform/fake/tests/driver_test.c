/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver_test.c - the fake against <asm/sgx.h> and what the driver is known to
 * answer: cases L01 to L30 of Linux's driver and vDSO, as far as user space
 * can bring them about.
 */
#include <asm/sgx.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/fake/fake.h"
#include "platform/fake/tests/image.h"

/* A fake with one enclave's file. */
struct dev {
	struct fake *fake;
	struct sgx_calls *c;
	struct platform_caps caps;
	int fd;
	struct secs secs;
	struct sigstruct sig;
	struct enclave enclave; /* for enclave_call(): the vDSO function */
	struct enclave_regs regs;
	struct sgx_enclave_run run;
};

static struct dev d;

#define RW (SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W)

static void open_dev(enum platform_isa isa)
{
	struct platform_options opt = { .isa = isa,
		                        .secret_path = image_secret() };
	struct platform_error err = { .text = "" };
	struct cpuid_regs r0, r1;

	d = (struct dev){ .fd = -1 };
	if (fake_create(&opt, &d.fake, &err) < 0) {
		CHECK(!"fake_create");
		printf("%s\n", err.text);
		_exit(1);
	}
	d.c = fake_calls(d.fake);
	d.c->cpuid(d.c, 0x12, 0, &r0);
	d.c->cpuid(d.c, 0x12, 1, &r1);
	d.caps.miscselect = r0.ebx & SGX_MISC_EXINFO;
	d.caps.xfrm = ((uint64_t)r1.edx << 32 | r1.ecx) & d.c->xcr0(d.c) &
	              (SGX_XFRM_LEGACY | SGX_XFRM_AVX | SGX_XFRM_AVX512);
	image_secs(&d.caps, &d.secs);
	d.fd = d.c->open(d.c, "/dev/sgx_enclave", O_RDWR);
	CHECK(d.fd >= 0);
}

static void close_dev(void)
{
	d.c->close(d.c, d.fd);
	d.c->release(d.c);
}

static int create_secs(const struct secs *secs)
{
	struct sgx_enclave_create arg = { .src = (uintptr_t)secs };

	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_CREATE, &arg);
}

static int create(void)
{
	return create_secs(&d.secs);
}

static uint64_t added; /* count of the last add() */

static int add(uint64_t offset, const void *src, uint64_t length,
               uint64_t flags, bool is_measured)
{
	struct secinfo secinfo = { .flags = flags };
	struct sgx_enclave_add_pages arg = {
		.src = (uintptr_t)src,
		.offset = offset,
		.length = length,
		.secinfo = (uintptr_t)&secinfo,
		.flags = is_measured ? SGX_PAGE_MEASURE : 0,
		.count = 77,
	};
	int ret = d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_ADD_PAGES, &arg);

	added = arg.count;
	return ret;
}

static void add_all(void)
{
	for (size_t i = 0; i < image_n_parts; i++) {
		const struct image_part *p = &image_part[i];

		CHECK_EQ(add(p->offset, p->src, p->npages * 4096, p->flags,
		             p->is_measured),
		         0);
		CHECK_EQ(added, p->npages * 4096);
	}
}

static int init(void (*edit)(struct sigstruct *sig))
{
	struct sgx_enclave_init arg = { .sigstruct = (uintptr_t)&d.sig };

	image_sign(&d.secs, &d.sig, edit);
	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_INIT, &arg);
}

static int map(uint64_t addr, uint64_t size, int prot)
{
	return d.c->mmap(d.c, addr, size, prot, MAP_SHARED | MAP_FIXED, d.fd);
}

static void map_parts(void)
{
	for (size_t i = 0; i < image_n_parts; i++) {
		const struct image_part *p = &image_part[i];
		int prot = p->flags == SGX_SECINFO_TCS ? 3 : (int)p->flags & 7;

		CHECK_EQ(map(p->offset, p->npages * 4096, prot), 0);
	}
}

/* An enclave that can be entered by this thread. */
static void start(enum platform_isa isa)
{
	sigset_t mask;

	open_dev(isa);
	CHECK_EQ(create(), 0);
	add_all();
	CHECK_EQ(init(NULL), 0);
	map_parts();
	CHECK_EQ(d.c->thread_begin(d.c, d.fd), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	CHECK(!sigismember(&mask, SIGTERM)); /* that is left to the caller */
	d.enclave.enter = d.c->entry(d.c);
	enclave_run_init(&d.run, TE_TCS0, &d.regs);
}

static void stop(void)
{
	d.c->thread_end(d.c, d.fd);
	close_dev();
}

static int enter(unsigned int function, uint64_t routine, uint64_t rsi)
{
	d.regs = (struct enclave_regs){ .rdi = routine, .rsi = rsi };
	return fixed_enclave_call(&d.enclave, &d.regs, function, &d.run);
}

/* ---- building ---------------------------------------------------------- */

static uint8_t page[2 * 4096] __attribute__((aligned(4096)));

static void l01(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(add(TE_DATA, page, 4096, RW, false), -EINVAL);
	CHECK_EQ(init(NULL), -EINVAL);
	CHECK_EQ(create(), 0);
	add_all();
	CHECK_EQ(init(NULL), 0);
	CHECK_EQ(add(TE_HOLE, page, 4096, RW, false), -EINVAL);
	CHECK_EQ(init(NULL), -EINVAL);
	close_dev();
}

static void l02(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	CHECK_EQ(create(), -EINVAL);
	close_dev();
}

static void l03_l04(void)
{
	struct secs secs;

	open_dev(PLATFORM_ISA_BEST);
	secs = d.secs;
	secs.size = TE_SIZE + 4096;
	CHECK_EQ(create_secs(&secs), -EINVAL);
	secs.size = 0;
	CHECK_EQ(create_secs(&secs), -EINVAL);
	secs = d.secs;
	secs.baseaddr = TE_SIZE / 2;
	CHECK_EQ(create_secs(&secs), -EIO);
	secs = d.secs;
	secs.ssaframesize = 0;
	CHECK_EQ(create_secs(&secs), -EIO);
	CHECK_EQ(create_secs((const struct secs *)16), -EFAULT);
	CHECK_EQ(create(), 0);
	close_dev();
}

static void l05(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	CHECK_EQ(add(TE_DATA, page + 64, 4096, RW, false), -EINVAL);
	CHECK_EQ(add(TE_DATA, page, 0, RW, false), -EINVAL);
	CHECK_EQ(add(TE_DATA, page, 64, RW, false), -EINVAL);
	CHECK_EQ(add(TE_DATA + 64, page, 4096, RW, false), -EINVAL);
	CHECK_EQ(add(TE_SIZE, page, 4096, RW, false), -EINVAL);
	CHECK_EQ(add(TE_SIZE - 4096, page, 8192, RW, false), -EINVAL);
	CHECK_EQ(add(TE_DATA, page, UINT64_MAX - 4095, RW, false), -EINVAL);
	CHECK_EQ(add(TE_SIZE - 4096, page, 4096, RW, false), 0);
	close_dev();
}

static void l06(void)
{
	static const uint64_t wrong[] = {
		SGX_SECINFO_TCS | SGX_SECINFO_R,
		SGX_SECINFO_REG | SGX_SECINFO_W,
		SGX_SECINFO_TRIM,
		0,
		RW | SGX_SECINFO_PENDING,
		RW | 1 << 20,
	};

	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_EQ(add(TE_DATA, page, 4096, wrong[i], false), -EINVAL);
	close_dev();
}

static void l07(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	CHECK_EQ(add(TE_DATA + 4096, page, 4096, RW, false), 0);
	CHECK_EQ(add(TE_DATA + 4096, page, 4096, RW, false), -EBUSY);
	CHECK_EQ(added, 0);
	/* What comes before the page that is in the way has been added. */
	CHECK_EQ(add(TE_DATA, page, 8192, RW, false), -EBUSY);
	CHECK_EQ(added, 4096);
	close_dev();
}

static void l08(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	CHECK_EQ(add(TE_DATA, (const void *)0x7000, 4096, RW, false), -EFAULT);
	/* /dev/shm may be mounted noexec: then PROT_EXEC is refused too. */
	{
		int fd = open("/dev/shm/sgx-noexec-test",
		              O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		void *p = MAP_FAILED, *x = MAP_FAILED;

		if (fd >= 0 && ftruncate(fd, 4096) == 0) {
			p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
			x = mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE, fd, 0);
		}
		if (p != MAP_FAILED)
			CHECK_EQ(add(TE_DATA, p, 4096, RW, false),
			         x == MAP_FAILED ? -EACCES : 0);
		unlink("/dev/shm/sgx-noexec-test");
		close(fd);
	}
	close_dev();
}

static void l09_l10(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	fake_trouble(d.fake)->stop_pages = 1;
	CHECK_EQ(add(TE_DATA, page, 8192, RW, false), 0);
	CHECK_EQ(added, 4096);
	fake_trouble(d.fake)->stop_pages = 0;
	fake_trouble(d.fake)->fail_at = 1;
	fake_trouble(d.fake)->error = -EINTR;
	CHECK_EQ(add(TE_DATA + 4096, page, 4096, RW, false), -EINTR);
	CHECK_EQ(add(TE_DATA + 4096, page, 4096, RW, false), 0);
	close_dev();
}

static void break_hash(struct sigstruct *sig)
{
	sig->enclavehash[5] ^= 1;
}

static void break_vendor(struct sigstruct *sig)
{
	sig->vendor = 1;
}

static void l11_l12(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	add_all();
	CHECK_EQ(init(break_hash), -EPERM);
	CHECK_EQ(init(break_vendor), -EINVAL);
	CHECK_EQ(init(NULL), 0);
	close_dev();
}

static int provision(int fd)
{
	struct sgx_enclave_provision arg = { .fd = (uint64_t)fd };

	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_PROVISION, &arg);
}

static void l13_l14(void)
{
	int fd;

	open_dev(PLATFORM_ISA_BEST);
	d.secs.attributes.flags |= SGX_ATTR_PROVISIONKEY;
	fd = d.c->open(d.c, "/dev/sgx_provision", O_RDONLY);
	CHECK_EQ(provision(d.fd), -EINVAL);
	CHECK_EQ(provision(fd), 0);
	CHECK_EQ(create(), 0);
	add_all();
	CHECK_EQ(init(NULL), -EACCES);
	CHECK_EQ(provision(fd), 0);
	CHECK_EQ(init(NULL), 0);
	d.c->close(d.c, fd);
	close_dev();
}

static int inner_result;

static void inner_ioctl(void *arg)
{
	(void)arg;
	fake_trouble(d.fake)->during = NULL;
	inner_result = add(TE_DATA, page, 4096, RW, false);
}

static void l15(void)
{
	open_dev(PLATFORM_ISA_BEST);
	CHECK_EQ(create(), 0);
	fake_trouble(d.fake)->during = inner_ioctl;
	CHECK_EQ(add(TE_DATA, page, 4096, RW, false), 0);
	CHECK_EQ(inner_result, -EBUSY);
	CHECK_EQ(d.c->ioctl(d.c, d.fd, _IO(SGX_MAGIC, 0x42), NULL), -ENOTTY);
	CHECK_EQ(d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_INIT, NULL), -EFAULT);
	close_dev();
}

/* ---- mapping ----------------------------------------------------------- */

static void l16_l17_l18(void)
{
	start(PLATFORM_ISA_SGX2);
	CHECK_EQ(d.c->mmap(d.c, TE_DATA, 4096, PROT_READ,
	                   MAP_PRIVATE | MAP_FIXED, d.fd),
	         -EINVAL);
	CHECK_EQ(map(TE_RO, 4096, PROT_READ | PROT_WRITE), -EACCES);
	CHECK_EQ(d.c->mprotect(d.c, TE_RO, 4096, PROT_READ | PROT_WRITE),
	         -EACCES);
	CHECK_EQ(d.c->mprotect(d.c, TE_RO, 4096, PROT_READ), 0);
	CHECK_EQ(map(TE_SIZE, 4096, PROT_READ), -EACCES);
	CHECK_EQ(map(TE_HOLE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	/* A plain access is the touch that adds the page, and a #PF on it. */
	CHECK_EQ(enter(ENCLU_EENTER, R_STORE, TE_HOLE), 0);
	CHECK_EQ(d.run.function, ENCLU_ERESUME);
	CHECK_EQ(d.run.exception_vector, 14);
	CHECK_EQ(d.run.exception_error_code, 0x8007);
	stop();
}

static void unmapped_tcs(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(d.c->munmap(d.c, TE_TCS0, 4096), 0);
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(d.run.function, ENCLU_EENTER);
	CHECK_EQ(d.run.exception_vector, 14);
	CHECK_EQ(d.run.exception_addr, TE_TCS0);
	CHECK_EQ(fake_first_unmapped(d.fake), TE_TCS0);
	stop();
}

/* ---- SGX2 -------------------------------------------------------------- */

static struct sgx_enclave_restrict_permissions r_arg;

static int restrict_to(uint64_t offset, uint64_t length, uint64_t rwx)
{
	r_arg.offset = offset;
	r_arg.length = length;
	r_arg.permissions = rwx;
	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
	                  &r_arg);
}

static int modify(uint64_t offset, uint64_t type)
{
	struct sgx_enclave_modify_types arg = { .offset = offset,
		                                .length = 4096,
		                                .page_type = type };

	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &arg);
}

static int remove_page(uint64_t offset)
{
	struct sgx_enclave_remove_pages arg = { .offset = offset,
		                                .length = 4096 };

	return d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &arg);
}

static void l19(void)
{
	open_dev(PLATFORM_ISA_SGX2);
	CHECK_EQ(restrict_to(TE_RW, 4096, 1), -EINVAL);
	fake_trouble(d.fake)->no_sgx2_ioctls = true;
	CHECK_EQ(restrict_to(TE_RW, 4096, 1), -ENOTTY);
	close_dev();
	start(PLATFORM_ISA_SGX1);
	CHECK_EQ(restrict_to(TE_RW, 4096, 1), -ENODEV);
	CHECK_EQ(modify(TE_RW, SGX_PT_TRIM), -ENODEV);
	CHECK_EQ(remove_page(TE_RW), -ENODEV);
	stop();
}

static void l20_l21(void)
{
	start(PLATFORM_ISA_SGX2);
	r_arg.result = 1;
	CHECK_EQ(restrict_to(TE_RW, 4096, 1), -EINVAL);
	r_arg.result = 0;
	r_arg.count = 1;
	CHECK_EQ(restrict_to(TE_RW, 4096, 1), -EINVAL);
	r_arg.count = 0;
	CHECK_EQ(restrict_to(TE_RW, 4096, 8), -EINVAL);
	CHECK_EQ(restrict_to(TE_RW, 4096, 2), -EINVAL);
	CHECK_EQ(restrict_to(TE_RW + 1, 4096, 1), -EINVAL);
	CHECK_EQ(restrict_to(TE_TCS0, 4096, 1), -EINVAL);
	r_arg.count = 0;
	CHECK_EQ(restrict_to(TE_HOLE, 4096, 1), -EFAULT);
	CHECK_EQ(restrict_to(TE_RW, 8192, 1), 0);
	CHECK_EQ(r_arg.count, 8192);
	r_arg.count = 0;
	stop();
}

static void l22(void)
{
	start(PLATFORM_ISA_SGX2);
	CHECK_EQ(map(TE_HOLE, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(enter(ENCLU_EENTER, R_LOAD, TE_HOLE), 0); /* EAUG */
	CHECK_EQ(restrict_to(TE_HOLE, 4096, 1), -EFAULT);
	CHECK_EQ(r_arg.result, SGX_PAGE_NOT_MODIFIABLE);
	CHECK_EQ(r_arg.count, 0);
	r_arg.result = 0;
	stop();
}

static void l23_l24_l25(void)
{
	start(PLATFORM_ISA_SGX2);
	CHECK_EQ(modify(TE_TCS0, SGX_PT_TCS), -EINVAL);
	CHECK_EQ(modify(TE_RW, SGX_PT_REG), -EINVAL);
	CHECK_EQ(modify(TE_RO, SGX_PT_TCS), -EPERM);
	CHECK_EQ(remove_page(TE_RW), -EPERM);
	CHECK_EQ(modify(TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(remove_page(TE_RW), -EPERM);
	CHECK_EQ(remove_page(TE_HOLE), -EFAULT);
	stop();
}

/* ---- vDSO -------------------------------------------------------------- */

static void l26(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enter(ENCLU_EEXIT, 0, 0), -EINVAL);
	CHECK_EQ(enter(1, 0, 0), -EINVAL);
	d.run.reserved[215] = 1;
	CHECK_EQ(enter(ENCLU_EENTER, 0, 0), -EINVAL);
	d.run.reserved[215] = 0;
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(d.run.function, ENCLU_EEXIT);
	CHECK_EQ(d.regs.rdi, 1);
	stop();
}

static void l27_l28(void)
{
	start(PLATFORM_ISA_SGX2);
	CHECK_EQ(enter(ENCLU_EENTER, R_STORE, TE_RO + 24), 0);
	CHECK_EQ(d.run.function, ENCLU_ERESUME);
	CHECK_EQ(d.run.exception_vector, 14);
	CHECK_EQ(d.run.exception_error_code, 0x8007);
	CHECK_EQ(d.run.exception_addr, TE_RO);
	d.run.tcs = TE_DATA;
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(d.run.function, ENCLU_EENTER);
	CHECK_EQ(d.run.exception_vector, 14);
	d.run.tcs = TE_TCS0 + 8;
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(d.run.exception_vector, 13);
	d.run.tcs = TE_TCS0 + TE_THREAD_STRIDE;
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0); /* CSSA = 0 */
	CHECK_EQ(d.run.function, ENCLU_ERESUME);
	CHECK_EQ(d.run.exception_vector, 13);
	stop();
}

static int handler_calls;

static int handler(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                   struct sgx_enclave_run *run)
{
	(void)rsi, (void)rdx, (void)r8, (void)r9;
	__builtin_ia32_writeeflags_u64(0x202); /* see skip_ud2() */
	CHECK(rsp % 8 == 0);
	if (handler_calls++ == 0) {
		CHECK_EQ(rdi, 6); /* #UD */
		CHECK_EQ(run->function, ENCLU_ERESUME);
		return -7;
	}
	return 0;
}

static void l29(void)
{
	start(PLATFORM_ISA_BEST);
	handler_calls = 0;
	d.run.user_handler = (uintptr_t)handler;
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), -7);
	CHECK_EQ(handler_calls, 1);
	stop();
}

static int skip_ud2(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
                    struct sgx_enclave_run *run)
{
	struct sgx_calls *c = d.c;
	uint64_t rip = 0;
	int fd;

	(void)rdi, (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
	/* R_UD2 sets AC, and neither an AEX nor the vDSO clears it. */
	__builtin_ia32_writeeflags_u64(0x202);
	if (run->function != ENCLU_ERESUME)
		return 0;
	handler_calls++;
	fd = c->open(c, "/proc/self/mem", O_RDWR);
	CHECK_EQ(c->pread(c, fd, &rip, 8, TE_GPRS(0) + 136), 8);
	CHECK_EQ(rip, TE_ADDR(te_ud2));
	rip += 2;
	CHECK_EQ(c->pwrite(c, fd, &rip, 8, TE_GPRS(0) + 136), 8);
	c->close(c, fd);
	return ENCLU_ERESUME;
}

static void l29_resume(void)
{
	start(PLATFORM_ISA_BEST);
	handler_calls = 0;
	d.run.user_handler = (uintptr_t)skip_ud2;
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
	CHECK_EQ(handler_calls, 1);
	CHECK_EQ(d.run.function, ENCLU_EEXIT);
	stop();
}

static void l30(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(d.c->close(d.c, d.fd), 0);
	CHECK_EQ(d.c->ioctl(d.c, d.fd, SGX_IOC_ENCLAVE_INIT, NULL), -EBADF);
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(d.run.function, ENCLU_EEXIT);
	CHECK_EQ(fake_enclaves(d.fake), 1);
	d.c->thread_end(d.c, d.fd);
	CHECK_EQ(d.c->munmap(d.c, 0x10000, TE_SIZE - 0x10000), 0);
	CHECK_EQ(fake_enclaves(d.fake), 0);
	d.c->release(d.c);
}

static const struct {
	const char *id;
	void (*run)(void);
} cases[] = {
	{ "L01 ADD_PAGES before CREATE, or after INIT", l01 },
	{ "L02 CREATE twice", l02 },
	{ "L03 L04 CREATE with a bad SECS", l03_l04 },
	{ "L05 alignment and range of ADD_PAGES", l05 },
	{ "L06 SECINFO", l06 },
	{ "L07 page twice", l07 },
	{ "L08 sources that may not be executed", l08 },
	{ "L09 L10 signals", l09_l10 },
	{ "L11 L12 INIT refuses", l11_l12 },
	{ "L13 L14 PROVISION", l13_l14 },
	{ "L15 ioctl during ioctl", l15 },
	{ "L16 L17 L18 mmap and mprotect", l16_l17_l18 },
	{ "a TCS that is not mapped", unmapped_tcs },
	{ "L19 RESTRICT before INIT, on SGX1", l19 },
	{ "L20 L21 arguments of RESTRICT", l20_l21 },
	{ "L22 RESTRICT a pending page", l22 },
	{ "L23 L24 L25 MODIFY and REMOVE", l23_l24_l25 },
	{ "L26 arguments of the vDSO", l26 },
	{ "L27 L28 exceptions", l27_l28 },
	{ "L29 handler's result", l29 },
	{ "L29 handler resumes", l29_resume },
	{ "L30 closed but mapped", l30 },
};

int main(void)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	image_setup();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int before = te_failures;

		te_current = cases[i].id;
		cases[i].run();
		if (te_failures != before) {
			printf("FAIL %s\n", cases[i].id);
			failed++;
		}
	}
	printf("%zu cases, %d failed\n", ARRAY_SIZE(cases), failed);
	return failed != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend_test.c - the hardware back end against the fake of its driver: every
 * call failing in turn, calls that stop half way, ticks, and what a user reads
 * if something is missing.
 */
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "platform/fake/fake.h"
#include "platform/fake/tests/image.h"
#include "platform/sgx/sgx.h"

static struct {
	struct fake *fake;
	struct platform *platform;
	struct enclave *e;
	struct enclave_thread *thread;
	struct platform_error err;
	struct enclave_regs regs;
	struct sgx_enclave_run run;
} t;

static void make_fake(enum platform_isa isa)
{
	struct platform_options opt = { .isa = isa,
		                        .secret_path = image_secret() };

	memset(&t, 0, sizeof(t));
	if (fake_create(&opt, &t.fake, &t.err) < 0) {
		printf("%s\n", t.err.text);
		_exit(1);
	}
}

static int build(void)
{
	static struct sigstruct sig __attribute__((aligned(4096)));
	struct secs secs;
	int ret;

	image_secs(platform_caps(t.platform), &secs);
	if (!sig.modulus[0])
		image_sign(&secs, &sig, NULL);
	ret = enclave_create(t.platform, &secs, NULL, 0, &t.e, &t.err);
	for (size_t i = 0; ret == 0 && i < image_n_parts; i++) {
		const struct image_part *p = &image_part[i];

		ret = enclave_add_pages(
			t.e, p->offset, p->src, p->npages, p->flags,
			p->is_measured ? ENCLAVE_MEASURE : 0, &t.err);
	}
	if (ret == 0)
		ret = enclave_init(t.e, &sig, &t.err);
	return ret;
}

static int open_and_build(void)
{
	int ret = sgx_open_with(fake_calls(t.fake), &t.platform, &t.err);

	if (ret == 0)
		ret = build();
	if (ret == 0)
		ret = enclave_attach(t.e, &t.thread, &t.err);
	if (ret == 0)
		enclave_run_init(&t.run, TE_TCS0, &t.regs);
	return ret;
}

static void take_apart(void)
{
	if (t.thread)
		enclave_detach(t.thread);
	enclave_destroy(t.e);
	CHECK_EQ(fake_enclaves(t.fake), 0);
	CHECK_EQ(fake_open_files(t.fake), 0);
	CHECK_EQ(fake_strange(t.fake), 0);
	if (t.platform)
		platform_close(t.platform);
	else
		fake_calls(t.fake)->release(fake_calls(t.fake));
}

static void start(enum platform_isa isa)
{
	make_fake(isa);
	CHECK_EQ(open_and_build(), 0);
	if (!t.thread) {
		printf("%s\n", t.err.text);
		_exit(1);
	}
}

static int enter(unsigned int function, uint64_t routine, uint64_t rsi)
{
	t.regs = (struct enclave_regs){ .rdi = routine, .rsi = rsi };
	return fixed_enclave_call(t.e, &t.regs, function, &t.run);
}

static void check_enters(void)
{
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	CHECK_EQ(t.regs.rdi, 1);
}

/* ---- building ---------------------------------------------------------- */

static void plain(void)
{
	struct platform_caps caps;

	start(PLATFORM_ISA_SGX2);
	caps = *platform_caps(t.platform);
	CHECK(strcmp(caps.name, "sgx-fake") == 0);
	CHECK(caps.sgx2 && caps.edeccssa && !caps.is_protected);
	CHECK_EQ(caps.size_max_log2, 36);
	CHECK(caps.epc_size > 0);
	CHECK_EQ(caps.miscselect, SGX_MISC_EXINFO);
	CHECK_EQ(caps.attributes &
	                 ~(uint64_t)(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |
	                             SGX_ATTR_PROVISIONKEY | SGX_ATTR_KSS),
	         0);
	CHECK(caps.attributes & SGX_ATTR_DEBUG);
	CHECK(caps.xfrm < 1 << 10 && caps.xfrm & SGX_XFRM_LEGACY);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	CHECK_EQ(fake_prot(t.fake, TE_HOLE), 7);
	CHECK_EQ(fake_prot(t.fake, TE_SIZE - 4096), 7);
	CHECK_EQ(fake_prot(t.fake, TE_CODE), 5);
	CHECK_EQ(fake_prot(t.fake, TE_RO), 1);
	check_enters();
	take_apart();

	start(PLATFORM_ISA_SGX1);
	caps = *platform_caps(t.platform);
	CHECK(!caps.sgx2 && !caps.edeccssa && !caps.miscselect);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	CHECK_EQ(fake_prot(t.fake, TE_HOLE), 0);
	CHECK_EQ(fake_prot(t.fake, TE_RW), 3);
	check_enters();
	take_apart();
}

/* A kernel before 6.0 on a CPU with SGX2. */
static void old_kernel(void)
{
	struct enclave_progress progress;

	make_fake(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->no_sgx2_ioctls = true;
	CHECK_EQ(open_and_build(), 0);
	CHECK(!platform_caps(t.platform)->sgx2);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 1, &progress), -ENODEV);
	take_apart();
}

/*
 * Calls of open_and_build() by number: 1 to 3 probe the device, 4 reserves, 5
 * and 6 are open and CREATE, 12 parts are added, then INIT, mmap, mprotect.
 */
enum {
	CALL_SIGACTION = 3,
	CALL_RESERVE = 4,
	CALL_OPEN = 5,
	CALL_CREATE = 6,
	CALL_ADD_FIRST = 7,
	CALL_INIT = 19,
	CALL_MMAP = 20,
	CALL_MPROTECT = 21,
};

/* One page per call; the measurement is that of the whole. */
static void partial_adds(void)
{
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->stop_pages = 1;
	CHECK_EQ(open_and_build(), 0);
	check_enters();
	take_apart();

	/* A page, then a signal before the next: the count is the first's. */
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->stop_pages = 1;
	fake_trouble(t.fake)->fail_at = CALL_ADD_FIRST + 1;
	fake_trouble(t.fake)->error = -EINTR;
	CHECK_EQ(open_and_build(), 0);
	check_enters();
	take_apart();
}

/* Each call fails once, until there is none left; nothing may leak. */
static void sweep(int error)
{
	unsigned int n;
	int ret;

	for (n = 1; n < 500; n++) {
		make_fake(PLATFORM_ISA_BEST);
		fake_trouble(t.fake)->fail_at = n;
		fake_trouble(t.fake)->error = error;
		ret = open_and_build();
		if (ret < 0)
			CHECK(t.err.text[0] != '\0');
		else
			check_enters();
		/* A signal is no reason to give up. */
		if (error == -EINTR && n >= CALL_ADD_FIRST && n <= CALL_INIT)
			CHECK_EQ(ret, 0);
		if (fake_trouble(t.fake)->fail_at) {
			take_apart();
			break;
		}
		take_apart();
	}
	CHECK(n > 20 && n < 500);
}

static void sweep_enomem(void)
{
	sweep(-ENOMEM);
}

static void sweep_eacces(void)
{
	sweep(-EACCES);
}

static void sweep_eintr(void)
{
	sweep(-EINTR);
}

/* Patience ends. */
static void retries(void)
{
	struct enclave_progress p;

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->fail_at = CALL_ADD_FIRST;
	fake_trouble(t.fake)->error = -EINTR;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(open_and_build(), -EINTR);
	CHECK(t.err.text[0] != '\0');
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->fail_at = CALL_INIT;
	fake_trouble(t.fake)->error = -EINTR;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(open_and_build(), -EINTR);
	CHECK(strstr(t.err.text, "EINIT") != NULL);
	take_apart();

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->fail_at = 1;
	fake_trouble(t.fake)->error = -EBUSY;
	fake_trouble(t.fake)->for_ever = true;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EBUSY);
	CHECK_EQ(p.npages, 0);
	fake_trouble(t.fake)->fail_at = 0;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), 0);
	take_apart();
}

/* Counts that can't be. */
static void wrong_counts(void)
{
	struct enclave_progress p;

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->count_lie = 1;
	CHECK_EQ(open_and_build(), -EIO);
	take_apart();

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->count_lie = 1;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 0);
	fake_trouble(t.fake)->count_lie = -2;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 0);
	take_apart();
}

/* Somebody else's memory in the way stays his. */
static void occupied(void)
{
	uint32_t *mine =
		mmap((void *)TE_RW, 4096, PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK(mine == (void *)TE_RW);
	*mine = 42;
	make_fake(PLATFORM_ISA_BEST);
	CHECK_EQ(open_and_build(), -ENOMEM);
	CHECK(strstr(t.err.text, "not free") != NULL);
	CHECK_EQ(*mine, 42);
	take_apart();
	munmap(mine, 4096);
}

/* ---- sentences --------------------------------------------------------- */

/* The @n-th call fails with @error: is the remedy named? */
static const struct {
	unsigned int n;
	int error;
	const char *text;
} sentences[] = {
	{ 1, -ENOENT, "there is no /dev/sgx_enclave" },
	{ 1, -EACCES, "usermod -aG sgx" },
	{ 1, -EIO, "security version" },
	{ 1, -ENFILE, "can't open /dev/sgx_enclave" },
	{ CALL_SIGACTION, -EINVAL, "signal handler" },
	{ CALL_OPEN, -EMFILE, "can't open /dev/sgx_enclave" },
	{ CALL_CREATE, -EBUSY, "can't create an enclave" },
	{ CALL_ADD_FIRST, -EFAULT, "adding pages" },
	{ CALL_INIT, -EIO, "EINIT" },
	{ CALL_MMAP, -ENOMEM, "can't map" },
	{ CALL_RESERVE, -EPERM, "vm.mmap_min_addr" },
	{ CALL_RESERVE, -EEXIST, "not free" },
	{ CALL_CREATE, -ENOMEM, "the EPC is full" },
	{ CALL_CREATE, -EIO, "ECREATE" },
	{ CALL_ADD_FIRST, -EIO, "EADD" },
	{ CALL_ADD_FIRST, -ENOMEM, "the EPC is full" },
	{ CALL_INIT, -EPERM, "EINIT: measurement" },
	{ CALL_INIT, -EACCES, "ATTRIBUTES" },
	{ CALL_MMAP, -EPERM, "remount,exec /dev" },
	{ CALL_MPROTECT, -EACCES, "remount,exec /dev" },
};

static void say_why(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		make_fake(PLATFORM_ISA_BEST);
		fake_trouble(t.fake)->fail_at = sentences[i].n;
		fake_trouble(t.fake)->error = sentences[i].error;
		CHECK(open_and_build() < 0);
		if (!strstr(t.err.text, sentences[i].text)) {
			printf("  \"%s\" says nothing of \"%s\"\n", t.err.text,
			       sentences[i].text);
			te_failures++;
		}
		take_apart();
	}
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->no_entry = true;
	CHECK_EQ(open_and_build(), -ENODEV);
	CHECK(strstr(t.err.text, "__vdso_sgx_enter_enclave") != NULL);
	take_apart();
}

/* ---- what the back end refuses ------------------------------------------ */

static bool says(const char *text)
{
	bool ret = strstr(t.err.text, text) != NULL;

	if (!ret)
		printf("  \"%s\" says nothing of \"%s\"\n", t.err.text, text);
	t.err.text[0] = '\0';
	return ret;
}

static void open_only(void)
{
	make_fake(PLATFORM_ISA_BEST);
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
}

static int create(const struct secs *secs)
{
	return enclave_create(t.platform, secs, NULL, 0, &t.e, &t.err);
}

static void bad_secs(void)
{
	struct secs secs;

	open_only();
	image_secs(platform_caps(t.platform), &secs);
	secs.size = TE_SIZE + 4096;
	CHECK_EQ(create(&secs), -EINVAL);
	CHECK(says("SIZE is not a power of two"));
	secs.size = 0;
	CHECK_EQ(create(&secs), -EINVAL);
	secs.size = TE_SIZE;
	secs.baseaddr = 4096;
	CHECK_EQ(create(&secs), -EIO);
	CHECK(says("ECREATE: the CPU refuses SECS"));
	secs.baseaddr = 0;
	secs.size = 65536;
	CHECK_EQ(create(&secs), -ENOMEM);
	CHECK(says("below 64 KiB"));
	secs.size = TE_SIZE;
	secs.ssaframesize = 0;
	CHECK_EQ(create(&secs), -EIO);
	CHECK(says("ECREATE"));
	t.e = NULL;
	take_apart();
}

static void bad_pages(void)
{
	const uint64_t rw = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W;
	static uint8_t page[4096] __attribute__((aligned(4096)));
	struct secs secs;

	open_only();
	image_secs(platform_caps(t.platform), &secs);
	CHECK_EQ(create(&secs), 0);
	CHECK_EQ(enclave_add_pages(t.e, 1, page, 1, rw, 0, &t.err), -EINVAL);
	CHECK(says("alignment"));
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 0, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_SIZE, page, 1, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_SIZE - 4096, page, 2, rw, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 1,
	                           SGX_SECINFO_REG | SGX_SECINFO_W, 0, &t.err),
	         -EINVAL);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, NULL, 300, rw, 0, &t.err), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, page, 1, rw, 0, &t.err), -EBUSY);
	CHECK(says("exists already"));
	enclave_destroy(t.e);
	t.e = NULL;
	take_apart();
}

/* Pages without a source are zeros, after pages that were not. */
static void zero_pages(void)
{
	const uint64_t rw = SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W;
	static uint8_t ones[4096] __attribute__((aligned(4096)));
	static uint8_t many[(SGX_CHUNK_PAGES + 1) * 4096];
	uint64_t word = 1;
	struct secs secs;

	memset(ones, 1, sizeof(ones));
	open_only();
	image_secs(platform_caps(t.platform), &secs);
	CHECK_EQ(create(&secs), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW, ones, 1, rw, 0, NULL), 0);
	CHECK_EQ(enclave_add_pages(t.e, TE_RW + 4096, NULL, 1, rw, 0, NULL), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW + 4096, &word, 8), 0);
	CHECK_EQ(word, 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8), 0);
	CHECK_EQ(word, 0x0101010101010101);
	/* More than the buffer holds: the last page is the last page. */
	many[SGX_CHUNK_PAGES * 4096] = 77;
	CHECK_EQ(enclave_add_pages(t.e, TE_RW + 8192, many, SGX_CHUNK_PAGES + 1,
	                           rw, 0, NULL),
	         0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW + 8192 + SGX_CHUNK_PAGES * 4096,
	                            &word, 8),
	         0);
	CHECK_EQ(word, 77);
	enclave_destroy(t.e);
	t.e = NULL;
	take_apart();
}

static void after_init(void)
{
	static struct sigstruct sig __attribute__((aligned(4096)));
	uint64_t word = 0;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enclave_add_pages(t.e, TE_HOLE, NULL, 1, SGX_SECINFO_REG, 0,
	                           &t.err),
	         -EINVAL);
	CHECK(says("initialised"));
	CHECK_EQ(enclave_init(t.e, &sig, &t.err), -EINVAL);
	CHECK(says("already initialised"));
	CHECK_EQ(enclave_debug_read(t.e, TE_SIZE, &word, 8), -EFAULT);
	/* What lies outside could well be read. */
	CHECK_EQ(enclave_debug_read(t.e, (uintptr_t)&sig, &word, 8), -EFAULT);
	CHECK_EQ(enclave_debug_read(t.e, TE_SIZE - 4, &word, 8), -EFAULT);
	CHECK_EQ(enclave_debug_write(t.e, TE_HOLE, &word, 8), -EFAULT);
	/* Opening /proc/self/mem fails, then reading it. */
	for (unsigned int n = 1; n <= 2; n++) {
		fake_trouble(t.fake)->fail_at = n;
		fake_trouble(t.fake)->error = -ENOMEM;
		CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8),
		         n == 1 ? -ENOMEM : -EFAULT);
		fake_trouble(t.fake)->fail_at = n;
		CHECK_EQ(enclave_debug_write(t.e, TE_RW, &word, 8),
		         n == 1 ? -ENOMEM : -EFAULT);
	}
	take_apart();
}

/* Without DEBUG nobody reads; with PROVISIONKEY somebody has to permit it. */
static int build_with(uint64_t attributes, int fail_open)
{
	static struct sigstruct sig __attribute__((aligned(4096)));
	struct secs secs;
	int ret;

	open_only();
	image_secs(platform_caps(t.platform), &secs);
	secs.attributes.flags = attributes;
	image_sign(&secs, &sig, NULL);
	if (fail_open) {
		fake_trouble(t.fake)->fail_at = 4; /* after CREATE */
		fake_trouble(t.fake)->error = fail_open;
	}
	ret = create(&secs);
	for (size_t i = 0; ret == 0 && i < image_n_parts; i++) {
		const struct image_part *p = &image_part[i];

		ret = enclave_add_pages(
			t.e, p->offset, p->src, p->npages, p->flags,
			p->is_measured ? ENCLAVE_MEASURE : 0, &t.err);
	}
	return ret ? ret : enclave_init(t.e, &sig, &t.err);
}

static void production(void)
{
	uint64_t word = 0;

	CHECK_EQ(build_with(SGX_ATTR_MODE64BIT, 0), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_RW, &word, 8), -EPERM);
	CHECK_EQ(enclave_debug_write(t.e, TE_RW, &word, 8), -EPERM);
	take_apart();
}

static void provisioning(void)
{
	const uint64_t attributes = SGX_ATTR_MODE64BIT | SGX_ATTR_PROVISIONKEY;

	CHECK_EQ(build_with(attributes, 0), 0);
	take_apart();
	CHECK_EQ(build_with(attributes, -EACCES), -EACCES);
	CHECK(says("usermod -aG sgx_prv"));
	t.e = NULL;
	take_apart();
}

/* Tiles only where CPU and kernel agree, and only after having asked. */
static void tiles(void)
{
	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, SGX_XFRM_AMX);
	CHECK_EQ(fake_permitted(t.fake), SGX_XFRM_TILEDATA);
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	fake_trouble(t.fake)->no_tiles_permitted = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK(platform_caps(t.platform)->xfrm & SGX_XFRM_LEGACY);
	take_apart();

	make_fake(PLATFORM_ISA_BEST);
	fake_trouble(t.fake)->has_tiles = true;
	fake_trouble(t.fake)->no_tiles_enabled = true;
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK_EQ(fake_permitted(t.fake), 0);
	take_apart();

	open_only();
	CHECK_EQ(platform_caps(t.platform)->xfrm & SGX_XFRM_AMX, 0);
	CHECK_EQ(fake_permitted(t.fake), 0);
	take_apart();
}

/* ---- SGX2 -------------------------------------------------------------- */

static void page_calls(void)
{
	static const int errors[] = { 0, -EINTR, -EAGAIN, -EBUSY };
	struct enclave_progress p;

	start(PLATFORM_ISA_SGX2);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_trouble(t.fake)->stop_pages = 1;
		fake_trouble(t.fake)->stop_error = errors[i];
		CHECK_EQ(enclave_restrict(t.e, TE_RW, 8, 1, &p), 0);
		CHECK_EQ(p.npages, 8);
	}
	fake_trouble(t.fake)->stop_pages = 0;
	/* The last of them too can't be written any more. */
	CHECK_EQ(enter(ENCLU_EENTER, R_STORE, TE_RW + 0x7000), 0);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_error_code, 0x8007);
	CHECK_EQ(enclave_restrict(t.e, TE_RO, 2, 1, &p), -EFAULT);
	CHECK_EQ(p.npages, 1);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 2, &p), -EINVAL);
	CHECK_EQ(enclave_modify(t.e, TE_RW, 4, SGX_PT_TRIM, &p), 0);
	CHECK_EQ(p.npages, 4);
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 1, 1, &p), -EINVAL);
	CHECK_EQ(enclave_remove(t.e, TE_RW, 4, &p), -EPERM);
	CHECK_EQ(p.npages, 0);
	CHECK_EQ(enclave_modify(t.e, TE_RO, 1, SGX_PT_TCS, &p), -EPERM);
	take_apart();
}

/* vCPUs that change pages at the same time; the driver would say EBUSY. */
static struct {
	pthread_t other;
	volatile bool is_inside, is_second;
	int ret;
} two;

static void *second_call(void *arg)
{
	struct enclave_progress p;

	two.ret = enclave_restrict(t.e, TE_RW + 0x4000, 4, 1, &p);
	return arg;
}

static void first_is_inside(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	(void)arg;
	if (__atomic_exchange_n(&two.is_inside, true, __ATOMIC_SEQ_CST))
		return;
	pthread_create(&two.other, NULL, second_call, NULL);
	nanosleep(&pause, NULL);
}

static void calls_take_turns(void)
{
	struct enclave_progress p;

	start(PLATFORM_ISA_SGX2);
	fake_trouble(t.fake)->during = first_is_inside;
	two.ret = -1;
	CHECK_EQ(enclave_restrict(t.e, TE_RW, 4, 1, &p), 0);
	pthread_join(two.other, NULL);
	CHECK_EQ(two.ret, 0);
	take_apart();
}

/* Parts may be added in any order; they are mapped all the same. */
static void backwards(void)
{
	struct image_part *last = &image_part[image_n_parts - 1];
	struct image_part saved = *last;

	/* The measurement has the same parts in the same order as SIGSTRUCT's. */
	memmove(&image_part[1], &image_part[0],
	        (image_n_parts - 1) * sizeof(*last));
	image_part[0] = saved;
	CHECK_EQ(build_with(SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG, 0), 0);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	take_apart();
	saved = image_part[0];
	memmove(&image_part[0], &image_part[1],
	        (image_n_parts - 1) * sizeof(*last));
	*last = saved;
}

static void exceptions(void)
{
	uint64_t rip = 0;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_vector, 6);
	CHECK_EQ(enclave_debug_read(t.e, TE_GPRS(0) + 136, &rip, 8), 0);
	CHECK_EQ(rip, TE_ADDR(te_ud2));
	rip += 2;
	CHECK_EQ(enclave_debug_write(t.e, TE_GPRS(0) + 136, &rip, 8), 0);
	CHECK_EQ(enclave_debug_read(t.e, TE_HOLE, &rip, 8), -EFAULT);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	take_apart();
}

/* ---- ticks ------------------------------------------------------------- */

static uint64_t ticks(void)
{
	struct enclave_counters counters;

	enclave_counters(t.thread, &counters);
	return counters.tick;
}

/* Until three ticks have been taken, then lets the enclave go on. */
static void *interrupter(void *arg)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	const uint64_t go = 1;

	for (int i = 0; i < 20000 && ticks() < 3; i++) {
		enclave_interrupt(t.thread);
		nanosleep(&pause, NULL);
	}
	CHECK_EQ(enclave_debug_write(t.e, TE_BLOCK0 + BLOCK_GO, &go, 8), 0);
	return arg;
}

static void tick_inside(void)
{
	struct snapshot s = { 0 };
	pthread_t thread;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(pthread_create(&thread, NULL, interrupter, NULL), 0);
	CHECK_EQ(enter(ENCLU_EENTER, R_SPIN, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	CHECK_EQ(t.regs.rdi, 1);
	pthread_join(thread, NULL);
	CHECK(ticks() >= 3);
	CHECK_EQ(enclave_debug_read(t.e, TE_BLOCK0 + BLOCK_ENTRY + 0x400, &s,
	                            sizeof(s)),
	         0);
	CHECK_EQ(s.rax, 1); /* CSSA */
	CHECK_EQ(s.rdi, 0);
	CHECK_EQ(s.rsi, 0);
	CHECK_EQ(s.rbx, TE_TCS0);
	/* The loop never noticed. */
	CHECK_EQ(
		enclave_debug_read(t.e, TE_BLOCK0 + BLOCK_AFTER, &s, sizeof(s)),
		0);
	CHECK_EQ(s.r15, PATTERN * 16);
	CHECK_EQ(s.rsi, PATTERN * 7);
	take_apart();
}

/* What only looks like the vDSO's ENCLU. */
static void tick_elsewhere(void)
{
	static const uint8_t code[][3] = { { 0x0f, 0x01, 0xd7 },
		                           { 0x90, 0x01, 0xd7 },
		                           { 0x0f, 0x90, 0xd7 },
		                           { 0x0f, 0x01, 0x90 } };

	start(PLATFORM_ISA_BEST);
	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		ucontext_t uc = { .uc_flags = 0 };
		greg_t *gregs = uc.uc_mcontext.gregs;

		gregs[REG_RIP] = (greg_t)(uintptr_t)code[i];
		gregs[REG_RCX] = gregs[REG_RIP] + (i == 0);
		gregs[REG_RAX] = ENCLU_EENTER;
		sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
		CHECK_EQ(sgx_self->missed, 0);
	}
	take_apart();
}

/* One signal at a time: a thread that is busy must not find a queue of them. */
static void ticks_in_a_row(void)
{
	sigset_t tick;

	start(PLATFORM_ISA_BEST);
	sigemptyset(&tick);
	sigaddset(&tick, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &tick, NULL);
	for (int i = 0; i < SGX_TICK_PATIENCE; i++)
		enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 1);
	/* It may be lost after all. */
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 2);
	pthread_sigmask(SIG_UNBLOCK, &tick, NULL);
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 3);
	/* One that could not be sent is not waited for. */
	fake_trouble(t.fake)->tick_error = -EAGAIN;
	enclave_interrupt(t.thread);
	fake_trouble(t.fake)->tick_error = 0;
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 4);
	take_apart();
}

static bool is_blocked(int sig)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, sig);
}

/* Ticks and exceptions only, and as before when it is over. */
static void signal_masks(void)
{
	CHECK(!is_blocked(SIGTERM));
	start(PLATFORM_ISA_BEST);
	CHECK(is_blocked(SIGTERM) && is_blocked(SIGALRM));
	CHECK(!is_blocked(SIGSEGV) && !is_blocked(SIGILL));
	CHECK(!is_blocked(SIGBUS) && !is_blocked(SIGFPE));
	CHECK(!is_blocked(SIGTRAP) && !is_blocked(SIGSYS));
	CHECK(!is_blocked(PLATFORM_TICK_SIGNAL));
	take_apart();
	CHECK(!is_blocked(SIGTERM));
}

static void tick_outside(void)
{
	start(PLATFORM_ISA_BEST);
	enclave_interrupt(t.thread);
	CHECK_EQ(ticks(), 0);
	check_enters();
	CHECK_EQ(ticks(), 0);
	take_apart();
}

/* The signal's handler as if the thread stood at an ENCLU with RAX = @rax. */
static void signal_at_enclu(uint64_t rax)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };
	ucontext_t uc = { .uc_flags = 0 };
	greg_t *gregs = uc.uc_mcontext.gregs;

	gregs[REG_RIP] = gregs[REG_RCX] = (greg_t)(uintptr_t)enclu;
	gregs[REG_RAX] = (greg_t)rax;
	sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
	CHECK_EQ(gregs[REG_RIP], (uintptr_t)enclu);
	CHECK_EQ(gregs[REG_RAX], rax);
}

/* Where EENTER has not happened yet the tick waits for the next ERESUME. */
static void tick_before_eenter(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
	CHECK_EQ(t.run.exception_vector, 6);
	signal_at_enclu(4);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 0);
	signal_at_enclu(ENCLU_EENTER);
	CHECK_EQ(ticks(), 0);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 1);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_vector, 6);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 1);
	take_apart();
}

/* A signal at the AEP of an enclave at @tcs; what its handler makes of it. */
static void signal_at_aep(uint64_t tcs, uint32_t last, greg_t *gregs)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };
	static struct sgx_enclave_run outer;
	/* RBP's frame in the vDSO: RBP, return address, 7th argument. */
	const void *frame[3] = { NULL, NULL, &outer };
	ucontext_t uc = { .uc_flags = 0 };

	outer.function = last;
	uc.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)enclu;
	uc.uc_mcontext.gregs[REG_RCX] = (greg_t)(uintptr_t)enclu;
	uc.uc_mcontext.gregs[REG_RAX] = ENCLU_ERESUME;
	uc.uc_mcontext.gregs[REG_RBX] = (greg_t)tcs;
	uc.uc_mcontext.gregs[REG_RBP] = (greg_t)(uintptr_t)frame;
	sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
	memcpy(gregs, uc.uc_mcontext.gregs, sizeof(uc.uc_mcontext.gregs));
	gregs[REG_RIP] -= (greg_t)(uintptr_t)enclu;
}

/*
 * What the tick's own entry ends with: an exit that is for the interrupted
 * call's caller, or no exit at all.
 */
static void tick_ends(void)
{
	gregset_t gregs;

	start(PLATFORM_ISA_BEST);
	signal_at_aep(TE_TCS0, 0, gregs);
	CHECK_EQ(gregs[REG_RIP], 3);
	CHECK_EQ(gregs[REG_RDI], 1);
	CHECK_EQ(gregs[REG_RAX], ENCLU_ERESUME);
	CHECK_EQ(ticks(), 1);
	/* It was the handler of an exception: never twice in a row. */
	signal_at_aep(TE_TCS0, ENCLU_ERESUME, gregs);
	CHECK_EQ(gregs[REG_RIP], 0);
	CHECK_EQ(ticks(), 1);
	/* No TCS there. */
	signal_at_aep(TE_RW, 0, gregs);
	CHECK_EQ(gregs[REG_RIP], 0);
	CHECK_EQ(gregs[REG_RAX], 0xff);
	check_enters();
	take_apart();
}

static void not_attached(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enclave_attach(t.e, &(struct enclave_thread *){ NULL }, NULL),
	         -EBUSY);
	enclave_detach(t.thread);
	t.thread = NULL;
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), -EINVAL);
	signal_at_enclu(ENCLU_ERESUME);
	take_apart();
}

/* ---- the real vDSO ----------------------------------------------------- */

static void vdso(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	int (*gettime)(clockid_t id, struct timespec * ret) =
		(int (*)(clockid_t, struct timespec *))(uintptr_t)vdso_symbol(
			image, "__vdso_clock_gettime");
	struct timespec ts = { 0 };

	CHECK(vdso_symbol(image, "__vdso_nothing") == NULL);
	CHECK(vdso_symbol(NULL, "__vdso_time") == NULL);
	CHECK(!image || gettime);
	if (gettime)
		CHECK(gettime(CLOCK_MONOTONIC, &ts) == 0 && ts.tv_sec > 0);
}

/* Kernels from 6.12 on have no DT_HASH: a copy of the image without it. */
static void vdso_gnu_hash(void)
{
	const void *image = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	static _Alignas(4096) uint8_t copy[8192];
	Elf64_Ehdr *ehdr = (void *)copy;
	Elf64_Phdr *phdr;
	bool has_gnu = false;

	if (!image)
		return;
	memcpy(copy, image, sizeof(copy));
	phdr = (void *)(copy + ehdr->e_phoff);
	for (unsigned int i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Dyn *dyn = (void *)(copy + phdr[i].p_vaddr);

		for (; phdr[i].p_type == PT_DYNAMIC && dyn->d_tag; dyn++) {
			has_gnu |= dyn->d_tag == DT_GNU_HASH;
			if (dyn->d_tag == DT_HASH)
				dyn->d_tag = DT_DEBUG;
		}
	}
	CHECK_EQ((uintptr_t)vdso_symbol(copy, "__vdso_getcpu") -
	                 (uintptr_t)copy,
	         has_gnu ? (uintptr_t)vdso_symbol(image, "__vdso_getcpu") -
	                           (uintptr_t)image
	                 : -(uintptr_t)copy);
	CHECK(vdso_symbol(copy, "__vdso_nothing") == NULL);
	/* Nothing to find anything by. */
	memset(copy + ehdr->e_phoff, 0, sizeof(*phdr) * ehdr->e_phnum);
	CHECK(vdso_symbol(copy, "__vdso_getcpu") == NULL);
}

static const struct {
	const char *id;
	void (*run)(void);
} cases[] = {
	{ "capabilities, mapping, entry", plain },
	{ "a kernel without SGX2's ioctls", old_kernel },
	{ "ADD_PAGES one page at a time", partial_adds },
	{ "each call fails with ENOMEM", sweep_enomem },
	{ "each call fails with EACCES", sweep_eacces },
	{ "each call fails with EINTR", sweep_eintr },
	{ "calls that never go well", retries },
	{ "counts that can't be", wrong_counts },
	{ "addresses that are taken", occupied },
	{ "sentences", say_why },
	{ "SECS that are refused", bad_secs },
	{ "pages that are refused", bad_pages },
	{ "pages without a source", zero_pages },
	{ "calls after INIT", after_init },
	{ "an enclave that is not for debugging", production },
	{ "an enclave with the provisioning key", provisioning },
	{ "tile registers", tiles },
	{ "parts in another order", backwards },
	{ "SGX2's calls", page_calls },
	{ "SGX2's calls from two threads", calls_take_turns },
	{ "exceptions and debug access", exceptions },
	{ "ticks inside", tick_inside },
	{ "a tick outside", tick_outside },
	{ "a tick elsewhere", tick_elsewhere },
	{ "ticks in a row", ticks_in_a_row },
	{ "signal masks", signal_masks },
	{ "a tick before EENTER", tick_before_eenter },
	{ "a tick that ends elsewhere", tick_ends },
	{ "threads that are not attached", not_attached },
	{ "symbols of the vDSO", vdso },
	{ "a vDSO with another hash", vdso_gnu_hash },
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

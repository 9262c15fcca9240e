/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend_test.c - the hardware back end against the fake of its driver: every
 * call failing in turn, calls that stop half way, ticks, and what a user reads
 * if something is missing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
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
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
	check_enters();
	take_apart();

	start(PLATFORM_ISA_SGX1);
	caps = *platform_caps(t.platform);
	CHECK(!caps.sgx2 && !caps.edeccssa && !caps.miscselect);
	CHECK_EQ(fake_first_unmapped(t.fake), 0);
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
	CALL_RESERVE = 4,
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
	{ "sentences", say_why },
	{ "SECS that are refused", bad_secs },
	{ "pages that are refused", bad_pages },
	{ "pages without a source", zero_pages },
	{ "calls after INIT", after_init },
	{ "an enclave that is not for debugging", production },
	{ "an enclave with the provisioning key", provisioning },
	{ "tile registers", tiles },
	{ "SGX2's calls", page_calls },
	{ "exceptions and debug access", exceptions },
	{ "ticks inside", tick_inside },
	{ "a tick outside", tick_outside },
	{ "a tick before EENTER", tick_before_eenter },
	{ "threads that are not attached", not_attached },
	{ "symbols of the vDSO", vdso },
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

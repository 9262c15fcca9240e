/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.c - the rig: build, enter, take apart.
 */
#include "platform/sgx/tests/backend.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct backend t;

void make_fake(enum platform_isa isa)
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

int open_and_build(void)
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

void take_apart(void)
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

void start(enum platform_isa isa)
{
	make_fake(isa);
	CHECK_EQ(open_and_build(), 0);
	if (!t.thread) {
		printf("%s\n", t.err.text);
		_exit(1);
	}
}

int enter(unsigned int function, uint64_t routine, uint64_t rsi)
{
	t.regs = (struct enclave_regs){ .rdi = routine, .rsi = rsi };
	return fixed_enclave_call(t.e, &t.regs, function, &t.run);
}

void check_enters(void)
{
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	CHECK_EQ(t.regs.rdi, 1);
}

bool says(const char *text)
{
	bool ret = strstr(t.err.text, text) != NULL;

	if (!ret)
		printf("  \"%s\" says nothing of \"%s\"\n", t.err.text, text);
	t.err.text[0] = '\0';
	return ret;
}

void open_only(void)
{
	make_fake(PLATFORM_ISA_BEST);
	CHECK_EQ(sgx_open_with(fake_calls(t.fake), &t.platform, &t.err), 0);
}

int create(const struct secs *secs)
{
	return enclave_create(t.platform, secs, NULL, 0, &t.e, &t.err);
}

/* Without DEBUG nobody reads; with PROVISIONKEY somebody has to permit it. */
int build_with(uint64_t attributes, int fail_open)
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

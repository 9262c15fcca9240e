/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c - reads the files, asks for what CPU and signature both allow, and
 * hands the page plan to the platform.
 */
#include "host/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "host/image.h"
#include "sgx/attributes.h"
#include "sgx/secinfo.h"

#include "base/banned.h"

/*
 * What the kernel can save and restore for programs.  Whether AMX is wanted is
 * feature.amx of Occlum.json, and so the signature's to say.
 */
#define XFRM_WANTED                                                            \
	(SGX_XFRM_LEGACY | SGX_XFRM_AVX | SGX_XFRM_AVX512 | SGX_XFRM_AMX)

/* For tests: pages of dirt added at once. */
enum { DIRT_PAGES = 256 };

/* Everything that is needed only until the enclave stands. */
struct loader {
	const struct host_run_options *options;
	struct host_error *err;
	struct cspan kernel;
	struct cspan config;
	struct image image;
	struct loaded out;
};

/* A copy of the file, or MAP_FAILED. */
static void *read_whole(int fd, size_t size)
{
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n = 1;

	for (size_t at = 0; map != MAP_FAILED && at < size; at += (size_t)n) {
		n = pread(fd, map + at, size - at, (off_t)at);
		if (n > 0)
			continue;
		munmap(map, size);
		errno = n ? errno : ENODATA;
		return MAP_FAILED;
	}
	return map;
}

/*
 * @prot: EADD reads pages from where they could be executed, says Linux's
 * driver.  Of a file system that is mounted noexec they have to be a copy.
 */
static void *map_whole(int fd, size_t size, int prot)
{
	void *map = mmap(NULL, size, prot, MAP_PRIVATE, fd, 0);

	return map == MAP_FAILED && errno == EPERM ? read_whole(fd, size) : map;
}

static int map_input(struct loader *l, const char *path, int prot,
                     struct cspan *ret)
{
	struct stat st = { .st_size = 0 };
	void *map = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		errno = ENODATA;
		if (st.st_size > 0)
			map = map_whole(fd, (size_t)st.st_size, prot);
	}
	code = errno;
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return host_fail(l->err, -code,
		                 "can't read %s: %s; run `occlum build`", path,
		                 strerror(code));
	*ret = cspan_make(map, (size_t)st.st_size);
	return 0;
}

static void unmap_input(struct cspan *input)
{
	if (input->size)
		munmap((void *)input->data, input->size);
}

static int read_sigstruct(struct loader *l)
{
	struct cspan file;
	int ret = map_input(l, l->options->sigstruct, PROT_READ, &file);

	if (ret < 0)
		return ret;
	if (file.size == sizeof(l->out.sig))
		memcpy(&l->out.sig, file.data, sizeof(l->out.sig));
	else
		ret = host_fail(l->err, -EINVAL,
		                "%s is %zu bytes long, a SIGSTRUCT has %zu; "
		                "run `occlum build`",
		                l->options->sigstruct, file.size,
		                sizeof(l->out.sig));
	unmap_input(&file);
	return ret;
}

static const char *culprit(int code)
{
	switch (code) {
	case -ENOEXEC:
		return "the kernel image";
	case -EINVAL:
		return "the boot config";
	default:
		return "the enclave image";
	}
}

static int read_inputs(struct loader *l)
{
	const char *reason;
	int ret;

	ret = map_input(l, l->options->kernel, PROT_READ | PROT_EXEC,
	                &l->kernel);
	if (!ret)
		ret = map_input(l, l->options->config, PROT_READ, &l->config);
	if (!ret)
		ret = read_sigstruct(l);
	if (ret < 0)
		return ret;
	ret = image_init(&l->image, l->kernel, l->config, &reason);
	if (ret < 0)
		return host_fail(l->err, ret, "%s %s; run `occlum build`",
		                 culprit(ret), reason);
	/* No byte may lie where neither measurement nor signature look. */
	if (!elf_image_is_canonical(&l->image.elf, l->kernel))
		return host_fail(l->err, -ENOEXEC,
		                 "the kernel image is not as `occlum build` "
		                 "writes it; run `occlum build`");
	l->out.config = l->image.config;
	return 0;
}

static int explain(struct host_error *err, int code, const char *what,
                   const struct platform_error *perr)
{
	return host_fail(err, code, "%s: %s", what,
	                 perr->text[0] ? perr->text : strerror(-code));
}

static bool is_debuggable(const struct loader *l)
{
	return l->image.config.flags & BOOTCFG_DEBUGGABLE;
}

static struct platform_model hardware_model(const uint32_t cycles[3])
{
	if (!cycles[0] && !cycles[1] && !cycles[2])
		return (struct platform_model){
			.eenter = PLATFORM_MODEL_EENTER,
			.eexit = PLATFORM_MODEL_EEXIT,
			.aex = PLATFORM_MODEL_AEX,
		};
	return (struct platform_model){
		.eenter = cycles[0],
		.eexit = cycles[1],
		.aex = cycles[2],
	};
}

static int open_platform(struct loader *l)
{
	static const enum platform_kind kinds[] = {
		[HOST_PLATFORM_AUTO] = PLATFORM_AUTO,
		[HOST_PLATFORM_SGX] = PLATFORM_SGX,
		[HOST_PLATFORM_EMU] = PLATFORM_EMU,
		[HOST_PLATFORM_SGX_FAKE] = PLATFORM_SGX_FAKE,
		[HOST_PLATFORM_EMU_DIRTY] = PLATFORM_EMU,
	};
	static const enum platform_isa isas[] = {
		PLATFORM_ISA_BEST,
		PLATFORM_ISA_SGX1,
		PLATFORM_ISA_SGX2,
	};
	const struct host_run_options *o = l->options;
	struct platform_options opt = { .allow_emu = is_debuggable(l) };
	struct platform_error perr = { .text = "" };
	int ret;

	if (o->platform >= ARRAY_SIZE(kinds) || o->isa >= ARRAY_SIZE(isas))
		return host_fail(l->err, -EINVAL,
		                 "no such platform or instruction set");
	opt.kind = kinds[o->platform];
	opt.isa = isas[o->isa];
	opt.epc_size = o->epc_size;
	if (o->flags & HOST_RUN_MODEL_HW)
		opt.model = hardware_model(o->model_hw);
	ret = platform_open(&opt, &l->out.platform, &perr);
	if (ret < 0)
		return explain(l->err, ret, "no platform to run on", &perr);
	return 0;
}

/*
 * @wanted where the signature leaves a bit open, the signature's bit where it
 * pins one (@mask): EINIT compares exactly that.
 */
static uint64_t agree(uint64_t wanted, uint64_t signed_value, uint64_t mask)
{
	return (wanted & ~mask) | (signed_value & mask);
}

/*
 * AVX-512's three components are legal only together and only beside AVX, AMX's
 * two only together.
 */
static uint64_t whole_groups(uint64_t xfrm)
{
	if ((xfrm & SGX_XFRM_AMX) != SGX_XFRM_AMX)
		xfrm &= ~(uint64_t)SGX_XFRM_AMX;
	if (!(xfrm & SGX_XFRM_AVX) ||
	    (xfrm & SGX_XFRM_AVX512) != SGX_XFRM_AVX512)
		xfrm &= ~(uint64_t)SGX_XFRM_AVX512;
	return xfrm;
}

static void fill_secs(const struct loader *l, struct secs *secs)
{
	const struct platform_caps *caps = platform_caps(l->out.platform);
	const struct sigstruct *sig = &l->out.sig;
	uint64_t flags = SGX_ATTR_MODE64BIT;

	if (is_debuggable(l))
		flags |= SGX_ATTR_DEBUG;
	if (l->image.config.flags & BOOTCFG_KSS)
		flags |= SGX_ATTR_KSS;

	memset(secs, 0, sizeof(*secs));
	secs->size = l->image.size;
	secs->ssaframesize = l->image.ssaframesize;
	secs->miscselect = (uint32_t)agree(caps->miscselect & SGX_MISC_EXINFO,
	                                   sig->miscselect, sig->miscmask);
	secs->attributes.flags =
		agree(flags & caps->attributes, sig->attributes.flags,
	              sig->attributemask.flags) &
		~(uint64_t)SGX_ATTR_INIT;
	secs->attributes.xfrm =
		agree(whole_groups(caps->xfrm & XFRM_WANTED),
	              sig->attributes.xfrm, sig->attributemask.xfrm);
}

static int create(struct loader *l)
{
	size_t n_pads = elf_image_pad_count(&l->image.elf);
	struct platform_error perr = { .text = "" };
	struct enclave_pad *pads;
	struct secs secs;
	int ret;

	pads = calloc(n_pads + 1, sizeof(*pads));
	if (!pads)
		return host_fail(l->err, -ENOMEM, "the host is out of memory");
	for (size_t i = 0; i < n_pads; i++) {
		struct elf_image_pad pad = elf_image_pad_at(&l->image.elf, i);

		pads[i] = (struct enclave_pad){ pad.addr, pad.leaf, pad.size };
	}
	fill_secs(l, &secs);
	ret = enclave_create(l->out.platform, &secs, pads, n_pads,
	                     &l->out.enclave, &perr);
	free(pads);
	if (ret < 0)
		return explain(l->err, ret, "can't create the enclave", &perr);
	return 0;
}

/*
 * What a hostile host may do: pages that are not measured get contents, which
 * are no pointer, no small number and no legal state to load.
 */
static int add_dirty(struct enclave *e, const struct image_region *r,
                     struct platform_error *perr)
{
	static uint8_t dirt[DIRT_PAGES * PAGE_SIZE] __aligned(PAGE_SIZE);
	int ret = 0;

	memset(dirt, 0xa5, sizeof(dirt));
	for (uint64_t i = 0; i < r->npages && !ret; i += DIRT_PAGES)
		ret = enclave_add_pages(
			e, r->addr + i * PAGE_SIZE, dirt,
			MIN(r->npages - i, (uint64_t)DIRT_PAGES), r->secinfo, 0,
			perr);
	return ret;
}

static int add_region(struct loader *l, const struct image_region *r,
                      struct platform_error *perr)
{
	if (!r->measured && l->options->platform == HOST_PLATFORM_EMU_DIRTY)
		return add_dirty(l->out.enclave, r, perr);
	return enclave_add_pages(l->out.enclave, r->addr, r->data, r->npages,
	                         r->secinfo, r->measured ? ENCLAVE_MEASURE : 0,
	                         perr);
}

static int add_pages(struct loader *l)
{
	struct platform_error perr = { .text = "" };
	int ret;

	for (size_t i = 0; i < l->image.n_regions; i++) {
		ret = add_region(l, &l->image.region[i], &perr);
		if (ret == -ENOMEM)
			return host_fail(
				l->err, ret,
				"no room for the enclave's pages (%s); "
				"lower resource_limits.user_space_size "
				"in Occlum.json, or raise --epc",
				perr.text);
		if (ret < 0)
			return explain(l->err, ret,
			               "can't add the enclave's pages", &perr);
	}
	return 0;
}

static int build(struct loader *l)
{
	static int (*const steps[])(struct loader * l) = {
		read_inputs,
		open_platform,
		create,
		add_pages,
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !ret; i++)
		ret = steps[i](l);
	return ret;
}

int load_enclave(struct loaded *ret_loaded,
                 const struct host_run_options *options, struct host_error *err)
{
	struct loader l = { .options = options, .err = err };
	int ret = build(&l);

	image_fini(&l.image);
	unmap_input(&l.config);
	unmap_input(&l.kernel);
	if (ret < 0)
		load_release(&l.out);
	else
		*ret_loaded = l.out;
	return ret;
}

int load_initialise(const struct loaded *loaded, struct host_error *err)
{
	struct platform_error perr = { .text = "" };
	int ret = enclave_init(loaded->enclave, &loaded->sig, &perr);

	if (ret < 0)
		return explain(err, ret, "the platform refused the enclave",
		               &perr);
	return 0;
}

void load_release(struct loaded *loaded)
{
	enclave_destroy(loaded->enclave);
	platform_close(loaded->platform);
	*loaded = (struct loaded){ 0 };
}

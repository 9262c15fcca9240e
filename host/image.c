/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - lays the pages out.  See image.h for the table; nothing here may
 * look at the machine, or two builders would get two measurements.
 */
#include "host/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/layout.h"
#include "base/arith.h"
#include "base/units.h"
#include "sgx/secinfo.h"
#include "sgx/tcs.h"

#include "base/banned.h"

/*
 * User space, kernel heap, boot config, three shadows; a segment's whole pages,
 * its last bytes and its zeros; and a vCPU's five.
 */
enum { FIXED_REGIONS = 6, SEGMENT_REGIONS = 3, VCPU_REGIONS = 5 };

#define REG_R (SGX_SECINFO_REG | SGX_SECINFO_R)
#define REG_RW (SGX_SECINFO_REG | SGX_SECINFO_R | SGX_SECINFO_W)
#define REG_RWX (SGX_SECINFO_REG | SGX_SECINFO_RWX)

static int refuse(const char **ret_reason, const char *reason)
{
	*ret_reason = reason;
	return -EINVAL;
}

static int check_config(struct cspan bytes, struct bootcfg_header *ret,
                        const char **ret_reason)
{
	struct bootcfg_header h;

	if (bytes.size < sizeof(h) || bytes.size > CONFIG_SIZE_MAX)
		return refuse(ret_reason, "has a wrong size");
	memcpy(&h, bytes.data, sizeof(h));
	if (h.magic != BOOTCFG_MAGIC || h.version != BOOTCFG_VERSION ||
	    h.size != bytes.size)
		return refuse(ret_reason, "is malformed");
	if (!h.max_vcpus || h.max_vcpus > VCPU_MAX)
		return refuse(ret_reason, "asks for no vCPU, or too many");
	if (!IS_ALIGNED(h.user_space_size, PAGE_SIZE) ||
	    h.user_space_size <= USER_BASE || h.user_space_size > USER_END)
		return refuse(ret_reason, "has a user space that does not fit");
	if (!IS_ALIGNED(h.kernel_heap_size, PAGE_SIZE) || !h.kernel_heap_size ||
	    h.kernel_heap_size > HEAP_SIZE_MAX)
		return refuse(ret_reason,
		              "has a kernel heap that does not fit");
	*ret = h;
	return 0;
}

/* Pages made here: ends of segments, config, one TCS for each vCPU. */
static size_t contents_size(const struct image *image)
{
	return (image->elf.n_segments + PAGES_FOR(image->config.size) +
	        image->config.max_vcpus) *
	       PAGE_SIZE;
}

/*
 * EADD reads its source from a mapping that could be executed, and page by
 * page: anonymous memory of our own is both.
 */
static int allocate(struct image *image)
{
	size_t max = FIXED_REGIONS +
	             (size_t)SEGMENT_REGIONS * ELF_IMAGE_SEGMENTS_MAX +
	             (size_t)VCPU_REGIONS * image->config.max_vcpus;
	void *memory;

	image->memory_size = contents_size(image);
	memory = mmap(NULL, image->memory_size, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	image->memory = memory;
	image->region = calloc(max, sizeof(*image->region));
	return image->region ? 0 : -ENOMEM;
}

static void add_region(struct image *image, const struct image_region *region)
{
	if (region->npages)
		image->region[image->n_regions++] = *region;
}

/* Takes @npages of contents from *@next and fills their start with @bytes. */
static const uint8_t *place(uint8_t **next, struct cspan bytes, uint64_t npages)
{
	uint8_t *at = *next;

	if (bytes.size)
		memcpy(at, bytes.data, bytes.size);
	*next += npages * PAGE_SIZE;
	return at;
}

/* Whole pages stay where they are: most of an image is the kernel's text. */
static void add_segment(struct image *image,
                        const struct elf_image_segment *seg, uint8_t **next)
{
	uint64_t whole = seg->data.size / PAGE_SIZE;
	struct cspan last = cspan_make(seg->data.data + whole * PAGE_SIZE,
	                               seg->data.size % PAGE_SIZE);
	struct image_region region = {
		.addr = seg->addr,
		.npages = whole,
		.secinfo = SGX_SECINFO_REG | seg->prot,
		.measured = true,
		.data = seg->data.data,
	};

	add_region(image, &region);
	region.addr += region.npages * PAGE_SIZE;
	region.npages = PAGES_FOR(last.size);
	region.data = place(next, last, region.npages);
	add_region(image, &region);
	region.addr += region.npages * PAGE_SIZE;
	region.npages = seg->npages - whole - region.npages;
	region.data = NULL;
	add_region(image, &region);
}

static void add_kernel(struct image *image, uint8_t **next)
{
	for (size_t i = 0; i < image->elf.n_segments; i++)
		add_segment(image, &image->elf.segment[i], next);
}

static void add_config(struct image *image, struct cspan config, uint8_t **next)
{
	uint64_t npages = PAGES_FOR(config.size);

	add_region(image, &(struct image_region){
				  .addr = CONFIG_BASE,
				  .npages = npages,
				  .secinfo = REG_R,
				  .measured = true,
				  .data = place(next, config, npages),
			  });
}

static void add_unmeasured(struct image *image, uint64_t addr, uint64_t size,
                           uint64_t secinfo)
{
	add_region(image, &(struct image_region){
				  .addr = addr,
				  .npages = size / PAGE_SIZE,
				  .secinfo = secinfo,
			  });
}

static void add_vcpu(struct image *image, uint32_t index, uint8_t **next)
{
	uint64_t area = VCPU_BASE + index * VCPU_STRIDE;
	struct tcs tcs = {
		.ossa = area + VCPU_SSA,
		.nssa = SSA_FRAMES,
		.oentry = image->elf.entry,
		.ofsbase = area + VCPU_BLOCK,
		.ogsbase = area + VCPU_BLOCK,
	};

	add_region(image, &(struct image_region){
				  .addr = area + VCPU_TCS,
				  .npages = 1,
				  .secinfo = SGX_SECINFO_TCS,
				  .measured = true,
				  .data = place(next, CSPAN_OF(tcs), 1),
			  });
	add_unmeasured(image, area + VCPU_SSA, VCPU_SSA_SIZE, REG_RW);
	add_region(image, &(struct image_region){
				  .addr = area + VCPU_BLOCK,
				  .npages = VCPU_BLOCK_SIZE / PAGE_SIZE,
				  .secinfo = REG_RW,
				  .measured = true,
			  });
	add_unmeasured(image, area + VCPU_IDLE_STACK, VCPU_IDLE_STACK_SIZE,
	               REG_RW);
	add_unmeasured(image, area + VCPU_TRAP_STACK, VCPU_TRAP_STACK_SIZE,
	               REG_RW);
}

static void add_shadow(struct image *image, uint64_t addr, uint64_t size)
{
	uint64_t bytes = ALIGN_UP(size >> SHADOW_SHIFT, (uint64_t)PAGE_SIZE);

	add_unmeasured(image, (addr >> SHADOW_SHIFT) + SHADOW_OFFSET, bytes,
	               REG_RW);
}

static void add_shadows(struct image *image)
{
	const struct bootcfg_header *h = &image->config;

	add_shadow(image, KERNEL_BASE, KERNEL_IMAGE_MAX);
	add_shadow(image, VCPU_BASE, h->max_vcpus * VCPU_STRIDE);
	add_shadow(image, HEAP_BASE, h->kernel_heap_size);
}

static void lay_out(struct image *image, struct cspan config)
{
	const struct bootcfg_header *h = &image->config;
	uint8_t *next = image->memory;

	add_unmeasured(image, USER_BASE, h->user_space_size - USER_BASE,
	               REG_RWX);
	add_kernel(image, &next);
	add_config(image, config, &next);
	for (uint32_t i = 0; i < h->max_vcpus; i++)
		add_vcpu(image, i, &next);
	add_unmeasured(image, HEAP_BASE, h->kernel_heap_size, REG_RW);
	if (image->elf.is_checked)
		add_shadows(image);
}

int image_init(struct image *ret_image, struct cspan kernel,
               struct cspan config, const char **ret_reason)
{
	struct image image = {
		.size = ELRANGE_SIZE_DEFAULT,
		.ssaframesize = SSA_FRAME_PAGES,
	};
	int ret;

	ret = elf_image_parse(&image.elf, kernel, ret_reason);
	if (ret < 0)
		return ret;
	ret = check_config(config, &image.config, ret_reason);
	if (ret < 0)
		return ret;
	if (image.elf.is_checked && !(image.config.flags & BOOTCFG_DEBUGGABLE))
		return refuse(ret_reason, "does not set metadata.debuggable, "
		                          "which the checked kernel demands");
	ret = allocate(&image);
	if (ret < 0) {
		*ret_reason = "finds no memory on the host";
		image_fini(&image);
		return ret;
	}
	lay_out(&image, config);
	*ret_image = image;
	return 0;
}

void image_fini(struct image *image)
{
	if (image->memory)
		munmap(image->memory, image->memory_size);
	free(image->region);
	*image = (struct image){ 0 };
}

static int walk_region(const struct image_region *region, image_page_fn *page,
                       void *ctx)
{
	static const uint8_t zeros[PAGE_SIZE];
	const uint8_t *bytes = NULL;
	int ret;

	for (uint64_t i = 0; i < region->npages; i++) {
		if (region->measured)
			bytes = region->data ? region->data + i * PAGE_SIZE
			                     : zeros;
		ret = page(ctx, region->addr + i * PAGE_SIZE, region->secinfo,
		           bytes);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int image_walk(const struct image *image, image_page_fn *page, void *ctx)
{
	int ret;

	for (size_t i = 0; i < image->n_regions; i++) {
		ret = walk_region(&image->region[i], page, ctx);
		if (ret < 0)
			return ret;
	}
	return 0;
}

uint64_t image_npages(const struct image *image)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < image->n_regions; i++)
		sum += image->region[i].npages;
	return sum;
}

uint64_t image_measured_npages(const struct image *image)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < image->n_regions; i++)
		if (image->region[i].measured)
			sum += image->region[i].npages;
	return sum;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - the enclave image as a plan: which page goes where, with which
 * permissions and contents, and whether it is measured.
 *
 * The plan is a pure function of two byte strings, the kernel's ELF file and
 * the boot config.  `occlum build` measures it, `occlum measure` exports it,
 * `occlum run` loads it: there is no other place that knows the layout, so
 * the three cannot disagree.
 *
 * Regions come in ascending order of addresses and do not overlap.  Each is
 * added page by page with EADD; where @measured, each page is followed by the
 * EEXTENDs of its 16 chunks, in order, as Linux's driver does.
 *
 *	struct image image;
 *	const char *reason;
 *
 *	ret = image_init(&image, kernel, config, &reason);
 *	for (size_t i = 0; i < image.n_regions; i++)
 *		add(&image.region[i]);
 *	image_fini(&image);
 *
 *   region            SECINFO   measured   from
 *   user space        RWX REG   no         boot config: user_space_size
 *   kernel segments   R?? REG   yes        the ELF file
 *   boot config       R   REG   yes        the boot config itself
 *   vCPU: TCS         -   TCS   yes        abi/layout.h, ELF entry point
 *   vCPU: SSA         RW  REG   no
 *   vCPU: block       RW  REG   yes        zeros
 *   vCPU: two stacks  RW  REG   no
 *   kernel heap       RW  REG   no         boot config: kernel_heap_size
 *   three shadows     RW  REG   no         the checked kernel only: one byte for
 *                                          eight of kernel, vCPUs and heap
 *
 * What is not measured has the contents that the host wants it to have, and
 * libos/ never looks at them: user pages and the heap are cleared before their
 * first use, so are SSA frames, and a stack is written before it is read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/bootcfg.h"
#include "base/compiler.h"
#include "base/span.h"
#include "host/elf_image.h"

struct image_region {
	uint64_t addr; /* = offset from BASEADDR, which is 0 */
	uint64_t npages;
	uint64_t secinfo; /* SECINFO.FLAGS */
	bool measured;
	const uint8_t *data; /* npages pages; NULL: all zeros */
};

struct image {
	uint64_t size;         /* SECS.SIZE         */
	uint32_t ssaframesize; /* SECS.SSAFRAMESIZE */
	struct bootcfg_header config;
	struct elf_image elf; /* points into the kernel file */
	struct image_region *region;
	size_t n_regions;
	uint8_t *memory; /* data that is not the kernel file's */
	size_t memory_size;
};

/*
 * image_init - lay out @kernel and @config.
 *
 * @kernel must outlive @ret_image, @config need not.  All data is page aligned
 * if @kernel is, and the file is in canonical form.  On failure *@ret_reason
 * is the end of a sentence that starts with the culprit: "the kernel image" for
 * -ENOEXEC, "the boot config" for -EINVAL, "the enclave image" for -ENOMEM.
 */
__must_check int image_init(struct image *ret_image, struct cspan kernel,
                            struct cspan config, const char **ret_reason);
void image_fini(struct image *image);

/*
 * image_walk - hand every page of @image to @page, in order.
 *
 * @bytes is NULL for an unmeasured page (all zeros, and nobody need look).
 * Stops at the first negative result and returns it.
 */
typedef int image_page_fn(void *ctx, uint64_t addr, uint64_t secinfo,
                          const uint8_t *bytes);
int image_walk(const struct image *image, image_page_fn *page, void *ctx);

/* Total pages, and those that are measured. */
uint64_t image_npages(const struct image *image);
uint64_t image_measured_npages(const struct image *image);

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/expect.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "abi/layout.h"
#include "base/units.h"

#include "base/banned.h"

/* What a small dynamic program takes of kernel heap, and of user space. */
#define EXPECTED_SIZE (4 * MIB)
/* Much of a larger program is never touched. */
#define IMAGE_MAX (16 * MIB)
/* Where most heaps begin: the kernel's brk.c. */
#define BRK_SIZE (2 * MIB)

enum { PHDRS_MAX = 16 };

static bool read_all(int fd, void *dst, size_t size, uint64_t offset)
{
	return pread(fd, dst, size, (off_t)offset) == (ssize_t)size;
}

/* The headers of a program that says where it wants to be: how many, or 0. */
static size_t read_headers(int fd, Elf64_Phdr *ret)
{
	Elf64_Ehdr eh;

	if (!read_all(fd, &eh, sizeof(eh), 0) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_type != ET_EXEC ||
	    eh.e_phentsize != sizeof(*ret) || eh.e_phnum > PHDRS_MAX ||
	    !read_all(fd, ret, eh.e_phnum * sizeof(*ret), eh.e_phoff))
		return 0;
	return eh.e_phnum;
}

static void expect_image(struct enclave *e, int fd)
{
	Elf64_Phdr ph[PHDRS_MAX];
	size_t n = read_headers(fd, ph);
	uint64_t start = USER_END;
	uint64_t end = 0;

	for (size_t i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		start = MIN(start, ph[i].p_vaddr);
		end = MAX(end, ph[i].p_vaddr + ph[i].p_memsz);
	}
	start = ALIGN_DOWN(start, 2 * MIB);
	end = ALIGN_UP(end, 2 * MIB);
	if (start >= USER_BASE && start < end && end - start <= IMAGE_MAX &&
	    end <= USER_LOW_END)
		enclave_expect(e, start, end - start);
}

void expect_pages(struct enclave *e, const struct bootcfg_header *config,
                  const struct host_run_options *options)
{
	enclave_expect(e, HEAP_BASE, EXPECTED_SIZE);
	enclave_expect(e, USER_LOW_END, EXPECTED_SIZE);
	if (config->user_space_size >= USER_LOW_END + 2 * EXPECTED_SIZE)
		enclave_expect(e,
		               ALIGN_DOWN(config->user_space_size, BRK_SIZE) -
		                       BRK_SIZE,
		               BRK_SIZE);
	if (options->program_fd > 0)
		expect_image(e, options->program_fd);
}

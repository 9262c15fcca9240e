/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observer PLATFORM ISA INSTANCE OUT PROGRAM [ARG]... - run a program of an
 * instance on one vCPU, and write down what the platform could have made
 * different:
 *
 *   OUT.calls    each host call, in order: arguments without addresses of this
 *                process, and the result.  HC_IDLE and HC_KICK are left out:
 *                how often a vCPU waits is the clock's doing
 *   OUT.memory   right after EINIT, every page that is measured: its address (8
 *                bytes) and contents; of every other region, its first page
 *   OUT.image    the same pages as the image file has them
 *   OUT.pads     a line for each ENCLU pad: address and size
 *
 * Linked with --wrap: service_call() and load_initialise() come here first.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "host/image.h"
#include "host/load.h"
#include "host/service.h"

static FILE *calls;
static const char *out;

void __real_service_call(struct vcpu *v);
void __wrap_service_call(struct vcpu *v);
int __real_load_initialise(const struct loaded *loaded, struct host_error *err);
int __wrap_load_initialise(const struct loaded *loaded, struct host_error *err);

static FILE *open_out(const char *suffix)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", out, suffix);
	f = fopen(path, "we");
	if (!f) {
		perror(path);
		exit(125);
	}
	return f;
}

/* ---- host calls --------------------------------------------------------- */

static void print_ranges(const struct hc_ranges *r)
{
	for (uint32_t i = 0; i < r->count && i < HC_RANGES_MAX; i++)
		fprintf(calls, " %" PRIx64 "+%u:%u", r->range[i].addr,
		        r->range[i].npages, r->range[i].arg);
}

static void print_args(uint32_t number, const struct vcpu_shared *shared,
                       const union hc_args *a)
{
	switch (number) {
	case HC_EXIT:
		fprintf(calls, " %u %u %u", a->exit.kind, a->exit.status,
		        a->exit.code);
		break;
	case HC_READ:
	case HC_WRITE:
		fprintf(calls, " %u @%" PRIu64 " %" PRIu64, a->io.fd,
		        a->io.buf - (uintptr_t)shared->scratch, a->io.size);
		break;
	case HC_POLL:
		fprintf(calls, " %u %x", a->poll.fd, a->poll.events);
		break;
	case HC_RESTRICT:
	case HC_MODT:
	case HC_REMOVE:
		print_ranges(&a->ranges);
		break;
	default: /* what all others begin with */
		fprintf(calls, " %u", a->fd.fd);
	}
}

void __wrap_service_call(struct vcpu *v)
{
	const struct vcpu_shared *shared = v->shared;
	uint32_t number = shared->number;
	union hc_args args = shared->args;

	if (number == HC_EXIT) {
		fprintf(calls, "%u", number);
		print_args(number, shared, &args);
		fputc('\n', calls);
		fflush(calls);
	}
	__real_service_call(v);
	if (number == HC_IDLE || number == HC_KICK || number == HC_EXIT)
		return;
	fprintf(calls, "%u", number);
	print_args(number, shared, &args);
	fprintf(calls, " = %" PRId64 "\n", shared->result);
}

/* ---- memory ------------------------------------------------------------- */

static struct cspan map_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	void *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
		         0);
	if (p == MAP_FAILED) {
		perror(path);
		exit(125);
	}
	close(fd);
	return (struct cspan){ p, (size_t)st.st_size };
}

static void put_page(FILE *f, uint64_t addr, const void *bytes)
{
	fwrite(&addr, sizeof(addr), 1, f);
	fwrite(bytes, PAGE_SIZE, 1, f);
}

static void dump_region(struct enclave *e, const struct image_region *r,
                        FILE *memory, FILE *image)
{
	static const uint8_t zeros[PAGE_SIZE];
	uint64_t npages = r->measured ? r->npages : 1;
	uint8_t page[PAGE_SIZE];

	for (uint64_t i = 0; i < npages; i++) {
		uint64_t addr = r->addr + (i << PAGE_SHIFT);
		int ret = enclave_debug_read(e, addr, page, sizeof(page));

		if (ret < 0) {
			fprintf(stderr, "page %" PRIx64 ": %s\n", addr,
			        strerror(-ret));
			exit(125);
		}
		put_page(memory, addr, page);
		put_page(image, addr,
		         r->data ? r->data + (i << PAGE_SHIFT) : zeros);
	}
}

static void dump_pads(const struct elf_image *elf)
{
	FILE *f = open_out("pads");
	struct elf_image_pad pad;

	for (size_t at = 0; at + sizeof(pad) <= elf->pads.size;
	     at += sizeof(pad)) {
		memcpy(&pad, (const uint8_t *)elf->pads.data + at, sizeof(pad));
		if (!pad.addr)
			break;
		fprintf(f, "%" PRIx64 " %u\n", pad.addr, pad.size);
	}
	fclose(f);
}

static void dump(struct enclave *e)
{
	FILE *memory = open_out("memory");
	FILE *from = open_out("image");
	struct image image;
	const char *reason;

	if (image_init(&image, map_file("build/kernel"),
	               map_file("build/config.bin"), &reason) < 0) {
		fprintf(stderr, "the image %s\n", reason);
		exit(125);
	}
	for (size_t i = 0; i < image.n_regions; i++)
		dump_region(e, &image.region[i], memory, from);
	dump_pads(&image.elf);
	image_fini(&image);
	fclose(memory);
	fclose(from);
}

int __wrap_load_initialise(const struct loaded *loaded, struct host_error *err)
{
	int ret = __real_load_initialise(loaded, err);

	if (ret == 0)
		dump(loaded->enclave);
	return ret;
}

int main(int argc, char **argv)
{
	static char *env[] = { NULL };
	struct host_run_options options = {
		.nvcpus = 1,
		.flags = HOST_RUN_QUIET,
		.kernel = "build/kernel",
		.config = "build/config.bin",
		.sigstruct = "build/SIGSTRUCT",
		.root_index = "build/root.index",
		.root_body = "build/root.body",
		.argv = argv + 5,
		.env = env,
		.uid = HOST_RUN_USER_CONFIG,
		.gid = HOST_RUN_USER_CONFIG,
	};
	struct host_result result;
	struct host_error error;

	if (argc < 6)
		return 2;
	options.platform = strcmp(argv[1], "emu") ? HOST_PLATFORM_SGX_FAKE
	                                          : HOST_PLATFORM_EMU;
	options.isa = (unsigned int)strtoul(argv[2], NULL, 10);
	out = argv[4];
	calls = open_out("calls");
	if (chdir(argv[3]) < 0 || host_run(&options, &result, &error) < 0) {
		fprintf(stderr, "observer: %s\n", error.text);
		return 125;
	}
	if (result.kind != HOST_RESULT_PROGRAM)
		fprintf(stderr, "%s\n", host_result_text(&result));
	return host_result_exit_code(&result);
}

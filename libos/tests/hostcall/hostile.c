/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/hostcall/hostile.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libos/cpu/entry_points.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/vcpu.h"
#include "libos/hostcall/hostcall.h"
#include "libos/tests/hostcall/monitor.h"

enum {
	STRIDE = sizeof(struct vcpu_shared),
	CONTROL_SIZE = 4096, /* of vcpu_shared, before its scratch */
};

struct answer hostile_answer;
struct request hostile_request;
struct host_shared *hostile_shared;
struct vcpu_shared *hostile_vcpu;

static struct vcpu self = { .self = &self, .index = HOSTILE_SELF };

static void scribble(void *start, size_t size)
{
	static uint8_t salt;
	uint8_t *p = start;

	salt += 0x35;
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(p[i] ^ (salt + i * 7) ^ 0xa5);
}

void hostile_change_all(const struct monitor_access *access)
{
	if (access->is_write)
		return;
	scribble(&hostile_vcpu->result, sizeof(hostile_vcpu->result));
	scribble(&hostile_vcpu->args, sizeof(hostile_vcpu->args));
	scribble(&hostile_shared->boot, sizeof(hostile_shared->boot));
}

void entry_leave_hostcall(void)
{
	monitor_open();
	hostile_request.number = hostile_vcpu->number;
	memcpy(&hostile_request.args, &hostile_vcpu->args,
	       sizeof(hostile_request.args));
	hostile_request.count++;
	hostile_vcpu->result = hostile_answer.result;
	if (hostile_answer.args)
		memcpy(&hostile_vcpu->args, hostile_answer.args,
		       hostile_answer.args_size);
	memset(hostile_vcpu->scratch, hostile_answer.fill, 512);
	monitor_hook = hostile_answer.never_still ? hostile_change_all : NULL;
	monitor_close();
}

void fpu_leave(void)
{
}

void hostile_boot_block(struct host_boot *boot)
{
	uint64_t at = (uint64_t)hostile_shared;
	struct host_blob blob = { .addr = at, .size = 64 };

	*boot = (struct host_boot){
		.magic = HOST_SHARED_MAGIC,
		.version = HOST_ABI_VERSION,
		.nvcpus = HOSTILE_VCPUS,
		.vcpu_offset = sizeof(struct host_shared),
		.vcpu_stride = STRIDE,
		.args = blob,
		.env = blob,
		.cpuid = blob,
		.root_index = blob,
		.root_body = blob,
		.uid = HOST_USER_CONFIG,
		.gid = HOST_USER_CONFIG,
		.edmm = 1,
	};
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* So high that VCPU_MAX times the largest stride leaves the address space. */
static char *map_high(size_t size)
{
	const uintptr_t top = 0x7fe000000000, step = 1 << 30;
	char *area = MAP_FAILED;

	for (int i = 0; i < 64 && area == MAP_FAILED; i++)
		area = mmap((void *)(top + i * step), size,
		            PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		            -1, 0);
	must(area != MAP_FAILED, "mmap");
	return area;
}

void hostile_init(void)
{
	size_t size = sizeof(struct host_shared) + HOSTILE_VCPUS * STRIDE;
	char *area = map_high(size);

	must(syscall(SYS_arch_prctl, ARCH_SET_GS, &self) == 0, "ARCH_SET_GS");
	hostile_shared = (void *)area;
	hostile_vcpu = (void *)(area + sizeof(struct host_shared) +
	                        HOSTILE_SELF * STRIDE);
	hostile_boot_block(&hostile_shared->boot);
	monitor_init();
	must(host_attach((uint64_t)area) == 0, "host_attach");
}

void hostile_watch_vcpu(void)
{
	monitor_forget();
	monitor_watch(hostile_vcpu, CONTROL_SIZE);
	monitor_close();
}

void hostile_watch_all(void)
{
	hostile_watch_vcpu();
	monitor_watch(hostile_shared, sizeof(struct host_shared));
	monitor_close();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/entry/panic.h"

#include <stdarg.h>

#include "abi/booterror.h"
#include "abi/layout.h"
#include "base/assert.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/cpu/vcpu.h"
#include "libos/hostcall/hostcall.h"
#include "sgx/ssa.h"

#define PANIC_TEXT_MAX 256
#define PANIC_LEVEL 0

struct panic_place {
	uint64_t rip, rsp, addr, caller;
	uint32_t vector;
};

static struct panic_place place;

static __noreturn void give_up(const char *text)
{
	host_log(PANIC_LEVEL, text, strlen(text));
	host_exit(EXIT_KERNEL, 0, BOOT_KERNEL_PANIC);
}

void panic(const char *fmt, ...)
{
	char text[PANIC_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)str_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	give_up(text);
}

static __noreturn void panic_continue(void)
{
	panic("kernel fault: vector %u at 0x%lx, address 0x%lx, stack 0x%lx",
	      place.vector, place.rip, place.addr, place.rsp);
}

void panic_from_trap(struct gprsgx *g, uint32_t vector, uint64_t addr)
{
	uint64_t area = (uint64_t)vcpu_self() - VCPU_BLOCK;

	place.rip = g->rip;
	place.rsp = g->rsp;
	place.vector = vector;
	place.addr = addr;
	/* The stack that faulted may be the fault; the idle stack is done with. */
	g->rsp = area + VCPU_IDLE_STACK + VCPU_IDLE_STACK_SIZE - 8;
	g->rip = (uint64_t)panic_continue;
	g->rflags = 2;
}

void assert_fail(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s (%s:%d)", expr, file, line);
}

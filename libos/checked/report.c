/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - the last words, and the switch that the checks ask.
 *
 * Whatever ends the kernel turns the checks off first: its way out need not
 * keep their rules.
 */
#include <stdarg.h>

#include "abi/layout.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/checked/checked.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/vcpu.h"
#include "libos/entry/panic.h"
#include "libos/hostcall/hostcall.h"
#include "sgx/ssa.h"

enum {
	CHAIN_MAX = 16,
	/* Frames of one stack lie this near to each other. */
	STACK_SPAN = 65536,
	TEXT_MAX = 1000
};

static uint32_t is_on;

bool checked_is_on(void)
{
	return __atomic_load_n(&is_on, __ATOMIC_RELAXED);
}

void checked_turn_on(void)
{
	__atomic_store_n(&is_on, 1, __ATOMIC_RELEASE);
}

void checked_turn_off(void)
{
	__atomic_store_n(&is_on, 0, __ATOMIC_RELAXED);
}

bool checked_in_trap(void)
{
	uint64_t offset = (uint64_t)__builtin_frame_address(0) -
	                  ((uint64_t)vcpu_self() - VCPU_BLOCK);

	return offset - VCPU_TRAP_STACK < VCPU_TRAP_STACK_SIZE;
}

struct frame {
	const struct frame *caller;
	uint64_t rip;
};

/* Where the kernel faulted, and where its own report begins. */
static struct frame fault;
static uint64_t fault_report;

static bool is_text(uint64_t rip)
{
	return rip >= (uint64_t)kernel_text_start &&
	       rip < (uint64_t)kernel_text_end;
}

/* Above the first frame of the kernel RBP is the program's. */
static bool is_caller(const struct frame *f, const struct frame *caller)
{
	if (shadow_region((uint64_t)caller) != REGION_SHADOWED)
		return false;
	return f == &fault || (caller > f && (uint64_t)caller - (uint64_t)f <
	                                             (uint64_t)STACK_SPAN);
}

static void log_chain(const struct frame *f)
{
	char text[TEXT_MAX] = "called from";
	size_t used = strlen(text);
	uint32_t i;

	for (i = 0; i < CHAIN_MAX && is_text(f->rip); i++) {
		used += (size_t)str_format(text + used, sizeof(text) - used,
		                           " 0x%lx", f->rip);
		if (!is_caller(f, f->caller))
			break;
		f = f->caller;
	}
	host_log(0, text, used);
}

void checked_fail(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	checked_turn_off();
	log_chain(__builtin_frame_address(0));
	va_start(args, fmt);
	(void)str_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	panic("%s", text);
}

__noreturn WRAP(void, assert_fail, const char *expr, const char *file, int line)
{
	checked_turn_off();
	log_chain(__builtin_frame_address(0));
	__real_assert_fail(expr, file, line);
	__builtin_unreachable();
}

static void report_fault(void)
{
	log_chain(&fault);
	((void (*)(void))fault_report)();
}

WRAP(void, panic_from_trap, struct gprsgx *g, uint32_t vector, uint64_t addr)
{
	checked_turn_off();
	fault.rip = g->rip;
	fault.caller = (const struct frame *)g->rbp;
	__real_panic_from_trap(g, vector, addr);
	fault_report = g->rip;
	g->rip = (uint64_t)report_fault;
}

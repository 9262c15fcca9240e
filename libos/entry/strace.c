/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strace.c - one line for each call: when it returns, or at once for the calls
 * that do not return to where they were made.
 */
#include "libos/entry/strace.h"

#include <stdarg.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "libos/entry/errno_name.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/usercopy.h"
#include "libos/sys/table.h"

#define LINE_MAX 480
#define STRING_MAX 96
#define LOG_LEVEL_STRACE 0
#define ERRNO_MAX 4095

static bool is_on;

void strace_setup(bool on)
{
	is_on = on;
}

bool strace_is_on(void)
{
	return is_on;
}

struct line {
	char text[LINE_MAX];
	size_t size;
};

__printf(2, 3) static void add(struct line *l, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = str_vformat(l->text + l->size, sizeof(l->text) - l->size, fmt,
	                args);
	va_end(args);
	if (n > 0)
		l->size = MIN(l->size + (size_t)n, sizeof(l->text) - 1);
}

static void add_string(struct line *l, uint64_t addr)
{
	char text[STRING_MAX];
	long n;

	if (!addr) {
		add(l, "NULL");
		return;
	}
	n = copy_string_from_user(text, sizeof(text), user_ptr(addr));
	if (n == -ENAMETOOLONG)
		add(l, "\"%.*s\"...", (int)sizeof(text), text);
	else if (n < 0)
		add(l, "0x%lx", addr);
	else
		add(l, "\"%s\"", text);
}

static void add_arg(struct line *l, enum syscall_arg_kind kind, uint64_t value)
{
	switch (kind) {
	case ARG_STRING:
		add_string(l, value);
		break;
	case ARG_FD:
	case ARG_INT:
		add(l, "%d", (int)value);
		break;
	case ARG_UINT:
		add(l, "%lu", value);
		break;
	case ARG_PTR:
		if (!value) {
			add(l, "NULL");
			break;
		}
		add(l, "0x%lx", value);
		break;
	default:
		add(l, "0x%lx", value);
	}
}

static void add_call(struct line *l, struct thread *self, uint64_t nr,
                     const uint64_t args[6])
{
	const struct syscall_entry *e;
	unsigned int i;

	add(l, "[%d] ", self->tid);
	if (nr >= SYSCALL_COUNT || !syscall_table[nr].name) {
		add(l, "syscall_%lu(0x%lx, 0x%lx, 0x%lx)", nr, args[0], args[1],
		    args[2]);
		return;
	}
	e = &syscall_table[nr];
	add(l, "%s(", e->name);
	for (i = 0; i < e->nargs; i++) {
		if (i)
			add(l, ", ");
		add_arg(l, e->kinds[i], args[i]);
	}
	add(l, ")");
}

static void print(struct line *l)
{
	host_log(LOG_LEVEL_STRACE, l->text, l->size);
}

static bool does_not_return(uint64_t nr)
{
	return nr == 60 || nr == 231 || nr == 15 || nr == 59 || nr == 322;
}

static void start_line(struct line *l, struct thread *self,
                       const struct regs *regs)
{
	const uint64_t args[6] = { regs->rdi, regs->rsi, regs->rdx,
		                   regs->r10, regs->r8,  regs->r9 };

	l->size = 0;
	add_call(l, self, regs->orig_rax, args);
}

void strace_enter(struct thread *self, const struct regs *regs)
{
	struct line l;

	if (!does_not_return(regs->orig_rax))
		return;
	start_line(&l, self, regs);
	print(&l);
}

void strace_leave(struct thread *self, const struct regs *regs)
{
	int64_t result = (int64_t)regs->rax;
	struct line l;

	/* After rt_sigreturn the registers are those of another time. */
	if (does_not_return(self->syscall_nr))
		return;
	start_line(&l, self, regs);
	if (result < 0 && result >= -ERRNO_MAX)
		add(&l, " = -1 %s", errno_name((int)-result));
	else if (result >= 0 && result < (int64_t)USER_BASE)
		add(&l, " = %ld", result);
	else
		add(&l, " = 0x%lx", (uint64_t)result);
	print(&l);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - slots, and making a thread fit to be inside an enclave.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/emu/emu.h"
#include "platform/emu/signal.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF 0
#define PR_SYS_DISPATCH_ON 1
#endif

enum {
	EMU_SLOTS = 1024, /* attached threads of this process */
	SUD_BLOCK = 1,    /* SYSCALL_DISPATCH_FILTER_BLOCK */
};

__thread struct emu_block *emu_self __attribute__((tls_model("initial-exec")));

uint64_t emu_slots_base;
uint64_t emu_slots_size;

static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static bool slot_is_used[EMU_SLOTS];

/* What of a slot is memory. */
static const struct {
	uint32_t offset;
	uint32_t size;
} slot_parts[] = {
	{ EMU_SLOT_CODE, PAGE_SIZE },
	{ EMU_SLOT_BLOCK, EMU_SLOT_BLOCK_SIZE },
	{ EMU_SLOT_XSAVE, EMU_SLOT_XSAVE_SIZE },
	{ EMU_SLOT_STACK, EMU_SLOT_STACK_SIZE },
	{ EMU_SLOT_ALT0, EMU_SLOT_ALT0_SIZE },
	{ EMU_SLOT_ALT1, EMU_SLOT_ALT1_SIZE },
};

static int reserve_slots(void)
{
	size_t size = (size_t)EMU_SLOTS * EMU_SLOT_SIZE;
	void *area;

	if (emu_slots_size)
		return 0;
	area = mmap(NULL, size + EMU_SLOT_SIZE, PROT_NONE,
	            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return -ENOMEM;
	emu_slots_base = ALIGN_UP((uintptr_t)area, (uintptr_t)EMU_SLOT_SIZE);
	emu_slots_size = size;
	return 0;
}

static int find_slot(void)
{
	int ret;

	pthread_mutex_lock(&slots_lock);
	ret = reserve_slots();
	if (ret == 0) {
		ret = -ENOMEM;
		for (int i = 0; i < EMU_SLOTS; i++) {
			if (slot_is_used[i])
				continue;
			slot_is_used[i] = true;
			ret = i;
			break;
		}
	}
	pthread_mutex_unlock(&slots_lock);
	return ret;
}

static uint64_t slot_addr(int i)
{
	return emu_slots_base + (uint64_t)i * EMU_SLOT_SIZE;
}

static void slot_give_back(int i)
{
	/* A fresh reservation in its place drops what was in it. */
	void *got = mmap(
		emu_memory(slot_addr(i)), EMU_SLOT_SIZE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	pthread_mutex_lock(&slots_lock);
	/* What could not be dropped is never handed out again. */
	slot_is_used[i] = got == MAP_FAILED;
	pthread_mutex_unlock(&slots_lock);
}

static int slot_fill(int i)
{
	uint64_t slot = slot_addr(i);
	void *code = emu_memory(slot + EMU_SLOT_CODE);

	for (size_t n = 0; n < ARRAY_SIZE(slot_parts); n++)
		if (mprotect(emu_memory(slot + slot_parts[n].offset),
		             slot_parts[n].size, PROT_READ | PROT_WRITE) < 0)
			return -ENOMEM;
	memcpy(code, emu_commit_code,
	       (size_t)(emu_commit_code_end - emu_commit_code));
	return mprotect(code, PAGE_SIZE, PROT_READ | PROT_EXEC) < 0 ? -ENOMEM
	                                                            : 0;
}

static void block_init(struct emu_block *b, struct emu_enclave *e,
                       uint64_t slot)
{
	b->thread.ops = &emu_ops;
	b->enclave = e;
	b->slot = slot;
	b->base = e->secs.baseaddr;
	b->size = e->secs.size;
	b->xfrm = e->secs.attributes.xfrm;
	b->has_xinuse = e->platform->has_xinuse;
	b->tid = (int)syscall(SYS_gettid);
	b->sud_selector = SUD_BLOCK;
	__asm__ volatile("rdfsbase %0" : "=r"(b->host_fs));
	__asm__ volatile("rdgsbase %0" : "=r"(b->host_gs));
}

/*
 * The selector stays at "block": what decides is the range of addresses whose
 * system calls are always allowed, which begins where ELRANGE ends.
 */
static int forbid_syscalls(struct emu_block *b)
{
	unsigned long allowed = b->base + b->size;

	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, allowed,
	          ~0UL - allowed, &b->sud_selector) < 0)
		return -errno;
	return 0;
}

static void block_signals(struct emu_block *b)
{
	sigset_t mask;

	sigfillset(&mask);
	sigdelset(&mask, SIGSEGV);
	sigdelset(&mask, SIGBUS);
	sigdelset(&mask, SIGILL);
	sigdelset(&mask, SIGFPE);
	sigdelset(&mask, SIGTRAP);
	sigdelset(&mask, SIGSYS);
	sigdelset(&mask, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &mask, &b->old_mask);
}

static int set_stack(struct emu_block *b)
{
	stack_t stack = {
		.ss_sp = emu_memory(b->slot + EMU_SLOT_ALT0),
		.ss_size = EMU_SLOT_ALT0_SIZE,
	};

	return sigaltstack(&stack, &b->old_stack) < 0 ? -errno : 0;
}

static int go_live(struct emu_block *b, struct platform_error *err)
{
	int ret = set_stack(b);

	if (ret < 0)
		return platform_fail(err, ret, 0,
		                     "can't set up a signal stack");
	ret = forbid_syscalls(b);
	if (ret < 0) {
		sigaltstack(&b->old_stack, NULL);
		return platform_fail(err, ret, 0,
		                     "the software platform needs Syscall User "
		                     "Dispatch (Linux 5.11)");
	}
	block_signals(b);
	emu_trap_instructions(!emu_is_sgx2(b->enclave));
	emu_self = b;
	return 0;
}

int emu_attach(struct enclave *base, struct enclave_thread **ret_thread,
               struct platform_error *err)
{
	struct emu_enclave *e = emu_enclave(base);
	struct emu_block *b;
	int slot;
	int ret;

	if (emu_self)
		return platform_fail(err, -EBUSY, 0,
		                     "this thread is attached to an enclave");
	slot = find_slot();
	if (slot < 0)
		return platform_fail(err, slot, 0,
		                     "too many threads enter enclaves");
	ret = slot_fill(slot);
	if (ret < 0) {
		platform_fail(err, ret, 0, "out of memory");
		goto out_slot;
	}
	b = emu_memory(slot_addr(slot) + EMU_SLOT_BLOCK);
	block_init(b, e, slot_addr(slot));
	ret = go_live(b, err);
	if (ret < 0)
		goto out_slot;
	*ret_thread = &b->thread;
	return 0;

out_slot:
	slot_give_back(slot);
	return ret;
}

static struct emu_block *block_of(struct enclave_thread *t)
{
	return container_of(t, struct emu_block, thread);
}

void emu_detach(struct enclave_thread *t)
{
	struct emu_block *b = block_of(t);
	sigset_t mask = b->old_mask;
	sigset_t tick;

	/* A tick on its way must not find the slot gone. */
	sigemptyset(&tick);
	sigaddset(&tick, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &tick, NULL);
	emu_untrap_instructions();
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	sigaltstack(&b->old_stack, NULL);
	emu_self = NULL;
	slot_give_back((int)((b->slot - emu_slots_base) / EMU_SLOT_SIZE));
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/*
 * Real-time signals queue, ticks shall not: one is on its way at most.  The
 * handler clears the mark before it looks at where the thread is; one that met
 * another handler has come, but is not taken before b->pending is.
 */
void emu_interrupt(struct enclave_thread *t)
{
	struct emu_block *b = block_of(t);

	if (__atomic_exchange_n(&b->tick_sent, 1, __ATOMIC_SEQ_CST))
		return;
	if (syscall(SYS_tgkill, getpid(), b->tid, PLATFORM_TICK_SIGNAL) < 0)
		__atomic_store_n(&b->tick_sent, 0, __ATOMIC_SEQ_CST);
}

void emu_counters(const struct enclave_thread *t,
                  struct enclave_counters *ret_counters)
{
	const struct emu_block *b =
		container_of(t, const struct emu_block, thread);

	*ret_counters = b->counters;
	ret_counters->eexit = b->eexits;
}

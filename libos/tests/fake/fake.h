/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - the floor under unit tests of the kernel's upper folders.
 *
 * mm/ and everything above it runs unchanged in one host thread.  Beneath it,
 * instead of entry, sched, hostcall and the CPU, are fakes that check how they
 * are used:
 *
 *   locks      ranks are tested at each acquire; a lock that is held already
 *              can never come free, so waiting for it aborts; no sleep, host
 *              call or allocation under the wrong spinlock
 *   heap       malloc, so that ASan sees each object; can be made to fail
 *   user space an arena whose pages have the rights that the fake's EPCM gives
 *              them: code that touches a page it did not commit crashes.
 *              Addresses are those of the enclave; (char __user *)0x2000000
 *              works with copy_to_user() and not otherwise
 *   host       does the page calls honestly, or as struct fake_host says
 *   clock      moves only when a test moves it or a sleep has a deadline
 *   sleep      with nothing that could end it: -EDEADLK at once
 *
 *	int main(void)
 *	{
 *		fake_init(&fake_default);
 *		... fake_thread() is the calling thread and has an mm ...
 *		return fake_fini();	<- 1 if something was left behind
 *	}
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct mm;
struct thread;

struct fake_config {
	uint64_t user_space_size;
	uint64_t user_space_max_size;
	bool edmm;
	bool trusted_faults;
};
/* 16 MiB backed, 256 MiB at most, EDMM and trusted faults. */
extern const struct fake_config fake_default;

/* May be called again after fake_fini(), with another config. */
void fake_init(const struct fake_config *config);
/* 0, or 1 with a line on stderr if heap, pages or locks are left over. */
int fake_fini(void);

/* The thread whose code is running; thread_self() answers it. */
struct thread *fake_thread(void);
void fake_switch(struct thread *t);
/* A second thread with its own empty mm, not started. */
void fake_thread_init(struct thread *t, struct mm *mm, int32_t tid);

/* Anonymous memory of the current mm, read and write; aborts if there is none. */
void __user *fake_user_alloc(size_t size);
/* A NUL-terminated string in such memory. */
const char __user *fake_user_string(const char *s);

void fake_clock_advance(uint64_t ns);
/*
 * Called when a sleep has nothing to wait for; true: something happened, look
 * again.  NULL: none.
 */
extern bool (*fake_idle)(void);

/*
 * Failing allocations: the @n-th one from now on (1: the next), then all go
 * well again; 0: none.  The environment's FAULT=alloc:N does the same at
 * fake_init().  fake_fault_hit() says whether it came to that.
 */
void fake_fault_alloc(uint64_t n);
bool fake_fault_hit(void);

/* Live objects and bytes of the heap. */
size_t fake_heap_objects(void);
size_t fake_heap_bytes(void);

/* How the host does the page calls. */
struct fake_host {
	uint64_t calls;       /* counts */
	uint64_t pages;       /* counts, of pages it was asked for       */
	uint64_t max_pages;   /* do at most so many in one call; 0: all  */
	uint64_t claim_more;  /* and say that it was so many more        */
	uint64_t again_every; /* each n-th call answers -EAGAIN          */
	uint64_t epc_pages;   /* EAUG stops here; 0: never               */
	bool refuse;          /* -EAGAIN for ever */
};
extern struct fake_host fake_host;

/* Pages the fake EPCM has in the enclave. */
uint64_t fake_epc_present(void);
/* The rights that a program's access at @addr would have, PAGE_R... */
uint32_t fake_epc_rights(uint64_t addr);
/* As a program would see it: 0, or the access faults. */
int fake_peek(uint64_t addr, uint8_t *ret);
int fake_poke(uint64_t addr, uint8_t value);

/* Ended by host_exit(); the test may longjmp out.  NULL: abort. */
extern void (*fake_on_exit)(uint32_t kind, uint32_t status, uint32_t code);

/* For the fakes among themselves. */
void fake_locks_check_sleep(const char *what);
void fake_locks_check_spin(uint32_t rank, const char *what);
uint32_t fake_locks_held(void);
void fake_epc_init(const struct fake_config *config);
void fake_heap_init(void);
void fake_sched_init(void);
__noreturn __printf(1, 2) void fake_die(const char *fmt, ...);

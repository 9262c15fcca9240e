/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu_test.c - threads with random vector state take turns on one vCPU; each
 * must find what it had, whatever the others, the host and ticks left.
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libos/cpu/fpu.h"
#include "libos/cpu/vcpu.h"
#include "libos/tests/cpu/fpu_rig.h"
#include "libos/tests/fake/check.h"

#ifndef ARCH_SET_GS
#define ARCH_SET_GS 0x1001
#endif

enum { NTHREADS = 5, STEPS = 20000, SKIPPED = 77 };

static struct vcpu vcpu;

struct player {
	struct area area;     /* the kernel's */
	uint32_t in_memory;   /* the kernel's */
	struct area expected; /* ours         */
};

static struct player players[NTHREADS];
static struct area seen;

static void come_in(struct player *p)
{
	fpu_set_owner(&p->area, &p->in_memory);
	fpu_restore_current();
	CHECK_EQ(p->in_memory, 0);
	rig_xsave(&seen);
	CHECK(rig_same_state(&seen, &p->expected));
}

/* Something new in the registers of who runs: all of it, or a little. */
static void play(struct player *p, uint64_t mask)
{
	if (rig_random() % 2) {
		rig_random_state(&seen, mask);
		rig_xrstor(&seen);
	} else {
		rig_touch(1ull << rig_random() % NCOMPONENTS & mask);
	}
	rig_xsave(&p->expected);
}

/* An exception: the CPU saves all and resets all, the kernel copies. */
static void exception(struct player *p)
{
	struct area init;

	rig_xsave(&p->area);
	p->in_memory = 1;
	fpu_init(&init);
	rig_xrstor(&init);
}

static void host_call(void)
{
	fpu_leave();
	rig_xsave(&seen);
	/* INIT: no component, and MXCSR as after a reset. */
	CHECK(rig_same_state(
		&seen,
		&(struct area){ .bytes = { [24] = 0x80, [25] = 0x1f } }));
	rig_random_state(&seen, KNOWN);
	rig_xrstor(&seen);
}

/* The thread ends with its registers full; another one begins. */
static void end(struct player *p, uint64_t mask)
{
	fpu_forget_current();
	rig_random_state(&p->expected, mask);
	p->area = p->expected;
	p->in_memory = 1;
}

static void leave(struct player *p, uint64_t mask)
{
	switch (rig_random() % 8) {
	case 0:
		host_call();
		break;
	case 1:
		exception(p);
		break;
	case 2:
		end(p, mask);
		break;
	default:
		fpu_save_current();
		break;
	}
	CHECK_EQ(p->in_memory, 1);
}

static void take_turns(uint64_t mask)
{
	struct player *p;
	int i;

	for (p = players; p < players + NTHREADS; p++)
		end(p, mask);
	for (i = 0; i < STEPS && !check_failures; i++) {
		p = &players[rig_random() % NTHREADS];
		come_in(p);
		play(p, mask);
		leave(p, mask);
		/* Idle, which has no state, in between. */
		if (rig_random() % 4 == 0) {
			fpu_set_owner(NULL, NULL);
			fpu_save_current();
			fpu_restore_current();
		}
	}
}

static void test_features(const struct fpu_features *f)
{
	/* What programs use most is what is moved by hand. */
	static const uint64_t masks[] = {
		0,         SSE,       SSE | OPMASK, SSE | OPMASK | HI16_ZMM,
		SSE | AVX, X87 | SSE, KNOWN
	};
	size_t i;

	fpu_use_features(f);
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		take_turns(masks[i]);
}

static void test_check(void)
{
	struct area a;

	fpu_init(&a);
	CHECK_EQ(fpu_check(&a), 0);
	a.bytes[27] = 1;
	CHECK(fpu_check(&a) < 0);
	a.bytes[27] = 0;
	a.bytes[519] = 0x80;
	CHECK(fpu_check(&a) < 0);
	a.bytes[519] = 0;
	a.bytes[520] = 1;
	CHECK(fpu_check(&a) < 0);
}

int main(void)
{
	uint64_t components = rig_components();
	struct fpu_features f;
	int i;

	if (!components || syscall(SYS_arch_prctl, ARCH_SET_GS, &vcpu)) {
		puts("needs XSAVE");
		return SKIPPED;
	}
	vcpu.self = &vcpu;
	fpu_setup(components);
	CHECK(fpu_size() <= AREA);
	CHECK_EQ(fpu_xfrm(), components);
	test_check();
	for (i = 0; i < 4; i++) {
		f.xinuse = (i & 1) && rig_has_xinuse();
		f.avx512 = (i & 2) && (components & AVX512) == AVX512;
		test_features(&f);
	}
	return check_result();
}

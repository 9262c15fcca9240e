/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - run queues, wake-ups and the switch from one thread to another.
 *
 * One spinlock guards all queues and thread->state.  It is held across the
 * switch of stacks and released by the thread that comes in, so a thread that
 * is being switched out is never seen runnable and off its queue.
 *
 * A wake-up may happen under other spinlocks, where leaving the enclave is
 * forbidden; kicks of other vCPUs are therefore noted in kick_mask and done by
 * sched_flush_kicks() on the way to user code or into idling.
 */
#include "libos/sched/sched.h"

#include "abi/layout.h"
#include "base/assert.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/tsc.h"
#include "libos/cpu/vcpu.h"
#include "libos/hostcall/hostcall.h"
#include "libos/libos_errno.h"
#include "libos/time/clock.h"

/* How long a vCPU without work looks for some before it leaves the enclave. */
#define IDLE_SPIN_NS 20000

struct runqueue {
	struct list threads; /* runnable, not running */
	uint32_t count;
	bool is_idle;     /* its vCPU is in, or on the way to, HC_IDLE */
	bool is_spinning; /* its vCPU looks for work                  */
	uint64_t busy_ns, idle_ns;
	struct thread *to_release; /* switched out for ever */
	uint64_t kick_mask;        /* vCPUs to be kicked, put off by this one */
	struct thread idle;
};

static struct spinlock rq_lock = SPINLOCK_INIT(RANK_RUNQUEUE);
static struct runqueue queues[VCPU_MAX];
static uint32_t nvcpus;
static uint32_t nrunning; /* queued threads over all vCPUs; under rq_lock */
static const struct thread_ops *ops;
static const struct host_event_ops *host_events;

void thread_set_ops(const struct thread_ops *thread_ops)
{
	ops = thread_ops;
}

void sched_set_host_events(const struct host_event_ops *event_ops)
{
	host_events = event_ops;
}

struct thread *thread_self(void)
{
	return vcpu_self()->current;
}

static struct runqueue *my_queue(void)
{
	return &queues[vcpu_self()->index];
}

static bool is_idle_thread(const struct thread *t)
{
	return !t->process && t == &my_queue()->idle;
}

void thread_get(struct thread *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
}

void thread_put(struct thread *t)
{
	if (!__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		ops->release(t);
}

/* --- queues; rq_lock held --- */

static void enqueue(struct runqueue *q, struct thread *t)
{
	list_add_tail(&q->threads, &t->run_node);
	q->count++;
	nrunning++;
}

static struct thread *dequeue(struct runqueue *q)
{
	struct thread *t;

	if (list_empty(&q->threads))
		return NULL;
	t = list_first_entry(&q->threads, struct thread, run_node);
	list_del(&t->run_node);
	q->count--;
	nrunning--;
	return t;
}

static struct thread *pick_next(struct runqueue *mine)
{
	struct thread *t = dequeue(mine);
	uint32_t i;

	for (i = 0; !t && nrunning && i < nvcpus; i++)
		t = dequeue(&queues[i]);
	return t;
}

static void note_kick(uint32_t vcpu)
{
	struct thread *self = thread_self();

	my_queue()->kick_mask |= 1ull << vcpu;
	thread_set_work(self, WORK_KICK);
}

/* Someone idle for a thread that would have to wait here. */
static void find_helper(void)
{
	uint32_t i;

	for (i = 0; i < nvcpus; i++)
		if (queues[i].is_spinning)
			return;
	for (i = 0; i < nvcpus; i++) {
		if (!queues[i].is_idle)
			continue;
		queues[i].is_idle = false;
		note_kick(i);
		return;
	}
}

static void want_tick(void)
{
	uint64_t next = timer_next();

	host_want_tick(nrunning > 0, next == NO_DEADLINE ? 0 : next);
}

/* --- switching --- */

static uint64_t fsbase_read(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void fsbase_write(uint64_t base)
{
	__asm__ volatile("wrfsbase %0" : : "r"(base));
}

static void account(struct thread *prev, struct thread *next)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t spent = now - prev->switched_in_ns;

	if (now < prev->switched_in_ns)
		spent = 0;
	prev->run_ns += spent;
	if (is_idle_thread(prev))
		my_queue()->idle_ns += spent;
	else
		my_queue()->busy_ns += spent;
	next->switched_in_ns = now;
}

/* The other end of every switch: on the stack of the thread that comes in. */
static void finish_switch(void)
{
	struct runqueue *q = my_queue();
	struct thread *gone = q->to_release;

	q->to_release = NULL;
	spin_unlock(&rq_lock);
	if (gone)
		thread_put(gone);
}

static void switch_to(struct thread *next)
{
	struct vcpu *v = vcpu_self();
	struct thread *prev = v->current;

	if (prev == next) {
		spin_unlock(&rq_lock);
		return;
	}
	account(prev, next);
	fpu_save_current();
	prev->fs_base = fsbase_read();
	prev->on_cpu = 0;
	next->on_cpu = 1;
	next->vcpu = v;
	v->current = next;
	v->kstack_top = next->kstack_top;
	fpu_set_owner(next->fpu, &next->fpu_in_memory);
	fsbase_write(next->fs_base);
	/* For a sibling too: the memory may have moved while @prev held back. */
	if (ops && ops->switch_mm && next->mm)
		ops->switch_mm(prev, next);
	want_tick();
	entry_switch(&prev->ksp, next->ksp);
	finish_switch();
}

/* Called by entry_thread_start, on a new thread's own stack. */
void sched_first_run(void);
void sched_first_run(void)
{
	finish_switch();
}

/* rq_lock held; released when this thread runs again. */
static void reschedule(void)
{
	struct runqueue *q = my_queue();
	struct thread *next = pick_next(q);

	switch_to(next ? next : &q->idle);
}

void sched_yield(void)
{
	struct thread *self = thread_self();

	sched_flush_kicks();
	spin_lock(&rq_lock);
	if (!nrunning) {
		spin_unlock(&rq_lock);
		return;
	}
	self->nivcsw++;
	enqueue(my_queue(), self);
	reschedule();
}

/* --- sleeping and waking --- */

void sched_sleep_prepare(enum sleep_mode mode)
{
	struct thread *self = thread_self();

	spin_lock(&rq_lock);
	self->sleep_mode = mode;
	self->state = THREAD_SLEEPING;
	spin_unlock(&rq_lock);
}

void sched_sleep_done(void)
{
	struct thread *self = thread_self();

	/* As a rule it was woken, and only itself can go to sleep again. */
	if (READ_ONCE(self->state) == THREAD_RUNNABLE)
		return;
	spin_lock(&rq_lock);
	self->state = THREAD_RUNNABLE;
	spin_unlock(&rq_lock);
}

static void sleep_timeout(struct timer *timer)
{
	struct thread *t = container_of(timer, struct thread, sleep_timer);

	WRITE_ONCE(t->timed_out, true);
	(void)sched_wake(t);
}

static bool is_interrupted(const struct thread *t)
{
	uint32_t work = __atomic_load_n(&t->work, __ATOMIC_SEQ_CST);

	if (t->sleep_mode == SLEEP_UNINTERRUPTIBLE)
		return false;
	if (work & WORK_KILL)
		return true;
	return t->sleep_mode == SLEEP_INTERRUPTIBLE && (work & WORK_SIGNAL);
}

int sched_sleep(uint64_t deadline_ns)
{
	struct thread *self = thread_self();

	self->timed_out = false;
	if (is_interrupted(self))
		return -ERESTARTSYS;
	if (deadline_ns != NO_DEADLINE) {
		if (deadline_ns <= clock_monotonic_ns())
			return -ETIMEDOUT;
		timer_arm(&self->sleep_timer, deadline_ns);
	}
	sched_flush_kicks();
	spin_lock(&rq_lock);
	if (self->state == THREAD_SLEEPING) {
		self->nvcsw++;
		reschedule();
	} else {
		spin_unlock(&rq_lock);
	}
	if (deadline_ns != NO_DEADLINE)
		(void)timer_cancel(&self->sleep_timer);
	if (is_interrupted(self))
		return -ERESTARTSYS;
	return READ_ONCE(self->timed_out) ? -ETIMEDOUT : 0;
}

/* rq_lock held. */
static void make_runnable(struct thread *t)
{
	struct runqueue *q = my_queue();

	t->state = THREAD_RUNNABLE;
	if (t->on_cpu)
		return; /* between prepare and sleep: it will notice */
	enqueue(q, t);
	if (q->count > 1)
		find_helper();
	want_tick();
}

bool sched_wake(struct thread *t)
{
	bool was_asleep;

	spin_lock(&rq_lock);
	was_asleep = t->state == THREAD_SLEEPING;
	if (was_asleep)
		make_runnable(t);
	spin_unlock(&rq_lock);
	return was_asleep;
}

void sched_interrupt(struct thread *t)
{
	spin_lock(&rq_lock);
	if (t->state == THREAD_SLEEPING && is_interrupted(t))
		make_runnable(t);
	spin_unlock(&rq_lock);
}

void sched_notify(struct thread *t, uint32_t bits)
{
	thread_set_work(t, bits);
	spin_lock(&rq_lock);
	if (t->state == THREAD_SLEEPING) {
		if (is_interrupted(t))
			make_runnable(t);
	} else if (t->on_cpu && t->vcpu != vcpu_self()) {
		note_kick(t->vcpu->index);
	}
	spin_unlock(&rq_lock);
}

/* --- life --- */

void sched_thread_init(struct thread *t, int32_t tid)
{
	t->state = THREAD_NEW;
	t->tid = tid;
	t->refs = 1;
	t->work = 0;
	t->on_cpu = 0;
	t->timed_out = false;
	t->fpu_in_memory = 1;
	t->affinity = UINT64_MAX;
	list_init(&t->run_node);
	timer_init(&t->sleep_timer, sleep_timeout);
}

/* What entry_switch() pops, then where it returns to. */
struct switch_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, rip;
};

static void prepare_start(struct thread *t, void (*entry)(void *arg), void *arg)
{
	struct switch_frame *f;

	f = (struct switch_frame *)(t->kstack_top - sizeof(struct regs)) - 1;
	f->r15 = f->r14 = f->r13 = f->r12 = 0;
	f->rbx = (uint64_t)entry;
	f->rbp = (uint64_t)arg;
	f->rip = (uint64_t)&entry_thread_start;
	t->ksp = (uint64_t)f;
	thread_get(t); /* the scheduler's, dropped after sched_exit() */
}

void sched_start(struct thread *t, void (*entry)(void *arg), void *arg)
{
	prepare_start(t, entry, arg);
	spin_lock(&rq_lock);
	make_runnable(t);
	find_helper();
	spin_unlock(&rq_lock);
}

/* Waking a vCPU for it would cost more than the whole of its work here. */
void sched_start_successor(struct thread *t)
{
	prepare_start(t, NULL, NULL);
	spin_lock(&rq_lock);
	make_runnable(t);
	spin_unlock(&rq_lock);
}

void sched_exit(void)
{
	struct thread *self = thread_self();

	sched_flush_kicks();
	fpu_forget_current();
	spin_lock(&rq_lock);
	self->state = THREAD_DEAD;
	my_queue()->to_release = self;
	reschedule();
	assert_that(!"a dead thread ran");
	__builtin_unreachable();
}

/* --- ticks, kicks, idling --- */

void sched_flush_kicks(void)
{
	struct runqueue *q = my_queue();
	struct thread *self = thread_self();

	/* Both are set together, by this vCPU. */
	if (READ_ONCE(self->work) & WORK_KICK)
		thread_clear_work(self, WORK_KICK);
	while (q->kick_mask) {
		uint32_t vcpu = (uint32_t)__builtin_ctzll(q->kick_mask);

		q->kick_mask &= q->kick_mask - 1;
		host_kick(vcpu);
	}
}

static void take_host_events(void)
{
	uint64_t ready = host_take_ready();
	uint64_t signals = host_take_signals();

	if (ready && host_events)
		host_events->ready(ready);
	if (signals && host_events)
		host_events->signals(signals);
}

static void run_events(void)
{
	clock_update();
	timer_run(clock_monotonic_ns());
	take_host_events();
}

void sched_tick(void)
{
	struct thread *self = thread_self();

	run_events();
	if (clock_monotonic_ns() - self->switched_in_ns >= SCHED_QUANTUM_NS / 2)
		sched_yield();
	spin_lock(&rq_lock);
	if (nrunning)
		find_helper();
	want_tick();
	spin_unlock(&rq_lock);
}

/* A deadline may have come nearer while this vCPU runs on. */
void sched_timer_changed(void)
{
	spin_lock(&rq_lock);
	want_tick();
	spin_unlock(&rq_lock);
}

void sched_vcpu_init(uint32_t count)
{
	struct vcpu *v = vcpu_self();
	struct runqueue *q = &queues[v->index];
	uint32_t i;

	if (!nvcpus) {
		nvcpus = count;
		for (i = 0; i < count; i++) {
			list_init(&queues[i].threads);
			queues[i].is_idle = i != v->index;
		}
	}
	sched_thread_init(&q->idle, 0);
	q->idle.state = THREAD_RUNNABLE;
	q->idle.on_cpu = 1;
	q->idle.vcpu = v;
	v->idle = &q->idle;
	v->current = &q->idle;
	fpu_set_owner(NULL, NULL);
	clock_vcpu_init();
}

/* Look for work before paying for an exit; true if there is some. */
static bool spin_for_work(struct runqueue *q)
{
	uint64_t end = clock_monotonic_ns() + IDLE_SPIN_NS;
	bool found;

	q->is_spinning = true;
	while (!READ_ONCE(nrunning) && clock_monotonic_ns() < end)
		cpu_relax();
	q->is_spinning = false;
	found = READ_ONCE(nrunning) != 0;
	return found;
}

static void idle_once(struct runqueue *q)
{
	run_events();
	sched_flush_kicks();
	spin_lock(&rq_lock);
	if (nrunning) {
		reschedule();
		return;
	}
	spin_unlock(&rq_lock);
	/* Without the TSC time stands still while we look. */
	if (nvcpus > 1 && clock_uses_tsc() && spin_for_work(q))
		return;
	spin_lock(&rq_lock);
	q->is_idle = nrunning == 0;
	spin_unlock(&rq_lock);
	if (q->is_idle)
		host_idle(timer_next());
	q->is_idle = false;
}

void sched_idle_loop(void)
{
	struct runqueue *q = my_queue();

	q->idle.switched_in_ns = clock_monotonic_ns();
	for (;;)
		idle_once(q);
}

/* --- numbers --- */

uint32_t sched_nvcpus(void)
{
	return nvcpus;
}

uint32_t sched_nrunnable(void)
{
	return READ_ONCE(nrunning);
}

uint32_t sched_vcpu_index(void)
{
	return vcpu_self()->index;
}

void sched_vcpu_times(uint32_t i, uint64_t *ret_busy_ns, uint64_t *ret_idle_ns)
{
	*ret_busy_ns = queues[i].busy_ns;
	*ret_idle_ns = queues[i].idle_ns;
}

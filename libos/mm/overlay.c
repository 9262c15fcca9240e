/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.c - one range of addresses, several programs, one at a time.
 *
 * slot->lock (RANK_OVERLAY) is above every mm->lock in the order: who makes a
 * member resident holds it over the whole exchange, and takes the mm->lock of
 * the one that leaves and of the one that comes, one after the other.
 *
 * C: make_resident() clears slot->resident and then asks whether a thread of
 * the old member runs; the scheduler marks a thread as running and then asks
 * mm_switch().  One of the two sees the other.
 *
 * Members that could all run take turns.  When one is over and somebody waits,
 * the resident's threads are kicked and give way: they sleep for a moment on
 * their way to user code, and none of them is switched to it meanwhile.
 */
#include "libos/mm/overlay.h"

#include "base/errno.h"
#include "base/list.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/overlay_internal.h"
#include "libos/mm/stash.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uspace.h"
#include "libos/sched/sched.h"
#include "libos/time/clock.h"

struct slot {
	struct list node;    /* under slots_lock */
	uint64_t start, end; /* only grow; written under slots_lock and lock */
	struct mutex lock;
	struct list members;  /* under lock and slots_lock */
	struct mm *resident;  /* written under lock; NULL: none */
	uint64_t turn_end_ns; /* the resident's, if it uses it */
	uint64_t wanted_ns;   /* until then somebody waits for the place */
};

/*
 * Who came in stays for a while, longer where the exchange took long: a quarter
 * of the time at most goes into exchanges.
 */
#define TURN_MIN_NS 4000000ull
#define TURN_COST_FACTOR 3
/* Who waits says so again and again. */
#define WANTED_NS 2000000ull
#define GIVE_WAY_NS 500000ull

struct overlay_member {
	struct list node;
	struct slot *slot;
	struct stash stash; /* while not resident; under slot->lock */
};

static struct mutex slots_lock; /* RANK_OVERLAY_SLOTS */
static struct list slots = LIST_INIT(slots);

void overlay_init(void)
{
	mutex_init(&slots_lock, RANK_OVERLAY_SLOTS);
}

bool mm_is_resident(const struct mm *mm)
{
	return !mm->overlay || __atomic_load_n(&mm->overlay->slot->resident,
	                                       __ATOMIC_SEQ_CST) == mm;
}

/* Who joins at this moment has nothing yet; who leaves has it no more. */
bool mm_has_hidden_pages(const struct mm *mm)
{
	const struct list *members;

	if (!mm->overlay)
		return false;
	members = &mm->overlay->slot->members;
	return READ_ONCE(members->next) != READ_ONCE(members->prev);
}

/* Its turn is over, and another one waits. */
static bool must_give_way(const struct mm *mm)
{
	const struct slot *slot = mm->overlay ? mm->overlay->slot : NULL;
	uint64_t now;

	if (!slot || !READ_ONCE(slot->wanted_ns))
		return false;
	now = clock_monotonic_ns();
	return now >= READ_ONCE(slot->turn_end_ns) &&
	       now < READ_ONCE(slot->wanted_ns);
}

bool mm_switch(struct mm *prev, struct mm *next)
{
	(void)prev;
	return !next || (mm_is_resident(next) && !must_give_way(next));
}

bool overlay_is_settled(const struct mm *mm)
{
	return mm_is_resident(mm);
}

void overlay_settle(struct mm *mm)
{
	while (mm_make_resident(mm) < 0)
		sched_yield();
}

void overlay_slot_of(const struct mm *mm, uint64_t *ret_start,
                     uint64_t *ret_end)
{
	*ret_start = mm->overlay ? READ_ONCE(mm->overlay->slot->start) : 0;
	*ret_end = mm->overlay ? READ_ONCE(mm->overlay->slot->end) : 0;
}

void overlay_mark(const struct mm *mm, struct vma *v)
{
	uint64_t start, end;

	overlay_slot_of(mm, &start, &end);
	if (v->start >= start && v->end <= end)
		v->flags |= VMA_OVERLAY;
}

static void set_resident(struct slot *slot, struct mm *mm)
{
	__atomic_store_n(&slot->resident, mm, __ATOMIC_SEQ_CST);
}

static uint64_t slot_pages(const struct slot *slot)
{
	return (slot->end - slot->start) >> PAGE_SHIFT;
}

/* Close the windows: user copies must come to mm_write_begin(). */
static void close_windows(struct mm *mm)
{
	__atomic_store_n(&mm->seq, mm->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memset(mm->windows, 0, sizeof(mm->windows));
	__atomic_store_n(&mm->seq, mm->seq + 1, __ATOMIC_RELEASE);
}

/* 0: nobody minds, or it has been told; -EBUSY: it is still its turn. */
static int check_turn_locked(struct slot *slot, struct mm *old)
{
	uint64_t now;

	if (!mm_get_ops()->is_runnable(old))
		return 0;
	now = clock_monotonic_ns();
	if (now < slot->turn_end_ns)
		return -EBUSY;
	WRITE_ONCE(slot->wanted_ns, now + WANTED_NS);
	return 0;
}

static int move_out_locked(struct slot *slot, struct mm *old, struct mm *mm)
{
	int ret = check_turn_locked(slot, old);

	if (ret < 0)
		return ret;
	set_resident(slot, NULL);
	if (mm_get_ops()->runs_elsewhere(old)) {
		set_resident(slot, old);
		mm_get_ops()->kick_out(old);
		return -EBUSY;
	}
	/* Who is inside, asleep, finishes what it does to the pages first. */
	rwlock_write(&old->lock);
	close_windows(old);
	ret = stash_exchange(&old->overlay->stash, &mm->overlay->stash,
	                     slot->start, slot->end);
	rwlock_write_done(&old->lock);
	if (ret < 0)
		set_resident(slot, old);
	return ret;
}

static void begin_turn(struct slot *slot, uint64_t started_ns)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t cost = now - MIN(started_ns, now);

	WRITE_ONCE(slot->turn_end_ns,
	           now + MAX(TURN_MIN_NS, TURN_COST_FACTOR * cost));
	WRITE_ONCE(slot->wanted_ns, 0);
}

static int make_resident_locked(struct slot *slot, struct mm *mm)
{
	uint64_t started_ns = clock_monotonic_ns();
	int ret;

	if (slot->resident == mm)
		return 0;
	if (slot->resident) {
		ret = move_out_locked(slot, slot->resident, mm);
		if (ret < 0)
			return ret;
	}
	rwlock_write(&mm->lock);
	ret = stash_restore(&mm->overlay->stash);
	rwlock_write_done(&mm->lock);
	if (ret == 0) {
		begin_turn(slot, started_ns);
		set_resident(slot, mm);
	}
	return ret;
}

/* Off the vCPU, so that the other one finds nobody who runs. */
static void give_way(void)
{
	sched_sleep_prepare(SLEEP_KILLABLE);
	(void)sched_sleep(clock_monotonic_ns() + GIVE_WAY_NS);
	sched_sleep_done();
}

int mm_make_resident(struct mm *mm)
{
	struct slot *slot;
	int ret;

	if (mm_is_resident(mm))
		return 0;
	slot = mm->overlay->slot;
	mutex_lock(&slot->lock);
	ret = make_resident_locked(slot, mm);
	mutex_unlock(&slot->lock);
	return ret;
}

int mm_take_turn(struct mm *mm)
{
	if (must_give_way(mm) && mm_is_resident(mm)) {
		give_way();
		return -EBUSY; /* look again */
	}
	return mm_make_resident(mm);
}

static struct slot *slot_create(uint64_t start, uint64_t end)
{
	struct slot *slot = kzalloc(sizeof(*slot));

	if (!slot)
		return NULL;
	if (uspace_pay() < 0) {
		kfree(slot);
		return NULL;
	}
	list_init(&slot->node);
	list_init(&slot->members);
	mutex_init(&slot->lock, RANK_OVERLAY);
	slot->start = start;
	slot->end = end;
	return slot;
}

static void slot_destroy(struct slot *slot)
{
	uspace_refund();
	kfree(slot);
}

/* New addresses, with the text the cache has for them. */
static int slot_open(struct slot *slot, struct vm_object *object)
{
	const struct content_id *want = NULL;
	struct content_id id;
	struct pages_batch b;
	int ret;

	if (object && object->ops->content_id(object, &id))
		want = &id;
	ret = pages_open(slot->start, slot_pages(slot));
	if (ret < 0)
		return ret;
	pages_batch_init(&b);
	ret = textcache_take(&b, slot->start, slot->end, want, 0);
	pages_batch_finish(&b);
	return ret;
}

static struct slot *slot_touching(uint64_t start, uint64_t end)
{
	struct slot *slot;

	list_for_each_entry (slot, &slots, node)
		if (slot->start < end && start < slot->end)
			return slot;
	return NULL;
}

/*
 * Addresses beside a slot.  Text that the cache has there goes: its pages would
 * lie in the slot before who wants them is resident.
 */
static int slot_take(uint64_t start, uint64_t end)
{
	struct pages_batch b;
	int ret;

	if (start >= end)
		return 0;
	ret = pages_open(start, (end - start) >> PAGE_SHIFT);
	if (ret < 0)
		return ret;
	pages_batch_init(&b);
	ret = textcache_take(&b, start, end, NULL, 0);
	pages_batch_finish(&b);
	return ret;
}

/*
 * Make room for a larger image than those that are in.  The members notice
 * nothing: they have no mapping where the addresses were free.
 */
static int slot_grow(struct slot *slot, uint64_t start, uint64_t end)
{
	int ret = 0;

	mutex_lock(&slot->lock);
	if (end > slot->end) {
		ret = slot_take(slot->end, end);
		if (ret == 0)
			WRITE_ONCE(slot->end, end);
	}
	if (ret == 0 && start < slot->start) {
		ret = slot_take(start, slot->start);
		if (ret == 0)
			WRITE_ONCE(slot->start, start);
	}
	mutex_unlock(&slot->lock);
	return ret;
}

static int join_locked(struct mm *mm, struct overlay_member *m, uint64_t start,
                       uint64_t end, struct vm_object *object)
{
	struct slot *slot = slot_touching(start, end);
	bool is_new = !slot;
	int ret;

	if (!is_new) {
		ret = slot_grow(slot, start, end);
		if (ret < 0)
			return ret;
	} else {
		slot = slot_create(start, end);
		if (!slot)
			return -ENOMEM;
		ret = slot_open(slot, object);
		if (ret < 0) {
			slot_destroy(slot);
			return ret;
		}
		list_add(&slots, &slot->node);
	}
	mutex_lock(&slot->lock);
	m->slot = slot;
	list_add(&slot->members, &m->node);
	mm->overlay = m;
	if (is_new)
		set_resident(slot, mm);
	mutex_unlock(&slot->lock);
	return 0;
}

int overlay_join(struct mm *mm, uint64_t start, uint64_t end,
                 struct vm_object *object)
{
	struct overlay_member *m;
	int ret;

	if (mm->overlay)
		return -EINVAL;
	m = kzalloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	mutex_lock(&slots_lock);
	ret = join_locked(mm, m, start, end, object);
	mutex_unlock(&slots_lock);
	if (ret < 0)
		kfree(m);
	return ret;
}

/* Give back the parts of the slot that no VMA covers. */
static void free_holes_locked(const struct mm *mm, const struct slot *slot)
{
	uint64_t pos = slot->start;
	const struct vma *v;

	for (v = vma_find_from(&mm->vmas, pos); v && v->start < slot->end;
	     v = vma_next(v)) {
		if (v->start > pos)
			uspace_free(pos, v->start - pos);
		pos = MAX(pos, v->end);
	}
	if (pos < slot->end)
		uspace_free(pos, slot->end - pos);
}

static void unmark_locked(struct mm *mm)
{
	struct vma *v;

	for (v = vma_first(&mm->vmas); v; v = vma_next(v))
		v->flags &= ~(uint32_t)VMA_OVERLAY;
}

/* The member and, if it was the last one, the slot. */
static void detach(struct mm *mm, struct overlay_member *m)
{
	struct slot *slot = m->slot;
	bool is_empty;

	mutex_lock(&slot->lock);
	list_del(&m->node);
	stash_drop(&m->stash);
	if (slot->resident == mm)
		set_resident(slot, NULL);
	is_empty = list_empty(&slot->members);
	if (is_empty)
		list_del(&slot->node);
	mm->overlay = NULL;
	mutex_unlock(&slot->lock);
	kfree(m);
	if (is_empty)
		slot_destroy(slot);
}

static bool is_sole_resident(const struct mm *mm, const struct slot *slot)
{
	return slot->members.next == slot->members.prev && mm_is_resident(mm);
}

void overlay_dissolve(struct mm *mm)
{
	struct overlay_member *m = mm->overlay;

	if (!m)
		return;
	/* Nobody joins or leaves while slots_lock is held. */
	mutex_lock(&slots_lock);
	if (is_sole_resident(mm, m->slot)) {
		rwlock_write(&mm->lock);
		unmark_locked(mm);
		free_holes_locked(mm, m->slot);
		rwlock_write_done(&mm->lock);
		detach(mm, m);
	}
	mutex_unlock(&slots_lock);
}

void overlay_leave(struct mm *mm)
{
	struct overlay_member *m = mm->overlay;
	bool is_last;

	if (!m)
		return;
	mutex_lock(&slots_lock);
	is_last = m->slot->members.next == m->slot->members.prev;
	if (is_last)
		uspace_free(m->slot->start, m->slot->end - m->slot->start);
	detach(mm, m);
	mutex_unlock(&slots_lock);
}

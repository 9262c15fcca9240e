/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings one by one: results and errors of Linux, contents, rights, faults.
 * Runs on each kind of platform.
 */
#include <string.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uapi.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/file.h"
#include "libos/tests/mm/user.h"

#define P PAGE_SIZE
#define RW (PROT_READ | PROT_WRITE)
#define SIG_SEGV 11
#define SIG_BUS 7
#define BUS_MCEERR_AR 4

static bool has_rights; /* does the platform enforce them? */

/* Errors of mmap(2), munmap(2), mprotect(2), mremap(2) that need no set-up. */
struct map_case {
	uint64_t addr, size;
	uint32_t flags;
	int64_t want;
};

static const struct map_case map_cases[] = {
	{ 0, 0, MAP_PRIVATE, -EINVAL },
	{ 0, UINT64_MAX, MAP_PRIVATE, -ENOMEM },
	{ 0, UINT64_MAX - P, MAP_PRIVATE, -ENOMEM },
	{ 0, USER_END, MAP_PRIVATE, -ENOMEM },
	{ 0x1000001, P, MAP_PRIVATE | MAP_FIXED, -EINVAL },
	{ 0, P, MAP_PRIVATE | MAP_FIXED, -EPERM },
	{ USER_BASE - P, P, MAP_PRIVATE | MAP_FIXED, -EPERM },
	{ USER_END, P, MAP_PRIVATE | MAP_FIXED, -ENOMEM },
	{ USER_END - P, 2 * P, MAP_PRIVATE | MAP_FIXED, -ENOMEM },
	{ UINT64_MAX - P + 1, P, MAP_PRIVATE | MAP_FIXED, -ENOMEM },
	{ USER_BASE, P, MAP_PRIVATE | MAP_FIXED, USER_BASE },
	{ USER_BASE, P, MAP_PRIVATE | MAP_FIXED_NOREPLACE, -EEXIST },
	{ USER_BASE, P, MAP_PRIVATE | MAP_FIXED, USER_BASE },
};

static void test_map_errors(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map_cases); i++) {
		const struct map_case *c = &map_cases[i];

		CHECK_EQ(user_map(c->addr, c->size, RW, c->flags), c->want);
	}
	CHECK_EQ(mm_unmap(own_mm(), USER_BASE, P), 0);
	CHECK_EQ(mm_unmap(own_mm(), USER_BASE, 0), -EINVAL);
	CHECK_EQ(mm_unmap(own_mm(), USER_BASE + 1, P), -EINVAL);
	CHECK_EQ(mm_unmap(own_mm(), USER_END, P), -EINVAL);
	CHECK_EQ(mm_unmap(own_mm(), USER_BASE, P), 0);
	CHECK_EQ(mm_protect(own_mm(), USER_BASE, P, RW), -ENOMEM);
	CHECK_EQ(mm_protect(own_mm(), USER_BASE + 1, P, RW), -EINVAL);
	CHECK_EQ(mm_protect(own_mm(), USER_BASE, 0, RW), 0);
	CHECK_EQ(own_mm()->nvmas, 0);
	CHECK_EQ(own_mm()->mapped, 0);
}

/* Zeros, whatever the page held before; SIGSEGV where nothing is. */
static void test_anonymous(void)
{
	uint64_t a = (uint64_t)user_map(0, 3 * P, RW, 0);
	uint8_t b = 1;
	int i;

	for (i = 0; i < 3; i++) {
		CHECK_EQ(user_read(a + i * P + 77, &b), 0);
		CHECK_EQ(b, 0);
	}
	CHECK_EQ(user_write(a + P, 42), 0);
	CHECK_EQ(user_read(a + P, &b), 0);
	CHECK_EQ(b, 42);
	CHECK_EQ(mm_unmap(own_mm(), a + P, P), 0);
	CHECK_EQ(own_mm()->nvmas, 2);
	if (has_rights)
		CHECK_EQ(user_read(a + P, &b), SIG_SEGV);
	CHECK_EQ(user_map(a + P, P, RW, MAP_FIXED), (int64_t)(a + P));
	CHECK_EQ(own_mm()->nvmas, 1);
	CHECK_EQ(user_read(a + P, &b), 0);
	CHECK_EQ(b, 0);
	CHECK_EQ(mm_unmap(own_mm(), a, 3 * P), 0);
}

static void test_protect(void)
{
	uint64_t a = (uint64_t)user_map(0, 4 * P, RW, 0);
	uint8_t b;

	CHECK_EQ(user_write(a + P, 9), 0);
	CHECK_EQ(mm_protect(own_mm(), a + P, P, PROT_READ), 0);
	CHECK_EQ(own_mm()->nvmas, 3);
	CHECK_EQ(user_read(a + P, &b), 0);
	CHECK_EQ(b, 9);
	if (has_rights) {
		CHECK_EQ(user_write(a + P, 1), SIG_SEGV);
		CHECK_EQ(fake_epc_rights(a + P), PAGE_R);
	}
	CHECK_EQ(mm_protect(own_mm(), a + P, P, PROT_NONE), 0);
	if (has_rights)
		CHECK_EQ(user_read(a + P, &b), SIG_SEGV);
	CHECK_EQ(mm_protect(own_mm(), a, 4 * P, RW), 0);
	CHECK_EQ(own_mm()->nvmas, 1);
	CHECK_EQ(user_read(a + P, &b), 0);
	CHECK_EQ(b, 9);
	CHECK_EQ(mm_protect(own_mm(), a + 3 * P, 2 * P, PROT_READ), -ENOMEM);
	CHECK_EQ(mm_unmap(own_mm(), a, 4 * P), 0);
}

static void check_file(const struct test_file *f, uint64_t addr,
                       uint64_t offset, uint64_t size)
{
	uint64_t i;
	uint8_t b;

	for (i = 0; i < size; i += 509) {
		uint8_t want = offset + i < f->size ? f->bytes[offset + i] : 0;

		if (user_read(addr + i, &b) != 0 || b != want) {
			CHECK(!"file contents");
			return;
		}
	}
}

static void test_private_file(void)
{
	struct test_file *f = file_create(1, 40 * P + 100);
	int64_t a =
		user_map_file(&f->obj, P, 0, 50 * P, PROT_READ, MAP_PRIVATE);
	uint8_t b;

	CHECK(a > 0);
	check_file(f, (uint64_t)a, P, 40 * P);
	if (has_rights)
		CHECK_EQ(user_read((uint64_t)a + 41 * P, &b), SIG_BUS);
	CHECK_EQ(mm_unmap(own_mm(), (uint64_t)a, 50 * P), 0);

	a = user_map_file(&f->obj, 0, 0, 4 * P, RW, MAP_PRIVATE);
	CHECK_EQ(user_write((uint64_t)a, 5), 0);
	CHECK_EQ(user_read((uint64_t)a, &b), 0);
	CHECK_EQ(b, 5);
	CHECK_EQ(f->bytes[0], file_byte(1, 0));
	CHECK_EQ(mm_advise(own_mm(), (uint64_t)a, P, MADV_DONTNEED), 0);
	check_file(f, (uint64_t)a, 0, 4 * P);
	CHECK_EQ(mm_unmap(own_mm(), (uint64_t)a, 4 * P), 0);

	f->read_error = -EIO;
	if (has_rights) {
		int code = 0;

		a = user_map_file(&f->obj, 0, 0, P, PROT_READ, MAP_PRIVATE);
		CHECK_EQ(user_read((uint64_t)a, &b), SIG_BUS);
		CHECK_EQ(mm_fault(own_mm(), (uint64_t)a, PROT_READ, &code),
		         SIG_BUS);
		CHECK_EQ(code, BUS_MCEERR_AR);
		CHECK_EQ(mm_populate(own_mm(), (uint64_t)a, P), -EIO);
		CHECK_EQ(mm_unmap(own_mm(), (uint64_t)a, P), 0);
	}
	file_put_last(f);
}

static void test_shared_file(void)
{
	struct test_file *f = file_create(2, 8 * P + 10);
	struct mm *first = own_mm();
	struct mm *other;
	int64_t a, b;
	uint8_t v;
	uint8_t buf[16];

	CHECK_EQ(mm_create(&other), 0);
	a = user_map_file(&f->obj, 0, 0, 4 * P, RW, MAP_SHARED);
	CHECK(a > 0);
	check_file(f, (uint64_t)a, 0, 4 * P);
	fake_thread()->mm = other;
	b = user_map_file(&f->obj, P, 0, 6 * P, RW, MAP_SHARED);
	CHECK_EQ(b, a + (int64_t)P);
	CHECK_EQ(user_write((uint64_t)b, 77), 0);
	fake_thread()->mm = first;
	CHECK_EQ(user_read((uint64_t)a + P, &v), 0);
	CHECK_EQ(v, 77);
	/* The file system's readers see it, and its writers are seen. */
	memcpy(buf, f->bytes + P, sizeof(buf));
	vm_object_overlay_read(&f->obj, buf, sizeof(buf), P);
	CHECK_EQ(buf[0], 77);
	CHECK_EQ(buf[1], f->bytes[P + 1]);
	vm_object_overlay_write(&f->obj, "xyz", 3, 2 * P - 1);
	CHECK_EQ(user_read((uint64_t)a + 2 * P, &v), 0);
	CHECK_EQ(v, 'y');

	/* Elsewhere: a reader gets a copy, a writer is refused. */
	CHECK_EQ(user_map_file(&f->obj, 0, 0x1000000, P, RW,
	                       MAP_SHARED | MAP_FIXED),
	         -ENOMEM);
	if (has_rights) {
		CHECK_EQ(user_map_file(&f->obj, 0, 0x3c00000, P, PROT_READ,
		                       MAP_SHARED | MAP_FIXED),
		         0x3c00000);
		CHECK_EQ(mm_unmap(first, 0x3c00000, P), 0);
	}
	CHECK_EQ(mm_sync(first, (uint64_t)a, 4 * P, MS_SYNC), 0);
	CHECK_EQ(f->bytes[P], 77);
	CHECK_EQ(mm_unmap(first, (uint64_t)a, 4 * P), 0);
	CHECK(vm_object_is_shared(&f->obj));
	fake_thread()->mm = other;
	CHECK_EQ(user_write((uint64_t)b + 1, 78), 0);
	fake_thread()->mm = first;
	mm_put(other);
	CHECK(!vm_object_is_shared(&f->obj));
	CHECK_EQ(f->bytes[P + 1], 78);
	file_put_last(f);
}

static void test_shared_anonymous(void)
{
	int64_t a = user_map(0, 3 * P, RW, MAP_SHARED);
	uint8_t v;

	CHECK(a > 0);
	CHECK_EQ(user_write((uint64_t)a, 3), 0);
	CHECK_EQ(mm_protect(own_mm(), (uint64_t)a, P, PROT_READ), 0);
	CHECK_EQ(user_read((uint64_t)a, &v), 0);
	CHECK_EQ(v, 3);
	CHECK_EQ(mm_advise(own_mm(), (uint64_t)a, P, MADV_DONTNEED), 0);
	CHECK_EQ(user_read((uint64_t)a, &v), 0);
	CHECK_EQ(v, 3);
	CHECK_EQ(mm_unmap(own_mm(), (uint64_t)a + P, P), 0);
	CHECK_EQ(mm_unmap(own_mm(), (uint64_t)a, 3 * P), 0);
}

static void test_remap(void)
{
	uint64_t a = (uint64_t)user_map(0, 4 * P, RW, 0);
	struct mm_remap r = { .old_addr = a, .old_size = 4 * P };
	uint64_t at = 0;
	uint8_t v;

	CHECK_EQ(user_write(a, 1), 0);
	CHECK_EQ(user_write(a + 3 * P, 4), 0);
	r.new_size = 2 * P;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), 0);
	CHECK_EQ(at, a);
	r.old_size = 2 * P;
	r.new_size = 3 * P;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), 0);
	CHECK_EQ(at, a);
	CHECK_EQ(user_read(a + 2 * P, &v), 0);
	CHECK_EQ(v, 0);
	/* Something in the way. */
	CHECK_EQ(user_map(a + 3 * P, P, RW, MAP_FIXED), (int64_t)(a + 3 * P));
	CHECK_EQ(mm_protect(own_mm(), a + 3 * P, P, PROT_READ), 0);
	r.old_size = 3 * P;
	r.new_size = 20 * P;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), -ENOMEM);
	r.flags = MREMAP_MAYMOVE;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), 0);
	CHECK(at != a);
	CHECK_EQ(user_read(at, &v), 0);
	CHECK_EQ(v, 1);
	CHECK_EQ(user_read(at + 19 * P, &v), 0);
	CHECK_EQ(v, 0);
	if (has_rights)
		CHECK_EQ(user_read(a, &v), SIG_SEGV);
	r.old_addr = a;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), -EFAULT);
	r.old_addr = at;
	r.old_size = 20 * P;
	r.new_size = 20 * P;
	r.flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	r.new_addr = 0x800000;
	CHECK_EQ(mm_remap(own_mm(), &r, &at), 0);
	CHECK_EQ(at, 0x800000);
	CHECK_EQ(user_read(at, &v), 0);
	CHECK_EQ(v, 1);
	CHECK_EQ(mm_unmap(own_mm(), USER_BASE, USER_END - USER_BASE), 0);
	CHECK_EQ(own_mm()->nvmas, 0);
}

static void test_brk(void)
{
	struct mm *mm = own_mm();
	uint64_t b;
	uint8_t v;

	CHECK_EQ(mm_brk_init(mm, 0, 64 * P), 0);
	CHECK_EQ(mm_brk_init(mm, 0, 64 * P), -EINVAL);
	b = mm_brk(mm, 0);
	CHECK_EQ(mm_brk(mm, b + 100), b + 100);
	CHECK_EQ(user_write(b + 99, 7), 0);
	CHECK_EQ(mm_brk(mm, b + 10 * P), b + 10 * P);
	CHECK_EQ(mm->nvmas, 1);
	CHECK_EQ(user_read(b + 99, &v), 0);
	CHECK_EQ(v, 7);
	CHECK_EQ(mm_brk(mm, b + 65 * P), b + 10 * P);
	CHECK_EQ(mm_brk(mm, b - 1), b + 10 * P);
	CHECK_EQ(mm_brk(mm, b), b);
	CHECK_EQ(mm_brk(mm, b + P), b + P);
	CHECK_EQ(user_read(b + 99, &v), 0);
	CHECK_EQ(v, 0);
	/* A program may unmap a part of it: the rest still works. */
	CHECK_EQ(mm_brk(mm, b + 8 * P), b + 8 * P);
	CHECK_EQ(mm_unmap(mm, b + 2 * P, P), 0);
	CHECK_EQ(mm_brk(mm, b + 9 * P), b + 9 * P);
	mm_clear(mm);
	CHECK_EQ(mm->mapped, 0);
}

/* A heap that does not fit the static region begins in it. */
static void test_brk_place(void)
{
	struct mm *mm = own_mm();
	uint64_t static_end = pages_static_end();
	uint64_t b;

	if (static_end < 64 * MIB)
		return;
	CHECK_EQ(mm_brk_init(mm, 0, 128 * MIB), 0);
	b = mm_brk(mm, 0);
	CHECK_EQ(b, static_end - 2 * MIB);
	CHECK_EQ(mm_brk(mm, b + 4 * MIB), b + 4 * MIB);
	CHECK_EQ(user_write(static_end - 1, 1), 0);
	CHECK_EQ(user_write(static_end, 1), 0);
	mm_clear(mm);
}

static void test_advice(void)
{
	struct mm *mm = own_mm();
	uint64_t a = (uint64_t)user_map(0, 100 * P, RW, 0);
	uint8_t vec[100];
	uint8_t v;

	CHECK_EQ(mm_advise(mm, a, P, 999), -EINVAL);
	CHECK_EQ(mm_advise(mm, a + 1, P, MADV_NORMAL), -EINVAL);
	CHECK_EQ(mm_advise(mm, a, 0, MADV_NORMAL), 0);
	CHECK_EQ(mm_advise(mm, a, 101 * P, MADV_WILLNEED), -ENOMEM);
	CHECK_EQ(user_write(a + 3, 1), 0);
	CHECK_EQ(user_write(a + 99 * P, 1), 0);
	CHECK_EQ(mm_advise(mm, a, P, MADV_DONTNEED), 0);
	CHECK_EQ(user_read(a + 3, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(mm_advise(mm, a, 100 * P, MADV_DONTNEED), 0);
	CHECK_EQ(user_read(a + 99 * P, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(mm_incore(mm, a, 100 * P, vec), 0);
	CHECK_EQ(vec[99], 1);
	CHECK_EQ(mm_incore(mm, a, 101 * P, vec), -ENOMEM);
	CHECK_EQ(mm_lock_range(mm, a, 10 * P, MM_LOCK, 10 * P), 0);
	CHECK_EQ(mm->nvmas, 2);
	CHECK_EQ(mm->locked, 10 * P);
	CHECK_EQ(mm_lock_range(mm, a, 100 * P, MM_UNLOCK, 0), 0);
	CHECK_EQ(mm->nvmas, 1);
	CHECK_EQ(mm->locked, 0);
	CHECK_EQ(mm_lock_range(mm, a, 10 * P, MM_LOCK, P), -ENOMEM);
	CHECK_EQ(mm_lock_all(mm, MCL_CURRENT | MCL_FUTURE, UINT64_MAX), 0);
	CHECK_EQ(mm->locked, 100 * P);
	CHECK_EQ(mm_lock_all(mm, 0, 0), 0);
	CHECK_EQ(mm_unmap(mm, a, 100 * P), 0);
}

static void test_limits(void)
{
	struct mm *mm = own_mm();
	uint64_t a;

	mm->limit_as = 10 * P;
	a = (uint64_t)user_map(0, 8 * P, RW, 0);
	CHECK_EQ(user_map(0, 3 * P, RW, 0), -ENOMEM);
	CHECK_EQ(user_map(a, 8 * P, RW, MAP_FIXED), (int64_t)a);
	mm->limit_as = UINT64_MAX;
	mm->limit_data = 8 * P;
	CHECK_EQ(user_map(0, P, RW, 0), -ENOMEM);
	mm->limit_data = UINT64_MAX;
	CHECK_EQ(mm_unmap(mm, a, 8 * P), 0);
}

static void test_usercopy(void)
{
	uint64_t a = (uint64_t)user_map(0, 4 * P, RW, 0);
	char buf[64];
	uint32_t old;
	uint64_t n;

	CHECK_EQ(mm_unmap(own_mm(), a + 3 * P, P), 0);
	CHECK_EQ(copy_to_user(user_ptr(a + P - 5), "hello world", 12), 0);
	CHECK_EQ(copy_from_user(buf, user_ptr(a + P - 5), 12), 0);
	CHECK(strcmp(buf, "hello world") == 0);
	CHECK_EQ(copy_string_from_user(buf, sizeof(buf), user_ptr(a + P - 5)),
	         11);
	CHECK_EQ(copy_string_from_user(buf, 11, user_ptr(a + P - 5)),
	         -ENAMETOOLONG);
	CHECK_EQ(copy_string_from_user(buf, 12, user_ptr(a + P - 5)), 11);
	/* The string ends with the mapping. */
	CHECK_EQ(copy_to_user(user_ptr(a + 3 * P - 3), "ab", 3), 0);
	CHECK_EQ(copy_string_from_user(buf, 64, user_ptr(a + 3 * P - 3)), 2);
	CHECK_EQ(copy_to_user(user_ptr(a + 3 * P - 3), "abc", 3), 0);
	CHECK_EQ(copy_string_from_user(buf, 64, user_ptr(a + 3 * P - 3)),
	         -EFAULT);
	CHECK_EQ(user_string_size(user_ptr(a + P - 5), 64), 11);
	CHECK_EQ(user_string_size(user_ptr(a + P - 5), 5), -E2BIG);
	CHECK_EQ(copy_from_user(buf, user_ptr(0), 1), -EFAULT);
	CHECK_EQ(copy_from_user(buf, user_ptr(KERNEL_BASE), 1), -EFAULT);
	CHECK_EQ(copy_from_user(buf, user_ptr(UINT64_MAX), 4), -EFAULT);
	CHECK_EQ(copy_from_user(buf, user_ptr(a + 3 * P - 2), 4), -EFAULT);
	CHECK_EQ(copy_from_user_partial(buf, user_ptr(a + 3 * P - 2), 4), 2);
	CHECK_EQ(clear_user_partial(user_ptr(a + 3 * P - 2), 4), 2);
	CHECK_EQ(copy_from_user(buf, user_ptr(0), 0), 0);
	CHECK(user_range_ok(own_mm(), user_ptr(a), 3 * P, PROT_WRITE));
	CHECK(!user_range_ok(own_mm(), user_ptr(a), 3 * P + 1, PROT_READ));
	CHECK(!user_range_ok(own_mm(), user_ptr(a), UINT64_MAX, PROT_READ));

	CHECK_EQ(put_user_u64(user_ptr(a), 5), 0);
	CHECK_EQ(get_user_u64(&n, user_ptr(a)), 0);
	CHECK_EQ(n, 5);
	CHECK_EQ(user_cmpxchg_u32(user_ptr(a), 5, 6, &old), 0);
	CHECK_EQ(old, 5);
	CHECK_EQ(user_cmpxchg_u32(user_ptr(a), 5, 7, &old), 0);
	CHECK_EQ(old, 6);
	CHECK_EQ(user_cmpxchg_u32(user_ptr(a + 1), 5, 7, &old), -EINVAL);
	CHECK_EQ(user_rmw_u32(user_ptr(a), USER_RMW_ADD, 10, &old), 0);
	CHECK_EQ(old, 6);
	CHECK_EQ(user_rmw_u32(user_ptr(a), USER_RMW_ANDN, 16, &old), 0);
	CHECK_EQ(old, 16);
	CHECK_EQ(user_load_u32_nofault(&old, user_ptr(a)), 0);
	CHECK_EQ(old, 0);

	CHECK_EQ(mm_protect(own_mm(), a, 3 * P, PROT_READ), 0);
	CHECK_EQ(copy_to_user(user_ptr(a), "x", 1), -EFAULT);
	CHECK_EQ(user_rmw_u32(user_ptr(a), USER_RMW_ADD, 1, &old), -EFAULT);
	CHECK_EQ(copy_from_user(buf, user_ptr(a), 1), 0);
	CHECK_EQ(mm_protect(own_mm(), a, 3 * P, PROT_NONE), 0);
	CHECK_EQ(copy_from_user(buf, user_ptr(a), 1), -EFAULT);
	CHECK_EQ(mm_unmap(own_mm(), a, 3 * P), 0);
	CHECK_EQ(user_load_u32_nofault(&old, user_ptr(a)), -EFAULT);
}

/* What one process has, another can't reach by any call. */
static void test_isolation(void)
{
	struct mm *first = own_mm();
	struct mm *other;
	uint64_t a = (uint64_t)user_map(0, P, RW, 0);
	char c;

	CHECK_EQ(copy_to_user(user_ptr(a), "s", 1), 0);
	CHECK_EQ(mm_create(&other), 0);
	fake_thread()->mm = other;
	CHECK_EQ(copy_from_user(&c, user_ptr(a), 1), -EFAULT);
	CHECK_EQ(copy_to_user(user_ptr(a), "t", 1), -EFAULT);
	CHECK_EQ(user_map(a, P, RW, MAP_FIXED), -ENOMEM);
	CHECK_EQ(mm_unmap(other, a, P), 0);
	CHECK_EQ(copy_from_mm(first, &c, a, 1), 0);
	CHECK_EQ(c, 's');
	fake_thread()->mm = NULL;
	CHECK_EQ(copy_from_user(&c, user_ptr(a), 1), -EFAULT);
	fake_thread()->mm = first;
	mm_put(other);
	CHECK_EQ(mm_unmap(first, a, P), 0);
}

static void (*const tests[])(void) = {
	test_map_errors,   test_anonymous,   test_protect,
	test_private_file, test_shared_file, test_shared_anonymous,
	test_remap,        test_brk,         test_brk_place,
	test_advice,       test_limits,      test_usercopy,
	test_isolation,
};

static const struct fake_config platforms[] = {
	{ 16 * MIB, 256 * MIB, true, true },
	{ 64 * MIB, 256 * MIB, true, true },
	{ 1 * MIB, 256 * MIB, true, true },   /* all by EAUG */
	{ 16 * MIB, 256 * MIB, true, false }, /* no first touch */
	{ 16 * MIB, 16 * MIB, false, false }, /* SGX1 */
};

int main(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(platforms); i++) {
		has_rights = platforms[i].edmm;
		fake_init(&platforms[i]);
		for (j = 0; j < ARRAY_SIZE(tests); j++)
			tests[j]();
		CHECK_EQ(fake_fini(), 0);
	}
	return check_result();
}

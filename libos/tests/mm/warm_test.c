/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writable pages that outlive their process: the next run of the same program
 * finds them with their rights, and without a byte of the last one; everybody
 * else finds addresses as any others.
 */
#include "base/units.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uapi.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/file.h"
#include "libos/tests/mm/user.h"

#define P PAGE_SIZE
#define RW (PROT_READ | PROT_WRITE)
#define SIG_SEGV 11

/* Text, data and .bss of the image, in pages; then a hole. */
enum { TEXT = 4, DATA = 6, BSS = 3, IMAGE = TEXT + DATA + BSS + 2, STACK = 40 };

struct program {
	struct mm *mm;
	uint64_t text, data, bss, stack_end;
};

static void map_stack(struct program *p)
{
	const struct mm_map req = {
		.size = STACK * P,
		.prot = RW,
		.flags =
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		.vma_flags = VMA_STACK,
	};
	uint64_t at;

	CHECK_EQ(mm_map(p->mm, &req, &at), 0);
	p->stack_end = at + STACK * P;
}

static struct program start_with_bss(struct test_file *f, uint64_t npages)
{
	struct program p;
	uint64_t at;

	CHECK_EQ(mm_create(&p.mm), 0);
	fake_thread()->mm = p.mm;
	CHECK_EQ(mm_reserve_image(p.mm, 0, IMAGE * P, 0, &f->obj, &at), 0);
	p.text = at;
	p.data = at + TEXT * P;
	p.bss = at + (TEXT + DATA) * P;
	CHECK_EQ(user_map_file(&f->obj, 0, p.text, TEXT * P,
	                       PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED),
	         p.text);
	CHECK_EQ(user_map_file(&f->obj, (TEXT + 1) * P, p.data, DATA * P, RW,
	                       MAP_PRIVATE | MAP_FIXED),
	         p.data);
	if (npages)
		CHECK_EQ(user_map(p.bss, npages * P, RW, MAP_FIXED), p.bss);
	mm_seal_image(p.mm, at, IMAGE * P);
	map_stack(&p);
	return p;
}

static struct program start(struct test_file *f)
{
	return start_with_bss(f, BSS);
}

static void end(struct program *p)
{
	fake_thread()->mm = NULL;
	mm_put(p->mm);
}

/* It finds what a new program must find, and leaves its mark on all of it. */
static void run(const struct program *p, const struct test_file *f)
{
	uint8_t v;
	int i;

	CHECK_EQ(user_read(p->text, &v), 0);
	CHECK_EQ(v, f->bytes[0]);
	for (i = 0; i < DATA; i++) {
		CHECK_EQ(user_read(p->data + i * P, &v), 0);
		CHECK_EQ(v, f->bytes[(TEXT + 1 + i) * P]);
		CHECK_EQ(user_write(p->data + i * P, 0xaa), 0);
	}
	for (i = 0; i < BSS; i++) {
		CHECK_EQ(user_read(p->bss + i * P, &v), 0);
		CHECK_EQ(v, 0);
		CHECK_EQ(user_write(p->bss + i * P, 0xbb), 0);
	}
	for (i = 1; i <= 3; i++) {
		CHECK_EQ(user_read(p->stack_end - i * P, &v), 0);
		CHECK_EQ(v, 0);
		CHECK_EQ(user_write(p->stack_end - i * P, 0xcc), 0);
	}
	CHECK_EQ(fake_epc_rights(p->bss + BSS * P), 0);
}

/* The second and later runs of a program change no rights at all. */
static void test_again(struct test_file *f)
{
	struct program first = start(f), p;
	struct pages_work before, after;
	int i;

	run(&first, f);
	end(&first);
	for (i = 0; i < 3; i++) {
		pages_work(&before);
		p = start(f);
		CHECK_EQ(p.text, first.text);
		CHECK_EQ(p.stack_end, first.stack_end);
		run(&p, f);
		end(&p);
		pages_work(&after);
		CHECK_EQ(after.host_calls, before.host_calls);
		CHECK_EQ(after.restricted, before.restricted);
		CHECK_EQ(after.extended, before.extended);
		CHECK_EQ(after.added, before.added);
	}
}

/* Nothing is left to read, and what a stray pointer leaves is not seen. */
static void test_scrubbed(struct test_file *f)
{
	struct program p = start(f);
	uint64_t at;
	uint8_t v;

	run(&p, f);
	end(&p);
	for (at = p.data; at < p.bss + BSS * P; at += P) {
		CHECK_EQ(fake_peek(at, &v), 0);
		CHECK_EQ(v, 0);
		CHECK_EQ(fake_poke(at + 8, 0xee), 0);
	}
	p = start(f);
	CHECK_EQ(user_read(p.data + 8, &v), 0);
	CHECK_EQ(v, f->bytes[(TEXT + 1) * P + 8]);
	CHECK_EQ(user_read(p.bss + 8, &v), 0);
	CHECK_EQ(v, 0);
	end(&p);
}

/* What was made read-only (RELRO) is data again. */
static void test_relro(struct test_file *f)
{
	struct program p = start(f);

	run(&p, f);
	CHECK_EQ(mm_protect(p.mm, p.data, 2 * P, PROT_READ), 0);
	CHECK_EQ(fake_epc_rights(p.data), PAGE_R);
	end(&p);
	p = start(f);
	run(&p, f);
	end(&p);
}

/* Others who come to these addresses have what they asked for, no more. */
static void test_others(struct test_file *f)
{
	struct test_file *other = file_create(7, IMAGE * P);
	struct program p = start(f);
	struct mm *mm;
	uint8_t v;

	run(&p, f);
	end(&p);
	CHECK_EQ(mm_create(&mm), 0);
	fake_thread()->mm = mm;
	CHECK_EQ(user_map(p.bss, P, PROT_NONE, MAP_FIXED), p.bss);
	CHECK_EQ(user_read(p.bss, &v), SIG_SEGV);
	CHECK_EQ(user_map(p.bss + P, P, PROT_READ, MAP_FIXED), p.bss + P);
	CHECK_EQ(user_read(p.bss + P, &v), 0);
	CHECK_EQ(user_write(p.bss + P, 1), SIG_SEGV);
	CHECK_EQ(user_map_file(&other->obj, 0, p.data, 2 * P, PROT_READ,
	                       MAP_PRIVATE | MAP_FIXED),
	         p.data);
	CHECK_EQ(user_read(p.data, &v), 0);
	CHECK_EQ(v, other->bytes[0]);
	CHECK_EQ(user_write(p.data, 1), SIG_SEGV);
	fake_thread()->mm = NULL;
	mm_put(mm);
	file_put_last(other);
}

/*
 * A loader maps the whole library and then over it: the pages of data stay
 * writable all the while, and are those of the file.
 */
static void test_loader(struct test_file *f)
{
	struct program p = start(f);
	struct pages_work before, after;
	struct mm *mm;
	uint8_t v;

	run(&p, f);
	end(&p);
	CHECK_EQ(mm_create(&mm), 0);
	fake_thread()->mm = mm;
	pages_work(&before);
	CHECK_EQ(user_map_file(&f->obj, 0, 0, IMAGE * P, PROT_READ,
	                       MAP_PRIVATE | MAP_DENYWRITE),
	         p.text);
	CHECK_EQ(user_read(p.data, &v), 0);
	CHECK_EQ(v, f->bytes[TEXT * P]);
	CHECK_EQ(user_map_file(&f->obj, (TEXT + 1) * P, p.data, DATA * P, RW,
	                       MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE),
	         p.data);
	CHECK_EQ(user_map(p.bss, BSS * P, RW, MAP_FIXED), p.bss);
	p.mm = mm;
	map_stack(&p);
	run(&p, f);
	pages_work(&after);
	CHECK_EQ(after.host_calls, before.host_calls);
	CHECK_EQ(after.extended, before.extended);
	fake_thread()->mm = NULL;
	mm_put(mm);
}

/* What the next image leaves out of its reservation is nobody's. */
static void test_holes(struct test_file *f)
{
	struct program p = start(f);

	run(&p, f);
	end(&p);
	p = start_with_bss(f, 0);
	CHECK_EQ(fake_epc_rights(p.bss), 0);
	end(&p);
}

/* Data that can't be read is not zeros instead. */
static void test_unreadable(struct test_file *f)
{
	struct program p = start(f);
	uint8_t v;

	run(&p, f);
	end(&p);
	f->read_error = -5;
	p = start(f);
	CHECK_EQ(fake_epc_rights(p.data), 0);
	CHECK(user_read(p.data, &v) != 0);
	f->read_error = 0;
	run(&p, f);
	end(&p);
}

/* The cache gives them up like everything else. */
static void test_shrink(struct test_file *f)
{
	struct program p = start(f);
	struct pages_totals totals;

	run(&p, f);
	end(&p);
	textcache_shrink(UINT64_MAX);
	CHECK_EQ(fake_epc_rights(p.data), 0);
	CHECK_EQ(fake_epc_rights(p.bss), 0);
	CHECK_EQ(fake_epc_rights(p.stack_end - P), 0);
	pages_totals(&totals);
	CHECK_EQ(totals.used, 0);
}

int main(void)
{
	static void (*const tests[])(struct test_file * f) = {
		test_again,  test_scrubbed, test_relro,      test_others,
		test_loader, test_holes,    test_unreadable, test_shrink,
	};
	struct mm *first;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		struct test_file *f;

		fake_init(&fake_default);
		first = own_mm();
		f = file_create(11, (IMAGE + 4) * P);
		tests[i](f);
		fake_thread()->mm = first;
		textcache_shrink(UINT64_MAX);
		file_put_last(f);
		CHECK_EQ(fake_fini(), 0);
	}
	return check_result();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewritten code runs: the same function, as it was and with its window sent
 * through a stub and a gate of ours, gives the same result, and the gate was
 * passed.
 */
#include <asm/prctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/units.h"
#include "libos/proc/sites/stub.h"
#include "libos/tests/fake/check.h"

extern const uint8_t code_mov[], code_mov_end[];
extern const uint8_t code_cmp[], code_cmp_end[];
extern const uint8_t code_red[], code_red_end[];
extern const uint8_t code_cpuid[], code_cpuid_end[];
extern const uint8_t gate_syscall[], gate_insn[];

/* What GS points at: %gs:8 and %gs:112 are the kernel's entries. */
static struct {
	uint64_t self, syscall_entry, pad, passed, scratch, rest[9];
	uint64_t insn_entry;
} block;

/* Code page and stub page, as far apart as asked for. */
static uint8_t *text, *stubs;

static void map_pages(uint64_t distance)
{
	const int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	uint8_t *at = (uint8_t *)0x200000000ull;

	text = mmap(at, PAGE_SIZE, prot, flags, -1, 0);
	stubs = mmap(at + distance, PAGE_SIZE, prot, flags, -1, 0);
	CHECK(text == at && stubs == at + distance);
}

static void unmap_pages(void)
{
	munmap(text, PAGE_SIZE);
	munmap(stubs, PAGE_SIZE);
}

/* Put the function into the page; its window becomes a jump. */
static void install(const uint8_t *code, const uint8_t *end, uint8_t window,
                    uint8_t size, uint8_t at, uint8_t kind)
{
	struct window w = { .addr = (uint64_t)text + window,
		            .bytes = code + window,
		            .size = size,
		            .at = at,
		            .kind = kind };

	memcpy(text, code, (size_t)(end - code));
	CHECK(window_is_usable(&w));
	stub_make(&w, (uint64_t)stubs, stubs);
	stub_jump(w.addr, (uint64_t)stubs, text + window);
}

typedef long write_func(long fd, const void *buf, size_t size);
typedef uint32_t leaf_func(uint32_t leaf);

/* Through the gate once, with what a write of 5 bytes answers, and more. */
static void check_write(long add)
{
	write_func *f = (write_func *)(uintptr_t)text;
	uint64_t before = block.passed;
	char got[8] = "";
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(f(fds[1], "hello", 5), 5 + add);
	CHECK_EQ(read(fds[0], got, sizeof(got)), 5);
	CHECK_EQ(memcmp(got, "hello", 5), 0);
	CHECK_EQ(block.passed, before + 1);
	close(fds[0]);
	close(fds[1]);
}

static void check_all(uint64_t distance)
{
	leaf_func *leaf = (leaf_func *)(uintptr_t)0x200000000ull;

	map_pages(distance);
	install(code_mov, code_mov_end, 0, 7, 5, SITE_SYSCALL);
	check_write(0);
	install(code_cmp, code_cmp_end, 6, 8, 0, SITE_SYSCALL);
	check_write(0);
	/* -1 is no descriptor: EBADF. */
	CHECK_EQ(((write_func *)(uintptr_t)text)(-1, "", 1), 9);
	install(code_red, code_red_end, 16, 9, 2, SITE_SYSCALL);
	check_write(0x1234);
	install(code_cpuid, code_cpuid_end, 1, 6, 2, SITE_CPUID);
	CHECK_EQ(leaf(3), 26);
	unmap_pages();
}

int main(void)
{
	block.syscall_entry = (uint64_t)gate_syscall;
	block.insn_entry = (uint64_t)gate_insn;
	_Static_assert(sizeof(block) == 120, "the entries' places");
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &block)) {
		perror("arch_prctl");
		return 1;
	}
	check_all(0x10000);
	check_all(0x7fffe000);
	check_all(-(uint64_t)0x7fffe000);
	return check_result();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memops_cpu_test.c - the kernel's decoder against this machine's CPU: which
 * instructions raise #GP because their operand is not aligned, or because they
 * are privileged?
 *
 * Every SSE and AVX opcode with a memory operand is executed on an odd address.
 */
#include <Zydis/Zydis.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "libos/entry/memops.h"
#include "libos/tests/fake/check.h"

enum {
	NOTHING = -1,
	VECTOR_GP = 13,
	/* ModRM: memory at RDI, register 0. */
	AT_RDI = 0x07,
	RET = 0xc3,
};

static ZydisDecoder decoder;
static sigjmp_buf back;
static uint8_t *code_page;
static uint8_t data[4096] __attribute__((aligned(64)));
static unsigned int executed, faulted;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)info;
	siglongjmp(back, sig == SIGILL
	                         ? -2
	                         : (int)uc->uc_mcontext.gregs[REG_TRAPNO] + 1);
}

/* The vector it raises, NOTHING, or -3 where this CPU does not have it. */
static int execute(const uint8_t *code, size_t size)
{
	int jumped = sigsetjmp(back, 1);

	if (jumped)
		return jumped - 1;
	memcpy(code_page, code, size);
	code_page[size] = RET;
	__asm__ volatile("call *%0"
	                 :
	                 : "r"(code_page), "D"(data + 65)
	                 : "rax", "rcx", "rdx", "rbx", "r8", "xmm0", "memory",
	                   "cc");
	return NOTHING;
}

static bool must_fault(const uint8_t *code, size_t size, uint64_t rdi)
{
	struct regs regs = { .rdi = rdi };
	struct memops_state state = { .regs = &regs };
	struct memops m;

	return memops_decode(code, size, &state, &m) == 0 && m.must_fault;
}

static bool is_vector_memory(const uint8_t *code, size_t size)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction in;

	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code, size, &in, op)))
		return false;
	if (in.length != size || in.meta.isa_set == ZYDIS_ISA_SET_SSEMXCSR)
		return false;
	/* Type 4 in the SDM, so aligned; CPUs without SGX may not care. */
	if (in.meta.isa_set == ZYDIS_ISA_SET_SHA)
		return false;
	for (unsigned int i = 0; i < in.operand_count; i++)
		if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op[i].reg.value >= ZYDIS_REGISTER_XMM0 &&
		    op[i].reg.value <= ZYDIS_REGISTER_YMM31)
			return true;
	return false;
}

static void try_one(const uint8_t *code, size_t size)
{
	int vector;

	if (!is_vector_memory(code, size))
		return;
	vector = execute(code, size);
	if (vector < NOTHING)
		return;
	executed++;
	faulted += vector == VECTOR_GP;
	if (must_fault(code, size, (uintptr_t)data + 65) ==
	    (vector == VECTOR_GP))
		return;
	check_failures++;
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, "%02x ", code[i]);
	fprintf(stderr, "raises vector %d\n", vector);
}

/* Each ends with an immediate byte or without. */
static void try_both(uint8_t *code, size_t size)
{
	try_one(code, size);
	code[size] = 0;
	try_one(code, size + 1);
}

static void try_legacy(unsigned int pp, unsigned int map, uint8_t opcode)
{
	static const uint8_t prefix[] = { 0, 0x66, 0xf3, 0xf2 };
	static const uint8_t escape[] = { 0, 0, 0x38, 0x3a };
	uint8_t code[16];
	size_t n = 0;

	if (map == 1 && (opcode == 0x38 || opcode == 0x3a))
		return;
	if (pp)
		code[n++] = prefix[pp];
	code[n++] = 0x0f;
	if (map > 1)
		code[n++] = escape[map];
	code[n++] = opcode;
	code[n++] = AT_RDI;
	try_both(code, n);
}

static void try_vex(unsigned int pp, unsigned int map, uint8_t opcode)
{
	for (unsigned int wl = 0; wl < 4; wl++)
		for (unsigned int vvvv = 0; vvvv < 2; vvvv++) {
			uint8_t code[16] = {
				0xc4,
				(uint8_t)(0xe0 | map),
				(uint8_t)((wl & 2) << 6 | (vvvv ? 0x78 : 0x70) |
				          (wl & 1) << 2 | pp),
				opcode,
				AT_RDI,
			};

			try_both(code, 5);
		}
}

static void test_alignment(void)
{
	for (unsigned int pp = 0; pp < 4; pp++)
		for (unsigned int map = 1; map < 4; map++)
			for (unsigned int op = 0; op < 256; op++) {
				try_legacy(pp, map, (uint8_t)op);
				try_vex(pp, map, (uint8_t)op);
			}
	printf("%u executed, %u raise #GP\n", executed, faulted);
	CHECK(executed > 200 && faulted > 100);
}

static const struct {
	uint8_t code[3];
	uint8_t size;
} privileged[] = {
	{ { 0xf4 }, 1 },
	{ { 0xfa }, 1 },
	{ { 0xfb }, 1 },
	{ { 0x0f, 0x06 }, 2 },
	{ { 0x0f, 0x08 }, 2 },
	{ { 0x0f, 0x09 }, 2 },
	{ { 0x0f, 0x20, 0xc0 }, 3 },
	{ { 0x0f, 0x21, 0xc0 }, 3 },
	{ { 0x0f, 0x22, 0xc0 }, 3 },
	{ { 0x0f, 0x23, 0xc0 }, 3 },
	{ { 0x0f, 0x30 }, 2 },
	{ { 0x0f, 0x32 }, 2 },
	{ { 0x0f, 0x35 }, 2 },
};

static void test_privileged(void)
{
	static const uint8_t harmless[] = { 0x90 };

	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++) {
		const uint8_t *code = privileged[i].code;
		size_t size = privileged[i].size;

		CHECK_EQ(execute(code, size), VECTOR_GP);
		CHECK(must_fault(code, size, 0));
	}
	CHECK_EQ(execute(harmless, 1), NOTHING);
	CHECK(!must_fault(harmless, 1, 0));
}

int main(void)
{
	static const int signals[] = { SIGSEGV, SIGILL, SIGBUS, SIGFPE };
	struct sigaction action = { .sa_sigaction = on_signal,
		                    .sa_flags = SA_SIGINFO };

	code_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code_page == MAP_FAILED)
		return 77;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
	                 ZYDIS_STACK_WIDTH_64);
	test_alignment();
	test_privileged();
	return check_result();
}

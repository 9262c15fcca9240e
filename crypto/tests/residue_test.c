/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doors promise: every vector and mask register comes back as it was,
 * and neither they nor the stack beneath keep a key.
 *
 * Compiled with -mno-red-zone, because the calls are made from inline assembly.
 */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "crypto/crypto_internal.h"
#include "crypto/gcm_internal.h"
#include "crypto/tests/paths.h"

enum {
	DEPTH = 4096,    /* bytes of dead stack searched */
	FILL = 0x5a,     /* what is there before */
	SCRUBBED = 1024, /* bytes that the narrowest door promises to wipe */
	STATE_SIZE = 8192,
	XMM_OFFSET = 160, /* of the XSAVE area, SDM Vol. 1, 13.4.1 */
	XMM_SIZE = 256,
	XSTATE_BV = 512,
};

/* XSAVE areas: the vector registers before and after a call. */
static uint8_t before[STATE_SIZE] __aligned(64);
static uint8_t after[STATE_SIZE] __aligned(64);
static uint32_t state_mask; /* of SSE, AVX and AVX-512's: what this CPU has */
static uint8_t stack[DEPTH];
static int failures;

/* One call through a door, with its four arguments. */
struct call {
	const char *name;
	void (*door)(void);
	void *arg[4];
};

/*
 * Fill the stack below, load every register, call, save the registers, and
 * copy the stack below before anything else can use it.
 */
static __noinline void call_door(const struct call *c)
{
	register void *a0 __asm__("rdi") = c->arg[0];
	register void *a1 __asm__("rsi") = c->arg[1];
	register void *a2 __asm__("rdx") = c->arg[2];
	register void *a3 __asm__("rcx") = c->arg[3];

	/* Vector registers are not named: this file is compiled without. */
	/* clang-format off */
	__asm__ volatile(
		"mov %%rsp, %%r14\n\t"
		"and $-16, %%rsp\n\t"
		"mov %%rdi, %%r10\n\t"
		"mov %%rcx, %%r11\n\t"
		"lea -%c[depth](%%rsp), %%rdi\n\t"
		"mov %[depth], %%ecx\n\t"
		"mov %[fill], %%eax\n\t"
		"cld\n\t"
		"rep stosb\n\t"
		"mov %%r10, %%rdi\n\t"
		"mov %%rdx, %%r10\n\t"
		"mov %[mask], %%eax\n\t"
		"xor %%edx, %%edx\n\t"
		"xrstor (%[before])\n\t"
		"mov %%r10, %%rdx\n\t"
		"mov %%r11, %%rcx\n\t"
		"call *%[door]\n\t"
		"mov %[mask], %%eax\n\t"
		"xor %%edx, %%edx\n\t"
		"xsave (%[after])\n\t"
		"lea %[stack], %%rdi\n\t"
		"lea -%c[depth](%%rsp), %%rsi\n\t"
		"mov %[depth], %%ecx\n\t"
		"rep movsb\n\t"
		"mov %%r14, %%rsp"
		: "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), [stack] "=m"(stack)
		: [before] "r"(before), [after] "r"(after),
		  [door] "r"(c->door), [mask] "m"(state_mask),
		  [depth] "i"(DEPTH), [fill] "i"(FILL)
		: "rax", "r8", "r9", "r10", "r11", "r14", "memory", "cc");
	/* clang-format on */
}

/* Whether any 8 bytes of @secret lie on the dead stack. */
static bool found(const uint8_t *secret, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i += 8)
		for (size_t at = 0; at + 8 <= DEPTH; at++)
			if (memcmp(stack + at, secret + i, 8) == 0)
				return true;
	return false;
}

/*
 * The longest run of zeros.  Today's compilers keep every key in a register, so
 * only this shows that one on the stack would have been wiped.
 */
static size_t longest_wiped(void)
{
	size_t longest = 0, run = 0;

	for (size_t at = 0; at < DEPTH; at++) {
		run = stack[at] == 0 ? run + 1 : 0;
		longest = MAX(longest, run);
	}
	return longest;
}

static void fill_registers(size_t offset, size_t size)
{
	for (size_t i = 0; i < size; i++)
		before[offset + i] = (uint8_t)((offset + i) * 7 + i / 256 + 1);
}

/* Patterns for all that this CPU has of SSE, AVX and AVX-512. */
static void state_setup(void)
{
	static const int extended[] = { 2, 5, 6, 7 };
	unsigned int size, offset, c, d;
	uint32_t xcr0, hi;

	__asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(hi) : "c"(0));
	state_mask = xcr0 & 0xe6;
	__asm__ volatile("xsave %0" : "+m"(before) : "a"(state_mask), "d"(0));
	memcpy(before + XSTATE_BV, &state_mask, sizeof(state_mask));
	fill_registers(XMM_OFFSET, XMM_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(extended); i++)
		if (state_mask >> extended[i] & 1 &&
		    __get_cpuid_count(0xd, (unsigned int)extended[i], &size,
		                      &offset, &c, &d) &&
		    offset + size <= STATE_SIZE)
			fill_registers(offset, size);
}

static void run(const struct call *c, const struct aes_key *schedule)
{
	memset(after, 0, sizeof(after));
	call_door(c);
	if (memcmp(before, after, sizeof(before)) != 0) {
		printf("FAIL: %s changes a vector register\n", c->name);
		failures++;
	}
	if (longest_wiped() < SCRUBBED) {
		printf("FAIL: %s does not wipe the stack\n", c->name);
		failures++;
	}
	if (found(schedule->round[0], sizeof(schedule->round))) {
		printf("FAIL: %s leaves a round key on the stack\n", c->name);
		failures++;
	}
}

/* The search itself must be able to find something. */
static void search_finds(const struct aes_key *schedule)
{
	memcpy(stack + 1001, schedule->round[3], 16);
	if (!found(schedule->round[0], sizeof(schedule->round))) {
		puts("FAIL: the search finds nothing");
		failures++;
	}
}

int main(void)
{
	static uint8_t key[32], block[16 * 16], out[16 * 16], mac[16];
	static uint32_t state[8], states[2][8];
	static struct aes_key schedule, again;
	static struct gcm_key gcm;
	static uint8_t text[1000], cipher[1000];
	struct gcm_message message = { .src = text, .dst = cipher };
	struct gcm_work work = { .key = &gcm, .message = &message };
	struct crypto_features cpu;

	crypto_features_host(&cpu);
	path_use(PATH_NI);
	state_setup();
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(0x91 + 3 * i);
	if (aes_key_init(&schedule, key, sizeof(key)) < 0)
		return 1;

#define DOOR(f) #f, (void (*)(void))f
	const struct call calls[] = {
		{ DOOR(aes_ni_expand), { &again, key, (void *)32 } },
		{ DOOR(aes_ni_expand), { &again, key, (void *)16 } },
		{ DOOR(aes_ni_encrypt), { &schedule, out, block, (void *)15 } },
		{ DOOR(aes_ni_cbc_mac), { &schedule, mac, block, (void *)16 } },
		{ DOOR(sha256_ni_blocks), { state, block, (void *)4 } },
		{ DOOR(sha256_ni_pairs), { states, block, block, (void *)4 } },
	};
	const struct call wide[] = {
		{ DOOR(gcm_ni_powers), { &gcm } },
		{ DOOR(gcm_ni_run), { &work } },
		{ DOOR(gcm_vaes256_run), { &work } },
		{ DOOR(gcm_vaes512_run), { &work } },
	};
	const bool has[] = { cpu.pclmul, cpu.pclmul, cpu.vaes256, cpu.vaes512 };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		run(&calls[i], &schedule);
	gcm.aes = schedule;
	message.size = sizeof(text);
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (has[i])
			run(&wide[i], &schedule);
	search_finds(&schedule);
	return failures ? 1 : 0;
}

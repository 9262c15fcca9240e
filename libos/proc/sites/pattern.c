/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/sites/pattern.h"

#include "base/endian.h"
#include "base/string.h"

#define NR_RT_SIGRETURN 15
#define NR_END 512
#define MOV_EAX 0xb8
#define MOV_SIZE 5
#define SYSCALL_SIZE 2
#define CMP_SIZE 6

static bool is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* Would the byte ahead of an opcode change what it does? (SDM 2A, 2.1.1) */
static bool is_prefix(uint8_t b)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
		                            0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	return (b & 0xf0) == 0x40 || memchr(prefixes, b, sizeof(prefixes));
}

/* A mov at @i whose prefix can't be seen is not known to be one. */
static bool is_mov_syscall(const uint8_t *bytes, size_t size, size_t i)
{
	uint32_t nr;

	if (i == 0 || size - i < MOV_SIZE + SYSCALL_SIZE ||
	    bytes[i] != MOV_EAX || !is_syscall(bytes + i + MOV_SIZE) ||
	    is_prefix(bytes[i - 1]))
		return false;
	nr = get_le32(bytes + i + 1);
	return nr < NR_END && nr != NR_RT_SIGRETURN;
}

static bool is_syscall_cmp(const uint8_t *bytes, size_t size, size_t i)
{
	const uint8_t *p = bytes + i;

	return size - i >= SYSCALL_SIZE + CMP_SIZE && is_syscall(p) &&
	       p[2] == 0x48 && p[3] == 0x3d && (p[4] & ~1) == 0 &&
	       p[5] == 0xf0 && p[6] == 0xff && p[7] == 0xff;
}

/* The instruction ahead of a syscall at @i: rt_sigreturn, whatever follows? */
static bool is_sigreturn(const uint8_t *bytes, size_t i)
{
	return i >= 4 && get_le32(bytes + i - 4) == NR_RT_SIGRETURN;
}

bool pattern_next(const uint8_t *bytes, size_t size, size_t from,
                  struct pattern *ret)
{
	size_t i;

	for (i = from; i < size; i++) {
		if (is_mov_syscall(bytes, size, i)) {
			*ret = (struct pattern){ i, MOV_SIZE + SYSCALL_SIZE,
				                 MOV_SIZE };
			return true;
		}
		if (is_syscall_cmp(bytes, size, i) && !is_sigreturn(bytes, i)) {
			*ret = (struct pattern){ i, SYSCALL_SIZE + CMP_SIZE,
				                 0 };
			return true;
		}
	}
	return false;
}

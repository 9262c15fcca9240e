/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/proc/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "base/errno.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/fsbase.h"

uint64_t cpu_fsbase;

void *cpu_area_create(void)
{
	void *area = aligned_alloc(64, FAKE_FPU_SIZE);

	fpu_init(area);
	return area;
}

void cpu_area_destroy(void *area)
{
	free(area);
}

size_t fpu_size(void)
{
	return FAKE_FPU_SIZE;
}

uint64_t fpu_xfrm(void)
{
	return FAKE_XFRM;
}

void fpu_init(void *area)
{
	uint8_t *p = area;

	memset(p, 0, FAKE_FPU_SIZE);
	p[0] = 0x7f;
	p[1] = 0x03;
	p[24] = 0x80;
	p[25] = 0x1f;
}

/* The rules of XRSTOR that the real one checks (SDM vol. 1, 13.8.1). */
int fpu_check(const void *area)
{
	const uint8_t *p = area;
	uint64_t words[8];
	uint32_t mxcsr;
	int i;

	memcpy(words, p + 512, sizeof(words));
	memcpy(&mxcsr, p + 24, sizeof(mxcsr));
	if ((words[0] & ~(uint64_t)FAKE_XFRM) || (mxcsr & ~0xffffu))
		return -EINVAL;
	for (i = 1; i < 8; i++)
		if (words[i])
			return -EINVAL;
	return 0;
}

void fpu_save_current(void)
{
}

uint64_t fsbase_read(void)
{
	return cpu_fsbase;
}

void fsbase_write(uint64_t base)
{
	cpu_fsbase = base;
}

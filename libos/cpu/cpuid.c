/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/cpuid.h"

#include "base/errno.h"

enum cpuid_leaf {
	LEAF_VENDOR = 0,
	LEAF_FEATURES = 1,
	LEAF_EXTENDED_FEATURES = 7,
	LEAF_TOPOLOGY = 0xb,
	LEAF_XSAVE = 0xd,
	LEAF_TOPOLOGY_V2 = 0x1f
};

#define XFRM_AVX (1ull << 2)
#define XFRM_AVX512 (7ull << 5)
#define XFRM_AMX (3ull << 17)
#define ALWAYS 0ull

enum {
	XSAVE_MIN = 576,        /* without any component of its own place */
	XSAVE_ALIGNED = 1u << 1 /* ECX: compaction puts it at 64 bytes    */
};

enum cpuid_reg { REG_EAX, REG_EBX, REG_ECX, REG_EDX };

/* Bits that are cleared unless XFRM has all of @needs; ALWAYS: in any case. */
struct cut {
	uint32_t leaf, subleaf;
	enum cpuid_reg reg;
	uint32_t bits;
	uint64_t needs;
};

/* Bit numbers: SDM Vol. 2A, CPUID. */
static const struct cut cuts[] = {
	/* FMA, AVX, F16C */
	{ 1, 0, REG_ECX, 1u << 12 | 1u << 28 | 1u << 29, XFRM_AVX },
	/* MONITOR, VMX, SMX, EIST, TM2, PDCM, x2APIC, TSC-deadline */
	{ 1, 0, REG_ECX,
	  1u << 3 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 15 |
	          1u << 21 | 1u << 24,
	  ALWAYS },
	/* FSGSBASE, SGX, HLE, RTM, MPX */
	{ 7, 0, REG_EBX, 1u << 0 | 1u << 2 | 1u << 4 | 1u << 11 | 1u << 14,
	  ALWAYS },
	{ 7, 0, REG_EBX, 1u << 5, XFRM_AVX }, /* AVX2 */
	/* AVX512 F DQ IFMA PF ER CD BW VL */
	{ 7, 0, REG_EBX,
	  1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 |
	          1u << 30 | 1u << 31,
	  XFRM_AVX512 },
	/* PKU, OSPKE, WAITPKG, CET_SS, KL, SGX_LC */
	{ 7, 0, REG_ECX,
	  1u << 3 | 1u << 4 | 1u << 5 | 1u << 7 | 1u << 23 | 1u << 30, ALWAYS },
	/* VAES, VPCLMULQDQ */
	{ 7, 0, REG_ECX, 1u << 9 | 1u << 10, XFRM_AVX },
	/* AVX512 VBMI VBMI2 VNNI BITALG VPOPCNTDQ */
	{ 7, 0, REG_ECX, 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14,
	  XFRM_AVX512 },
	/* SGX-KEYS, UINTR, RTM_ALWAYS_ABORT, TSXLDTRK, CET_IBT */
	{ 7, 0, REG_EDX, 1u << 1 | 1u << 5 | 1u << 11 | 1u << 16 | 1u << 20,
	  ALWAYS },
	/* AVX512 4VNNIW 4FMAPS VP2INTERSECT FP16 */
	{ 7, 0, REG_EDX, 1u << 2 | 1u << 3 | 1u << 8 | 1u << 23, XFRM_AVX512 },
	{ 7, 0, REG_EDX, 1u << 22 | 1u << 24 | 1u << 25, XFRM_AMX },
	/* SHA512, SM3, SM4, AVX-VNNI */
	{ 7, 1, REG_EAX, 1u << 0 | 1u << 1 | 1u << 2 | 1u << 4, XFRM_AVX },
	{ 7, 1, REG_EAX, 1u << 5, XFRM_AVX512 }, /* AVX512_BF16 */
	{ 7, 1, REG_EAX, 1u << 21, XFRM_AMX },   /* AMX-FP16 */
	{ 7, 1, REG_EAX, 1u << 23, XFRM_AVX },   /* AVX-IFMA */
	{ 7, 1, REG_EDX, 1u << 4 | 1u << 5 | 1u << 10, XFRM_AVX },
	{ 7, 1, REG_EDX, 1u << 8, XFRM_AMX },     /* AMX-COMPLEX */
	{ 7, 1, REG_EDX, 1u << 19, XFRM_AVX512 }, /* AVX10 */
	{ 7, 1, REG_EDX, 1u << 21, ALWAYS },      /* APX */
	{ 0xd, 1, REG_EAX, 1u << 3, ALWAYS },     /* XSAVES */
	{ 0x80000001, 0, REG_ECX, 1u << 11 | 1u << 16,
	  XFRM_AVX }, /* XOP FMA4 */
};

static struct host_cpuid leaves[CPUID_TABLE_MAX];
static size_t nleaves;

static uint32_t *reg_of(struct host_cpuid *l, enum cpuid_reg reg)
{
	uint32_t *const regs[] = { &l->eax, &l->ebx, &l->ecx, &l->edx };

	return regs[reg];
}

static void cut_leaf(struct host_cpuid *l, uint64_t xfrm)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		const struct cut *c = &cuts[i];

		if (c->leaf != l->leaf || c->subleaf != l->subleaf)
			continue;
		if (c->needs == ALWAYS || (xfrm & c->needs) != c->needs)
			*reg_of(l, c->reg) &= ~c->bits;
	}
}

/* Leaf 0DH describes XSAVE areas of XFRM, whatever XCR0 is outside. */
static void cut_xsave(struct host_cpuid *l, uint64_t xfrm)
{
	if (l->leaf != LEAF_XSAVE)
		return;
	if (l->subleaf == 0) {
		l->eax = (uint32_t)xfrm;
		l->edx = (uint32_t)(xfrm >> 32);
	} else if (l->subleaf > 1 &&
	           (l->subleaf > 63 || !(xfrm >> l->subleaf & 1))) {
		l->eax = l->ebx = l->ecx = l->edx = 0;
	}
}

static struct host_cpuid *find(uint32_t leaf, uint32_t subleaf)
{
	size_t i;

	for (i = 0; i < nleaves; i++)
		if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
			return &leaves[i];
	return NULL;
}

/* EBX of 0DH's first two: the size of an area of XFRM, and a compacted one's. */
static void size_xsave(struct host_cpuid *standard, struct host_cpuid *compact)
{
	size_t i;

	standard->ebx = compact->ebx = XSAVE_MIN;
	compact->ecx = compact->edx = 0; /* XSS */
	for (i = 0; i < nleaves; i++) {
		const struct host_cpuid *l = &leaves[i];

		if (l->leaf != LEAF_XSAVE || l->subleaf < 2 || !l->eax)
			continue;
		standard->ebx = MAX(standard->ebx, l->ebx + l->eax);
		if (l->ecx & XSAVE_ALIGNED)
			compact->ebx = ALIGN_UP(compact->ebx, 64u);
		compact->ebx += l->eax;
	}
}

int cpuid_setup(const struct host_cpuid *table, size_t count, uint64_t xfrm)
{
	struct host_cpuid *compact;
	size_t i;

	if (count > CPUID_TABLE_MAX)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		leaves[i] = table[i];
		cut_leaf(&leaves[i], xfrm);
		cut_xsave(&leaves[i], xfrm);
	}
	nleaves = count;
	if (!find(LEAF_VENDOR, 0) || !find(LEAF_FEATURES, 0) ||
	    !find(LEAF_EXTENDED_FEATURES, 0) || !find(LEAF_XSAVE, 0))
		return -EINVAL;
	compact = find(LEAF_XSAVE, 1);
	if (compact)
		size_xsave(find(LEAF_XSAVE, 0), compact);
	return 0;
}

/* Leaves whose answer depends on ECX; for others it is ignored. */
static bool has_subleaves(uint32_t leaf)
{
	switch (leaf) {
	case 4:
	case LEAF_EXTENDED_FEATURES:
	case LEAF_TOPOLOGY:
	case LEAF_XSAVE:
	case 0xf:
	case 0x10:
	case 0x12:
	case 0x14:
	case 0x17:
	case 0x18:
	case 0x1d:
	case 0x1e:
	case LEAF_TOPOLOGY_V2:
	case 0x8000001d:
	case 0x80000020:
	case 0x80000026:
		return true;
	default:
		return false;
	}
}

void cpuid_lookup(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *ret)
{
	const struct host_cpuid *l;

	l = find(leaf, has_subleaves(leaf) ? subleaf : 0);
	if (l)
		*ret = (struct cpuid_regs){ l->eax, l->ebx, l->ecx, l->edx };
	else
		*ret = (struct cpuid_regs){ 0, 0, 0, 0 };
}

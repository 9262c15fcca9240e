/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuinfo.c - /proc/cpuinfo: one entry for each vCPU, from the same table that
 * answers a program's CPUID.
 */
#include "base/string.h"
#include "libos/cpu/cpuid.h"
#include "libos/proc/procfs/internal.h"
#include "libos/sched/sched.h"

enum { LEAF_VENDOR = 0, LEAF_FEATURES = 1, LEAF_FREQUENCY = 0x16 };
#define LEAF_BRAND 0x80000002u

enum cpuid_reg { EAX, EBX, ECX, EDX };

/* Names as Linux prints them, in bits' order; NULL: not printed. */
struct flag_word {
	uint32_t leaf, subleaf;
	enum cpuid_reg reg;
	const char *names[32];
};

/* SDM Vol. 2A, CPUID. */
static const struct flag_word flag_words[] = {
	{ 1, 0, EDX, { "fpu", "vme",  "de",   "pse",   "tsc", "msr",     "pae",
	               "mce", "cx8",  "apic", NULL,    "sep", "mtrr",    "pge",
	               "mca", "cmov", "pat",  "pse36", "pn",  "clflush", NULL,
	               "dts", "acpi", "mmx",  "fxsr",  "sse", "sse2",    "ss",
	               "ht",  "tm",   "ia64", "pbe" } },
	{ 0x80000001,
	  0,
	  EDX,
	  { [11] = "syscall",
	    [20] = "nx",
	    [26] = "pdpe1gb",
	    [27] = "rdtscp",
	    [29] = "lm" } },
	{ 1,
	  0,
	  ECX,
	  { "pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
	    "vmx",    "smx",       "est",    "tm2",     "ssse3",
	    "cid",    "sdbg",      "fma",    "cx16",    "xtpr",
	    "pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
	    "sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
	    "aes",    "xsave",     NULL,     "avx",     "f16c",
	    "rdrand", "hypervisor" } },
	{ 0x80000001,
	  0,
	  ECX,
	  { [0] = "lahf_lm",
	    [5] = "abm",
	    [6] = "sse4a",
	    [8] = "3dnowprefetch",
	    [11] = "xop",
	    [16] = "fma4" } },
	{ 7, 0, EBX, { "fsgsbase", "tsc_adjust", "sgx",      "bmi1",
	               "hle",      "avx2",       NULL,       "smep",
	               "bmi2",     "erms",       "invpcid",  "rtm",
	               NULL,       NULL,         "mpx",      NULL,
	               "avx512f",  "avx512dq",   "rdseed",   "adx",
	               "smap",     "avx512ifma", NULL,       "clflushopt",
	               "clwb",     "intel_pt",   "avx512pf", "avx512er",
	               "avx512cd", "sha_ni",     "avx512bw", "avx512vl" } },
	{ 0xd, 1, EAX, { "xsaveopt", "xsavec", "xgetbv1", "xsaves" } },
	{ 7, 1, EAX, { [4] = "avx_vnni", [5] = "avx512_bf16" } },
	{ 7,
	  0,
	  ECX,
	  { [1] = "avx512vbmi",
	    [2] = "umip",
	    [3] = "pku",
	    [4] = "ospke",
	    [5] = "waitpkg",
	    [6] = "avx512_vbmi2",
	    [8] = "gfni",
	    [9] = "vaes",
	    [10] = "vpclmulqdq",
	    [11] = "avx512_vnni",
	    [12] = "avx512_bitalg",
	    [14] = "avx512_vpopcntdq",
	    [22] = "rdpid",
	    [25] = "cldemote",
	    [27] = "movdiri",
	    [28] = "movdir64b" } },
	{ 7,
	  0,
	  EDX,
	  { [4] = "fsrm",
	    [8] = "avx512_vp2intersect",
	    [10] = "md_clear",
	    [14] = "serialize",
	    [22] = "amx_bf16",
	    [23] = "avx512_fp16",
	    [24] = "amx_tile",
	    [25] = "amx_int8" } },
};

static void print_flags(struct synth_text *t)
{
	synth_print(t, "flags\t\t:");
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		const struct flag_word *w = &flag_words[i];
		struct cpuid_regs r;
		uint32_t bits;

		cpuid_lookup(w->leaf, w->subleaf, &r);
		bits = w->reg == EAX   ? r.eax
		       : w->reg == EBX ? r.ebx
		       : w->reg == ECX ? r.ecx
		                       : r.edx;
		for (size_t bit = 0; bit < 32; bit++)
			if (bits >> bit & 1 && w->names[bit])
				synth_print(t, " %s", w->names[bit]);
	}
	synth_print(t, "\n");
}

/* Text in registers: what the host wrote there is printable, or a '?'. */
static void put_text(char *dst, const uint32_t *words, size_t count)
{
	memcpy(dst, words, count * sizeof(*words));
	for (size_t i = 0; i < count * sizeof(*words); i++)
		if (dst[i] && (dst[i] < ' ' || dst[i] > '~'))
			dst[i] = '?';
	dst[count * sizeof(*words)] = '\0';
}

static void print_vendor(struct synth_text *t)
{
	struct cpuid_regs r;
	char text[13];

	cpuid_lookup(LEAF_VENDOR, 0, &r);
	put_text(text, (const uint32_t[]){ r.ebx, r.edx, r.ecx }, 3);
	synth_print(t, "vendor_id\t: %s\n", text);
}

static void print_brand(struct synth_text *t)
{
	char text[49];
	struct cpuid_regs r;

	for (uint32_t i = 0; i < 3; i++) {
		cpuid_lookup(LEAF_BRAND + i, 0, &r);
		put_text(text + i * 16,
		         (const uint32_t[]){ r.eax, r.ebx, r.ecx, r.edx }, 4);
	}
	synth_print(t, "model name\t: %s\n", text[0] ? text : "unknown");
}

/* SDM Vol. 2A, Figure 3-6: the extended fields count for some families. */
static void print_version(struct synth_text *t)
{
	uint32_t family, model;
	struct cpuid_regs r;

	cpuid_lookup(LEAF_FEATURES, 0, &r);
	family = r.eax >> 8 & 0xf;
	model = r.eax >> 4 & 0xf;
	if (family == 6 || family == 15)
		model |= (r.eax >> 16 & 0xf) << 4;
	if (family == 15)
		family += r.eax >> 20 & 0xff;
	synth_print(t, "cpu family\t: %u\nmodel\t\t: %u\n", family, model);
	print_brand(t);
	synth_print(t, "stepping\t: %u\n", r.eax & 0xf);
}

static void print_speed(struct synth_text *t)
{
	struct cpuid_regs r;

	cpuid_lookup(LEAF_FREQUENCY, 0, &r);
	if (r.eax & 0xffff)
		synth_print(t, "cpu MHz\t\t: %u.000\n", r.eax & 0xffff);
}

static void print_topology(struct synth_text *t, uint32_t i)
{
	uint32_t n = sched_nvcpus();

	synth_print(t,
	            "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\n"
	            "cpu cores\t: %u\napicid\t\t: %u\n",
	            n, i, n, i);
}

int show_cpuinfo(uint64_t key __unused, struct synth_text *t)
{
	for (uint32_t i = 0; i < sched_nvcpus(); i++) {
		synth_print(t, "processor\t: %u\n", i);
		print_vendor(t);
		print_version(t);
		print_speed(t);
		print_topology(t, i);
		synth_print(t, "fpu\t\t: yes\nwp\t\t: yes\n");
		print_flags(t);
		synth_print(t, "clflush size\t: 64\ncache_alignment\t: 64\n"
		               "address sizes\t: 48 bits virtual\n\n");
	}
	return 0;
}

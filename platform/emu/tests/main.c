/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - run the vectors, each on every ISA it holds on.
 *
 *	emu-vectors [--platform NAME] [--isa sgx1|sgx2] [--first] [ID]
 *
 * --isa leaves out the other ISA, --first stops at the first failure, and an
 * ID picks the vectors whose id begins so.  Run whole, the suite also counts
 * itself: too few vectors, or one without a paragraph, is a failure.  Another
 * platform than emu leaves some out, and says why (elsewhere.c).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/emu/tests/elsewhere.h"

enum {
	VECTORS_MIN = 200,
	GROUP_MIN = 25, /* in each group that is to have so many */
};

static const struct group {
	const char *name;
	int min;
	const struct vector *tables[4];
} groups[] = {
	{ "EENTER/EEXIT", GROUP_MIN, { entry_vectors, exit_vectors } },
	{ "AEX", GROUP_MIN, { aex_vectors, cause_vectors } },
	{ "ERESUME", GROUP_MIN, { resume_vectors, tick_vectors } },
	{ "page instructions",
	  GROUP_MIN,
	  { page_vectors, accept_vectors, tcs_vectors } },
	{ "EINIT", GROUP_MIN, { init_vectors } },
	{ "ECREATE/EADD/EEXTEND", 0, { build_vectors } },
	{ "EREPORT/EGETKEY", 0, { key_vectors } },
};

static const struct isa {
	enum platform_isa isa;
	const char *name;
} isas[] = {
	{ PLATFORM_ISA_SGX1, "sgx1" },
	{ PLATFORM_ISA_SGX2, "sgx2" },
};

struct options {
	const char *isa; /* NULL: both */
	const char *id;  /* "": all */
	bool stops_at_first;
};

struct tally {
	int vectors, runs, failed, left_out;
};

static const char *isa_name(enum platform_isa isa)
{
	return isa == PLATFORM_ISA_SGX1 ? "sgx1" : "sgx2";
}

static bool run(const struct vector *v, enum platform_isa isa)
{
	struct te_params params = v->params;
	int before = te_failures;
	struct te te;

	params.isa = isa;
	te_current = v->id;
	if (!te_start(&te, &params)) {
		printf("  %s: no enclave: %s\n", v->id, te.err.text);
		te_failures++;
	} else {
		v->run(&te);
	}
	te_stop(&te);
	if (te_failures != before)
		printf("FAIL %s %s (%s, %s)\n", v->id, v->title, v->sdm,
		       isa_name(isa));
	return te_failures == before;
}

static bool is_wanted(const struct vector *v, const struct isa *isa,
                      const struct options *o)
{
	return (v->params.isa == PLATFORM_ISA_BEST ||
	        v->params.isa == isa->isa) &&
	       (!o->isa || strcmp(o->isa, isa->name) == 0) &&
	       strncmp(v->id, o->id, strlen(o->id)) == 0;
}

static bool is_left_out(const struct vector *v, enum platform_isa isa,
                        struct tally *t)
{
	const char *why = elsewhere_left_out(v, isa);

	if (!why)
		return false;
	printf("SKIP %s %s (%s, %s): %s\n", v->id, v->title, v->sdm,
	       isa_name(isa), why);
	t->left_out++;
	return true;
}

static void run_vector(const struct vector *v, const struct options *o,
                       struct tally *t)
{
	int runs = t->runs;

	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
		if (!is_wanted(v, &isas[i], o))
			continue;
		t->runs++;
		if (is_left_out(v, isas[i].isa, t) ||
		    elsewhere_run(run, v, isas[i].isa))
			continue;
		t->failed++;
		if (o->stops_at_first)
			exit(1);
	}
	t->vectors += t->runs > runs;
	if (!v->sdm[0]) {
		printf("FAIL %s names no paragraph\n", v->id);
		t->failed++;
	}
}

static bool is_whole(const struct options *o)
{
	return !o->isa && !o->id[0];
}

static void run_group(const struct group *g, const struct options *o,
                      struct tally *total)
{
	struct tally t = { 0 };

	for (int i = 0; i < 4 && g->tables[i]; i++)
		for (const struct vector *v = g->tables[i]; v->id; v++)
			run_vector(v, o, &t);
	printf("%-22s %3d vectors, %3d runs, %d failed\n", g->name, t.vectors,
	       t.runs, t.failed);
	if (is_whole(o) && t.vectors < g->min) {
		printf("FAIL %s has fewer than %d vectors\n", g->name, g->min);
		t.failed++;
	}
	total->vectors += t.vectors;
	total->runs += t.runs;
	total->failed += t.failed;
	total->left_out += t.left_out;
}

static bool parse(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .id = "" };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--isa") == 0 && i + 1 < argc)
			o->isa = argv[++i];
		else if (strcmp(argv[i], "--platform") == 0 && i + 1 < argc &&
		         elsewhere_choose(argv[i + 1]))
			i++;
		else if (strcmp(argv[i], "--first") == 0)
			o->stops_at_first = true;
		else if (argv[i][0] != '-')
			o->id = argv[i];
		else
			return false;
	}
	return !o->isa || strcmp(o->isa, "sgx1") == 0 ||
	       strcmp(o->isa, "sgx2") == 0;
}

static char secret[PATH_MAX];
static char secret_path[PATH_MAX + 16];

static void remove_secret(void)
{
	unlink(secret_path);
	rmdir(secret);
}

int main(int argc, char **argv)
{
	struct tally total = { 0 };
	struct options o;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!parse(argc, argv, &o)) {
		fprintf(stderr,
		        "usage: emu-vectors [--platform emu|sgx|sgx-fake] "
		        "[--isa sgx1|sgx2] [--first] [ID]\n");
		return 2;
	}
	snprintf(secret, sizeof(secret), "%s/emu-secret-XXXXXX",
	         getenv("TMPDIR") ?: "/tmp");
	if (!mkdtemp(secret))
		return 1;
	snprintf(secret_path, sizeof(secret_path), "%s/secret", secret);
	setenv("EMU_TEST_SECRET", secret_path, 1);
	atexit(remove_secret);
	te_setup_signals();
	if (!elsewhere_describe())
		return 1;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		run_group(&groups[i], &o, &total);
	if (is_whole(&o) && total.vectors < VECTORS_MIN) {
		printf("FAIL fewer than %d vectors\n", VECTORS_MIN);
		total.failed++;
	}
	if (total.left_out)
		printf("%d runs left out\n", total.left_out);
	printf("%d vectors, %d runs, %d failed\n", total.vectors, total.runs,
	       total.failed);
	return total.failed != 0;
}

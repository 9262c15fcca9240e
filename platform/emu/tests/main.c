/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - run the vectors; an argument picks those whose id begins so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/emu/tests/harness.h"

static const struct vector *const groups[] = {
	entry_vectors, aex_vectors,   resume_vectors,
	page_vectors,  build_vectors, key_vectors,
};

static bool run(const struct vector *v)
{
	int before = te_failures;
	struct te te;

	te_current = v->id;
	if (!te_start(&te, &v->params)) {
		printf("  %s: no enclave: %s\n", v->id, te.err.text);
		te_failures++;
	} else {
		v->run(&te);
	}
	te_stop(&te);
	if (te_failures != before)
		printf("FAIL %s %s\n", v->id, v->title);
	return te_failures == before;
}

int main(int argc, char **argv)
{
	static char secret[] = "/tmp/emu-secret-XXXXXX";
	const char *only = argc > 1 ? argv[1] : "";
	int passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(secret))
		return 1;
	static char path[64];
	snprintf(path, sizeof(path), "%s/secret", secret);
	setenv("EMU_TEST_SECRET", path, 1);
	te_setup_signals();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct vector *v = groups[i]; v->id; v++) {
			if (strncmp(v->id, only, strlen(only)) != 0)
				continue;
			if (run(v))
				passed++;
			else
				failed++;
		}
	unlink(path);
	rmdir(secret);
	printf("%d vectors passed, %d failed\n", passed, failed);
	return failed != 0;
}

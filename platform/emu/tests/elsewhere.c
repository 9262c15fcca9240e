/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elsewhere.c - see elsewhere.h.
 */
#include "platform/emu/tests/elsewhere.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 10000 };

static const struct {
	const char *name;
	enum platform_kind kind;
} platforms[] = {
	{ "emu", PLATFORM_EMU },
	{ "sgx", PLATFORM_SGX },
	{ "sgx-fake", PLATFORM_SGX_FAKE },
};

static const char einit_code[] =
	"the driver answers EPERM and keeps EINIT's code to itself";
static const char uncounted[] = "nobody counts the vDSO's entries and exits";

/* Of @title only the beginning, where an id is not enough. */
static const struct beyond {
	const char *id;
	const char *title;
	const char *cause;
} beyond[] = {
	{ "N38", "", uncounted },
	{ "T01", "", uncounted },
	{ "I04", "", einit_code },
	{ "I05", "", einit_code },
	{ "I08", "", einit_code },
	{ "I09", "", einit_code },
	{ "I10", "", einit_code },
	{ "I12", "", einit_code },
	{ "I13", "", einit_code },
	{ "I14", "", einit_code },
	{ "I15", "", einit_code },
	{ "I16", "", einit_code },
	{ "I17", "", einit_code },
	{ "I18", "", einit_code },
	{ "I21", "", einit_code },
	{ "I22", "", einit_code },
	{ "I23", "", einit_code },
	{ "I25", "", einit_code },
	{ "I26", "", einit_code },
	{ "I32", "", einit_code },
	{ "C28", "", einit_code },
	{ "C02", "",
	  "SIZE and BASEADDR are addresses of this process first: ENOMEM" },
	{ "C14", "", "the driver looks at its own list of pages before EADD" },
	{ NULL, NULL, NULL },
};

bool elsewhere_choose(const char *name)
{
	for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
		if (strcmp(platforms[i].name, name) != 0)
			continue;
		te_platform = platforms[i].kind;
		return true;
	}
	return false;
}

bool elsewhere_describe(void)
{
	struct platform_options opt = {
		.kind = te_platform,
		.secret_path = getenv("EMU_TEST_SECRET"),
	};
	const struct platform_caps *caps;
	struct platform_error err;
	struct platform *p;

	if (te_platform == PLATFORM_EMU)
		return true;
	if (platform_open(&opt, &p, &err) < 0) {
		printf("no platform: %s\n", err.text);
		return false;
	}
	caps = platform_caps(p);
	printf("%s: %s, EDECCSSA %s, MISCSELECT %#x, ATTRIBUTES %#lx, XFRM "
	       "%#lx, "
	       "SIZE below 2^%u, EPC %lu MiB\n",
	       caps->name, caps->sgx2 ? "SGX2" : "SGX1",
	       caps->edeccssa ? "yes" : "no", caps->miscselect,
	       (unsigned long)caps->attributes, (unsigned long)caps->xfrm,
	       caps->size_max_log2, (unsigned long)(caps->epc_size >> 20));
	platform_close(p);
	return true;
}

/* The ISA of a CPU is what it is. */
static const char *wrong_isa(enum platform_isa isa)
{
	struct platform_options opt = { .kind = te_platform };
	const char *why = NULL;
	struct platform *p;

	if (te_platform != PLATFORM_SGX || platform_open(&opt, &p, NULL) < 0)
		return NULL;
	if (platform_caps(p)->sgx2 != (isa == PLATFORM_ISA_SGX2))
		why = "the machine has the other ISA";
	platform_close(p);
	return why;
}

static const char *parameter(const struct te_params *p)
{
	if (p->epc_size)
		return "needs an EPC of another size";
	if (p->lepubkeyhash || p->launches_own)
		return "the driver sets IA32_SGXLEPUBKEYHASH itself";
	if (p->model.eenter || p->model.eexit || p->model.aex)
		return "a model of what hardware costs";
	return NULL;
}

const char *elsewhere_left_out(const struct vector *v, enum platform_isa isa)
{
	const char *why;

	if (te_platform == PLATFORM_EMU)
		return NULL;
	why = parameter(&v->params);
	for (const struct beyond *b = beyond; !why && b->id; b++)
		if (strcmp(b->id, v->id) == 0 &&
		    strncmp(b->title, v->title, strlen(b->title)) == 0)
			why = b->cause;
	return why ? why : wrong_isa(isa);
}

/* An attached thread has SIGTERM and SIGALRM blocked: only the parent can. */
static bool has_passed(pid_t child)
{
	int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool is_late = poll(&poll_fd, 1, LIMIT_MS) == 0;
	int status;

	close(fd);
	if (is_late)
		kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		return false;
	if (is_late)
		printf("  has not come back after %d s\n", LIMIT_MS / 1000);
	else if (WIFSIGNALED(status))
		printf("  ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool elsewhere_run(bool (*run)(const struct vector *v, enum platform_isa isa),
                   const struct vector *v, enum platform_isa isa)
{
	pid_t child;
	bool ret;

	if (te_platform == PLATFORM_EMU)
		return run(v, isa);
	te_signing_key(); /* made once, not by each child */
	child = fork();
	if (child == 0)
		_exit(!run(v, isa));
	ret = child > 0 && has_passed(child);
	printf("%s %s %s (%s)\n", ret ? "pass" : "FAIL", v->id, v->title,
	       v->sdm);
	return ret;
}

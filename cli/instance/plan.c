/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - collects what an enclave image is made of.
 */
#include "cli/instance/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config/bootcfg.h"
#include "cli/image/sites.h"
#include "cli/instance/instance.h"
#include "cli/instance/kernel.h"
#include "cli/scope.h"

#include "base/banned.h"

/* A folder of the image must be there for what is mounted on it. */
static int check_folder(const struct root *root, const char *path,
                        const char *field, struct cli_error *err)
{
	const struct root_entry *entry = root_find(root, path);

	if (entry && S_ISDIR(entry->mode))
		return 0;
	return cli_fail(err, -ENOENT,
	                CONFIG_FILE ": %s: there is no folder %s in the image: "
	                            "make it with \"mkdir -p image%s\"",
	                field, path, path);
}

static int check_folders(const struct plan *plan, struct cli_error *err)
{
	const struct config *c = &plan->config;
	int ret = check_folder(&plan->root, "/proc", "mount", err);

	if (ret == 0)
		ret = check_folder(&plan->root, "/dev", "mount", err);
	for (size_t i = 0; i < c->n_mounts && ret == 0; i++)
		if (!strcmp(c->mount[i].type, "ramfs"))
			ret = check_folder(&plan->root, c->mount[i].target,
			                   "mount", err);
	return ret;
}

static int resolve_users(struct plan *plan, struct cli_error *err)
{
	const struct strings *names = &plan->config.users;
	int ret =
		user_parse(INSTANCE_IMAGE, plan->config.user, &plan->user, err);

	plan->users = mem_alloc(names->count, sizeof(*plan->users));
	for (size_t i = 0; i < names->count && ret == 0; i++)
		ret = user_parse(INSTANCE_IMAGE, names->item[i],
		                 &plan->users[i], err);
	return ret;
}

static int hash_root(struct plan *plan, const char *body_path,
                     struct cli_error *err)
{
	scope_fd int fd = -1;

	if (body_path) {
		fd = open(body_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		          0644);
		if (fd < 0)
			return cli_fail_errno(err, "cannot create", body_path);
	}
	return root_hash(&plan->root, fd, err);
}

static int make_root(struct plan *plan, const char *body_path,
                     struct cli_error *err)
{
	int ret = root_scan(INSTANCE_IMAGE, sites_for_root, &plan->root, err);

	if (ret == 0)
		ret = check_folders(plan, err);
	if (ret == 0)
		ret = hash_root(plan, body_path, err);
	if (ret == 0)
		root_index(&plan->root, &plan->index);
	return ret;
}

static void make_boot_config(struct plan *plan)
{
	struct bootcfg_facts facts = {
		.root = &plan->root,
		.index = cspan_make(plan->index.data, plan->index.size),
		.user = plan->user,
		.users = plan->users,
		.n_users = plan->config.users.count,
	};

	bootcfg_encode(&plan->config, &facts, &plan->boot_config);
}

static const char *culprit(int code)
{
	if (code == -ENOEXEC)
		return "the kernel image";
	return code == -EINVAL ? "the boot config" : "the enclave image";
}

static int make_image(struct plan *plan, struct cli_error *err)
{
	const char *reason;
	int ret = image_init(
		&plan->image, cspan_make(plan->kernel.data, plan->kernel.size),
		cspan_make(plan->boot_config.data, plan->boot_config.size),
		&reason);

	if (ret < 0)
		return cli_fail(err, ret, "%s %s", culprit(ret), reason);
	return 0;
}

int plan_make(struct plan *ret_plan, const char *body_path,
              struct cli_error *err)
{
	int ret;

	*ret_plan = (struct plan){ .users = NULL };
	ret = instance_check(err);
	if (ret == 0)
		ret = config_load(CONFIG_FILE, &ret_plan->config,
		                  &ret_plan->problems, err);
	if (ret == 0)
		ret = resolve_users(ret_plan, err);
	if (ret == 0)
		ret = kernel_read(&ret_plan->kernel, err);
	if (ret == 0)
		ret = make_root(ret_plan, body_path, err);
	if (ret < 0)
		return ret;
	make_boot_config(ret_plan);
	return make_image(ret_plan, err);
}

static int measure_one(void *ctx, uint64_t addr, uint64_t secinfo,
                       const uint8_t *bytes)
{
	struct secinfo si = { .flags = secinfo };
	struct measure *m = ctx;

	/* Once the sink has failed there is no use in hashing on. */
	if (m->err)
		return m->err;
	if (bytes)
		measure_page(m, addr, &si, bytes);
	else
		measure_eadd(m, addr, &si);
	return 0;
}

int plan_measure(const struct plan *plan, const struct measure_sink *sink,
                 uint8_t ret_mrenclave[SGX_HASH_SIZE])
{
	struct secs secs = {
		.size = plan->image.size,
		.ssaframesize = plan->image.ssaframesize,
	};
	struct measure m;

	measure_init(&m, &secs, sink);
	/* A sink's error stays in @m, and measure_finish() returns it. */
	if (image_walk(&plan->image, measure_one, &m) < 0 && !m.err)
		return -EIO;
	return measure_finish(&m, ret_mrenclave);
}

void plan_print_warnings(const struct plan *plan)
{
	for (size_t i = 0; i < plan->problems.count; i++) {
		const struct problem *p = &plan->problems.item[i];
		scope_free char *sentence = problem_sentence(p, CONFIG_FILE);

		if (p->severity == SEVERITY_WARNING)
			cli_note("warning: %s", sentence);
	}
}

void plan_fini(struct plan *plan)
{
	image_fini(&plan->image);
	bytes_fini(&plan->boot_config);
	bytes_fini(&plan->index);
	bytes_fini(&plan->kernel);
	free(plan->users);
	root_fini(&plan->root);
	problems_fini(&plan->problems);
	config_fini(&plan->config);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - what the fields of an Occlum.json must be together, and what the
 * strings in them must look like.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "cli/config/config.h"
#include "cli/config/reader.h"
#include "cli/config/size.h"

#include "base/banned.h"

enum { HOSTNAME_MAX = 64 }; /* uname(2)'s field without the NUL */

/* Report about @section.@key, or @section[@index] where @key is NULL. */
static void report_at(struct reader *r, enum severity severity,
                      const char *section, const char *key, const char *message)
{
	if (!json_path_key(&r->path, section))
		return;
	if (key && json_path_key(&r->path, key)) {
		reader_report(r, severity, message);
		json_path_up(&r->path);
	} else {
		reader_report(r, severity, message);
	}
	json_path_up(&r->path);
}

static void report_item(struct reader *r, const char *section, const char *key,
                        size_t index, const char *message)
{
	size_t depth = r->path.depth;
	bool fits = json_path_key(&r->path, section) &&
	            (!key || json_path_key(&r->path, key)) &&
	            json_path_index(&r->path, index);

	if (fits)
		reader_report(r, SEVERITY_ERROR, message);
	r->path.depth = depth;
}

/* The kernel takes paths as they are: "/", "/a/b", no "." or "..". */
static bool is_normal_path(const char *path)
{
	if (path[0] != '/')
		return false;
	if (!path[1])
		return true;
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (!n || (n == 1 && path[0] == '.') ||
		    (n == 2 && !strncmp(path, "..", 2)))
			return false;
		path += n;
	}
	return true;
}

static void check_maximum(struct reader *r, uint64_t size, uint64_t max,
                          const char *key, const char *max_key)
{
	char text[SIZE_TEXT_MAX];
	char *message;

	if (size <= max)
		return;
	size_format(size, text);
	message = mem_format("is less than %s: choose at least %s", key, text);
	report_at(r, SEVERITY_ERROR, "resource_limits", max_key, message);
	free(message);
}

/*
 * A maximum that is not given follows the size it bounds: whoever asks for
 * 8GB at the start need not also raise a default.
 */
static void check_memory(struct reader *r)
{
	struct config *c = r->config;

	if (!c->user_space_max_size)
		c->user_space_max_size =
			MAX(r->default_user_max, c->user_space_size);
	if (!c->kernel_heap_max_size)
		c->kernel_heap_max_size =
			MAX(r->default_heap_max, c->kernel_heap_size);
	check_maximum(r, c->user_space_size, c->user_space_max_size,
	              "user_space_size", "user_space_max_size");
	check_maximum(r, c->kernel_heap_size, c->kernel_heap_max_size,
	              "kernel_space_heap_size", "kernel_space_heap_max_size");
	if (c->default_stack_size > c->user_space_max_size / 2)
		report_at(r, SEVERITY_ERROR, "process", "default_stack_size",
		          "is more than half of "
		          "resource_limits.user_space_max_size: lower it, or "
		          "raise the other");
}

static void check_process(struct reader *r)
{
	const struct config *c = r->config;
	size_t n = strlen(c->hostname);

	if (!n || n > HOSTNAME_MAX ||
	    c->hostname[strspn(c->hostname,
	                       "abcdefghijklmnopqrstuvwxyz"
	                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")])
		report_at(r, SEVERITY_ERROR, "process", "hostname",
		          "must be 1 to 64 letters, digits, dots and hyphens");
	if (!is_normal_path(c->cwd))
		report_at(r, SEVERITY_ERROR, "process", "cwd",
		          "must be an absolute path without \"..\"");
}

static void check_entry_points(struct reader *r)
{
	const struct strings *list = &r->config->entry_points;

	for (size_t i = 0; i < list->count; i++)
		if (!is_normal_path(list->item[i]))
			report_item(r, "entry_points", NULL, i,
			            "must be an absolute path without \"..\" "
			            "or a slash at its end");
	if (!list->count)
		report_at(r, SEVERITY_ERROR, "entry_points", NULL,
		          "is empty, so that no program could be started: "
		          "add \"/bin\"");
}

static bool is_variable_name(const char *name, size_t size)
{
	if (!size || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static void check_env(struct reader *r)
{
	const struct strings *trusted = &r->config->env_default;
	const struct strings *untrusted = &r->config->env_untrusted;

	for (size_t i = 0; i < trusted->count; i++) {
		const char *equals = strchr(trusted->item[i], '=');

		if (!equals ||
		    !is_variable_name(trusted->item[i],
		                      (size_t)(equals - trusted->item[i])))
			report_item(r, "env", "default", i,
			            "must have the form NAME=VALUE");
	}
	for (size_t i = 0; i < untrusted->count; i++)
		if (!is_variable_name(untrusted->item[i],
		                      strlen(untrusted->item[i])))
			report_item(r, "env", "untrusted", i,
			            "must be the name of a variable, without a "
			            "value");
}

/* What becomes of each type of mount; @message NULL: it is used. */
static const struct mount_rule {
	const char *type;
	enum severity severity;
	const char *message;
} mount_rules[] = {
	{ "image", SEVERITY_WARNING, NULL },
	{ "ramfs", SEVERITY_WARNING, NULL },
	{ "unionfs", SEVERITY_WARNING,
	  "is kept as the measured image with a writable layer in memory: what "
	  "programs write is lost at exit" },
	{ "hostfs", SEVERITY_WARNING,
	  "has no effect here: host folders can't be seen from inside in this "
	  "release; copy what programs need with \"occlum add\"" },
	{ "sefs", SEVERITY_ERROR,
	  "is not supported in this release, and data would be lost without "
	  "it: remove the mount, or make it a ramfs" },
	{ "ext2", SEVERITY_ERROR,
	  "is not supported in this release, and data would be lost without "
	  "it: remove the mount, or make it a ramfs" },
};

static void report_mount(struct reader *r, size_t index, const char *key,
                         enum severity severity, const char *message)
{
	size_t depth = r->path.depth;

	if (json_path_key(&r->path, "mount") &&
	    json_path_index(&r->path, index)) {
		if (!key || json_path_key(&r->path, key))
			reader_report(r, severity, message);
	}
	r->path.depth = depth;
}

static const struct mount_rule *find_rule(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_rules); i++)
		if (!strcmp(mount_rules[i].type, type))
			return &mount_rules[i];
	return NULL;
}

static bool is_root_type(const char *type)
{
	return !strcmp(type, "image") || !strcmp(type, "unionfs");
}

static void check_type(struct reader *r, size_t i)
{
	const struct config_mount *m = &r->config->mount[i];
	const struct mount_rule *rule = find_rule(m->type);

	if (!rule)
		report_mount(r, i, "type", SEVERITY_ERROR,
		             "is not a type of file system: use \"image\" for "
		             "the root and \"ramfs\" elsewhere");
	else if (rule->message)
		report_mount(r, i, "type", rule->severity, rule->message);
	if (rule && is_root_type(m->type) != !strcmp(m->target, "/"))
		report_mount(r, i, "target", SEVERITY_ERROR,
		             "does not fit the type: the root \"/\" is of type "
		             "\"image\", and nothing else is");
}

static void check_mount(struct reader *r, size_t i)
{
	const struct config_mount *m = &r->config->mount[i];

	if (!m->type || !m->target) {
		report_mount(r, i, NULL, SEVERITY_ERROR,
		             "needs both \"type\" and \"target\"");
		return;
	}
	if (!is_normal_path(m->target)) {
		report_mount(r, i, "target", SEVERITY_ERROR,
		             "must be an absolute path without \"..\"");
		return;
	}
	check_type(r, i);
	for (size_t j = 0; j < i; j++)
		if (r->config->mount[j].target &&
		    !strcmp(r->config->mount[j].target, m->target))
			report_mount(r, i, "target", SEVERITY_ERROR,
			             "is mounted twice: remove one of the two");
}

static void check_mounts(struct reader *r)
{
	const struct config *c = r->config;
	bool has_root = false;

	for (size_t i = 0; i < c->n_mounts; i++) {
		check_mount(r, i);
		has_root |=
			c->mount[i].target && !strcmp(c->mount[i].target, "/");
	}
	if (!has_root)
		report_at(r, SEVERITY_ERROR, "mount", NULL,
		          "has no root: add {\"type\": \"image\", "
		          "\"target\": \"/\"}");
}

static void check_kss(struct reader *r)
{
	const struct config *c = r->config;

	if (c->enable_kss)
		return;
	if (c->family_id_high || c->family_id_low)
		report_at(r, SEVERITY_ERROR, "metadata", "family_id",
		          "needs metadata.enable_kss: true");
	if (c->ext_prod_id_high || c->ext_prod_id_low)
		report_at(r, SEVERITY_ERROR, "metadata", "ext_prod_id",
		          "needs metadata.enable_kss: true");
}

void config_check_rules(struct reader *r)
{
	check_memory(r);
	check_process(r);
	check_entry_points(r);
	check_env(r);
	check_mounts(r);
	check_kss(r);
}

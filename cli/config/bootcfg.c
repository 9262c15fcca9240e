/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootcfg.c - encodes the boot config.
 *
 * Strings carry a 16-bit length; the checks of Occlum.json keep each below
 * 4 KiB.  Counts are 16 bits, which CONFIG_SIZE_MAX bounds long before.
 */
#include "cli/config/bootcfg.h"

#include <string.h>

#include "abi/bootcfg.h"
#include "crypto/sha256.h"

#include "base/banned.h"

static void add_string(struct bytes *b, const char *s)
{
	uint16_t size = (uint16_t)strlen(s);

	bytes_add(b, &size, sizeof(size));
	bytes_add(b, s, size);
}

static void add_strings(struct bytes *b, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_string(b, list->item[i]);
}

static void add_mount(struct bytes *b, enum bootcfg_mount_type type,
                      const char *target)
{
	struct bootcfg_mount m = { .type = type };

	bytes_add(b, &m, sizeof(m));
	add_string(b, target);
	add_string(b, ""); /* source */
	add_string(b, ""); /* options */
}

/* Root first, then /proc and /dev, then the file's in its order. */
static uint16_t add_mounts(struct bytes *b, const struct config *config)
{
	uint16_t count = 3;

	add_mount(b, MOUNT_ROOT, "/");
	add_mount(b, MOUNT_PROC, "/proc");
	add_mount(b, MOUNT_DEV, "/dev");
	for (size_t i = 0; i < config->n_mounts; i++) {
		const struct config_mount *m = &config->mount[i];

		if (strcmp(m->type, "ramfs"))
			continue;
		add_mount(b, MOUNT_TMPFS, m->target);
		count++;
	}
	return count;
}

static uint32_t flags_of(const struct config *config)
{
	return (config->debuggable ? BOOTCFG_DEBUGGABLE : 0u) |
	       (config->disable_log ? BOOTCFG_LOG_OFF : 0u) |
	       (config->enable_kss ? BOOTCFG_KSS : 0u);
}

static void fill_header(struct bootcfg_header *h, const struct config *config,
                        const struct bootcfg_facts *facts)
{
	*h = (struct bootcfg_header){
		.magic = BOOTCFG_MAGIC,
		.version = BOOTCFG_VERSION,
		.flags = flags_of(config),
		.max_vcpus = (uint32_t)config->max_vcpus,
		.max_threads = (uint32_t)config->max_threads,
		.umask = (uint32_t)config->umask,
		.user_space_size = config->user_space_size,
		.user_space_max_size = config->user_space_max_size,
		.kernel_heap_size = config->kernel_heap_size,
		.kernel_heap_max_size = config->kernel_heap_max_size,
		.default_stack_size = config->default_stack_size,
		.default_heap_size = config->default_heap_size,
		.uid = facts->user.uid,
		.gid = facts->user.gid,
		.root_index_size = facts->index.size,
		.root_body_size = facts->root->body_size,
		.n_entry_points = (uint16_t)config->entry_points.count,
		.n_env_default = (uint16_t)config->env_default.count,
		.n_env_untrusted = (uint16_t)config->env_untrusted.count,
		.n_users = (uint16_t)facts->n_users,
	};
	sha256(facts->index.data, facts->index.size, h->root_index_sha256);
}

void bootcfg_encode(const struct config *config,
                    const struct bootcfg_facts *facts, struct bytes *ret_bytes)
{
	struct bootcfg_header h;
	size_t start = ret_bytes->size;

	fill_header(&h, config, facts);
	bytes_add(ret_bytes, NULL, sizeof(h));
	add_string(ret_bytes, config->hostname);
	add_string(ret_bytes, config->cwd);
	add_strings(ret_bytes, &config->entry_points);
	add_strings(ret_bytes, &config->env_default);
	add_strings(ret_bytes, &config->env_untrusted);
	for (size_t i = 0; i < facts->n_users; i++) {
		bytes_add(ret_bytes, &facts->users[i].uid, sizeof(uint32_t));
		bytes_add(ret_bytes, &facts->users[i].gid, sizeof(uint32_t));
	}
	h.n_mounts = add_mounts(ret_bytes, config);
	h.size = (uint32_t)(ret_bytes->size - start);
	memcpy(ret_bytes->data + start, &h, sizeof(h));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - what may stand in an Occlum.json.
 */
#include "cli/config/schema.h"

#include <stdbool.h>
#include <string.h>

#include "abi/layout.h"
#include "base/units.h"
#include "cli/config/config.h"
#include "cli/config/nearest.h"

#include "base/banned.h"

#define IN_CONFIG(member)                                                      \
	.home = HOME_CONFIG, .offset = offsetof(struct config, member)
#define IN_MOUNT(member)                                                       \
	.home = HOME_MOUNT, .offset = offsetof(struct config_mount, member)

/* Limits are named where they come from the layout or from SIGSTRUCT. */
enum {
	ISV_NUMBER_MAX = UINT16_MAX, /* ISVPRODID, ISVSVN are 16 bits wide */
	THREADS_MAX = 1 << 20,
};

const struct field schema[] = {
	{
		.path = "resource_limits",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "Memory, threads and vCPUs of the instance.",
	},
	{
		.path = "resource_limits.user_space_size",
		.type = FIELD_SIZE,
		IN_CONFIG(user_space_size),
		.min = MIB,
		.max = USER_END,
		.fallback = "64MB",
		.help = "Memory for all programs together that is part of the "
			"enclave from the start. All there is on SGX1.",
	},
	{
		.path = "resource_limits.user_space_max_size",
		.type = FIELD_SIZE,
		IN_CONFIG(user_space_max_size),
		.min = MIB,
		.max = USER_END,
		.fallback = "4GB",
		.help = "What programs together may grow to, where the "
			"platform can add pages (SGX2, emu).",
	},
	{
		.path = "resource_limits.kernel_space_heap_size",
		.type = FIELD_SIZE,
		IN_CONFIG(kernel_heap_size),
		.min = 4 * MIB,
		.max = HEAP_SIZE_MAX,
		.fallback = "32MB",
		.help = "Memory of the kernel in the enclave at the start: "
			"thread stacks, page cache of the root, files in "
			"memory.",
	},
	{
		.path = "resource_limits.kernel_space_heap_max_size",
		.type = FIELD_SIZE,
		IN_CONFIG(kernel_heap_max_size),
		.min = 4 * MIB,
		.max = HEAP_SIZE_MAX,
		.fallback = "512MB",
		.help = "What the kernel's memory may grow to, where the "
			"platform can add pages.",
	},
	{
		.path = "resource_limits.max_num_of_threads",
		.type = FIELD_COUNT,
		IN_CONFIG(max_threads),
		.min = 1,
		.max = THREADS_MAX,
		.fallback = "4096",
		.help = "Threads of all programs together. They share the "
			"vCPUs, so a large number costs nothing.",
	},
	{
		.path = "resource_limits.max_vcpus",
		.type = FIELD_COUNT,
		IN_CONFIG(max_vcpus),
		.min = 1,
		.max = VCPU_MAX,
		.fallback = "16",
		.help = "vCPUs (TCSs) in the image. A run uses as many as the "
			"host has cores, at most these. Not a field of "
			"Occlum's.",
	},
	{
		.path = "resource_limits.kernel_space_stack_size",
		.type = FIELD_SIZE,
		.max = UINT64_MAX,
		.fallback = "absent",
		.help = "Occlum: stack of the LibOS for each thread.",
		.ignored = "kernel stacks have a fixed size that suffices",
	},
	{
		.path = "resource_limits.init_num_of_threads",
		.type = FIELD_COUNT,
		.max = UINT32_MAX,
		.fallback = "absent",
		.help = "Occlum: TCSs at the start, with EDMM.",
		.ignored = "threads need no TCS of their own; see "
			   "resource_limits.max_vcpus",
	},
	{
		.path = "resource_limits.marshal_buffer_size",
		.type = FIELD_SIZE,
		.max = UINT64_MAX,
		.fallback = "absent",
		.help = "Occlum: buffer of HyperEnclave builds.",
		.ignored = "there is no HyperEnclave platform here",
	},
	{
		.path = "process",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "What a process starts with.",
	},
	{
		.path = "process.default_stack_size",
		.type = FIELD_SIZE,
		IN_CONFIG(default_stack_size),
		.min = 64 * KIB,
		.max = GIB,
		.fallback = "8MB",
		.help = "Stack of a program's main thread: RLIMIT_STACK.",
	},
	{
		.path = "process.default_heap_size",
		.type = FIELD_SIZE,
		IN_CONFIG(default_heap_size),
		.min = PAGE_SIZE,
		.max = USER_END,
		.fallback = "32MB",
		.help = "How far brk may go for one process. Allocators use "
			"mmap beyond it.",
	},
	{
		.path = "process.default_mmap_size",
		.type = FIELD_SIZE,
		.max = UINT64_MAX,
		.fallback = "absent",
		.help = "Occlum: obsolete there as well.",
		.ignored = "mmap is limited by "
			   "resource_limits.user_space_max_size only",
	},
	{
		.path = "process.user",
		.type = FIELD_TEXT,
		IN_CONFIG(user),
		.fallback = "\"0:0\"",
		.help = "User and group of the first process, \"USER\" or "
			"\"USER:GROUP\": numbers, or names of the image's "
			"/etc/passwd and /etc/group. Not a field of Occlum's.",
	},
	{
		.path = "process.users",
		.type = FIELD_TEXTS,
		IN_CONFIG(users),
		.fallback = "[]",
		.help = "Other users that occlum run --user may ask for, "
			"written as process.user. Not a field of Occlum's.",
	},
	{
		.path = "process.cwd",
		.type = FIELD_TEXT,
		IN_CONFIG(cwd),
		.fallback = "\"/\"",
		.help = "Working folder of the first process. Not a field of "
			"Occlum's.",
	},
	{
		.path = "process.umask",
		.type = FIELD_OCTAL,
		IN_CONFIG(umask),
		.max = 0777,
		.fallback = "\"022\"",
		.help = "File mode mask of the first process, octal. Not a "
			"field of Occlum's.",
	},
	{
		.path = "process.hostname",
		.type = FIELD_TEXT,
		IN_CONFIG(hostname),
		.fallback = "\"occlum\"",
		.help = "Host name that programs see. Not a field of Occlum's.",
	},
	{
		.path = "entry_points",
		.type = FIELD_TEXTS,
		IN_CONFIG(entry_points),
		.fallback = "[\"/bin\", \"/usr/bin\", \"/usr/local/bin\"]",
		.help = "Folders or programs that occlum run may start.",
	},
	{
		.path = "env",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "Environment of the first process.",
	},
	{
		.path = "env.default",
		.type = FIELD_TEXTS,
		IN_CONFIG(env_default),
		.fallback = "[\"OCCLUM=yes\", \"PATH=/usr/local/bin:/usr/bin:"
			    "/bin\", \"HOME=/root\", \"LANG=C.UTF-8\", "
			    "\"TZ=UTC\"]",
		.help = "Trusted variables, NAME=VALUE; part of the "
			"measurement.",
	},
	{
		.path = "env.untrusted",
		.type = FIELD_TEXTS,
		IN_CONFIG(env_untrusted),
		.fallback = "[\"TERM\"]",
		.help = "Names of variables that the host may set; they win "
			"over env.default.",
	},
	{
		.path = "metadata",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "Identity of the enclave.",
	},
	{
		.path = "metadata.product_id",
		.type = FIELD_COUNT,
		IN_CONFIG(product_id),
		.max = ISV_NUMBER_MAX,
		.fallback = "0",
		.help = "ISVPRODID.",
	},
	{
		.path = "metadata.version_number",
		.type = FIELD_COUNT,
		IN_CONFIG(version_number),
		.max = ISV_NUMBER_MAX,
		.fallback = "0",
		.help = "ISVSVN, the security version.",
	},
	{
		.path = "metadata.debuggable",
		.type = FIELD_BOOL,
		IN_CONFIG(debuggable),
		.fallback = "true",
		.help = "Whether the enclave may run in debug mode, which "
			"protects nothing. Needed for --strace, crash reports "
			"and emu chosen by itself; set it to false before you "
			"deploy.",
	},
	{
		.path = "metadata.disable_log",
		.type = FIELD_BOOL,
		IN_CONFIG(disable_log),
		.fallback = "false",
		.help = "Whether the kernel keeps silent, errors included.",
	},
	{
		.path = "metadata.enable_kss",
		.type = FIELD_BOOL,
		IN_CONFIG(enable_kss),
		.fallback = "false",
		.help = "Key separation and sharing: the CPU must have it, "
			"and family_id and ext_prod_id count.",
	},
	{
		.path = "metadata.family_id",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "ISVFAMILYID, with enable_kss.",
	},
	{
		.path = "metadata.family_id.high",
		.type = FIELD_HEX,
		IN_CONFIG(family_id_high),
		.max = UINT64_MAX,
		.fallback = "\"0x0\"",
		.help = "Its upper 64 bits.",
	},
	{
		.path = "metadata.family_id.low",
		.type = FIELD_HEX,
		IN_CONFIG(family_id_low),
		.max = UINT64_MAX,
		.fallback = "\"0x0\"",
		.help = "Its lower 64 bits.",
	},
	{
		.path = "metadata.ext_prod_id",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "ISVEXTPRODID, with enable_kss.",
	},
	{
		.path = "metadata.ext_prod_id.high",
		.type = FIELD_HEX,
		IN_CONFIG(ext_prod_id_high),
		.max = UINT64_MAX,
		.fallback = "\"0x0\"",
		.help = "Its upper 64 bits.",
	},
	{
		.path = "metadata.ext_prod_id.low",
		.type = FIELD_HEX,
		IN_CONFIG(ext_prod_id_low),
		.max = UINT64_MAX,
		.fallback = "\"0x0\"",
		.help = "Its lower 64 bits.",
	},
	{
		.path = "feature",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "CPU features.",
	},
	{
		.path = "feature.amx",
		.type = FIELD_COUNT,
		IN_CONFIG(amx),
		.max = 2,
		.fallback = "0",
		.help = "AMX tiles for programs: 0 off, 1 required, 2 where "
			"the CPU has them.",
	},
	{
		.path = "feature.pkru",
		.type = FIELD_COUNT,
		.max = 2,
		.fallback = "absent",
		.help = "Occlum: protection keys around the LibOS.",
		.ignored = "protection keys are not used",
	},
	{
		.path = "feature.io_uring",
		.type = FIELD_COUNT,
		.max = 16,
		.fallback = "absent",
		.help = "Occlum: number of rings for sockets.",
		.ignored = "the runtime decides by itself how to reach the "
			   "host",
	},
	{
		.path = "feature.enable_edmm",
		.type = FIELD_BOOL,
		.fallback = "absent",
		.help = "Occlum: dynamic memory on SGX2.",
		.ignored = "pages are added at run time wherever the platform "
			   "can; user_space_max_size is the limit",
	},
	{
		.path = "feature.enable_posix_shm",
		.type = FIELD_BOOL,
		.fallback = "absent",
		.help = "Occlum: MAP_SHARED that is shared.",
		.ignored = "MAP_SHARED is always shared",
	},
	{
		.path = "mount",
		.type = FIELD_LIST,
		.fallback = "[{\"type\": \"image\", \"target\": \"/\"}]",
		.help = "File systems besides /proc and /dev, which are "
			"always there.",
	},
	{
		.path = "mount[].type",
		.type = FIELD_TEXT,
		IN_MOUNT(type),
		.fallback = "required",
		.help = "image (the root: image/, measured; what programs "
			"write stays in memory), ramfs (empty, in memory); or "
			"Occlum's unionfs for the root.",
	},
	{
		.path = "mount[].target",
		.type = FIELD_TEXT,
		IN_MOUNT(target),
		.fallback = "required",
		.help = "Absolute path of a folder of the image.",
	},
	{
		.path = "mount[].source",
		.type = FIELD_TEXT,
		IN_MOUNT(source),
		.fallback = "absent",
		.help = "Occlum: folder of the instance that holds the data.",
		.ignored = "the root comes from image/, a ramfs from nowhere",
	},
	{
		.path = "mount[].options",
		.type = FIELD_OBJECT,
		.fallback = "{}",
		.help = "Occlum's options of a mount.",
	},
	{
		.path = "mount[].options.MAC",
		.type = FIELD_TEXT,
		.fallback = "absent",
		.help = "Occlum: MAC of the root, filled in by build.",
		.ignored = "the boot config holds the hash of the root",
	},
	{
		.path = "mount[].options.layers",
		.type = FIELD_LIST,
		.fallback = "absent",
		.help = "Occlum: the two layers of a unionfs.",
		.ignored = "the root is image/ with a writable layer in memory",
	},
	{
		.path = "mount[].options.temporary",
		.type = FIELD_BOOL,
		.fallback = "absent",
		.help = "Occlum: empty the sefs at each start.",
		.ignored = "what programs write is always temporary in this "
			   "release",
	},
	{
		.path = "mount[].options.cache_size",
		.type = FIELD_SIZE,
		.max = UINT64_MAX,
		.fallback = "absent",
		.help = "Occlum: page cache of a sefs file.",
		.ignored = "the page cache takes what the kernel heap leaves",
	},
	{
		.path = "mount[].options.disk_size",
		.type = FIELD_SIZE,
		.max = UINT64_MAX,
		.fallback = "absent",
		.help = "Occlum: size of an ext2 disk.",
		.ignored = "there is no ext2 here",
	},
};

const size_t schema_size = ARRAY_SIZE(schema);

static const char *const type_names[FIELD_TYPES] = {
	[FIELD_OBJECT] = "an object { ... }",
	[FIELD_LIST] = "a list [ { ... } ] of objects",
	[FIELD_SIZE] = "a size such as \"64MB\"",
	[FIELD_COUNT] = "a whole number, without quotes",
	[FIELD_BOOL] = "true or false, without quotes",
	[FIELD_TEXT] = "a string",
	[FIELD_TEXTS] = "a list of strings [ \"...\", \"...\" ]",
	[FIELD_HEX] = "a hexadecimal string such as \"0x1f\"",
	[FIELD_OCTAL] = "an octal string such as \"022\"",
};

const char *schema_type_name(enum field_type type)
{
	return type_names[type];
}

const char *schema_leaf(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static const char mount_prefix[] = "mount[]";
static const char layers_prefix[] = ".options.layers[]";

static const char *skip_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? NULL : s + n;
}

/* Where layers end and the field of a mount begins; NULL: not in mount[]. */
static const char *mount_field(const char *name)
{
	const char *rest = skip_prefix(name, mount_prefix);
	const char *next = rest;

	while (next) {
		rest = next;
		next = skip_prefix(rest, layers_prefix);
	}
	return rest;
}

static bool same_field(const char *path, const char *name)
{
	const char *field = mount_field(name);
	const char *rest = skip_prefix(path, mount_prefix);

	if (!field)
		return !strcmp(path, name);
	return rest && !strcmp(rest, field);
}

const struct field *schema_find(const char *name)
{
	for (size_t i = 0; i < schema_size; i++)
		if (same_field(schema[i].path, name))
			return &schema[i];
	return NULL;
}

/* @path is the table's; @name may lead through layers. */
static bool same_parent(const char *path, const char *name)
{
	const char *field = mount_field(name);
	const char *a = field ? path + strlen(mount_prefix) : path;
	const char *b = field ? field : name;
	size_t na;

	if (field && !skip_prefix(path, mount_prefix))
		return false;
	na = (size_t)(schema_leaf(a) - a);
	return na == (size_t)(schema_leaf(b) - b) && !strncmp(a, b, na);
}

const struct field *schema_suggest(const char *name)
{
	const char *leaf = schema_leaf(name);
	const struct field *best = NULL;
	unsigned int best_far = NEAREST_FAR;

	for (size_t i = 0; i < schema_size; i++) {
		const char *path = schema[i].path;
		unsigned int far = nearest_distance(leaf, schema_leaf(path));

		/* Beside it any slip will do; elsewhere only the very name. */
		if (!same_parent(path, name))
			far = far ? NEAREST_FAR : 1;
		if (far < best_far) {
			best_far = far;
			best = &schema[i];
		}
	}
	return best;
}

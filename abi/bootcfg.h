/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootcfg.h - the measured boot config, a compact binary made from Occlum.json.
 *
 * It lies at CONFIG_BASE, padded with zeros to whole pages, every page
 * measured.  Fixed header, then the variable part: a sequence of strings, each
 * a 16-bit length and that many bytes without NUL, in this order:
 *
 *   hostname, cwd
 *   n_entry_points   absolute path prefixes
 *   n_env_default    "K=V"
 *   n_env_untrusted  names
 *   n_users          8 bytes each: uid, gid (le32)
 *   n_mounts         struct bootcfg_mount, then strings target, source, options
 *
 * The kernel trusts the bytes (they are under MRENCLAVE) but parses them as if
 * it did not: an image made by a faulty tool gets a reason, not a crash.
 */
#pragma once

#include <stdint.h>

#include "abi/wire.h"

#define BOOTCFG_MAGIC 0x3147464341464f53ull /* "SOFACFG1" */
#define BOOTCFG_VERSION 1

enum bootcfg_flags {
	BOOTCFG_DEBUGGABLE = 1u << 0,
	BOOTCFG_LOG_OFF = 1u << 1, /* metadata.disable_log */
	BOOTCFG_KSS = 1u << 2
};

struct bootcfg_header {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* header and variable part, bytes */
	uint32_t flags;
	uint32_t max_vcpus;
	uint32_t max_threads; /* resource_limits.max_num_of_threads */
	uint32_t umask;
	uint64_t user_space_size;     /* EADDed from USER_BASE up to here */
	uint64_t user_space_max_size; /* bytes of pages, with EDMM        */
	uint64_t kernel_heap_size;
	uint64_t kernel_heap_max_size;
	uint64_t default_stack_size;
	uint64_t default_heap_size;
	uint64_t default_mmap_size;
	uint32_t uid, gid; /* process.user */
	uint8_t root_index_sha256[32];
	uint64_t root_index_size;
	uint64_t root_body_size;
	uint16_t n_entry_points;
	uint16_t n_env_default;
	uint16_t n_env_untrusted;
	uint16_t n_users;
	uint16_t n_mounts;
	uint16_t zero[3];
};
WIRE_SIZE(struct bootcfg_header, 160);

enum bootcfg_mount_type {
	MOUNT_ROOT = 1, /* the measured root; writes go to memory */
	MOUNT_TMPFS = 2,
	MOUNT_PROC = 3,
	MOUNT_DEV = 4,
	MOUNT_SYS = 5 /* never in a config: always there */
};

struct bootcfg_mount {
	uint32_t type;
	uint32_t flags;
};
WIRE_SIZE(struct bootcfg_mount, 8);

/* SPDX-License-Identifier: Apache-2.0 */
/* The measured boot config, as the kernel reads it. */
#include <string.h>

#include "abi/layout.h"
#include "libos/boot/config.h"
#include "libos/mm/kheap.h"
#include "tests/fuzz/fuzz.h"

static size_t free_list(const char **list, uint16_t count)
{
	size_t size = 0;

	for (uint16_t i = 0; list && i < count; i++) {
		size += list[i] ? strlen(list[i]) : 0;
		kfree((void *)(uintptr_t)list[i]);
	}
	kfree((void *)list);
	return size;
}

static void free_mounts(struct boot_mount *mounts, uint16_t count)
{
	for (uint16_t i = 0; mounts && i < count; i++) {
		kfree((void *)(uintptr_t)mounts[i].target);
		kfree((void *)(uintptr_t)mounts[i].source);
		kfree((void *)(uintptr_t)mounts[i].options);
	}
	kfree(mounts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_config c;
	size_t strings;
	int err;

	memset(&c, 0, sizeof(c));
	err = boot_config_parse(cspan_make(data, size), &c);
	if (err == 0) {
		MUST(c.h.user_space_size <= USER_END);
		MUST(c.h.kernel_heap_size <= HEAP_SIZE_MAX);
		MUST(c.h.max_vcpus && c.h.max_vcpus <= VCPU_MAX);
		MUST(c.hostname && c.cwd && c.users && c.mounts);
		MUST(!c.entry_points[c.h.n_entry_points]);
		MUST(!c.env_default[c.h.n_env_default]);
		MUST(!c.env_untrusted[c.h.n_env_untrusted]);
	}
	kfree((void *)(uintptr_t)c.hostname);
	kfree((void *)(uintptr_t)c.cwd);
	strings = free_list(c.entry_points, c.h.n_entry_points) +
	          free_list(c.env_default, c.h.n_env_default) +
	          free_list(c.env_untrusted, c.h.n_env_untrusted);
	MUST(strings <= size);
	kfree(c.users);
	free_mounts(c.mounts, c.h.n_mounts);
	return 0;
}

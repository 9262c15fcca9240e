/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/config.h"

#include "abi/layout.h"
#include "base/cursor.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"

static bool sizes_ok(const struct bootcfg_header *h)
{
	return h->user_space_size <= USER_END &&
	       h->user_space_size > USER_BASE &&
	       h->user_space_size % PAGE_SIZE == 0 &&
	       h->user_space_max_size >= h->user_space_size &&
	       h->kernel_heap_size % PAGE_SIZE == 0 &&
	       h->kernel_heap_size >= MIB &&
	       h->kernel_heap_size <= HEAP_SIZE_MAX && h->max_vcpus > 0 &&
	       h->max_vcpus <= VCPU_MAX;
}

int boot_config_header(struct cspan bytes, struct bootcfg_header *ret)
{
	if (bytes.size < sizeof(*ret))
		return -EINVAL;
	memcpy(ret, bytes.data, sizeof(*ret));
	if (ret->magic != BOOTCFG_MAGIC || ret->version != BOOTCFG_VERSION ||
	    ret->size < sizeof(*ret) || ret->size > bytes.size)
		return -EINVAL;
	return sizes_ok(ret) ? 0 : -EINVAL;
}

/* What goes wrong is remembered, and asked for once at the end. */
struct parser {
	struct cursor c;
	bool no_memory;
};

static const char *parse_string(struct parser *p)
{
	uint16_t size = cursor_u16le(&p->c);
	const uint8_t *bytes = cursor_bytes(&p->c, size);
	char *s;

	if (!bytes)
		return NULL;
	s = kmalloc((size_t)size + 1);
	if (!s) {
		p->no_memory = true;
		return NULL;
	}
	memcpy(s, bytes, size);
	s[size] = '\0';
	return s;
}

static const char **parse_list(struct parser *p, uint16_t count)
{
	const char **list = kcalloc((size_t)count + 1, sizeof(*list));
	uint16_t i;

	if (!list) {
		p->no_memory = true;
		return NULL;
	}
	for (i = 0; i < count; i++)
		list[i] = parse_string(p);
	return list;
}

static struct boot_user *parse_users(struct parser *p, uint16_t count)
{
	struct boot_user *users = kcalloc(count, sizeof(*users));
	uint16_t i;

	if (!users) {
		p->no_memory = true;
		return NULL;
	}
	for (i = 0; i < count; i++) {
		users[i].uid = cursor_u32le(&p->c);
		users[i].gid = cursor_u32le(&p->c);
	}
	return users;
}

static struct boot_mount *parse_mounts(struct parser *p, uint16_t count)
{
	struct boot_mount *mounts = kcalloc(count, sizeof(*mounts));
	uint16_t i;

	if (!mounts) {
		p->no_memory = true;
		return NULL;
	}
	for (i = 0; i < count; i++) {
		mounts[i].type = cursor_u32le(&p->c);
		mounts[i].flags = cursor_u32le(&p->c);
		mounts[i].target = parse_string(p);
		mounts[i].source = parse_string(p);
		mounts[i].options = parse_string(p);
	}
	return mounts;
}

int boot_config_parse(struct cspan bytes, struct boot_config *ret)
{
	struct parser p = { .no_memory = false };
	int err = boot_config_header(bytes, &ret->h);

	if (err)
		return err;
	bytes.size = ret->h.size;
	cursor_init(&p.c, bytes);
	cursor_skip(&p.c, sizeof(ret->h));
	ret->hostname = parse_string(&p);
	ret->cwd = parse_string(&p);
	ret->entry_points = parse_list(&p, ret->h.n_entry_points);
	ret->env_default = parse_list(&p, ret->h.n_env_default);
	ret->env_untrusted = parse_list(&p, ret->h.n_env_untrusted);
	ret->users = parse_users(&p, ret->h.n_users);
	ret->mounts = parse_mounts(&p, ret->h.n_mounts);
	if (p.no_memory)
		return -ENOMEM;
	return cursor_done(&p.c) ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/untrusted.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/kheap.h"

/* NUL-terminated strings, one after another, that fill @size bytes exactly. */
static long count_strings(const char *bytes, size_t size)
{
	size_t count = 0;
	size_t i;

	if (size && bytes[size - 1] != '\0')
		return -EINVAL;
	for (i = 0; i < size; i++)
		count += bytes[i] == '\0';
	return count <= BOOT_STRINGS_COUNT_MAX ? (long)count : -EINVAL;
}

static const char **split(const char *bytes, size_t count)
{
	const char **list = kcalloc(count + 1, sizeof(*list));
	size_t i;

	for (i = 0; list && i < count; i++) {
		list[i] = bytes;
		bytes += strlen(bytes) + 1;
	}
	return list;
}

static int read_list(const struct host_blob *blob, const char ***ret)
{
	char *bytes;
	long count;

	if (blob->size > BOOT_STRINGS_MAX)
		return -EINVAL;
	bytes = kmalloc(blob->size + 1);
	if (!bytes)
		return -ENOMEM;
	if (host_blob_read(blob, 0, bytes, blob->size) != (long)blob->size)
		return -EINVAL;
	count = count_strings(bytes, blob->size);
	if (count < 0)
		return (int)count;
	*ret = split(bytes, (size_t)count);
	return *ret ? 0 : -ENOMEM;
}

static size_t list_length(const char **list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

static size_t name_size(const char *var)
{
	const char *eq = strchr(var, '=');

	return eq ? (size_t)(eq - var) : strlen(var);
}

static bool is_listed(const char *var, const char **names)
{
	size_t size = name_size(var);

	for (; *names; names++)
		if (strlen(*names) == size && !memcmp(*names, var, size))
			return true;
	return false;
}

static void set_var(const char **envp, size_t *count, const char *var)
{
	size_t size = name_size(var);
	size_t i;

	for (i = 0; i < *count; i++)
		if (name_size(envp[i]) == size && !memcmp(envp[i], var, size))
			break;
	envp[i] = var;
	if (i == *count)
		++*count;
}

static int merge_env(const struct boot_config *cfg, const char **host,
                     const char ***ret)
{
	size_t count = 0;
	const char **envp;
	size_t i;

	envp = kcalloc(list_length(cfg->env_default) + list_length(host) + 1,
	               sizeof(*envp));
	if (!envp)
		return -ENOMEM;
	for (i = 0; cfg->env_default[i]; i++)
		set_var(envp, &count, cfg->env_default[i]);
	for (i = 0; host[i]; i++)
		if (is_listed(host[i], cfg->env_untrusted))
			set_var(envp, &count, host[i]);
	*ret = envp;
	return 0;
}

static int choose_user(const struct boot_config *cfg,
                       const struct host_boot *boot, struct boot_strings *ret)
{
	uint16_t i;

	ret->uid = cfg->h.uid;
	ret->gid = cfg->h.gid;
	if (boot->uid == HOST_USER_CONFIG)
		return 0;
	for (i = 0; i < cfg->h.n_users; i++) {
		if (cfg->users[i].uid != boot->uid ||
		    cfg->users[i].gid != boot->gid)
			continue;
		ret->uid = boot->uid;
		ret->gid = boot->gid;
		return 0;
	}
	return boot->uid == ret->uid && boot->gid == ret->gid ? 0 : -EINVAL;
}

int boot_untrusted(const struct boot_config *cfg, struct boot_strings *ret)
{
	const struct host_boot *boot = host_boot_block();
	const char **host_env;
	int err;

	err = read_list(&boot->args, &ret->argv);
	if (err)
		return err;
	if (!ret->argv[0])
		return -EINVAL;
	err = read_list(&boot->env, &host_env);
	if (err)
		return err;
	err = merge_env(cfg, host_env, &ret->envp);
	if (err)
		return err;
	return choose_user(cfg, boot, ret);
}

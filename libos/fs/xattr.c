/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/xattr.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/uapi.h"
#include "libos/mm/kheap.h"

struct xattr {
	struct list node;
	size_t name_size; /* with the NUL */
	size_t value_size;
	char *name; /* both in the same allocation as the struct */
	void *value;
};

void xattrs_init(struct xattrs *x)
{
	list_init(&x->list);
	x->bytes = 0;
}

static void xattr_drop(struct xattrs *x, struct xattr *a)
{
	x->bytes -= a->name_size + a->value_size;
	list_del(&a->node);
	kfree(a);
}

void xattrs_fini(struct xattrs *x)
{
	struct xattr *a, *tmp;

	list_for_each_entry_safe (a, tmp, &x->list, node)
		xattr_drop(x, a);
}

static struct xattr *xattr_find(const struct xattrs *x, const char *name)
{
	struct xattr *a;

	list_for_each_entry (a, &x->list, node) {
		if (strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

long xattrs_get(const struct xattrs *x, const char *name, void *value,
                size_t size)
{
	const struct xattr *a = xattr_find(x, name);

	if (!a)
		return -ENODATA;
	if (!size)
		return (long)a->value_size;
	if (size < a->value_size)
		return -ERANGE;
	memcpy(value, a->value, a->value_size);
	return (long)a->value_size;
}

static struct xattr *xattr_create(const char *name, const void *value,
                                  size_t size)
{
	size_t name_size = strlen(name) + 1;
	struct xattr *a = kmalloc(sizeof(*a) + name_size + size);

	if (!a)
		return NULL;
	list_init(&a->node);
	a->name_size = name_size;
	a->value_size = size;
	a->name = (char *)(a + 1);
	a->value = a->name + name_size;
	memcpy(a->name, name, name_size);
	if (size)
		memcpy(a->value, value, size);
	return a;
}

int xattrs_set(struct xattrs *x, const char *name, const void *value,
               size_t size, uint32_t flags)
{
	struct xattr *old = xattr_find(x, name), *a;

	if (old && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!old && (flags & XATTR_REPLACE))
		return -ENODATA;
	if (x->bytes + strlen(name) + 1 + size > XATTRS_BYTES_MAX)
		return -ENOSPC;
	a = xattr_create(name, value, size);
	if (!a)
		return -ENOSPC;
	if (old)
		xattr_drop(x, old);
	list_add_tail(&x->list, &a->node);
	x->bytes += a->name_size + a->value_size;
	return 0;
}

long xattrs_list(const struct xattrs *x, char *list, size_t size)
{
	const struct xattr *a;
	size_t total = 0;

	list_for_each_entry (a, &x->list, node) {
		if (size && total + a->name_size > size)
			return -ERANGE;
		if (size)
			memcpy(list + total, a->name, a->name_size);
		total += a->name_size;
	}
	return (long)total;
}

int xattrs_remove(struct xattrs *x, const char *name)
{
	struct xattr *a = xattr_find(x, name);

	if (!a)
		return -ENODATA;
	xattr_drop(x, a);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bom.c - carries out a bill of materials while walking its YAML document.
 *
 * Every mapping is read by a table of its keys; a key that is not in it is an
 * error with its line, because a misspelt "mkdirs" must not pass unnoticed.
 */
#include "cli/image/bom.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <yaml.h>

#include "cli/instance/file.h"
#include "cli/instance/hex.h"
#include "cli/scope.h"
#include "crypto/sha256.h"

#include "base/banned.h"

enum { INCLUDE_DEPTH_MAX = 16 };

/* The document being read, and where its files go. */
struct bom {
	struct copier *c;
	const struct strings *include_dirs;
	const char *path;
	int depth; /* of includes */
	yaml_document_t *doc;
	struct cli_error *err;
	char *target; /* of the member of targets we are in */
	char *from;   /* of the member of copy we are in    */
	size_t n_copied;
};

typedef int node_fn(struct bom *b, yaml_node_t *node);

struct key {
	const char *name;
	node_fn *read;
};

static int refuse(struct bom *b, const yaml_node_t *node, const char *message)
{
	return cli_fail(b->err, -EINVAL, "%s:%zu: %s", b->path,
	                node->start_mark.line + 1, message);
}

/* The text of a scalar with its variables replaced, to be freed. */
static int read_text(struct bom *b, const yaml_node_t *node, char **ret_text);

static int for_each(struct bom *b, yaml_node_t *node, node_fn *read)
{
	int ret = 0;

	if (node->type == YAML_SCALAR_NODE && !node->data.scalar.length)
		return 0; /* "mkdirs:" with nothing behind it */
	if (node->type != YAML_SEQUENCE_NODE)
		return refuse(b, node, "a list was expected here");
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top && ret == 0; i++)
		ret = read(b, yaml_document_get_node(b->doc, *i));
	return ret;
}

static yaml_node_t *find_key(struct bom *b, const yaml_node_t *map,
                             const char *name)
{
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(b->doc, p->key);

		if (key->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)key->data.scalar.value, name))
			return yaml_document_get_node(b->doc, p->value);
	}
	return NULL;
}

static int check_key(struct bom *b, const yaml_node_t *key,
                     const struct key *keys)
{
	const char *name;

	if (key->type != YAML_SCALAR_NODE)
		return refuse(b, key, "a name was expected here");
	name = (const char *)key->data.scalar.value;
	for (; keys->name; keys++)
		if (!strcmp(keys->name, name))
			return 0;
	return cli_fail(b->err, -EINVAL, "%s:%zu: %s is not known here",
	                b->path, key->start_mark.line + 1, name);
}

/* All of @map's keys are known; read them in the table's order. */
static int read_map(struct bom *b, yaml_node_t *map, const struct key *keys)
{
	int ret = 0;

	if (map->type != YAML_MAPPING_NODE)
		return refuse(b, map, "\"name: value\" was expected here");
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top && ret == 0; p++)
		ret = check_key(b, yaml_document_get_node(b->doc, p->key),
		                keys);
	for (; keys->name && ret == 0; keys++) {
		yaml_node_t *value = find_key(b, map, keys->name);

		if (value && keys->read)
			ret = keys->read(b, value);
	}
	return ret;
}

/* Behind a '$': the size of the name and what surrounds it. */
static size_t scan_variable(const char *at, const char **ret_name,
                            size_t *ret_n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_";
	int braced = at[0] == '{';

	*ret_name = at + braced;
	*ret_n = strspn(*ret_name, letters);
	if (!*ret_n || (braced && (*ret_name)[*ret_n] != '}'))
		return 0;
	return *ret_n + (braced ? 2 : 0);
}

static int expand(struct bom *b, const yaml_node_t *node, const char *text,
                  struct bytes *out)
{
	while (*text) {
		size_t n = strcspn(text, "$");
		const char *name;
		size_t name_size;
		const char *value;
		scope_free char *key = NULL;

		bytes_add(out, text, n);
		text += n;
		if (!*text)
			break;
		n = scan_variable(text + 1, &name, &name_size);
		if (!n) {
			bytes_add(out, text++, 1);
			continue;
		}
		key = mem_substring(name, name_size);
		value = getenv(key);
		if (!value)
			return cli_fail(b->err, -EINVAL,
			                "%s:%zu: the environment has no "
			                "variable %s: set it",
			                b->path, node->start_mark.line + 1,
			                key);
		bytes_add(out, value, strlen(value));
		text += 1 + n;
	}
	return 0;
}

static int read_text(struct bom *b, const yaml_node_t *node, char **ret_text)
{
	struct bytes out = { 0 };
	int ret;

	if (node->type != YAML_SCALAR_NODE)
		return refuse(b, node, "a string was expected here");
	ret = expand(b, node, (const char *)node->data.scalar.value, &out);
	if (ret == 0 && !out.size)
		ret = refuse(b, node, "must not be empty");
	if (ret == 0)
		*ret_text = mem_substring((const char *)out.data, out.size);
	bytes_fini(&out);
	return ret;
}

/* @name below folder @dir, both as written; an absolute @name stands alone. */
static char *below(const char *dir, const char *name)
{
	if (name[0] == '/' || !strcmp(dir, "."))
		return mem_string(name);
	return mem_format("%s/%s", strcmp(dir, "/") ? dir : "", name);
}

/* The name that @path has in the target. */
static char *in_target(const struct bom *b, const char *path)
{
	const char *slash = strrchr(path, '/');

	return below(b->target, slash ? slash + 1 : path);
}

static int read_mkdir(struct bom *b, yaml_node_t *node)
{
	scope_free char *name = NULL;
	scope_free char *path = NULL;
	int ret = read_text(b, node, &name);

	if (ret < 0)
		return ret;
	path = mem_format("%s/%s", b->target, name);
	return copier_make_folder(b->c, path, b->err);
}

static int read_mkdirs(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_mkdir);
}

static const struct key link_keys[] = { { "src", NULL },
	                                { "linkname", NULL },
	                                { NULL, NULL } };

static int read_link(struct bom *b, yaml_node_t *node)
{
	scope_free char *src = NULL;
	scope_free char *name = NULL;
	scope_free char *path = NULL;
	int ret = read_map(b, node, link_keys);

	if (ret == 0 &&
	    (!find_key(b, node, "src") || !find_key(b, node, "linkname")))
		ret = refuse(b, node, "a link needs src and linkname");
	if (ret == 0)
		ret = read_text(b, find_key(b, node, "src"), &src);
	if (ret == 0)
		ret = read_text(b, find_key(b, node, "linkname"), &name);
	if (ret < 0)
		return ret;
	path = mem_format("%s/%s", b->target, name);
	return copier_make_link(b->c, path, src, b->err);
}

static int read_links(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_link);
}

/* "name/" means what is in it, "name" the folder itself. */
static int read_dir(struct bom *b, yaml_node_t *node)
{
	scope_free char *name = NULL;
	scope_free char *path = NULL;
	scope_free char *dest = NULL;
	size_t n;
	int ret = read_text(b, node, &name);

	if (ret < 0)
		return ret;
	b->n_copied++;
	path = below(b->from, name);
	n = strlen(path);
	if (n > 1 && path[n - 1] == '/') {
		path[n - 1] = '\0';
		return copier_add_contents(b->c, path, b->target, b->err);
	}
	dest = in_target(b, path);
	return copier_add_as(b->c, path, dest, COPY_WITH_DEPS, b->err);
}

static int read_dirs(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_dir);
}

static int check_hash(struct bom *b, const yaml_node_t *node, const char *path)
{
	const char *wanted = (const char *)node->data.scalar.value;
	char found[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct bytes bytes = { 0 };
	int ret;

	if (node->type != YAML_SCALAR_NODE)
		return refuse(b, node, "a string was expected here");
	ret = file_read(path, &bytes, b->err);
	sha256(bytes.data, bytes.size, digest);
	bytes_fini(&bytes);
	if (ret < 0)
		return ret;
	hex_encode(digest, sizeof(digest), found);
	if (!strcasecmp(wanted, found))
		return 0;
	return cli_fail(b->err, -EINVAL,
	                "%s:%zu: %s has SHA-256 %s: it is not the file that "
	                "was meant",
	                b->path, node->start_mark.line + 1, path, found);
}

static int read_bool(struct bom *b, const yaml_node_t *node, int *ret_value)
{
	scope_free char *text = NULL;
	int ret = read_text(b, node, &text);

	if (ret < 0)
		return ret;
	*ret_value = !strcasecmp(text, "true");
	if (!*ret_value && strcasecmp(text, "false") != 0)
		return refuse(b, node, "must be true or false");
	return 0;
}

static const struct key file_keys[] = {
	{ "name", NULL },   { "hash", NULL }, { "autodep", NULL },
	{ "rename", NULL }, { NULL, NULL },
};

/* The long form: hash, autodep and rename beside the name. */
static int read_file_map(struct bom *b, yaml_node_t *node, char **ret_path,
                         char **ret_rename, int *ret_deps)
{
	scope_free char *name = NULL;
	yaml_node_t *value;
	int ret = read_map(b, node, file_keys);

	if (ret < 0)
		return ret;
	value = find_key(b, node, "name");
	if (!value)
		return refuse(b, node, "a file needs a name");
	ret = read_text(b, value, &name);
	if (ret < 0)
		return ret;
	*ret_path = below(b->from, name);
	value = find_key(b, node, "rename");
	if (value)
		ret = read_text(b, value, ret_rename);
	value = find_key(b, node, "autodep");
	if (ret == 0 && value)
		ret = read_bool(b, value, ret_deps);
	value = find_key(b, node, "hash");
	if (ret == 0 && value)
		ret = check_hash(b, value, *ret_path);
	return ret;
}

static int read_file(struct bom *b, yaml_node_t *node)
{
	scope_free char *path = NULL;
	scope_free char *new_name = NULL;
	scope_free char *dest = NULL;
	int deps = 1;
	int ret;

	b->n_copied++;
	if (node->type == YAML_MAPPING_NODE) {
		ret = read_file_map(b, node, &path, &new_name, &deps);
	} else {
		scope_free char *name = NULL;

		ret = read_text(b, node, &name);
		if (ret == 0)
			path = below(b->from, name);
	}
	if (ret < 0)
		return ret;
	dest = new_name ? below(b->target, new_name) : in_target(b, path);
	return copier_add_as(b->c, path, dest,
	                     deps ? COPY_WITH_DEPS : COPY_ALONE, b->err);
}

static int read_files(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_file);
}

static int read_from(struct bom *b, yaml_node_t *node)
{
	free(b->from);
	b->from = NULL;
	return read_text(b, node, &b->from);
}

static const struct key copy_keys[] = {
	{ "from", read_from },
	{ "dirs", read_dirs },
	{ "files", read_files },
	{ NULL, NULL },
};

static int read_copy(struct bom *b, yaml_node_t *node)
{
	int ret;

	free(b->from);
	b->from = mem_string(".");
	b->n_copied = 0;
	ret = read_map(b, node, copy_keys);
	if (ret < 0 || b->n_copied || !find_key(b, node, "from"))
		return ret;
	return copier_add_contents(b->c, b->from, b->target, b->err);
}

static int read_copies(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_copy);
}

static int read_target_path(struct bom *b, yaml_node_t *node)
{
	int ret;

	free(b->target);
	b->target = NULL;
	ret = read_text(b, node, &b->target);
	if (ret == 0 && b->target[0] != '/')
		ret = refuse(b, node,
		             "target must be an absolute path of the "
		             "image");
	if (ret == 0)
		ret = copier_make_folder(b->c, b->target, b->err);
	return ret;
}

static const struct key target_keys[] = {
	{ "target", read_target_path },
	{ "mkdirs", read_mkdirs },
	{ "createlinks", read_links },
	{ "copy", read_copies },
	{ NULL, NULL },
};

static int read_target(struct bom *b, yaml_node_t *node)
{
	if (node->type != YAML_MAPPING_NODE || !find_key(b, node, "target"))
		return refuse(b, node, "a member of targets needs a target");
	return read_map(b, node, target_keys);
}

static int read_targets(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_target);
}

static int read_exclude(struct bom *b, yaml_node_t *node)
{
	char *pattern;
	int ret = read_text(b, node, &pattern);

	if (ret == 0)
		strings_take(&b->c->exclude, pattern);
	return ret;
}

static int read_excludes(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_exclude);
}

/* Beside the including file, then where --include-dir says. */
static char *find_include(const struct bom *b, const char *name)
{
	const char *slash = strrchr(b->path, '/');
	scope_free char *beside =
		mem_format("%.*s%s", slash ? (int)(slash - b->path + 1) : 0,
	                   b->path, name);

	if (name[0] == '/')
		return mem_string(name);
	if (access(beside, R_OK) == 0)
		return scope_take(&beside);
	for (size_t i = 0; i < b->include_dirs->count; i++) {
		scope_free char *path =
			mem_format("%s/%s", b->include_dirs->item[i], name);

		if (access(path, R_OK) == 0)
			return scope_take(&path);
	}
	return NULL;
}

static int apply(struct copier *c, const char *path,
                 const struct strings *include_dirs, int depth,
                 struct cli_error *err);

static int read_include(struct bom *b, yaml_node_t *node)
{
	scope_free char *name = NULL;
	scope_free char *path = NULL;
	int ret = read_text(b, node, &name);

	if (ret < 0)
		return ret;
	path = find_include(b, name);
	if (path)
		return apply(b->c, path, b->include_dirs, b->depth + 1, b->err);
	if (!strcmp(name, "base.yaml"))
		return 0;
	return cli_fail(b->err, -ENOENT,
	                "%s:%zu: cannot find %s: say where it is with "
	                "--include-dir DIR",
	                b->path, node->start_mark.line + 1, name);
}

static int read_includes(struct bom *b, yaml_node_t *node)
{
	return for_each(b, node, read_include);
}

static const struct key bom_keys[] = {
	{ "includes", read_includes },
	{ "excludes", read_excludes },
	{ "targets", read_targets },
	{ NULL, NULL },
};

static int load(const char *path, yaml_document_t *ret_doc,
                struct cli_error *err)
{
	scope_file FILE *f = fopen(path, "re");
	yaml_parser_t parser;
	int ret = 0;

	if (!f)
		return cli_fail_errno(err, "cannot open", path);
	if (!yaml_parser_initialize(&parser))
		return cli_fail(err, -ENOMEM, "out of memory");
	yaml_parser_set_input_file(&parser, f);
	if (!yaml_parser_load(&parser, ret_doc))
		ret = cli_fail(err, -EINVAL, "%s:%zu: not valid YAML: %s", path,
		               parser.problem_mark.line + 1,
		               parser.problem ? parser.problem : "unreadable");
	yaml_parser_delete(&parser);
	return ret;
}

static int apply(struct copier *c, const char *path,
                 const struct strings *include_dirs, int depth,
                 struct cli_error *err)
{
	yaml_document_t doc;
	struct bom b = {
		.c = c,
		.include_dirs = include_dirs,
		.path = path,
		.depth = depth,
		.doc = &doc,
		.err = err,
	};
	yaml_node_t *root;
	int ret;

	if (depth > INCLUDE_DEPTH_MAX)
		return cli_fail(err, -ELOOP, "%s: files include one another",
		                path);
	ret = load(path, &doc, err);
	if (ret < 0)
		return ret;
	root = yaml_document_get_root_node(&doc);
	if (root)
		ret = read_map(&b, root, bom_keys);
	else
		ret = cli_fail(err, -EINVAL, "%s: the file is empty", path);
	yaml_document_delete(&doc);
	free(b.target);
	free(b.from);
	return ret;
}

int bom_apply(struct copier *c, const char *path,
              const struct strings *include_dirs, struct cli_error *err)
{
	return apply(c, path, include_dirs, 0, err);
}

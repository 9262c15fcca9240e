/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c - reads an Occlum.json by the table in schema.c.
 *
 * Types and ranges of single fields are checked here; what fields mean
 * together is in rules.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "base/units.h"
#include "cli/config/config.h"
#include "cli/config/locate.h"
#include "cli/config/reader.h"
#include "cli/config/schema.h"
#include "cli/config/size.h"
#include "cli/instance/file.h"

#include "base/banned.h"

void reader_report(struct reader *r, enum severity severity,
                   const char *message)
{
	char name[JSON_NAME_MAX];

	json_path_name(&r->path, JSON_NAME_EXACT, name);
	problems_add(r->problems, severity,
	             json_locate(r->text, r->size, &r->path), name, "%s",
	             message);
}

static void report_take(struct reader *r, enum severity severity, char *message)
{
	reader_report(r, severity, message);
	free(message);
}

static void *home_of(struct reader *r, const struct field *field)
{
	if (field->home == HOME_CONFIG)
		return (char *)r->config + field->offset;
	if (field->home == HOME_MOUNT && r->mount)
		return (char *)r->mount + field->offset;
	return NULL;
}

static void ill_typed(struct reader *r, const struct field *field)
{
	report_take(r, SEVERITY_ERROR,
	            mem_format("must be %s", schema_type_name(field->type)));
}

static char *limit_text(const struct field *field, uint64_t value)
{
	char size[SIZE_TEXT_MAX];

	if (field->type == FIELD_OCTAL)
		return mem_format("0%" PRIo64, value);
	if (field->type != FIELD_SIZE)
		return mem_format("%" PRIu64, value);
	size_format(value, size);
	return mem_string(size);
}

static void store_number(struct reader *r, const struct field *field,
                         uint64_t value)
{
	uint64_t *home = home_of(r, field);
	char *min, *max;

	if (value >= field->min && value <= field->max) {
		if (home)
			*home = value;
		return;
	}
	min = limit_text(field, field->min);
	max = limit_text(field, field->max);
	report_take(
		r, SEVERITY_ERROR,
		mem_format("is out of range: choose from %s to %s", min, max));
	free(min);
	free(max);
}

static void read_size(struct reader *r, const struct field *field,
                      const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t size;

	if (!text || size_parse(text, &size) < 0) {
		ill_typed(r, field);
		return;
	}
	if (field->home != HOME_NONE && size % PAGE_SIZE) {
		reader_report(r, SEVERITY_ERROR,
		              "must be a multiple of 4KB, the size of a page");
		return;
	}
	store_number(r, field, size);
}

static void read_count(struct reader *r, const struct field *field,
                       const json_t *value)
{
	if (!json_is_integer(value)) {
		ill_typed(r, field);
		return;
	}
	if (json_integer_value(value) < 0) {
		reader_report(r, SEVERITY_ERROR, "must not be negative");
		return;
	}
	store_number(r, field, (uint64_t)json_integer_value(value));
}

/* Hexadecimal and octal strings; no sign, no blank, nothing behind. */
static void read_based(struct reader *r, const struct field *field,
                       const json_t *value)
{
	int base = field->type == FIELD_HEX ? 16 : 8;
	const char *digits =
		base == 16 ? "0123456789abcdefABCDEFxX" : "01234567";
	const char *text = json_string_value(value);
	uint64_t number;
	char *end;

	if (!text || !text[0] || text[strspn(text, digits)]) {
		ill_typed(r, field);
		return;
	}
	errno = 0;
	number = strtoull(text, &end, base);
	if (*end || errno)
		ill_typed(r, field);
	else
		store_number(r, field, number);
}

static void read_bool(struct reader *r, const struct field *field,
                      const json_t *value)
{
	bool *home = home_of(r, field);

	if (!json_is_boolean(value))
		ill_typed(r, field);
	else if (home)
		*home = json_is_true(value);
}

/* Strings go into NUL-terminated ones and 16-bit lengths further on. */
static const char *plain_text(struct reader *r, const struct field *field,
                              const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text) {
		ill_typed(r, field);
		return NULL;
	}
	if (strlen(text) != json_string_length(value) ||
	    strlen(text) > CONFIG_TEXT_MAX) {
		reader_report(r, SEVERITY_ERROR,
		              "must not hold a NUL or be longer than 4095 "
		              "bytes");
		return NULL;
	}
	return text;
}

static void read_text(struct reader *r, const struct field *field,
                      const json_t *value)
{
	const char *text = plain_text(r, field, value);
	char **home = home_of(r, field);

	if (!text || !home)
		return;
	free(*home);
	*home = mem_string(text);
}

static void read_texts(struct reader *r, const struct field *field,
                       const json_t *value)
{
	struct strings *home = home_of(r, field);
	const char *text;

	if (!json_is_array(value)) {
		ill_typed(r, field);
		return;
	}
	strings_fini(home);
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_path_index(&r->path, i))
			return;
		text = plain_text(r, field, json_array_get(value, i));
		if (text)
			strings_add(home, text);
		json_path_up(&r->path);
	}
}

static void read_object(struct reader *r, const struct field *field,
                        const json_t *value);

/* One object of a list; those of mount[] itself are kept. */
static void read_element(struct reader *r, const json_t *value)
{
	struct config_mount *outer = r->mount;
	struct config *config = r->config;

	if (!json_is_object(value)) {
		reader_report(r, SEVERITY_ERROR, "must be an object { ... }");
		return;
	}
	if (r->path.depth == 2) {
		config->mount = mem_grow(config->mount, config->n_mounts,
		                         sizeof(*config->mount));
		r->mount = &config->mount[config->n_mounts++];
		*r->mount = (struct config_mount){ 0 };
	} else {
		r->mount = NULL;
	}
	read_object(r, NULL, value);
	r->mount = outer;
}

static void read_list(struct reader *r, const struct field *field,
                      const json_t *value)
{
	if (!json_is_array(value)) {
		ill_typed(r, field);
		return;
	}
	if (r->path.depth == 1)
		config_drop_mounts(r->config);
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_path_index(&r->path, i)) {
			reader_report(r, SEVERITY_ERROR, "is nested too deep");
			return;
		}
		read_element(r, json_array_get(value, i));
		json_path_up(&r->path);
	}
}

typedef void read_fn(struct reader *r, const struct field *field,
                     const json_t *value);

static read_fn *const readers[FIELD_TYPES] = {
	[FIELD_OBJECT] = read_object, [FIELD_LIST] = read_list,
	[FIELD_SIZE] = read_size,     [FIELD_COUNT] = read_count,
	[FIELD_BOOL] = read_bool,     [FIELD_TEXT] = read_text,
	[FIELD_TEXTS] = read_texts,   [FIELD_HEX] = read_based,
	[FIELD_OCTAL] = read_based,
};

static void unknown_field(struct reader *r, const char *pattern)
{
	const struct field *like = schema_suggest(pattern);

	if (like)
		report_take(r, SEVERITY_ERROR,
		            mem_format("is not a field of Occlum.json; did "
		                       "you mean %s?",
		                       like->path));
	else
		reader_report(r, SEVERITY_ERROR,
		              "is not a field of Occlum.json; remove it, or "
		              "see Occlum.json(5) for those there are");
}

static void read_member(struct reader *r, const json_t *value)
{
	const struct field *field;
	char name[JSON_NAME_MAX];
	size_t n_errors = r->problems->n_errors;

	json_path_name(&r->path, JSON_NAME_PATTERN, name);
	field = schema_find(name);
	if (!field) {
		unknown_field(r, name);
		return;
	}
	readers[field->type](r, field, value);
	if (field->ignored && r->problems->n_errors == n_errors)
		report_take(
			r, SEVERITY_WARNING,
			mem_format("has no effect here: %s", field->ignored));
}

static void read_object(struct reader *r, const struct field *field,
                        const json_t *value)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value)) {
		ill_typed(r, field);
		return;
	}
	/* The macro wants a pointer it could change; it does not. */
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (!json_path_key(&r->path, key)) {
			reader_report(r, SEVERITY_ERROR, "is nested too deep");
			return;
		}
		read_member(r, member);
		json_path_up(&r->path);
	}
}

/* The first error becomes the command's; `occlum check` shows the rest. */
static int first_error(const struct problems *problems, const char *name,
                       struct cli_error *err)
{
	size_t more = problems->n_errors - 1;
	char *sentence = NULL;

	for (size_t i = 0; !sentence; i++)
		if (problems->item[i].severity == SEVERITY_ERROR)
			sentence = problem_sentence(&problems->item[i], name);
	if (more)
		cli_fail(err, -EINVAL,
		         "%s (and %zu more: run \"occlum check\")", sentence,
		         more);
	else
		cli_fail(err, -EINVAL, "%s", sentence);
	free(sentence);
	return -EINVAL;
}

/* Fills @config from a text whose every field is known to be right. */
static void read_template(struct config *config)
{
	struct problems none = { 0 };
	struct reader r = {
		.text = config_template(),
		.size = strlen(config_template()),
		.config = config,
		.problems = &none,
	};
	json_t *root = json_loadb(r.text, r.size, 0, NULL);

	read_object(&r, NULL, root);
	json_decref(root);
	problems_fini(&none);
}

int config_parse(const char *text, size_t size, const char *name,
                 struct config *ret_config, struct problems *problems,
                 struct cli_error *err)
{
	struct reader r = {
		.text = text,
		.size = size,
		.config = ret_config,
		.problems = problems,
	};
	json_error_t bad;
	json_t *root;

	*ret_config = (struct config){ .user = NULL };
	read_template(ret_config);
	r.default_user_max = ret_config->user_space_max_size;
	r.default_heap_max = ret_config->kernel_heap_max_size;
	ret_config->user_space_max_size = 0;
	ret_config->kernel_heap_max_size = 0;

	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &bad);
	if (!root) {
		problems_add(problems, SEVERITY_ERROR,
		             bad.line > 0 ? (unsigned int)bad.line : 1, "",
		             "not valid JSON: %s", bad.text);
		return first_error(problems, name, err);
	}
	if (json_is_object(root))
		read_object(&r, NULL, root);
	else
		reader_report(&r, SEVERITY_ERROR, "must be an object { ... }");
	config_check_rules(&r);
	json_decref(root);
	return problems->n_errors ? first_error(problems, name, err) : 0;
}

int config_load(const char *path, struct config *ret_config,
                struct problems *problems, struct cli_error *err)
{
	struct bytes text = { 0 };
	int ret;

	*ret_config = (struct config){ .user = NULL };
	ret = file_read(path, &text, err);
	if (ret == 0)
		ret = config_parse((const char *)text.data, text.size, path,
		                   ret_config, problems, err);
	bytes_fini(&text);
	return ret;
}

void config_drop_mounts(struct config *config)
{
	for (size_t i = 0; i < config->n_mounts; i++) {
		free(config->mount[i].type);
		free(config->mount[i].target);
		free(config->mount[i].source);
	}
	free(config->mount);
	config->mount = NULL;
	config->n_mounts = 0;
}

void config_fini(struct config *config)
{
	config_drop_mounts(config);
	strings_fini(&config->entry_points);
	strings_fini(&config->env_default);
	strings_fini(&config->env_untrusted);
	strings_fini(&config->users);
	free(config->user);
	free(config->cwd);
	free(config->hostname);
}

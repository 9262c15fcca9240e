/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_test.c - Occlum.json: lines, fields, ranges, defaults.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "base/units.h"
#include "cli/config/config.h"
#include "cli/config/locate.h"
#include "cli/config/nearest.h"
#include "cli/config/schema.h"
#include "cli/config/size.h"
#include "cli/instance/file.h"

#include "base/banned.h"

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t size;
	} cases[] = {
		{ "64MB", 0, 64 * MIB },
		{ "4 GB", 0, 4 * GIB },
		{ "1kb", 0, KIB },
		{ "2MiB", 0, 2 * MIB },
		{ "0", 0, 0 },
		{ "10B", 0, 10 },
		{ "16777215TB", 0, 16777215ull << 40 },
		{ "16777216TB", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "MB", -EINVAL, 0 },
		{ "-1MB", -EINVAL, 0 },
		{ " 1MB", -EINVAL, 0 },
		{ "1 M B", -EINVAL, 0 },
		{ "1MBx", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1.5GB", -EINVAL, 0 },
	};
	uint64_t size;
	char text[SIZE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(size_parse(cases[i].text, &size),
		                 cases[i].ret);
		if (cases[i].ret == 0)
			assert_int_equal(size, cases[i].size);
	}
	size_format(64 * MIB, text);
	assert_string_equal(text, "64MB");
	size_format(10000, text);
	assert_string_equal(text, "10000B");
	size_format(0, text);
	assert_string_equal(text, "0B");
}

static void test_nearest(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance("", ""), 0);
	assert_int_equal(nearest_distance("build", "buidl"), 2);
	assert_int_equal(nearest_distance("abc", ""), 3);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
}

/* "a.1.b" as a path; digits are indices. */
static unsigned int locate(const char *text, const char *dotted)
{
	struct json_path path = { .depth = 0 };
	char *copy = strdup(dotted);
	char *save = NULL;
	unsigned int line;

	for (char *s = strtok_r(copy, ".", &save); s;
	     s = strtok_r(NULL, ".", &save)) {
		if (s[0] >= '0' && s[0] <= '9')
			assert_true(
				json_path_index(&path, strtoul(s, NULL, 10)));
		else
			assert_true(json_path_key(&path, s));
	}
	line = json_locate(text, strlen(text), &path);
	free(copy);
	return line;
}

static void test_locate(void **state)
{
	static const char text[] = "{\n"                        /* 1 */
				   "  \"a\": 1, \"b\": [\n"     /* 2 */
				   "    {\"c\": \"}\\\"]\"},\n" /* 3 */
				   "    {\n"                    /* 4 */
				   "      \"d\": [1,\n"         /* 5 */
				   "        2],\n"              /* 6 */
				   "      \"\\u0065\": null\n"  /* 7 */
				   "    }\n"                    /* 8 */
				   "  ],\n"                     /* 9 */
				   "  \"f\"\n"                  /* 10 */
				   "  : {\"a\": true}}\n";      /* 11 */

	(void)state;
	assert_int_equal(locate(text, ""), 1);
	assert_int_equal(locate(text, "a"), 2);
	assert_int_equal(locate(text, "b"), 2);
	assert_int_equal(locate(text, "b.0"), 3);
	assert_int_equal(locate(text, "b.0.c"), 3);
	assert_int_equal(locate(text, "b.1"), 4);
	assert_int_equal(locate(text, "b.1.d"), 5);
	assert_int_equal(locate(text, "b.1.d.1"), 6);
	assert_int_equal(locate(text, "b.1.e"), 7); /* written as \u0065 */
	assert_int_equal(locate(text, "f"), 10);
	assert_int_equal(locate(text, "f.a"), 11);
	/* What is not there: the last thing that is. */
	assert_int_equal(locate(text, "b.1.x"), 4);
	assert_int_equal(locate(text, "b.7"), 2);
	assert_int_equal(locate(text, "zz"), 1);
}

/* Every prefix, and every text with one byte changed: it must end. */
static void test_locate_any_bytes(void **state)
{
	const char *text = config_template();
	size_t size = strlen(text);
	char *copy = malloc(size);
	struct json_path path = { .depth = 0 };

	(void)state;
	assert_non_null(copy);
	assert_true(json_path_key(&path, "mount"));
	assert_true(json_path_index(&path, 0));
	assert_true(json_path_key(&path, "target"));
	for (size_t n = 0; n <= size; n++) {
		memcpy(copy, text, size);
		assert_true(json_locate(copy, n, &path) >= 1);
		if (n == size)
			break;
		copy[n] = "\"\\{}[],:\n"[n % 9];
		assert_true(json_locate(copy, size, &path) >= 1);
	}
	free(copy);
}

/* Parse @text; the sentence of the first error, or "" */
static void first_error(const char *text, char *ret, size_t size)
{
	struct problems problems = { .item = NULL };
	struct cli_error err = { .text = "" };
	struct config config;
	int code = config_parse(text, strlen(text), "Occlum.json", &config,
	                        &problems, &err);

	assert_int_equal(code<0, problems.n_errors> 0);
	assert_true(strlen(err.text) < size);
	memcpy(ret, err.text, strlen(err.text) + 1);
	config_fini(&config);
	problems_fini(&problems);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		const char *expect; /* what the sentence starts with */
	} cases[] = {
		{ "{}", "" },
		{ "", "Occlum.json:1: not valid JSON" },
		{ "[]", "Occlum.json:1: must be an object" },
		{ "{\n\"env\": {\n\"default\": [],\n}}",
		  "Occlum.json:4: not valid JSON" },
		{ "{\"env\": {},\n\"env\": {}}",
		  "Occlum.json:2: not valid JSON: duplicate" },
		{ "{\n\"resource_limits\": {\n\"user_space_sise\": \"1GB\"}}",
		  "Occlum.json:3: resource_limits.user_space_sise: is not a "
		  "field of Occlum.json; did you mean "
		  "resource_limits.user_space_size?" },
		{ "{\n\n\"user_space_size\": \"1GB\"}",
		  "Occlum.json:3: user_space_size: is not a field of "
		  "Occlum.json; did you mean "
		  "resource_limits.user_space_size?" },
		{ "{\"qwertyuiop\": 1}",
		  "Occlum.json:1: qwertyuiop: is not a field of Occlum.json; "
		  "remove it" },
		{ "{\n\"resource_limits\": {\"user_space_size\": 64}}",
		  "Occlum.json:2: resource_limits.user_space_size: must be a "
		  "size" },
		{ "{\"resource_limits\": {\"user_space_size\": \"65MBB\"}}",
		  "Occlum.json:1: resource_limits.user_space_size: must be a "
		  "size" },
		{ "{\"resource_limits\": {\"user_space_size\": \"1048577\"}}",
		  "Occlum.json:1: resource_limits.user_space_size: must be a "
		  "multiple of 4KB" },
		{ "{\"resource_limits\": {\"user_space_size\": \"64GB\"}}",
		  "Occlum.json:1: resource_limits.user_space_size: is out of "
		  "range: choose from 1MB to 28GB" },
		{ "{\"resource_limits\": {\"max_vcpus\": 0}}",
		  "Occlum.json:1: resource_limits.max_vcpus: is out of range" },
		{ "{\"resource_limits\": {\"max_vcpus\": -1}}",
		  "Occlum.json:1: resource_limits.max_vcpus: must not be "
		  "negative" },
		{ "{\"resource_limits\": {\"max_vcpus\": \"4\"}}",
		  "Occlum.json:1: resource_limits.max_vcpus: must be a whole" },
		{ "{\"resource_limits\": {\"max_vcpus\": 4.0}}",
		  "Occlum.json:1: resource_limits.max_vcpus: must be a whole" },
		{ "{\"resource_limits\":\n{\"user_space_size\": \"2GB\",\n"
		  "\"user_space_max_size\": \"1GB\"}}",
		  "Occlum.json:3: resource_limits.user_space_max_size: is less "
		  "than user_space_size: choose at least 2GB" },
		{ "{\"metadata\": {\"debuggable\": 1}}",
		  "Occlum.json:1: metadata.debuggable: must be true or false" },
		{ "{\"metadata\": {\"product_id\": 65536}}",
		  "Occlum.json:1: metadata.product_id: is out of range" },
		{ "{\"metadata\": {\"family_id\": {\"high\": \"0xg\"}}}",
		  "Occlum.json:1: metadata.family_id.high: must be a hex" },
		{ "{\"metadata\": {\"family_id\": {\"low\": \"0x1\"}}}",
		  "Occlum.json:1: metadata.family_id: needs "
		  "metadata.enable_kss" },
		{ "{\"entry_points\": [\"/bin\",\n\"bin\"]}",
		  "Occlum.json:2: entry_points[1]: must be an absolute path" },
		{ "{\"entry_points\": [\"/bin/../etc\"]}",
		  "Occlum.json:1: entry_points[0]: must be an absolute path" },
		{ "{\"entry_points\": [\"/bin/\"]}",
		  "Occlum.json:1: entry_points[0]: must be an absolute path" },
		{ "{\"entry_points\": []}", "Occlum.json:1: entry_points: is" },
		{ "{\"entry_points\": [\"/a\\u0000b\"]}",
		  "Occlum.json:1: not valid JSON" },
		{ "{\"env\": {\"default\": [\"A=1\",\n\"B\"]}}",
		  "Occlum.json:2: env.default[1]: must have the form" },
		{ "{\"env\": {\"default\": [7]}}",
		  "Occlum.json:1: env.default[0]: must be a list of strings" },
		{ "{\"env\": {\"untrusted\": [\"A=1\"]}}",
		  "Occlum.json:1: env.untrusted[0]: must be the name" },
		{ "{\"process\": {\"umask\": \"0888\"}}",
		  "Occlum.json:1: process.umask: must be an octal" },
		{ "{\"process\": {\"umask\": \"7777\"}}",
		  "Occlum.json:1: process.umask: is out of range: choose from "
		  "00 to 0777" },
		{ "{\"process\": {\"cwd\": \"tmp\"}}",
		  "Occlum.json:1: process.cwd: must be an absolute" },
		{ "{\"process\": {\"hostname\": \"a b\"}}",
		  "Occlum.json:1: process.hostname: must be 1 to 64" },
		{ "{\"mount\": [{\"type\": \"image\"}]}",
		  "Occlum.json:1: mount[0]: needs both" },
		{ "{\"mount\": []}", "Occlum.json:1: mount: has no root" },
		{ "{\"mount\": [\n{\"type\": \"image\", \"target\": \"/\"},\n"
		  "{\"type\": \"ext2\",\n\"target\": \"/d\"}]}",
		  "Occlum.json:3: mount[1].type: is not supported" },
		{ "{\"mount\": [{\"type\": \"image\", \"target\": \"/\"},\n"
		  "{\"type\": \"nfs\", \"target\": \"/d\"}]}",
		  "Occlum.json:2: mount[1].type: is not a type" },
		{ "{\"mount\": [{\"type\": \"ramfs\", \"target\": \"/\"}]}",
		  "Occlum.json:1: mount[0].target: does not fit" },
		{ "{\"mount\": [{\"type\": \"image\", \"target\": \"/\"},"
		  "{\"type\": \"ramfs\", \"target\": \"/a\"},\n"
		  "{\"type\": \"ramfs\", \"target\": \"/a\"}]}",
		  "Occlum.json:2: mount[2].target: is mounted twice" },
		{ "{\"mount\": [{\"type\": \"unionfs\", \"target\": \"/\",\n"
		  "\"options\": {\"layers\": [{\"typ\": \"sefs\"}]}}]}",
		  "Occlum.json:2: mount[0].options.layers[0].typ: is not a "
		  "field of Occlum.json; did you mean mount[].type?" },
	};
	char text[sizeof(((struct cli_error *)0)->text)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		first_error(cases[i].text, text, sizeof(text));
		if (strncmp(text, cases[i].expect, strlen(cases[i].expect)) ||
		    !cases[i].expect[0] != !text[0])
			fail_msg("case %zu:\n got: %s\nwant: %s", i, text,
			         cases[i].expect);
	}
}

/* The configuration that Occlum 0.31's `init` leaves, all fields present. */
static const char occlum_config[] =
	"{ \"resource_limits\": {\n"
	"    \"kernel_space_heap_size\": \"32MB\",\n"
	"    \"kernel_space_stack_size\": \"1MB\",\n"
	"    \"user_space_size\": \"300MB\",\n"
	"    \"max_num_of_threads\": 32 },\n"
	"  \"process\": {\n"
	"    \"default_stack_size\": \"4MB\",\n"
	"    \"default_heap_size\": \"32MB\",\n"
	"    \"default_mmap_size\": \"100MB\" },\n"
	"  \"entry_points\": [ \"/bin\" ],\n"
	"  \"env\": { \"default\": [ \"OCCLUM=yes\" ],\n"
	"             \"untrusted\": [ \"EXAMPLE\" ] },\n"
	"  \"metadata\": { \"product_id\": 0, \"version_number\": 0,\n"
	"    \"debuggable\": true, \"enable_kss\": false,\n"
	"    \"family_id\": { \"high\": \"0x0\", \"low\": \"0x0\" },\n"
	"    \"ext_prod_id\": { \"high\": \"0x0\", \"low\": \"0x0\" } },\n"
	"  \"feature\": { \"amx\": 0, \"pkru\": 0, \"io_uring\": 0,\n"
	"    \"enable_edmm\": false, \"enable_posix_shm\": false },\n"
	"  \"mount\": [\n"
	"    { \"target\": \"/\", \"type\": \"unionfs\",\n"
	"      \"options\": { \"layers\": [\n"
	"        { \"target\": \"/\", \"type\": \"sefs\",\n"
	"          \"source\": \"./build/mount/__ROOT\",\n"
	"          \"options\": { \"MAC\": \"\" } },\n"
	"        { \"target\": \"/\", \"type\": \"sefs\",\n"
	"          \"source\": \"./run/mount/__ROOT\" } ] } },\n"
	"    { \"target\": \"/host\", \"type\": \"hostfs\",\n"
	"      \"source\": \".\" } ] }\n";

static size_t count_about(const struct problems *problems, const char *field)
{
	size_t count = 0;

	for (size_t i = 0; i < problems->count; i++)
		count += !strcmp(problems->item[i].field, field);
	return count;
}

static void test_occlum_is_read(void **state)
{
	struct problems problems = { .item = NULL };
	struct cli_error err;
	struct config c;

	(void)state;
	assert_int_equal(config_parse(occlum_config, strlen(occlum_config),
	                              "Occlum.json", &c, &problems, &err),
	                 0);
	assert_int_equal(c.user_space_size, 300 * MIB);
	assert_int_equal(c.max_threads, 32);
	assert_int_equal(c.entry_points.count, 1);
	assert_int_equal(c.n_mounts, 2);
	assert_string_equal(c.mount[1].type, "hostfs");
	assert_string_equal(c.env_untrusted.item[0], "EXAMPLE");
	assert_int_equal(problems.n_errors, 0);
	/* One warning for each field without effect, and none for the rest. */
	assert_int_equal(count_about(&problems, "feature.pkru"), 1);
	assert_int_equal(count_about(&problems, "mount[1].type"), 1);
	assert_int_equal(count_about(&problems,
	                             "resource_limits.kernel_space_stack_size"),
	                 1);
	assert_int_equal(count_about(&problems, "feature.amx"), 0);
	assert_int_equal(count_about(&problems, "entry_points"), 0);
	config_fini(&c);
	problems_fini(&problems);
}

static void test_defaults(void **state)
{
	static const char large[] =
		"{\"resource_limits\": {\"user_space_size\": \"8GB\"}}";
	struct problems problems = { .item = NULL };
	struct cli_error err;
	struct config c;

	(void)state;
	/* The template itself has no findings, and {} means the same. */
	assert_int_equal(config_parse(config_template(),
	                              strlen(config_template()), "T", &c,
	                              &problems, &err),
	                 0);
	assert_int_equal(problems.count, 0);
	config_fini(&c);
	assert_int_equal(config_parse("{}", 2, "T", &c, &problems, &err), 0);
	assert_int_equal(c.user_space_size, 64 * MIB);
	assert_int_equal(c.user_space_max_size, 4 * GIB);
	assert_int_equal(c.max_vcpus, 16);
	assert_int_equal(c.umask, 022);
	assert_true(c.debuggable);
	assert_string_equal(c.hostname, "occlum");
	assert_int_equal(c.n_mounts, 1);
	config_fini(&c);
	/* A maximum that is not given follows the size. */
	assert_int_equal(
		config_parse(large, strlen(large), "T", &c, &problems, &err),
		0);
	assert_int_equal(c.user_space_max_size, 8 * GIB);
	config_fini(&c);
	problems_fini(&problems);
}

/* Every path of the table finds itself, and layers find their mount. */
static void test_schema(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema_size; i++) {
		assert_ptr_equal(schema_find(schema[i].path), &schema[i]);
		assert_true(schema[i].min <= schema[i].max);
		assert_non_null(schema[i].help);
	}
	assert_ptr_equal(schema_find("mount[].options.layers[].type"),
	                 schema_find("mount[].type"));
	assert_ptr_equal(
		schema_find("mount[].options.layers[].options.layers[].type"),
		schema_find("mount[].type"));
	assert_null(schema_find("mount[].options.layers[]"));
	assert_null(schema_find("mount[]"));
	assert_null(schema_find(""));
}

/* A page about Occlum.json names every field there is. */
static void test_docs_are_complete(void **state)
{
	static const char *const pages[] = {
		DOCS "/occlum-json.md",
		DOCS "/migrating-from-occlum.md",
		DOCS "/man/Occlum.json.5",
	};
	struct bytes text;
	struct cli_error err;

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(pages); p++) {
		assert_int_equal(file_read(pages[p], &text, &err), 0);
		bytes_add(&text, "", 1);
		for (size_t i = 0; i < schema_size; i++)
			if (schema[i].type != FIELD_OBJECT &&
			    schema[i].type != FIELD_LIST &&
			    !strstr((char *)text.data, schema[i].path))
				fail_msg("%s lacks %s", pages[p],
				         schema[i].path);
		bytes_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_locate),
		cmocka_unit_test(test_locate_any_bytes),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_occlum_is_read),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_docs_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.c - the Occlum.json of a new instance.
 *
 * Also the defaults of fields that a file leaves out, so the two are always
 * the same.  Nothing in it comes from the machine it is written on.
 */
#include "cli/config/config.h"

#include "base/banned.h"

static const char text[] =
	"{\n"
	"    \"resource_limits\": {\n"
	"        \"user_space_size\": \"64MB\",\n"
	"        \"user_space_max_size\": \"4GB\",\n"
	"        \"kernel_space_heap_size\": \"32MB\",\n"
	"        \"kernel_space_heap_max_size\": \"512MB\",\n"
	"        \"max_num_of_threads\": 4096,\n"
	"        \"max_vcpus\": 16\n"
	"    },\n"
	"    \"process\": {\n"
	"        \"default_stack_size\": \"8MB\",\n"
	"        \"default_heap_size\": \"32MB\",\n"
	"        \"user\": \"0:0\",\n"
	"        \"users\": [],\n"
	"        \"cwd\": \"/\",\n"
	"        \"umask\": \"022\",\n"
	"        \"hostname\": \"occlum\"\n"
	"    },\n"
	"    \"entry_points\": [\n"
	"        \"/bin\",\n"
	"        \"/usr/bin\",\n"
	"        \"/usr/local/bin\"\n"
	"    ],\n"
	"    \"env\": {\n"
	"        \"default\": [\n"
	"            \"OCCLUM=yes\",\n"
	"            \"PATH=/usr/local/bin:/usr/bin:/bin\",\n"
	"            \"HOME=/root\",\n"
	"            \"LANG=C.UTF-8\",\n"
	"            \"TZ=UTC\"\n"
	"        ],\n"
	"        \"untrusted\": [\n"
	"            \"TERM\"\n"
	"        ]\n"
	"    },\n"
	"    \"metadata\": {\n"
	"        \"product_id\": 0,\n"
	"        \"version_number\": 0,\n"
	"        \"debuggable\": true,\n"
	"        \"disable_log\": false,\n"
	"        \"enable_kss\": false,\n"
	"        \"family_id\": {\n"
	"            \"high\": \"0x0\",\n"
	"            \"low\": \"0x0\"\n"
	"        },\n"
	"        \"ext_prod_id\": {\n"
	"            \"high\": \"0x0\",\n"
	"            \"low\": \"0x0\"\n"
	"        }\n"
	"    },\n"
	"    \"feature\": {\n"
	"        \"amx\": 0\n"
	"    },\n"
	"    \"mount\": [\n"
	"        {\n"
	"            \"type\": \"image\",\n"
	"            \"target\": \"/\"\n"
	"        }\n"
	"    ]\n"
	"}\n";

const char *config_template(void)
{
	return text;
}

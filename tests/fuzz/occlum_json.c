/* SPDX-License-Identifier: Apache-2.0 */
/* Occlum.json: a config that is taken can be encoded; else there is a reason. */
#include <string.h>

#include "abi/bootcfg.h"
#include "cli/config/bootcfg.h"
#include "cli/config/config.h"
#include "cli/image/root.h"
#include "tests/fuzz/fuzz.h"

static void encode(const struct config *config)
{
	struct root root = { .n_entries = 0 };
	struct user user = { .uid = 0 };
	struct bootcfg_facts facts = { .root = &root, .user = user };
	struct bytes bytes = { .size = 0 };

	bootcfg_encode(config, &facts, &bytes);
	MUST(bytes.size >= sizeof(struct bootcfg_header));
	bytes_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = { .count = 0 };
	struct cli_error err = { .text = "" };
	struct config config;
	int ret = config_parse((const char *)data, size, CONFIG_FILE, &config,
	                       &problems, &err);

	if (ret == 0)
		encode(&config);
	else
		MUST(err.text[0] || problems.n_errors);
	for (size_t i = 0; i < problems.count; i++) {
		char *s = problem_sentence(&problems.item[i], CONFIG_FILE);

		MUST(strlen(s) > strlen(CONFIG_FILE));
		free(s);
	}
	config_fini(&config);
	problems_fini(&problems);
	return 0;
}

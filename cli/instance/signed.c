/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed.c - reads build/SIGSTRUCT and build/image.json.
 */
#include "cli/instance/signed.h"

#include <errno.h>
#include <string.h>

#include "cli/instance/file.h"
#include "cli/instance/instance.h"

#include "base/banned.h"

static int check_built(struct cli_error *err)
{
	int ret = instance_check(err);

	if (ret == 0 && !instance_is_built())
		ret = cli_fail(err, -ENOENT,
		               "the instance is not built yet: run \"occlum "
		               "build\"");
	return ret;
}

int signed_read(struct sigstruct *ret_sig, struct cli_error *err)
{
	struct bytes bytes = { 0 };
	int ret = check_built(err);

	if (ret == 0)
		ret = file_read(INSTANCE_BUILD "/" BUILD_SIGSTRUCT, &bytes,
		                err);
	if (ret == 0 && bytes.size != sizeof(*ret_sig))
		ret = cli_fail(err, -EINVAL,
		               INSTANCE_BUILD
		               "/" BUILD_SIGSTRUCT
		               " is damaged: run \"occlum build\"");
	if (ret == 0)
		memcpy(ret_sig, bytes.data, sizeof(*ret_sig));
	bytes_fini(&bytes);
	return ret;
}

int signed_info(json_t **ret_info, struct cli_error *err)
{
	int ret = check_built(err);

	if (ret < 0)
		return ret;
	*ret_info = json_load_file(INSTANCE_BUILD "/" BUILD_INFO, 0, NULL);
	if (!json_is_object(*ret_info)) {
		json_decref(*ret_info);
		return cli_fail(err, -EINVAL,
		                INSTANCE_BUILD
		                "/" BUILD_INFO
		                " is damaged: run \"occlum build\"");
	}
	return 0;
}

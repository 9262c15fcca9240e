/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure_example - measure the page list on standard input.
 *
 *	ecreate SSAFRAMESIZE SIZE
 *	page OFFSET FLAGS SEED MEASURED
 *
 * MRENCLAVE and then the SGXS stream go to standard output; see
 * mrenclave_oracle.py.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sgx/sgxs.h"

/* The stream, which must come out after the hash. */
struct buffer {
	uint8_t bytes[1 << 20];
	size_t used;
};

static int append(void *arg, const void *bytes, size_t size)
{
	struct buffer *b = arg;

	if (size > sizeof(b->bytes) - b->used)
		return -ENOSPC;
	memcpy(b->bytes + b->used, bytes, size);
	b->used += size;
	return 0;
}

static void make_page(uint8_t page[MEASURE_PAGE_SIZE], unsigned int seed)
{
	for (unsigned int i = 0; i < MEASURE_PAGE_SIZE; i++)
		page[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

static void measure_line(struct measure *m, const char *line)
{
	uint8_t page[MEASURE_PAGE_SIZE];
	struct secinfo secinfo = { 0 };
	unsigned int seed, measured;
	uint64_t offset;

	if (sscanf(line, "page %" SCNu64 " %" SCNu64 " %u %u", &offset,
	           &secinfo.flags, &seed, &measured) != 4)
		exit(2);
	make_page(page, seed);
	if (measured)
		measure_page(m, offset, &secinfo, page);
	else
		measure_eadd(m, offset, &secinfo);
}

int main(void)
{
	static struct buffer buffer;
	const struct measure_sink sink = { append, &buffer };
	uint8_t mrenclave[SGX_HASH_SIZE], again[SGX_HASH_SIZE];
	struct secs secs = { 0 };
	struct sgxs_writer writer;
	struct measure_sink out;
	struct measure m;
	char line[200];

	sgxs_writer_init(&writer, &sink);
	out = sgxs_writer_sink(&writer);
	if (!fgets(line, sizeof(line), stdin) ||
	    sscanf(line, "ecreate %" SCNu32 " %" SCNu64, &secs.ssaframesize,
	           &secs.size) != 2)
		return 2;
	measure_init(&m, &secs, &out);
	while (fgets(line, sizeof(line), stdin))
		measure_line(&m, line);
	if (measure_finish(&m, mrenclave) < 0)
		return 1;
	/* Our own reader has to accept what our writer wrote. */
	if (sgxs_check(cspan_make(buffer.bytes, buffer.used), again, NULL) <
	            0 ||
	    memcmp(mrenclave, again, sizeof(again)) != 0)
		return 1;
	return fwrite(mrenclave, sizeof(mrenclave), 1, stdout) == 1 &&
	                       fwrite(buffer.bytes, buffer.used, 1, stdout) == 1
	               ? 0
	               : 1;
}

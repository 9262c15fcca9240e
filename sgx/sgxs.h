/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgxs.h - the SGXS stream: an enclave as the bytes that are measured.
 *
 * The stream is measure.h's records one after the other, so its plain SHA-256
 * is MRENCLAVE.  Source: Fortanix' SGXS format.  Canonical, and nothing else is
 * read or written here:
 *
 *   - one ECREATE, first; SIZE a power of two from 8192, SSAFRAMESIZE not 0
 *   - EADD offsets page aligned, inside SIZE, strictly rising; page type REG
 *     or TCS, no W without R, no R, W or X on a TCS, no other bit
 *   - EEXTEND in the page of the EADD before it, 256-aligned, no chunk twice
 *   - every reserved byte zero
 *
 * So UNSIZED and UNMEASRD records (ESGXS) are refused: they are not measured.
 *
 * Writing: give sgxs_writer_sink() to measure_init().
 * Reading:
 *
 *	struct sgxs_reader r;
 *	struct sgxs_record rec;
 *
 *	sgxs_reader_init(&r, stream);
 *	while ((n = sgxs_next(&r, &rec)) > 0)
 *		...
 *	if (n < 0)                         // r.order.fault says why
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/span.h"
#include "sgx/measure.h"

enum sgxs_kind {
	SGXS_ECREATE,
	SGXS_EADD,
	SGXS_EEXTEND,
};

struct sgxs_record {
	enum sgxs_kind kind;
	uint32_t ssaframesize; /* ECREATE */
	uint64_t size;         /* ECREATE */
	uint64_t offset;       /* EADD, EEXTEND */
	uint64_t flags;        /* EADD: SECINFO.FLAGS */
	const uint8_t *chunk;  /* EEXTEND, reader only: 256 bytes, borrowed */
};

/* What has been seen: enough to judge the next record. */
struct sgxs_order {
	uint64_t size; /* 0 before ECREATE */
	uint64_t page; /* of the last EADD */
	uint16_t chunks_seen;
	bool in_page;
	const char *fault; /* a sentence, once something was refused */
};

struct sgxs_reader {
	struct cspan left;
	struct sgxs_order order;
};

void sgxs_reader_init(struct sgxs_reader *r, struct cspan stream);

/* 1 and a record, 0 at the end, -EINVAL if the stream is not canonical. */
__must_check int sgxs_next(struct sgxs_reader *r,
                           struct sgxs_record *ret_record);

/*
 * sgxs_check - read it all: 0 and its MRENCLAVE, or -EINVAL and a reason.
 *
 * @ret_fault may be NULL.
 */
__must_check int sgxs_check(struct cspan stream,
                            uint8_t ret_mrenclave[SGX_HASH_SIZE],
                            const char **ret_fault);

/* A sink for measure.h that passes canonical streams on to @out. */
struct sgxs_writer {
	struct sgxs_order order;
	struct measure_sink out;
};

void sgxs_writer_init(struct sgxs_writer *w, const struct measure_sink *out);

/* Its write gives -EINVAL (order.fault says why) or @out's error. */
struct measure_sink sgxs_writer_sink(struct sgxs_writer *w);

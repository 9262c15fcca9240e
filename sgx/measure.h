/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.h - MRENCLAVE, computed while an enclave is laid out.
 *
 * Source: SDM Vol. 3D 36.4.1.1 and ECREATE, EADD, EEXTEND in 38.3.  MRENCLAVE
 * is the SHA-256 of the concatenated records, whose order counts:
 *
 *	ECREATE  "ECREATE\0" 8:4 SSAFRAMESIZE 12:8 SIZE, rest of 64 zero
 *	EADD     "EADD\0\0\0\0" 8:8 offset, 16:48 the first bytes of SECINFO
 *	EEXTEND  "EEXTEND\0" 8:8 offset, rest of 64 zero; then 256 bytes
 *
 *	struct measure m;
 *
 *	measure_init(&m, &secs, NULL);
 *	measure_page(&m, offset, &secinfo, page);   // EADD and 16 EEXTENDs
 *	measure_eadd(&m, offset, &secinfo);         // EADD alone
 *	measure_finish(&m, mrenclave);
 *
 * The same records, in the same order, can be sent to a sink: that stream is
 * the SGXS format (sgx/sgxs.h).
 *
 * Nothing is checked here but what the measurement itself defines: a caller
 * that plays the CPU checks its operands first.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "crypto/sha256.h"
#include "sgx/secinfo.h"
#include "sgx/secs.h"
#include "sgx/tcs.h"

enum {
	MEASURE_RECORD_SIZE = 64,
	MEASURE_CHUNK_SIZE = 256,
	MEASURE_PAGE_SIZE = 4096,
	MEASURE_CHUNKS_PER_PAGE = MEASURE_PAGE_SIZE / MEASURE_CHUNK_SIZE,
	/* What a page with all its records takes. */
	MEASURE_PENDING_SIZE = MEASURE_RECORD_SIZE + MEASURE_PAGE_SIZE +
	                       MEASURE_CHUNKS_PER_PAGE * MEASURE_RECORD_SIZE,
};

/* One 64-byte record, as hashed. */
struct measure_record {
	char tag[8];
	union {
		struct {
			uint32_t ssaframesize;
			/* SIZE at 12 is not aligned, hence in halves. */
			uint32_t size_low;
			uint32_t size_high;
			uint8_t cet_leg_bitmap_offset[8]; /* 0 without CET */
		} ecreate;
		struct {
			uint64_t offset;
			uint8_t secinfo[48];
		} page; /* EADD; EEXTEND with zeros behind offset */
		uint8_t bytes[56];
	};
};

static_assert(sizeof(struct measure_record) == MEASURE_RECORD_SIZE, "record");
static_assert(offsetof(struct measure_record, ecreate.size_low) == 12,
              "record");
static_assert(offsetof(struct measure_record, ecreate.cet_leg_bitmap_offset) ==
                      20,
              "record");
static_assert(offsetof(struct measure_record, page.offset) == 8, "record");
static_assert(offsetof(struct measure_record, page.secinfo) == 16, "record");

/*
 * Where the records go besides the hash: @write gets one whole record or one
 * whole chunk at a time.  It takes all @size bytes or returns -errno; after an
 * error it is not called again.
 */
struct measure_sink {
	int (*write)(void *arg, const void *bytes, size_t size);
	void *arg;
};

struct measure {
	struct sha256 hash;
	struct measure_sink sink; /* write may be NULL */
	int err;                  /* the sink's first error */
	/*
	 * Not hashed yet.  An image is tens of thousands of 64-byte records,
	 * and saving vector registers around each would cost more than hashing.
	 */
	size_t n_pending;
	uint8_t pending[MEASURE_PENDING_SIZE];
};

/* The ECREATE record.  @sink may be NULL; it is copied. */
void measure_init(struct measure *m, const struct secs *secs,
                  const struct measure_sink *sink);

/*
 * measure_eadd - the EADD record for the page at @offset from BASEADDR.
 *
 * R, W and X of a TCS are forced to 0, as the CPU does.
 */
void measure_eadd(struct measure *m, uint64_t offset,
                  const struct secinfo *secinfo);

/* The same for @npages pages in a row. */
void measure_eadds(struct measure *m, uint64_t offset, uint64_t npages,
                   const struct secinfo *secinfo);

/*
 * measure_eextend - the record and @chunk, at @offset, a multiple of 256.
 *
 * Of a TCS the chunk is what the EPC holds: see measure_tcs_as_loaded().
 */
void measure_eextend(struct measure *m, uint64_t offset,
                     const uint8_t chunk[MEASURE_CHUNK_SIZE]);

/* measure_eadd() and the page's sixteen chunks in order, as Linux does it. */
void measure_page(struct measure *m, uint64_t offset,
                  const struct secinfo *secinfo,
                  const uint8_t page[MEASURE_PAGE_SIZE]);

/* What EADD makes of @tcs: STATE, FLAGS.DBGOPTIN, CSSA and AEP are zeroed. */
void measure_tcs_as_loaded(struct tcs *tcs);

/* 0 and the measurement, or the sink's error.  @m is spent. */
__must_check int measure_finish(struct measure *m,
                                uint8_t ret_mrenclave[SGX_HASH_SIZE]);

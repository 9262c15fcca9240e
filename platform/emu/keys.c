/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - EREPORT and EGETKEY: keys are AES-CMAC under the platform's secret
 * of what SDM Vol. 3D Table 38-66 lets them depend on.
 */
#include <string.h>

#include "crypto/cmac.h"
#include "platform/emu/emu.h"

/* One security version: this emulator has had no recovery yet. */
static const struct key_platform key_platform = {
	.cpusvn = { 1 },
};

/* The key for @dep, or -errno; the KDF's counter is fixed at one block. */
static int derive(const struct emu_platform *p, const struct keydep *dep,
                  uint8_t ret_key[SGX_KEY_SIZE])
{
	return cmac_aes(cspan_make(p->secret, sizeof(p->secret)),
	                cspan_make((const void *)dep, sizeof(*dep)), ret_key);
}

static int fill_report(const struct emu_enclave *e,
                       const struct targetinfo *target,
                       const uint8_t data[SGX_REPORTDATA_SIZE],
                       struct sgx_report *report)
{
	const struct emu_platform *p = e->platform;
	const struct key_identity *id = &e->id;
	uint8_t key[SGX_KEY_SIZE];
	struct keydep dep;
	int ret;

	memset(report, 0, sizeof(*report));
	report->body.miscselect = id->miscselect;
	report->body.attributes = id->attributes;
	report->body.isvprodid = id->isvprodid;
	report->body.isvsvn = id->isvsvn;
	report->body.configsvn = id->configsvn;
	memcpy(report->body.cpusvn, key_platform.cpusvn, SGX_CPUSVN_SIZE);
	memcpy(report->body.isvextprodid, id->isvextprodid, 16);
	memcpy(report->body.isvfamilyid, id->isvfamilyid, 16);
	memcpy(report->body.mrenclave, id->mrenclave, SGX_HASH_SIZE);
	memcpy(report->body.mrsigner, id->mrsigner, SGX_HASH_SIZE);
	memcpy(report->body.configid, id->configid, SGX_CONFIGID_SIZE);
	memcpy(report->body.reportdata, data, SGX_REPORTDATA_SIZE);
	memcpy(report->keyid, p->keyid, SGX_KEYID_SIZE);
	keydep_report(&dep, target, p->keyid, &key_platform);
	ret = derive(p, &dep, key);
	if (ret == 0)
		ret = cmac_aes(cspan_make(key, sizeof(key)),
		               cspan_make((const void *)&report->body,
		                          sizeof(report->body)),
		               report->mac);
	explicit_bzero(key, sizeof(key));
	return ret;
}

enum emu_verdict emu_ereport(struct emu_block *b)
{
	struct targetinfo *target = (void *)b->bounce;
	struct sgx_report *report = (void *)(b->bounce + sizeof(*target));
	uint8_t data[SGX_REPORTDATA_SIZE];

	/* Alignments of all three first, then the pages. */
	if (b->regs.rbx & (SGX_TARGETINFO_ALIGN - 1) ||
	    b->regs.rcx & (SGX_REPORTDATA_ALIGN - 1) ||
	    b->regs.rdx & (SGX_REPORT_ALIGN - 1))
		return emu_gp(b);
	if (!emu_operand_ok(b, b->regs.rbx, sizeof(*target),
	                    SGX_TARGETINFO_ALIGN, SGX_SECINFO_R) ||
	    !emu_operand_ok(b, b->regs.rcx, sizeof(data), SGX_REPORTDATA_ALIGN,
	                    SGX_SECINFO_R) ||
	    !emu_operand_ok(b, b->regs.rdx, sizeof(*report), SGX_REPORT_ALIGN,
	                    SGX_SECINFO_W))
		return EMU_FAULT;
	memcpy(target, emu_memory(b->regs.rbx), sizeof(*target));
	memcpy(data, emu_memory(b->regs.rcx), sizeof(data));
	if (!targetinfo_is_canonical(target))
		return emu_gp(b);
	if (fill_report(b->enclave, target, data, report) < 0)
		return emu_gp(b);
	memcpy(emu_memory(b->regs.rdx), report, sizeof(*report));
	return EMU_COMMIT_FLAGS;
}

enum emu_verdict emu_egetkey(struct emu_block *b)
{
	struct keyrequest *req = (void *)b->bounce;
	const struct emu_enclave *e = b->enclave;
	uint8_t key[SGX_KEY_SIZE];
	struct keydep dep;
	enum sgx_error code;

	if (b->regs.rbx & (SGX_KEYREQUEST_ALIGN - 1) ||
	    b->regs.rcx & (SGX_KEY_ALIGN - 1))
		return emu_gp(b);
	if (!emu_operand_ok(b, b->regs.rbx, sizeof(*req), SGX_KEYREQUEST_ALIGN,
	                    SGX_SECINFO_R) ||
	    !emu_operand_ok(b, b->regs.rcx, sizeof(key), SGX_KEY_ALIGN,
	                    SGX_SECINFO_W))
		return EMU_FAULT;
	memcpy(req, emu_memory(b->regs.rbx), sizeof(*req));
	if (!keyrequest_is_legal(req, e->secs.attributes.flags))
		return emu_gp(b);
	code = keydep_fill(&dep, &e->id, req, &key_platform);
	if (code != SGX_SUCCESS)
		return emu_leaf_done(b, code);
	if (derive(e->platform, &dep, key) < 0)
		return emu_gp(b);
	memcpy(emu_memory(b->regs.rcx), key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return emu_leaf_done(b, SGX_SUCCESS);
}

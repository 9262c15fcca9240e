#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Would the vectors notice a fault of the emulator?

usage: mutants.py [--only TEXT] SOURCES BUILD WORK

Each mutant is the emulator, or what of sgx/ it rests on, with one line changed;
at least one vector has to turn red.  See platform/mutation.py.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import mutation  # noqa: E402

ENTRY = "platform/emu/entry.c"
ENTER = "platform/emu/enter.S"
AEX = "platform/emu/aex.c"
SIGNAL = "platform/emu/signal.c"
LEAF = "platform/emu/leaf.c"
ACCEPT = "platform/emu/accept.c"
QUICK = "platform/emu/quick.c"
PAGE = "platform/emu/page.c"
BUILD = "platform/emu/build.c"
INIT = "platform/emu/init.c"
KEYS = "platform/emu/keys.c"
ILLEGAL = "platform/emu/illegal.c"
DEBUG = "platform/emu/debug.c"
SIGSTRUCT = "sgx/sigstruct.c"
KEYDEP = "sgx/keydep.c"

# file, text, text instead
MUTANTS = [
    # EENTER
    (ENTRY, "if (!IS_ALIGNED(addr, PAGE_SIZE)) {", "if (0) {"),
    (ENTRY, "if (!emu_is_canonical(b->regs.rcx)) {", "if (0) {"),
    (ENTRY, "!epcm_is_settled(entry) || ", ""),
    (ENTRY, "epcm_type(entry) != SGX_PT_TCS || ", ""),
    (ENTRY, "(t->ossa | t->ofsbase | t->ogsbase)", "(t->ofsbase | t->ogsbase)"),
    (ENTRY, "(t->ossa | t->ofsbase | t->ogsbase)", "(t->ossa | t->ogsbase)"),
    (ENTRY, "(t->ossa | t->ofsbase | t->ogsbase)", "(t->ossa | t->ofsbase)"),
    (ENTRY, "t->flags & SGX_TCS_FLAGS_RESERVED || ", ""),
    (ENTRY, " || !emu_is_initialized(e))", ")"),
    (ENTRY, "if (!(e->secs.attributes.flags & SGX_ATTR_MODE64BIT))", "if (0)"),
    (ENTRY, "notify == !!(e->secs.attributes.flags & SGX_ATTR_AEXNOTIFY)", "(notify || 1)"),
    (ENTRY, "t->cssa >= t->nssa", "t->cssa > t->nssa"),
    (ENTRY, "at < e->xsave_bytes", "at < 0 * e->xsave_bytes"),
    (ENTRY, "return frame_page_ok(b, (uint64_t)(uintptr_t)frame_gprs(e, frame));", "return true;"),
    (ENTRY, "epcm_allows(entry, SGX_SECINFO_R | SGX_SECINFO_W)", "epcm_allows(entry, SGX_SECINFO_R)"),
    (ENTRY, "!emu_is_canonical(e->secs.baseaddr + t->oentry) ||", ""),
    (ENTRY, "!emu_is_canonical(e->secs.baseaddr + t->ofsbase) ||", ""),
    (ENTRY, "!emu_is_canonical(e->secs.baseaddr + t->ogsbase))", "0)"),
    (ENTRY, "&is_free, SGX_TCS_BUSY,", "&is_free, SGX_TCS_FREE,"),
    (ENTRY, "gprs->ursp = b->regs.rsp;", "gprs->ursp = b->regs.rbp;"),
    (ENTRY, "gprs->urbp = b->regs.rbp;", ""),
    (ENTRY, "b->fsbase = e->secs.baseaddr + t->ofsbase;", "b->fsbase = e->secs.baseaddr + t->ogsbase;"),
    (ENTRY, "b->regs.rax = t->cssa;", "b->regs.rax = 0;"),
    (ENTRY, "b->regs.rcx = b->next;", ""),
    (ENTRY, "b->aep = t->aep = b->regs.rcx;", "b->aep = b->regs.rcx;"),
    (ENTRY, "b->exit_slow = model->eexit || b->host_tf;", "b->exit_slow = !!model->eexit;"),
    (ENTRY, "b->host_tf = b->regs.rflags & FLAG_TF;", "b->host_tf = 0;"),
    (ENTRY, "if (!b->raw && !(b->regs.rflags & (FLAG_DF | FLAG_AC | FLAG_TF)))", "if (1)"),
    (ENTRY, "if (!emu_is_sgx2(b->enclave))", "if (0)"),
    # ERESUME
    (ENTRY, "!tcs_fields_ok(b, t) || t->cssa == 0", "!tcs_fields_ok(b, t)"),
    (ENTRY, "frame = frame_addr(e, t, t->cssa - 1);", "frame = frame_addr(e, t, 0);"),
    (ENTRY, "!emu_is_canonical(gprs.rip) || ", ""),
    (ENTRY, "!emu_is_canonical(gprs.fsbase) ||", ""),
    (ENTRY, "!emu_is_canonical(gprs.gsbase))", "0)"),
    (ENTRY, "if (!xsave_restorable(emu_memory(frame), b->xfrm,", "if (0 && !xsave_restorable(emu_memory(frame), b->xfrm,"),
    (ENTRY, "\t\ttcs_release(t);\n\t\treturn emu_gp(b);", "\t\treturn emu_gp(b);"),
    (ENTRY, "\tt->cssa--;\n\tb->frame = frame;", "\tb->frame = frame;"),
    (ENTRY, "FLAGS_RESUME = FLAGS_ARITH | FLAG_DF", "FLAGS_RESUME = FLAG_DF"),
    (ENTRY, "FLAG_DF | FLAGS_NT | FLAG_AC", "FLAG_DF | FLAG_AC"),
    (ENTRY, "FLAG_AC | FLAGS_ID,", "FLAG_AC,"),
    (ENTRY, "FLAGS_ARITH | FLAG_DF |", "FLAGS_ARITH |"),
    (ENTRY, "b->fsbase = gprs->fsbase;", "b->fsbase = gprs->gsbase;"),
    (ENTRY, "b->gsbase = gprs->gsbase;", "b->gsbase = gprs->fsbase;"),
    # EEXIT, EDECCSSA
    (ENTRY, "if (!emu_is_canonical(target))", "if (0)"),
    (ENTRY, "b->regs.rcx = b->aep;", ""),
    (ENTRY, "if (epcm_covers(&e->epcm, target))", "if (0)"),
    (ENTRY, "b->regs.rflags |= b->host_tf;", ";"),
    (ENTRY, "\tb->eexits++;\n\ttcs_release(t);", "\tb->eexits++;"),
    (ENTRY, "if (t->cssa == 0)\n\t\treturn emu_gp(b);", ""),
    (ENTRY, "if (!frame_ok(b, frame_addr(b->enclave, t, t->cssa - 1)))", "if (0)"),
    (ENTRY, "\tt->cssa--;\n\treturn EMU_COMMIT_FLAGS;", "\treturn EMU_COMMIT_FLAGS;"),
    (ENTER, "\tjb\t.Lexit_slow\n", ""),
    (ENTER, "\tcmpl\t$0, B_EXIT_SLOW(%rcx)\n\tjne\t.Lexit_slow\n", ""),
    (ENTER, "\tcmpq\t%rbx, %rdx\n\tjne\t.Lexit_slow\n", ""),
    (ENTER, "\tmovq\tB_AEP(%rcx), %rcx\n", ""),
    (ENTER, "\tmovl\t$0, T_STATE(%rdx)\n", ""),
    (ENTER, "\tmovq\tB_HOST_FS(%rcx), %rdx\n", ""),
    (ENTER, "\tseto\t%al\n", ""),
    # AEX
    (AEX, "\trflags &= ~(uint64_t)FLAG_TF;\n", ""),
    (AEX, "rflags |= FLAG_RF;", ";"),
    (AEX, "event->is_exception && event->vector != SGX_VECTOR_DB", "event->is_exception"),
    (AEX, "if (event->is_exception && event->vector != SGX_VECTOR_DB)", "if (event->vector != SGX_VECTOR_DB)"),
    (AEX, "rflags &= ~(uint64_t)(FLAGS_ARITH | FLAG_RF);", "rflags &= ~(uint64_t)FLAG_RF;"),
    (AEX, "rflags = (rflags & ~(uint64_t)FLAG_TF) | b->host_tf;", "rflags &= ~(uint64_t)FLAG_TF;"),
    (AEX, "b->mxcsr = SGX_AEX_MXCSR;", "b->mxcsr = 0x1f80;"),
    (AEX, "b->fcw = SGX_AEX_FCW_MF;", ""),
    (AEX, "b->fsw = SGX_AEX_FSW_MF;", ""),
    (AEX, "b->mxcsr = SGX_AEX_MXCSR_XM;", ";"),
    (AEX, "\tbv &= b->xfrm;\n", ""),
    (AEX, "to->header.xcomp_bv = 0;", ""),
    (AEX, "to->header.reserved[0] = 0;", ""),
    (AEX, "for (bv &= ~(uint64_t)SGX_XFRM_LEGACY; bv; bv &= bv - 1) {", "for (bv = 0; bv; bv &= bv - 1) {"),
    (AEX, "copy(dst, src, XSAVE_LEGACY_WRITTEN);", "copy(dst, src, 160);"),
    (AEX, "!(secs->miscselect & SGX_MISC_EXINFO) || ", ""),
    (AEX, "if (event->vector != SGX_VECTOR_PF && event->vector != SGX_VECTOR_GP)", "if (0)"),
    (AEX, ".maddr = event->vector == SGX_VECTOR_PF ? event->addr : 0,", ".maddr = event->addr & -4096ul,"),
    (AEX, ".errcd = event->error,", ".errcd = event->error & 7,"),
    (AEX, "gprs->fsbase = bases->fsbase;", "gprs->fsbase = bases->gsbase;"),
    (AEX, "gprs->gsbase = bases->gsbase;", "gprs->gsbase = b->host_gs;"),
    (AEX, "gprs->exitinfo = 0;", ";"),
    (AEX, ".rbx = t->addr,", ""),
    (AEX, ".rcx = t->aep,", ""),
    (AEX, ".rsp = gprs->ursp,", ".rsp = gprs->rsp,"),
    (AEX, ".rbp = gprs->urbp,", ".rbp = gprs->rbp,"),
    (AEX, "t->cssa++;", ""),
    (AEX, "t->cssa * ssa_frame_size(", "0 * ssa_frame_size("),
    (AEX, "__atomic_store_n(&t->state, SGX_TCS_FREE, __ATOMIC_RELEASE);", ""),
    (AEX, "REG_RAX, REG_RCX, REG_RDX,", "REG_RAX, REG_RDX, REG_RCX,"),
    (AEX, "(bv & ~b->xfrm) | SGX_XFRM_LEGACY;", "bv;"),
    # what a signal means
    (SIGNAL, "b->tcs->flags & SGX_TCS_DBGOPTIN ? SGX_VECTOR_BP", "1 ? SGX_VECTOR_BP"),
    (SIGNAL, "b->tcs->flags & SGX_TCS_DBGOPTIN ? SGX_VECTOR_BP", "0 ? SGX_VECTOR_BP"),
    (SIGNAL, "set_rip(uc, rip - 1);", ""),
    (SIGNAL, "set_rip(uc, rip_of(uc) - 2);", ""),
    (SIGNAL, "if (emu_is_illegal_inside(emu_memory(rip_of(uc))))", "if (0)"),
    (SIGNAL, "event->error |= SGX_PF_P | SGX_PF_U | SGX_PF_SGX;", "event->error |= SGX_PF_P | SGX_PF_U;"),
    (SIGNAL, "if (error & SGX_PF_ID && !is_elrange) {", "if (0) {"),
    (SIGNAL, "if (!emu_is_sgx2(e))", "if (0)"),
    (SIGNAL, "b->regs.rdx = ALIGN_DOWN(event->addr, PAGE_SIZE);", "b->regs.rdx = event->addr;"),
    (SIGNAL, "b->regs.rsi = event->error;", ""),
    (SIGNAL, "entry = emu_page_augment(e, addr);", ";"),
    (SIGNAL, "if (uc->uc_mcontext.gregs[REG_TRAPNO] != SGX_VECTOR_AC)", "if (1)"),
    (SIGNAL, "return info->si_code <= 0;", "return false;"),
    (SIGNAL, "set_rip(uc, (uint64_t)uc->uc_mcontext.gregs[REG_RBX]);", ""),
    (SIGNAL, "uc->uc_mcontext.gregs[REG_CR2] = (greg_t)b->fault.addr;", ""),
    (SIGNAL, "bool is_stepped_exit = b->level == 0 && !b->target_inside;", "bool is_stepped_exit = false;"),
    (SIGNAL, "if (is_debug || !fixup) {", "if (!fixup) {"),
    # ENCLU inside, operands
    (LEAF, "if (addr & (align - 1) || !", "if (!"),
    (LEAF, "|| !epcm_covers(&e->epcm, addr) ||\n\t    !epcm_covers(&e->epcm, addr + size - 1)) {", ") {"),
    (LEAF, "if (!epcm_allows(epcm_get(&e->epcm, addr), rwx)) {", "if (0) {"),
    (LEAF, "epcm_get(&e->epcm, addr), rwx)", "epcm_get(&e->epcm, addr), 0)"),
    (LEAF, "if (leaf->is_sgx2 && !emu_is_sgx2(b->enclave))", "if (0)"),
    (LEAF, "[8] = { .serve = emu_gp },", "[8] = { .serve = emu_ereport },"),
    # EACCEPT, EACCEPTCOPY, EMODPE
    (ACCEPT, "if (!secinfo_is_canonical(ret_secinfo)) {", "if (0) {"),
    (ACCEPT, "if (IS_ALIGNED(addr, PAGE_SIZE) && ", "if ("),
    (ACCEPT, " && epcm_covers(&b->enclave->epcm, addr))", ")"),
    (ACCEPT, "return state && !(state & SGX_SECINFO_MODIFIED);", "return state;"),
    (ACCEPT, "return state && !(state & SGX_SECINFO_MODIFIED);", "return !(state & SGX_SECINFO_MODIFIED);"),
    (ACCEPT, "return state == SGX_SECINFO_MODIFIED;", "return state & SGX_SECINFO_MODIFIED;"),
    (ACCEPT, "return state == SGX_SECINFO_MODIFIED;", "return true;"),
    (ACCEPT, "((uint64_t)(SGX_SECINFO_RWX | SGX_SECINFO_PENDING |", "((uint64_t)(SGX_SECINFO_PENDING |"),
    (ACCEPT, "((uint64_t)(SGX_SECINFO_RWX | SGX_SECINFO_PENDING |", "((uint64_t)(SGX_SECINFO_RWX |"),
    (ACCEPT, "SGX_SECINFO_MODIFIED | SGX_SECINFO_PT_MASK))", "SGX_SECINFO_PT_MASK))"),
    (ACCEPT, "SGX_SECINFO_MODIFIED | SGX_SECINFO_PT_MASK))", "SGX_SECINFO_MODIFIED))"),
    (ACCEPT, "SGX_SECINFO_MODIFIED | SGX_SECINFO_PT_MASK))", "SGX_SECINFO_MODIFIED | SGX_SECINFO_PT_MASK | SGX_SECINFO_PR))"),
    (ACCEPT, "return IS_ZERO(tcs->reserved) &&", "return"),
    (ACCEPT, "(SGX_TCS_FLAGS_RESERVED | SGX_TCS_DBGOPTIN)", "(SGX_TCS_DBGOPTIN)"),
    (ACCEPT, "(SGX_TCS_FLAGS_RESERVED | SGX_TCS_DBGOPTIN)", "(SGX_TCS_FLAGS_RESERVED)"),
    (ACCEPT, "!tcs->aep && ", ""),
    (ACCEPT, "tcs->state == SGX_TCS_FREE && ", ""),
    (ACCEPT, "tcs->cssa < tcs->nssa", "tcs->cssa <= tcs->nssa"),
    (ACCEPT, "if (!(entry & EPCM_VALID))\n\t\treturn emu_pf(b, addr, SGX_PF_W);\n\tif ((flags", "if ((flags"),
    (ACCEPT, "SGX_SECINFO_REG | SGX_SECINFO_PENDING |", "SGX_SECINFO_REG |"),
    (ACCEPT, "secinfo_page_type(secinfo.flags) != SGX_PT_REG ||", ""),
    (ACCEPT, "(secinfo.flags & SGX_SECINFO_W && !(secinfo.flags & SGX_SECINFO_R))", "0"),
    (ACCEPT, "memcpy(emu_memory(addr), b->bounce, PAGE_SIZE);", ""),
    (ACCEPT, "entry |= (unsigned int)(flags & SGX_SECINFO_RWX);", ""),
    (ACCEPT, "if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_REG)", "if (epcm_type(entry) != SGX_PT_REG)"),
    (ACCEPT, "if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_REG)", "if (!epcm_is_settled(entry))"),
    (ACCEPT, "if (flags & SGX_SECINFO_W && !((flags | entry) & SGX_SECINFO_R))", "if (0)"),
    (ACCEPT, "entry | (unsigned int)(flags & SGX_SECINFO_RWX)))", "entry))"),
    (QUICK, "(entry ^ (flags | EPCM_VALID)) & COMPARED)", "0)"),
    (QUICK, "!(flags & STATE) || flags & SGX_SECINFO_MODIFIED ||", ""),
    (QUICK, "if (code != SGX_SUCCESS)", "if (0)"),
    (QUICK, "b->regs.rax = code;", ""),
    (QUICK, "FLAGS_CLEARED = 0x895,", "FLAGS_CLEARED = 0x894,"),
    (QUICK, "!emu_is_sgx2(e) || ", ""),
    (QUICK, "if (rest || flags & SGX_SECINFO_RESERVED ||", "if (flags & SGX_SECINFO_RESERVED ||"),
    (QUICK, "if (rest || flags & SGX_SECINFO_RESERVED ||", "if (rest ||"),
    (QUICK, "if (!IS_ALIGNED(b->regs.rbx, sizeof(struct secinfo)) ||", "if ("),
    (QUICK, " || !IS_ALIGNED(addr, PAGE_SIZE) ||", " ||"),
    # EAUG, EMODPR, EMODT, EREMOVE
    (PAGE, "if (!entry && emu_is_sgx2(e) && ", "if (!entry && "),
    (PAGE, "emu_epc_take(e->platform, 1) == 0) {", "(emu_epc_take(e->platform, 1), 1)) {"),
    (PAGE, "SGX_SECINFO_PENDING | SGX_SECINFO_R | SGX_SECINFO_W;", "SGX_SECINFO_R | SGX_SECINFO_W;"),
    (PAGE, "SGX_SECINFO_PENDING | SGX_SECINFO_R | SGX_SECINFO_W;", "SGX_SECINFO_PENDING | SGX_SECINFO_RWX;"),
    (PAGE, "if (!emu_is_sgx2(e))", "if (0)"),
    (PAGE, "if (!emu_is_initialized(e))", "if (0)"),
    (PAGE, "if (!IS_ALIGNED(offset, PAGE_SIZE) || ", "if ("),
    (PAGE, "npages > (e->secs.size - offset) >> PAGE_SHIFT)", "0)"),
    (PAGE, "if (epcm_type(*entry) != SGX_PT_REG)", "if (0)"),
    (PAGE, "return -EINVAL;\n\tif (!epcm_is_settled(*entry)) {", "return -EINVAL;\n\tif (0) {"),
    (PAGE, "return -EPERM;\n\tif (!epcm_is_settled(*entry)) {", "return -EPERM;\n\tif (0) {"),
    (PAGE, "*entry &= ~(unsigned int)SGX_SECINFO_RWX | w->arg;", "*entry = (*entry & ~(unsigned int)SGX_SECINFO_RWX) | w->arg;"),
    (PAGE, "*entry |= SGX_SECINFO_PR;", "*entry |= SGX_SECINFO_PENDING;"),
    (PAGE, "if (rwx & ~(uint32_t)SGX_SECINFO_RWX ||", "if (0 ||"),
    (PAGE, "(rwx & SGX_SECINFO_W && !(rwx & SGX_SECINFO_R)))", "0)"),
    (PAGE, "(type == SGX_PT_TCS && w->arg == SGX_PT_TRIM)", "type == SGX_PT_TCS"),
    (PAGE, "w->arg == SGX_PT_TCS && (*entry & EPCM_MAX_RW) != EPCM_MAX_RW", "0"),
    (PAGE, "if (page_type != SGX_PT_TCS && page_type != SGX_PT_TRIM)", "if (0)"),
    (PAGE, "| SGX_SECINFO_MODIFIED |\n", "|\n"),
    (PAGE, "if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_TRIM)", "if (epcm_type(entry) != SGX_PT_TRIM)"),
    (PAGE, "if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_TRIM)", "if (!epcm_is_settled(entry))"),
    (PAGE, "if (madvise(emu_memory(addr), npages << PAGE_SHIFT, MADV_DONTNEED) < 0)", "if (0)"),
    (PAGE, "emu_epc_give(e->platform, npages);", ""),
    (PAGE, "\tprotect(start, w->addr, prot);\n\tpthread_mutex_unlock", "\tpthread_mutex_unlock"),
    # ECREATE, EADD
    (BUILD, "if (!xfrm_is_legal(xfrm, p->base.caps.xfrm))", "if (0)"),
    (BUILD, "if (s->cet_leg_bitmap_offset || s->cet_attributes)", "if (0)"),
    (BUILD, "if (s->miscselect & ~p->base.caps.miscselect)", "if (0)"),
    (BUILD, "if (!ssa_frame_fits(s->ssaframesize, xsave_size(&p->xsave, xfrm),", "if (0 && !ssa_frame_fits(s->ssaframesize, xsave_size(&p->xsave, xfrm),"),
    (BUILD, "if (s->size >> p->base.caps.size_max_log2)", "if (0)"),
    (BUILD, "if (s->size < SGX_SIZE_MIN)", "if (0)"),
    (BUILD, "if (s->baseaddr & (s->size - 1))", "if (0)"),
    (BUILD, "if (s->attributes.flags & ~p->base.caps.attributes)", "if (0)"),
    (BUILD, "!is_zero(s->reserved2, sizeof(s->reserved2)) ||", ""),
    (BUILD, "(s->configsvn || !is_zero(s->configid, sizeof(s->configid))))", "0)"),
    (BUILD, "if (!secs->size || secs->size & (secs->size - 1))", "if (0)"),
    (BUILD, "if (flags & SGX_SECINFO_W && !(flags & SGX_SECINFO_R))", "if (0)"),
    (BUILD, "if (!is_tcs && !is_reg)", "if (0)"),
    (BUILD, "if (!is_zero(tcs.reserved, sizeof(tcs.reserved)))", "if (0)"),
    (BUILD, "measure_tcs_as_loaded(&tcs);", ""),
    (BUILD, "if (!range_is_free(e, &add))", "if (0)"),
    (BUILD, "if (emu_is_initialized(e))", "if (0)"),
    (BUILD, "run.stride = PAGE_SIZE;", "run.stride = 0, run.bytes = zero_page;"),
    (BUILD, "(is_tcs ? SGX_SECINFO_R | SGX_SECINFO_W", "(1 ? SGX_SECINFO_R | SGX_SECINFO_W"),
    # EINIT
    (INIT, "if (emu_is_initialized(e))", "if (0)"),
    (INIT, "if (sig->vendor != SGX_VENDOR_NONE && sig->vendor != SGX_VENDOR_INTEL)", "if (0)"),
    (INIT, "if (flags & ~caps->attributes || xfrm & ~caps->xfrm ||", "if (xfrm & ~caps->xfrm ||"),
    (INIT, "misc & ~caps->miscselect)", "0)"),
    (INIT, "e->secs.attributes.flags & SGX_ATTR_EINITTOKEN_KEY)", "0)"),
    (INIT, "memcmp(mrsigner, p->lepubkeyhash, sizeof(mrsigner)) != 0", "0"),
    (INIT, "enum sgx_error code = sigstruct_check_header(sig);", "enum sgx_error code = SGX_SUCCESS;"),
    (INIT, "code = rsa3072_verify_sigstruct(sig);", ";"),
    (INIT, "code = sigstruct_check_identity(sig, secs, hash ? hash : mrsigner);", ""),
    (INIT, "sigstruct_check_identity(sig, secs, hash ? hash : mrsigner)", "sigstruct_check_identity(sig, secs, mrsigner)"),
    (INIT, "e->secs.attributes.flags |= SGX_ATTR_INIT;", ""),
    (INIT, "\t\t.isvsvn = sig->isvsvn,\n", ""),
    (INIT, "\t\t.isvprodid = sig->isvprodid,\n", ""),
    (INIT, "memcpy(e->id.mrsigner, e->secs.mrsigner, SGX_HASH_SIZE);", ""),
    (INIT, "memcpy(e->id.mrenclave, e->secs.mrenclave, SGX_HASH_SIZE);", ""),
    (INIT, "memcpy(e->id.isvfamilyid, sig->isvfamilyid, sizeof(sig->isvfamilyid));", ""),
    (SIGSTRUCT, "memcmp(sig->header, header, sizeof(header)) != 0 ||", ""),
    (SIGSTRUCT, "memcmp(sig->header2, header2, sizeof(header2)) != 0 ||", ""),
    (SIGSTRUCT, "sig->exponent != SGX_RSA_EXPONENT || ", ""),
    (SIGSTRUCT, "!(flags & SGX_ATTR_KSS) && ", ""),
    (SIGSTRUCT, "(attributes->flags & mask->flags) == sig->attributes.flags &&", ""),
    (SIGSTRUCT, "(attributes->xfrm & mask->xfrm) == sig->attributes.xfrm;", "1;"),
    (SIGSTRUCT, "if (memcmp(sig->enclavehash, secs->mrenclave, SGX_HASH_SIZE) != 0)", "if (0)"),
    # EREPORT, EGETKEY
    (KEYS, "b->regs.rcx & (SGX_REPORTDATA_ALIGN - 1) ||", ""),
    (KEYS, "if (!targetinfo_is_canonical(target))", "if (0)"),
    (KEYS, "report->body.miscselect = id->miscselect;", ""),
    (KEYS, "memcpy(report->body.reportdata, data, SGX_REPORTDATA_SIZE);", ""),
    (KEYS, "memcpy(report->body.cpusvn, key_platform.cpusvn, SGX_CPUSVN_SIZE);", ""),
    (KEYS, "keydep_report(&dep, target, p->keyid, &key_platform);", "keydep_report(&dep, &(struct targetinfo){ 0 }, p->keyid, &key_platform);"),
    (KEYS, "if (!keyrequest_is_legal(req, e->secs.attributes.flags))", "if (0)"),
    (KEYS, "if (code != SGX_SUCCESS)\n\t\treturn emu_leaf_done(b, code);", ""),
    (KEYDEP, "SGX_INVALID_ISVSVN;", "SGX_SUCCESS;"),
    # illegal instructions, EDBGRD, EDBGWR
    (ILLEGAL, "while (n < 14 && is_prefix(rip[n]))", "while (0)"),
    (ILLEGAL, "case 0x33: /* RDPMC */", ""),
    (ILLEGAL, "(op >= 0x6c && op <= 0x6f) ||", ""),
    (ILLEGAL, "(op >= 0xe4 && op <= 0xe7) ||", ""),
    (ILLEGAL, "(op >= 0xec && op <= 0xef) ||", ""),
    (ILLEGAL, " || op == 0xcd;", ";"),
    (ILLEGAL, "op[1] == 0xf9 || ", ""),
    (DEBUG, "if (!emu_is_debug(e))", "if (0)"),
    (DEBUG, "if (!epcm_is_settled(epcm_get(&e->epcm, page)))", "if (0)"),
    (DEBUG, "if (addr - page != offsetof(struct tcs, flags) ||", "if ("),
]

# the vectors that most likely notice
LIKELY = {AEX: "A", SIGNAL: "A", ILLEGAL: "A", ACCEPT: "P", QUICK: "P", PAGE: "P", DEBUG: "P37", BUILD: "C",
          INIT: "I", SIGSTRUCT: "I", KEYS: "K", KEYDEP: "K"}


def tests_of(name):
    vectors = "platform/emu/tests/emu-vectors"
    likely = [(vectors, ["--first", LIKELY[name]])] if name in LIKELY else []
    return [*likely, (vectors, ["--first"])]


mutation.main(__doc__, tests_of, MUTANTS)

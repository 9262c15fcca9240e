/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what the host does for the enclave: one function for each call of
 * abi/hostcall.h, in one table.
 *
 * The enclave's word is checked like anybody's: the number and the argument
 * block are copied once, then only the copy is looked at; a buffer must lie in
 * the scratch area of the vCPU that asks; a descriptor must be in the table.
 * A hostile enclave can thus use what the host shares with it, and no more.
 *
 * No service blocks but HC_IDLE; HC_LOG may, on a stderr that nobody reads.
 */
#pragma once

#include <stddef.h>

#include "abi/hostcall.h"
#include "host/runtime.h"

/* Serve the call that @v's kernel left in shared memory. */
void service_call(struct vcpu *v);

/*
 * A service: @args is the host's copy; what it changes there is copied back for
 * calls that have an answer.  Returns what the table of abi/hostcall.h says.
 */
typedef long service_fn(struct vcpu *v, union hc_args *args);

service_fn service_idle, service_kick; /* service_idle.c */
service_fn service_exit, service_log;  /* service_end.c  */
service_fn service_read, service_write, service_poll, service_seek,
	service_fdinfo, service_close; /* service_io.c    */
service_fn service_tty;                /* service_tty.c   */
service_fn service_restrict, service_modify,
	service_remove; /* service_pages.c */

/*
 * The host pointer for @size bytes at the enclave's @addr, NULL unless all of
 * them lie in @v's scratch area.
 */
void *service_buffer(struct vcpu *v, uint64_t addr, uint64_t size);

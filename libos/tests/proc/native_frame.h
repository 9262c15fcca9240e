/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native_frame.h - a signal frame as the Linux under this test builds it.
 *
 * In a file of its own because the C library's <signal.h> and the kernel's
 * signal.h name the same things.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { NATIVE_FRAME_MAX = 32768 };

struct native_frame {
	uint64_t frame; /* address: the handler's stack pointer at its entry */
	uint64_t info, uc, fpstate; /* addresses */
	uint64_t rip_at, rsp_at;    /* addresses of these two registers */
	uint64_t sigmask_at, cr2_at;
	uint64_t restorer;
	uint64_t sp_before; /* the stack pointer that was interrupted */
	uint32_t xstate_size;
	size_t size;                     /* bytes of the copy */
	uint8_t bytes[NATIVE_FRAME_MAX]; /* from frame upwards */
};

/* Take a SIGUSR1 on the normal stack, r12 being 0x12121212, and keep it. */
void native_frame_capture(struct native_frame *ret);

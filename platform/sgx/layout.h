/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - struct sgx_thread's offsets for enter.S.  Macros only; sgx.h
 * asserts them.
 */
#pragma once

#define T_ENTRY 0
#define T_MISSED 8

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - how abi/ pins its layouts: natural alignment, explicit padding,
 * little endian (x86-64 on both sides), and a size asserted for every struct.
 */
#pragma once

#define WIRE_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)

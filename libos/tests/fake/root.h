/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - the body of the measured root that host_root_read() of the fake
 * serves: a buffer of the test's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

extern const uint8_t *fake_root_body;
extern size_t fake_root_size;

/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/emu/tests/harness.h"

const struct vector aex_vectors[] = { { 0 } };

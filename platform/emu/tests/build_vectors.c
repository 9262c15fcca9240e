/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/emu/tests/harness.h"

const struct vector build_vectors[] = { { 0 } };

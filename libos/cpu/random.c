/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/cpu/random.h"

#include "base/errno.h"
#include "crypto/rng.h"
#include "libos/cpu/vcpu.h"

#define FILL_MAX 4096 /* bytes of one request to the generator */

static struct rng generators[VCPU_MAX];
static bool is_seeded[VCPU_MAX];

static struct rng *generator(void)
{
	uint32_t i = vcpu_self()->index;

	if (!is_seeded[i]) {
		if (rng_init(&generators[i], &rng_rdrand))
			return NULL;
		is_seeded[i] = true;
	}
	return &generators[i];
}

int random_bytes(void *dst, size_t size)
{
	struct rng *r = generator();
	uint8_t *p = dst;

	if (!r)
		return -EIO;
	while (size) {
		size_t n = MIN(size, (size_t)FILL_MAX);

		if (rng_fill(r, p, n))
			return -EIO;
		p += n;
		size -= n;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - programs whose text is rewritten: a file with code and, if it is of
 * the measured root, a site table; mapped, filled and looked at.
 */
#pragma once

#include "abi/sites.h"
#include "libos/mm/mm.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/file.h"
#include "libos/tests/mm/user.h"

#define RX (PROT_READ | PROT_EXEC)

/* What rootfs_object_sites() answers from now on; size 0: no table. */
struct rig_table {
	struct sites_header header;
	struct site site[16];
};
extern struct rig_table rig_table;
extern size_t rig_table_size;
extern uint64_t rig_table_reads;

void rig_set_table(const struct site *sites, uint32_t count);

/* fake_init() and all that a kernel does at boot for sites. */
void rig_init(bool edmm, bool rdtsc_faults);
int rig_fini(void);

/* Map @f at @addr (0: anywhere) and touch its pages. */
uint64_t rig_map(struct test_file *f, uint64_t addr);
/* The same is unmapped, and no page of it is kept. */
void rig_unmap(struct test_file *f, uint64_t addr);

void rig_read(uint64_t addr, uint8_t *dst, size_t size);
/* Where the jump at @addr goes; 0: there is none. */
uint64_t rig_jump(uint64_t addr);

extern const struct signal_site_ops *rig_site_ops;

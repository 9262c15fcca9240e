/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - a host that answers every call with whatever the test likes, under
 * the real hostcall/.
 *
 * The shared area is as abi/shared.h lays it out, for two vCPUs; the test is
 * vCPU 1.  hostile_answer() is the host's turn between leaving and entering.
 */
#pragma once

#include "abi/shared.h"
#include "base/types.h"

enum {
	HOSTILE_VCPUS = 2,
	HOSTILE_SELF = 1,
};

struct abi_call {
	const char *name;
	short errnos[12]; /* that it may answer; 0-terminated */
};

struct abi_field {
	const char *name;
	size_t offset, size;
};

/* What the host does at the next call. */
struct answer {
	int64_t result;
	/* Bytes to put into the argument block, or NULL to leave it. */
	const void *args;
	size_t args_size;
	uint8_t fill;     /* what scratch is filled with */
	bool never_still; /* each byte read is another one afterwards */
};

/* What it saw: the request as the kernel left it. */
struct request {
	uint32_t number;
	union hc_args args;
	unsigned int count; /* calls since it was zeroed */
};

extern struct answer hostile_answer;
extern struct request hostile_request;
extern struct host_shared *hostile_shared;
extern struct vcpu_shared *hostile_vcpu;

/* Set up memory, GS and monitor, and attach hostcall/ to it. */
void hostile_init(void);
struct monitor_access;
/* A monitor_hook: whatever was read is something else now. */
void hostile_change_all(const struct monitor_access *access);

/* Watch the vCPU's page, or that and what all vCPUs share, and close it. */
void hostile_watch_vcpu(void);
void hostile_watch_all(void);

/* A boot block that is right in every field. */
void hostile_boot_block(struct host_boot *boot);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch.h - the latest time that a build knows of.
 *
 * What is built must not depend on when: the date that is signed is this one,
 * and files that are newer are as old as this in the image.
 */
#pragma once

#include <stdint.h>

/*
 * build_epoch - seconds since 1970: $SOURCE_DATE_EPOCH (reproducible-builds.org,
 * "SOURCE_DATE_EPOCH specification"), or this release's own day where that is
 * not set, or no number that a struct rootidx_entry and a SIGSTRUCT can hold.
 */
uint32_t build_epoch(void);

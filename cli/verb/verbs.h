/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs.h - one struct verb from each file of this folder.
 */
#pragma once

#include "cli/verb.h"

extern const struct verb verb_add;
extern const struct verb verb_bom;
extern const struct verb verb_build;
extern const struct verb verb_check;
extern const struct verb verb_completion;
extern const struct verb verb_doctor;
extern const struct verb verb_help;
extern const struct verb verb_init;
extern const struct verb verb_measure;
extern const struct verb verb_new;
extern const struct verb verb_print;
extern const struct verb verb_run;
extern const struct verb verb_status;
extern const struct verb verb_version;

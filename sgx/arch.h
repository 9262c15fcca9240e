/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - the whole SGX architecture as data.
 *
 * Structures carry the SDM's name in lower case; those whose bare name would
 * be an everyday word (attributes, report, quote) carry sgx_ in front.  All
 * are little endian and naturally aligned, with every offset asserted; a
 * buffer from elsewhere is copied into one, never cast to one.  Paragraph
 * numbers are those of SDM Vol. 3D, December 2023.
 */
#pragma once

#include "sgx/attributes.h"
#include "sgx/cpuid.h"
#include "sgx/einittoken.h"
#include "sgx/keyrequest.h"
#include "sgx/leaf.h"
#include "sgx/quote.h"
#include "sgx/report.h"
#include "sgx/secinfo.h"
#include "sgx/secs.h"
#include "sgx/sigstruct.h"
#include "sgx/ssa.h"
#include "sgx/tcs.h"
#include "sgx/xsave.h"

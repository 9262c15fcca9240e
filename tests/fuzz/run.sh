#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FUZZER FOUND CORPUS - a bounded run of one fuzzer: FUZZ_SECONDS (10).
# New inputs and crashes go to FOUND; a crash, a leak or an input that takes
# longer than ten seconds fails.
set -euo pipefail

fuzzer=$1 found=$2 corpus=$3
mkdir -p "$found"
exec "$fuzzer" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$found/" "$found" "$corpus"

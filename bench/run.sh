#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - figures of this machine: `make bench`.  Arguments go to run.py.
set -euo pipefail
cd "$(dirname "$0")/.."
ninja --quiet -C build bench/works
exec bench/run.py --occlum build/occlum --programs build/bench --work build/bench/run \
    --json build/bench/figures.json "$@"

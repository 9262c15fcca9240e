#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sum-results.sh FILE... - add up lines "pass NAME", "fail NAME", "skip NAME".
#
# Names what failed or was skipped, ends with the sum alone on a line, and
# fails if anything failed or nothing passed.
set -euo pipefail

passed=$(cat "$@" | grep -c '^pass ' || true)
failed=$(cat "$@" | grep -c '^fail ' || true)
skipped=$(cat "$@" | grep -c '^skip ' || true)

cat "$@" | sed -n 's/^skip /skipped: /p; s/^fail /failed: /p'
if [ "$skipped" -gt 0 ]; then
    echo "$skipped skipped: they count as neither"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

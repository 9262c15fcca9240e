#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-headers.sh - every header must compile with nothing included before it.
set -euo pipefail

cd "$(dirname "$0")/.."
alone() {
    printf '#include "%s"\n' "$1" |
        gcc -std=gnu17 -D_GNU_SOURCE= -Wall -Wextra -Werror -Wundef \
            -fsyntax-only -I. -x c -
}
export -f alone
git ls-files -z '*.h' | while IFS= read -r -d '' header; do
    [ -f "$header" ] && printf '%s\0' "$header"
done | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'alone "$1" || exit 1' alone

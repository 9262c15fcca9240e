#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# results-selftest.sh - the sums that continuous integration ends with.
set -euo pipefail

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# sum STATUS LAST-LINE - of the results on standard input.
sum() {
    local status=0
    cat >"$work/results"
    tools/sum-results.sh "$work/results" >"$work/out" || status=$?
    if [ "$status" != "$1" ] || [ "$(tail -n 1 "$work/out")" != "$2" ]; then
        failed=1
        echo "expected status $1 and '$2', got $status and:"
        cat "$work/out"
    fi
}

sum 0 "2 passed, 0 failed" <<<$'pass a\npass b: c'
sum 1 "1 passed, 1 failed" <<<$'pass a\nfail b'
sum 0 "1 passed, 0 failed" <<<$'pass a\nskip b'
# Nothing that ran is nothing that passed.
sum 1 "0 passed, 0 failed" </dev/null
sum 1 "0 passed, 0 failed" <<<'skip b'

# Meson's log: what is not known to be good is bad.
for result in OK EXPECTEDFAIL SKIP FAIL TIMEOUT ERROR UNEXPECTEDPASS NEW; do
    printf '{"name": "%s", "result": "%s"}\n' "$result" "$result"
done >"$work/log"
/usr/bin/python3 tools/test-results.py gcc "$work/log" >"$work/out"
if ! diff "$work/out" - <<'WANT'; then
pass gcc: OK
pass gcc: EXPECTEDFAIL
skip gcc: SKIP
fail gcc: FAIL
fail gcc: TIMEOUT
fail gcc: ERROR
fail gcc: UNEXPECTEDPASS
fail gcc: NEW
WANT
    failed=1
fi

exit $failed

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# long.sh [PIECE]... - the long lane: soaks, and faults seeded to see them fail.
#
# Each piece takes at most 30 minutes.  A piece that has passed for this commit
# and these changes is not run again, so an interrupted lane goes on where it
# was; FRESH=1 starts over.  A line for each run is added to
# tests/long-report.txt: when, commit, machine, piece, result, seconds.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
build=${BUILD:-build}
occlum=$build/cli/occlum
work=$build/long
report=tests/long-report.txt
mkdir -p "$work/done"

# e2e SECONDS CASE - one case of soak.json.
e2e() {
    timeout -k 10 "$1" tests/e2e/run.py --occlum "$occlum" \
        --programs "$build/tests/programs" --work "$work/e2e" --only "$2" soak
}

piece_spawn() { e2e 1800 "10,000 spawns"; }
piece_mixed() { e2e 900 "everything at once, two minutes"; }
piece_twins() { e2e 900 "interpreters that start interpreters"; }
piece_sweep() { timeout -k 10 1200 tests/e2e/sweep.py "$occlum" "$work/e2e" all; }
piece_packages() { timeout -k 10 1200 tests/packages.sh "$work/packages"; }
piece_measured() { timeout -k 10 1200 tests/seeded_measurement.py "$work/measured"; }
# fake AREA... - whole programs by the hardware's back end, on the fake driver.
fake() {
    timeout -k 10 1500 tests/e2e/run.py --occlum "$occlum" \
        --programs "$build/tests/programs" --work "$work/e2e" \
        --platform sgx-fake "$@"
}
# demo ISA - the demo likewise.
demo() {
    OCCLUM_PLATFORM=sgx-fake OCCLUM_ISA=$1 DEMO_WORK=$PWD/$work/demo \
        timeout -k 10 1500 demos/run.sh
}
piece_fake() { fake hello posix debian languages; }
piece_demo_sgx1() { demo sgx1; }
piece_demo_sgx2() { demo sgx2; }
piece_mutants() {
    timeout -k 10 1800 platform/sgx/tests/mutants.py . "$build" "$work/mutants"
}
piece_sgxs() { timeout -k 10 1800 tests/thirdparty/sgxs.sh "$occlum" "$work/sgxs"; }
piece_emu_mutants() {
    timeout -k 10 1800 platform/emu/tests/mutants.py . "$build" "$work/emu-mutants"
}
# Without SGX the kit has to stop and say so; on the fake it has to run.
piece_replay() {
    local status=3
    if [ ! -e /dev/sgx_enclave ]; then
        BUILD=$build tools/replay.sh
        status=$?
    fi
    [ "$status" -eq 3 ] &&
        BUILD=$build timeout -k 10 1800 tools/replay.sh --platform sgx-fake
}
piece_seeds() { timeout -k 10 1800 tests/seeded_leaks.py "$work/seeds"; }
piece_hostile() {
    timeout -k 10 1800 libos/tests/hostcall/seeded.py . "$build" "${CC:-cc}"
}
# checked CASE - one case of soak.json on the kernel that checks itself.
checked() {
    OCCLUM_KERNEL=$(realpath "$build/libos/checked/occlum-kernel-checked") \
        timeout -k 10 900 tests/e2e/run.py --occlum "$occlum" \
        --programs "$build/tests/programs" --work "$work/e2e-checked" \
        --only "$1" soak
}
piece_checked() { checked "everything at once"; }
piece_storm() { checked "calls nobody would make"; }
# Two minutes of each fuzzer; what they find is kept in build-fuzz.
piece_fuzz() { FUZZ_SECONDS=120 timeout -k 10 1800 tools/check.sh fuzz; }

all_pieces="spawn mixed twins sweep packages measured seeds hostile fuzz checked storm fake demo_sgx1 demo_sgx2 mutants emu_mutants sgxs replay"

commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
changes=$({ git diff HEAD -- . ":!$report" 2>/dev/null || true; } | sha256sum | cut -c1-12)
if [ "$changes" != "$(sha256sum </dev/null | cut -c1-12)" ]; then
    commit=$commit+changes
fi
machine="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2)"

# run PIECE - run it, unless it has passed; record how it went.
run() {
    local name=$1 stamp=$work/done/$1-$commit-$changes start=$SECONDS result=pass
    if [ -z "${FRESH:-}" ] && [ -e "$stamp" ]; then
        echo "== $name: passed before"
        return 0
    fi
    echo "== $name"
    "piece_$name" 2>&1 | tee "$work/$name.log" || result=FAIL
    printf '%s  %s  %s  %s  %s  %d s\n' "$(date -u +%FT%TZ)" "$commit" \
        "$machine" "$name" "$result" $((SECONDS - start)) >>"$report"
    [ "$result" = pass ] && touch "$stamp"
}

# shellcheck disable=SC2086 # the names are words
[ $# -gt 0 ] || set -- $all_pieces
failed=0
for piece in "$@"; do
    if ! declare -F "piece_$piece" >/dev/null; then
        echo "long.sh: no piece $piece; there are: $all_pieces" >&2
        exit 2
    fi
    run "$piece" || failed=$((failed + 1))
done
tail -n $# "$report"
echo "$failed pieces failed"
[ "$failed" -eq 0 ]

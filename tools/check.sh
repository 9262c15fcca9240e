#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh - every short check, one after the other; all run even if one fails.
#
#   gcc      build, and run all tests outside the suite "long"
#   san      unit tests of host code under ASan and UBSan
#   clang    build, warnings are errors; __user and __host are address spaces
#   fuzz     ten seconds of each fuzzer of tests/fuzz
#   lint     tools/lint.sh
#
# Names given as arguments choose among them.  Results are added up in
# build/check/results, one line each: "pass NAME", "fail NAME" or "skip NAME".
set -uo pipefail

cd "$(dirname "$0")/.." || exit
results=build/check/results
mkdir -p build/check
: >"$results"

# configure DIR OPTION... - set up a build folder, or look at it again.
configure() {
    local dir=$1
    shift
    if [ -f "$dir/build.ninja" ]; then
        meson setup --reconfigure "$@" "$dir"
    else
        meson setup "$@" "$dir"
    fi >"build/check/setup.log" 2>&1 || {
        cat build/check/setup.log
        return 1
    }
}

# record STATUS NAME
record() {
    echo "$1 $2" >>"$results"
    [ "$1" = fail ] && echo "check: FAILED: $2"
    return 0
}

# build NAME DIR OPTION... - configure and compile $target, or everything; a
# result of its own.
build() {
    local name=$1 dir=$2
    shift 2
    echo "== $name: build"
    if configure "$dir" "$@" && ninja --quiet -C "$dir" ${target:+"$target"}; then
        record pass "$name: build"
    else
        record fail "$name: build"
        return 1
    fi
}

# run_tests NAME DIR OPTION... - run the short tests of a build, or those that
# the options name, and take over results.
run_tests() {
    local name=$1 dir=$2 log=$2/meson-logs/testlog.json
    shift 2
    echo "== $name: tests"
    rm -f "$log"
    meson test -C "$dir" --no-rebuild --no-suite long --print-errorlogs "$@"
    if [ ! -f "$log" ]; then
        record fail "$name: no test ran"
        return
    fi
    /usr/bin/python3 tools/test-results.py "$name" "$log" >>"$results"
}

step_gcc() {
    build gcc build || return
    [ -x build/cli/occlum ] && ln -sfn cli/occlum build/occlum
    run_tests gcc build
}

step_san() {
    build san build-san -Dunits_only=true -Db_sanitize=address,undefined \
        -Dc_args=-fno-sanitize-recover=all || return
    run_tests san build-san
}

step_clang() {
    CC=clang build clang build-clang
}

step_fuzz() {
    target=fuzzers CC=clang build fuzz build-fuzz -Dunits_only=true \
        -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args=-fno-sanitize-recover=all || return
    run_tests fuzz build-fuzz --suite fuzz
}

step_lint() {
    echo "== lint"
    tools/lint.sh --results "$results" && return
    grep -q '^fail lint' "$results" || record fail "lint: did not finish"
}

[ $# -gt 0 ] || set -- gcc san clang fuzz lint
for step in "$@"; do
    if ! declare -F "step_$step" >/dev/null; then
        echo "check.sh: no step called $step" >&2
        exit 2
    fi
    "step_$step"
done
exec tools/sum-results.sh "$results"

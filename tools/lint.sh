#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh [--results FILE] [CHECK]... - what a compiler does not check.
#
# Runs every check below, or those named, to the end.  With --results each
# adds "pass lint: CHECK", or "fail" or "skip", to FILE.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
results=/dev/null
if [ "${1:-}" = --results ]; then
    results=$2
    shift 2
fi
BUILD=${BUILD:-build}

# Tracked files of some kinds, unless deleted and not yet committed.
sources() {
    git ls-files -z "$@" | xargs -0 -r ls -d 2>/dev/null
}

# Layout of the sources, as in .clang-format.
lint_format() {
    local wrong
    wrong=$(sources '*.c' '*.h' |
        xargs -r clang-format --style=file --dry-run 2>&1 |
        sed -n 's/:[0-9]*:[0-9]*: warning: .*//p' | sort | uniq -c)
    [ -z "$wrong" ] && return
    echo "places laid out otherwise than .clang-format says (make format):"
    echo "$wrong"
    return 1
}

# Who includes whom, against the table.
lint_deps() {
    tools/check-deps.py
}

# Each header compiles alone.
lint_headers() {
    tools/check-headers.sh
}

# Address spaces of pointers in kernel code.
lint_sparse() {
    tools/check-sparse.sh
}

# Lengths of files and functions.
lint_size() {
    tools/check-size.py
}

# Lines of code in the files that are listed on stdin.
count_lines() {
    cloc --json --quiet --list-file=- | jq .SUM.code
}

# Lines of trusted code, against the limits the project sets itself: all that the
# kernel of the build folder was compiled from, headers included, and sealed
# volumes, whose budget is their own; 77 without a kernel.
lint_trusted() {
    local limit=37500 sealfs_limit=8000 lines sealfs
    [ -f "$BUILD/libos/occlum-kernel" ] || return 77
    lines=$(tools/kernel-files.sh "$BUILD" | grep -v '/sealfs/' | count_lines)
    sealfs=$(sources 'sealfs/*.[ch]' | grep -v /tests/ | count_lines)
    echo "$lines lines of trusted code; the limit is $limit"
    echo "$sealfs lines of sealed volumes; the limit is $sealfs_limit"
    [ "$lines" -gt 0 ] && [ "$lines" -le "$limit" ] &&
        [ "$sealfs" -gt 0 ] && [ "$sealfs" -le "$sealfs_limit" ]
}

# Words, calls and lines that must or must not be there.
lint_words() {
    tools/check-words.py
}

# Shell scripts.
lint_scripts() {
    sources '*.sh' .ci/run | xargs -r shellcheck --severity=warning
}

# The checks above find what they look for, and results are added up right.
lint_selftest() {
    tools/tests/lint-selftest.sh && tools/tests/results-selftest.sh
}

# The linked kernel, of each compiler that made one; 77 where none has.
lint_kernel() {
    local kernels=() dir kernel
    for dir in "$BUILD" build-clang; do
        for kernel in occlum-kernel checked/occlum-kernel-checked; do
            [ -f "$dir/libos/$kernel" ] && kernels+=("$dir/libos/$kernel")
        done
    done
    [ ${#kernels[@]} -gt 0 ] || return 77
    tools/check-kernel.py "${kernels[@]}"
}

# Without git's list of files most checks would find nothing wrong.
if ! git ls-files --error-unmatch tools/lint.sh >/dev/null; then
    echo "lint: git does not list the files here"
    echo "fail lint: files" >>"$results"
    exit 1
fi

[ $# -gt 0 ] || set -- format deps headers sparse size trusted words scripts \
    selftest kernel
failed=0
for check in "$@"; do
    "lint_$check"
    case $? in
    0) status=pass ;;
    77) status=skip ;;
    *)
        status=fail
        failed=1
        ;;
    esac
    echo "lint: $check: $status"
    echo "$status lint: $check" >>"$results"
done
exit $failed

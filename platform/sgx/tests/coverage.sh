#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh SOURCES BUILD WORK - which lines of platform/sgx do its own tests
# execute?  Prints those they don't; fails below 95 %.
set -euo pipefail

sources=$(realpath "$1")
build=$(realpath "$2")
work=$3
files="build debug linux map page platform thread tick vdso"
flags=(-std=gnu17 -O1 -g -w -D_GNU_SOURCE "-I$sources")
rm -rf "$work"
mkdir -p "$work"
cd "$work"

for file in $files; do
    gcc "${flags[@]}" --coverage -c "$sources/platform/sgx/$file.c" -o "$file.o"
done
gcc "${flags[@]}" -c "$sources/platform/sgx/enter.S" -o enter.o
mapfile -t libraries < <(find "$build"/{platform,sgx,crypto,base} -name 'lib*.a' \
    -not -path '*/tests/*')
link() {
    local out=$1
    shift
    gcc "${flags[@]}" -o "$out" "$@" ./*.o --coverage \
        -Wl,--start-group "${libraries[@]}" -Wl,--end-group -lcrypto -lpthread
}
link backend "$sources"/platform/sgx/tests/{backend,*_cases,backend_test}.c \
    "$sources"/platform/fake/tests/image.c \
    "$sources"/platform/emu/tests/{enclave,raw}.S
link linux "$sources/platform/sgx/tests/linux_test.c"
./backend
./linux

for file in $files; do
    gcov -t "$file.gcda" 2>/dev/null |
        awk -v file="platform/sgx/$file.c" -F: '
            $3 == "Source" { mine = $4 ~ file "$"; next }
            !mine || $2 + 0 == 0 { next }
            $1 ~ /#####/ { print "not executed", file ":" $2 + 0 ":" $3; next }
            $1 !~ /-/ { print "executed" }
            $1 ~ /[0-9]-block/ { next }'
done >lines
grep '^not' lines || true
awk '/^executed/ { yes++ } /^not/ { no++ }
     END { share = 100 * yes / (yes + no)
           printf "%d of %d lines, %.1f %%\n", yes, yes + no, share
           exit share < 95 }' lines

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-sparse.sh - sparse over all code that runs in the enclave.
#
# It refuses what compilers let pass: a cast that takes __user or __host from
# a pointer without __force.  Files built on vector intrinsics are left out,
# because sparse cannot read the compiler's headers for them; they hold no
# such pointers.
set -euo pipefail

cd "$(dirname "$0")/.."
inspect() {
    sparse -Wsparse-error -Wno-non-pointer-null -Wnoreturn -std=gnu17 \
        -ffreestanding -D_GNU_SOURCE= -I. "$1" >/dev/null
}
export -f inspect
git ls-files -z 'abi/*.c' 'base/*.c' 'crypto/*.c' 'libos/*.c' 'sealfs/*.c' \
    'sgx/*.c' | while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    case $file in
    */tests/* | *_host.c) continue ;;
    esac
    grep -q '#include <[a-z]*mmintrin.h>' "$file" || printf '%s\0' "$file"
done | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'inspect "$1" || exit 1' inspect

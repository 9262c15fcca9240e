#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kernel-files.sh BUILD - the files of this tree that the kernel in the build
# folder was compiled from, sources and headers, without what was generated.
# Not libos/checked/: only the checked kernel has it, which is for developers,
# says so in its MRENCLAVE and refuses an instance that is not debuggable.
set -euo pipefail

build=${1:?usage: kernel-files.sh BUILD}
top=$(cd "$(dirname "$0")/.." && pwd)
ninja -C "$build" -t deps |
    awk '/^[^ ]/ { wanted = /^libos\/(occlum-kernel\.p|libkernel_simd)/ }
         /^ / && wanted { print $1 }' |
    sort -u |
    (cd "$build" && xargs -r realpath -q) |
    sed -n "s|^$top/||p" |
    grep -E '\.[chS]$' | grep -vE '^(build|.*_gen\.)' | sed "s|^|$top/|"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh - install what building and testing needs on a Debian 12.
#
# Starts from a system with git, make, a shell and apt.  Does nothing, and
# needs no root, when everything is there already.
set -euo pipefail

packages=(
    # To build.
    gcc                # the compiler of releases
    libc6-dev          # headers and libraries of the C library
    binutils           # objcopy and readelf for the kernel image
    meson              # describes the build
    ninja-build        # runs it
    pkg-config         # finds the libraries below
    python3            # generators and checks
    linux-libc-dev     # <asm/sgx.h>, io_uring, seccomp

    # Libraries of the host side; the enclave itself links none.
    libssl-dev         # RSA and X.509
    libjansson-dev     # JSON: Occlum.json
    libyaml-dev        # YAML: copy_bom files
    libzydis-dev       # x86 disassembler: finds system call sites

    # To check.
    clang              # second compiler: __user and __host as address spaces
    libclang-rt-14-dev # its sanitizer and fuzzer run times
    libcmocka-dev      # unit tests
    valgrind           # runs a program on a CPU of another kind
    sparse             # refuses casts between address spaces
    clang-format       # layout of the sources
    shellcheck         # the same for scripts
    cloc               # counts the lines of trusted code
    jq                 # reads JSON in tests
    rsync              # copies the sources that tests change
    man-db             # reads the manual pages that are installed
    openssl            # an independent signer and hasher
    python3-cryptography-vectors # published test vectors
    python3-cryptography         # independent answers for the crypto tests
    python3-pyelftools # reads the linked kernel

    # Programs that tests and demos run inside an enclave.
    musl-tools         # static and dynamic programs on another C library
    busybox-static     # a static program with many faces
    sqlite3            # a database
    golang-go          # Go has system call stubs of its own
    libgomp1           # OpenMP, gcc's run time
    bash coreutils     # a shell and its pipelines

    # To package.
    dpkg-dev           # finds the dependencies of a .deb
)

missing=()
for p in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: all ${#packages[@]} packages are installed"
    exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: run this as root, or install sudo" >&2
        exit 1
    fi
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sgxs.sh OCCLUM WORK - MRENCLAVE and SIGSTRUCT against somebody else's tool.
#
# sgxs-sign of the crate sgxs-tools (Fortanix) reads the SGXS stream that
# `occlum measure` writes, hashes it by rules of its own, and makes a SIGSTRUCT
# with the same key.  RSA PKCS #1 v1.5 has no randomness, so all 1808 bytes have
# to be ours.  What is pinned is the crate's archive; the Cargo.lock inside it
# pins everything else (docs/decisions/0010-sgxs-tool.md).
#
# Needs cargo and protoc, and on the first run the crates' registry.  Where it
# can't run it says why and fails: what has not been compared has not passed.
set -uo pipefail

version=0.10.0
archive_sha256=0564c3f63bcad23b7c51b49720ff8c6928bc617cd96868ea4d8d0af9fab6b606

occlum=$(realpath "$1")
mkdir -p "$2" && work=$(realpath "$2") || exit 1
tool=$work/tool-$version
failed=0

die() {
    echo "sgxs: $*" >&2
    exit 1
}

# verdict STATUS TEXT
verdict() {
    if [ "$1" -eq 0 ]; then
        echo "ok    $2"
    else
        echo "FAIL  $2"
        failed=$((failed + 1))
    fi
}

# The archive as cargo keeps it, fetched if it is not there yet.
archive() {
    local at found
    at=${CARGO_HOME:-$HOME/.cargo}/registry/cache
    cargo --quiet info "sgxs-tools@$version" >/dev/null 2>"$work/fetch.log"
    found=$(find "$at" -name "sgxs-tools-$version.crate" 2>/dev/null | head -n 1)
    [ -n "$found" ] && echo "$found"
}

install_tool() {
    local file
    command -v cargo >/dev/null ||
        die "SKIP: no cargo; apt-get install cargo-web rustc-web"
    command -v protoc >/dev/null ||
        die "SKIP: no protoc; apt-get install protobuf-compiler"
    file=$(archive) || {
        tail -n 3 "$work/fetch.log" >&2
        die "SKIP: sgxs-tools $version can't be had: is there a network?"
    }
    sha256sum --check --quiet <<<"$archive_sha256  $file" ||
        die "sgxs-tools $version is not the archive that was pinned"
    echo "sgxs: compiling sgxs-tools $version, which takes minutes"
    cargo install "sgxs-tools@=$version" --locked --bin sgxs-sign --root "$tool" \
        --target-dir "$work/target" >"$work/install.log" 2>&1 || {
        tail -n 5 "$work/install.log" >&2
        die "SKIP: sgxs-tools $version can't be built; see $work/install.log"
    }
    rm -rf "$work/target"
}

# The instance: what a field can hold that is 0 in most images is not 0 here.
build_instance() {
    rm -rf "$work/instance"
    openssl genrsa -3 -out "$work/key.pem" 3072 2>/dev/null &&
        openssl rsa -in "$work/key.pem" -pubout -out "$work/public.pem" \
            2>/dev/null &&
        "$occlum" new "$work/instance" && cd "$work/instance" &&
        "$occlum" add busybox &&
        jq '.metadata.product_id = 4711 | .metadata.version_number = 259' \
            Occlum.json >new.json && mv new.json Occlum.json &&
        "$occlum" build --sign-key "$work/key.pem" &&
        "$occlum" measure --sgxs "$work/image.sgxs" >"$work/mrenclave"
}

# sign STREAM OUT [OPTION]... - their SIGSTRUCT; on stdout MRENCLAVE in hex.
# A mask after the slash is of the bits that are left open: DEBUG and KSS; AVX
# and AVX-512; EXINFO.
sign() {
    local stream=$1 out=$2
    shift 2
    "$tool/bin/sgxs-sign" --attributes 0x4/0x82 --xfrm 0x3/0xe4 \
        --miscselect 0x0/0x1 --date 20261101 --isvprodid 4711 --isvsvn 259 \
        --key "$work/key.pem" "$@" "$stream" "$out" 2>"$work/sign.log" |
        sed -n 's/^ENCLAVEHASH: \([0-9a-f]*\) (OK)$/\1/p'
    return "${PIPESTATUS[0]}"
}

# flip FILE OFFSET - one bit of it.
flip() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

compare() {
    local ours theirs
    ours=$("$occlum" print mrenclave)
    theirs=$(sign "$work/image.sgxs" "$work/theirs")
    echo "      ours   $ours"
    echo "      theirs $theirs"
    [ "$ours" = "$theirs" ]
    verdict $? "MRENCLAVE"
    cmp build/SIGSTRUCT "$work/theirs"
    verdict $? "SIGSTRUCT, all $(stat -c %s build/SIGSTRUCT) bytes"
    cp build/SIGSTRUCT "$work/checked" &&
        [ -n "$(sign "$work/image.sgxs" "$work/checked" \
            --resign-verify "$work/public.pem")" ]
    verdict $? "they find our signature valid"
}

# It has to notice: a comparison that agrees with anything is none.
compare_corrupted() {
    local theirs at
    cp "$work/image.sgxs" "$work/flipped.sgxs"
    # Behind a record's 64 bytes: what the first measured page holds.
    at=$(grep -aob -m 1 EEXTEND "$work/image.sgxs" | head -n 1 | cut -d: -f1)
    flip "$work/flipped.sgxs" $((at + 64 + 100))
    theirs=$(sign "$work/flipped.sgxs" "$work/theirs")
    [ "$theirs" != "$("$occlum" print mrenclave)" ]
    verdict $? "one bit of the stream changed: not our MRENCLAVE"
    ! cmp --quiet build/SIGSTRUCT "$work/theirs"
    verdict $? "nor our SIGSTRUCT"
    cp build/SIGSTRUCT "$work/checked"
    flip "$work/checked" 520
    ! sign "$work/image.sgxs" "$work/checked" \
        --resign-verify "$work/public.pem" >/dev/null
    verdict $? "one bit of our signature changed: refused"
    grep -q 'signature verification failed' "$work/sign.log"
    verdict $? "and for that reason"
}

[ -x "$tool/bin/sgxs-sign" ] || install_tool
build_instance || die "the instance can't be built"
compare
compare_corrupted
echo "$failed failed"
[ "$failed" -eq 0 ]

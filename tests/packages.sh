#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh WORK - what is installed works: `make install` into an empty
# prefix, and the .deb in a copy of this system that is thrown away.
#
# Either time: an instance is made, built, measured and run by the installed
# command alone, its manual pages are read, its completion completes.  The .deb
# is the same when built again, and leaves nothing when it is removed.
#
# The copy is an overlay over /, in a mount name space of its own; where that is
# not allowed, the .deb is unpacked into an empty folder and used from there.
set -euo pipefail

self=$(realpath "$0")
export LC_ALL=C.UTF-8

fail() {
    echo "packages.sh: $*" >&2
    exit 1
}

# use PREFIX - as somebody who has only this, and no environment.
use() {
    local prefix=$1 dir
    dir=$(mktemp -d)
    cat >"$dir/use.sh" <<'USE'
set -euo pipefail
cd "$HOME"
[ "$(command -v occlum)" = "$1/bin/occlum" ]
occlum --version
occlum new app
mkdir other
cd other
occlum init
cd ../app
occlum add busybox
occlum check
occlum build
occlum run --platform emu /bin/busybox echo "runs from $1"
[ "$(occlum measure)" = "$(occlum print mrenclave)" ]
occlum status
USE
    env -i HOME="$dir" PATH="$prefix/bin:/usr/bin:/bin" bash "$dir/use.sh" \
        "$prefix" >"$dir/out" 2>&1 || { cat "$dir/out"; fail "$prefix/bin/occlum"; }
    grep -qx "runs from $prefix" "$dir/out" || fail "$prefix/bin/occlum is silent"
    rm -rf "$dir"
    completes "$prefix"
    explains "$prefix"
}

# "occlum ru<TAB>" and "occlum run --pl<TAB>"
completes() {
    local script=$1/share/bash-completion/completions/occlum.bash found
    found=$(bash -c 'set -eu
        . "$1"
        complete -p occlum >/dev/null
        COMP_WORDS=(occlum ru) COMP_CWORD=1
        _occlum occlum ru occlum
        echo "${COMPREPLY[@]}"
        COMP_WORDS=(occlum run --pl) COMP_CWORD=2
        _occlum occlum --pl run
        echo "${COMPREPLY[@]}"' - "$script")
    [ "$found" = $'run\n--platform' ] || fail "$script completes: $found"
}

# Every verb is in the manual, and the pages are free of warnings.
explains() {
    local verb text
    text=$(MANPATH=$1/share/man MANROFFOPT=-ww man --warnings occlum 2>&1 </dev/null | cat)
    for verb in $("$1/bin/occlum" --help | sed -n 's/^    \([a-z]*\)  .*/\1/p'); do
        grep -q "^ *$verb" <<<"$text" || fail "occlum(1) says nothing about $verb"
    done
    grep -q warning <<<"$text" && fail "occlum(1): $(grep -m1 warning <<<"$text")"
    MANPATH=$1/share/man man Occlum.json 2>&1 </dev/null | grep -q resource_limits ||
        fail "no Occlum.json(5)"
}

# Within the copy of the system.
in_copy() {
    local deb=$1 name=sofaenclave file
    dpkg -i "$deb"
    dpkg -V "$name"
    use /usr
    dpkg -L "$name" >/tmp/files
    dpkg -P "$name"
    while read -r file; do
        [ -d "$file" ] || [ ! -e "$file" ] || fail "$file is left"
    done </tmp/files
    [ ! -e /usr/lib/occlum ] || fail "/usr/lib/occlum is left"
}

# Within a mount name space: make the copy at WORK/copy, and go there.
make_copy() {
    local work=$1 deb=$2 copy=$1/copy
    mkdir -p "$copy"
    mount -t tmpfs copy "$copy"
    mkdir "$copy/upper" "$copy/work" "$copy/root"
    mount -t overlay -o "lowerdir=/,upperdir=$copy/upper,workdir=$copy/work" copy "$copy/root"
    mount --rbind /proc "$copy/root/proc"
    mount --rbind /dev "$copy/root/dev"
    mount -t tmpfs tmp "$copy/root/tmp"
    cp "$deb" "$copy/root/tmp/package.deb"
    cp "$self" "$copy/root/tmp/packages.sh"
    exec chroot "$copy/root" bash /tmp/packages.sh in_copy /tmp/package.deb
}

check_deb() {
    local work=$1 deb as_root=()
    tools/deb.sh
    deb=$(realpath dist/*.deb)
    cp "$deb" "$work/first.deb"
    tools/deb.sh
    cmp "$deb" "$work/first.deb" || fail "two runs of tools/deb.sh differ"
    [ "$(id -u)" -eq 0 ] || as_root=(-r)
    if unshare "${as_root[@]}" -m true 2>/dev/null; then
        unshare "${as_root[@]}" -m bash "$self" make_copy "$work" "$deb"
        echo "ok   the .deb, installed and removed"
    else
        rm -rf "$work/unpacked"
        dpkg-deb -x "$deb" "$work/unpacked"
        use "$work/unpacked/usr"
        echo "ok   the .deb, unpacked only: no mount name space to be had"
    fi
}

# In a build folder of its own, which remembers the prefix.
check_prefix() {
    local prefix=$1/prefix
    rm -rf "$prefix"
    make install BUILD="$1/build" PREFIX="$prefix"
    use "$prefix"
    echo "ok   make install PREFIX=$prefix"
}

case ${1-} in
in_copy | make_copy)
    "$@"
    ;;
*)
    [ $# -eq 1 ] || fail "usage: packages.sh WORK"
    cd "$(dirname "$self")/.."
    mkdir -p "$1"
    work=$(realpath "$1")
    check_prefix "$work"
    check_deb "$work"
    ;;
esac

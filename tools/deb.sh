#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deb.sh - make dist/sofaenclave_VERSION_amd64.deb from a release build.
#
# Dependencies are read from the programs by dpkg-shlibdeps.  The same commit
# gives the same bytes in any folder: times come from the commit, modes from
# here, and no file names the folder.  The kernel keeps its symbols and lines,
# for debuggers: what is measured has none of it.
set -euo pipefail

cd "$(dirname "$0")/.."
umask 022
root=build-deb/root
dest=$PWD/$root
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

if [ ! -f build-deb/build.ninja ]; then
    meson setup build-deb --prefix=/usr --buildtype=debugoptimized \
        -Dc_args="-ffile-prefix-map=$PWD=."
fi
# What is installed, and not the tests.
ninja --quiet -C build-deb cli/occlum cli/occlum-tools cli/occlum.bash \
    libos/occlum-kernel
rm -rf "$root" build-deb/shlibs
DESTDIR=$dest meson install --quiet --no-rebuild -C build-deb

mapfile -t programs < <(find "$dest/usr/bin" "$dest/usr/lib/occlum/occlum-tools" \
    -type f)
strip --strip-unneeded "${programs[@]}"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
install -D -m 644 -t "$root/usr/share/doc/sofaenclave" README.md SECURITY.md \
    docs/occlum-json.md docs/migrating-from-occlum.md docs/platforms.md
install -m 644 LICENSE "$root/usr/share/doc/sofaenclave/copyright"
gzip -9nc CHANGELOG.md >"$root/usr/share/doc/sofaenclave/changelog.gz"

# dpkg-shlibdeps wants to run beside a debian/control.
mkdir -p build-deb/shlibs/debian "$root/DEBIAN"
printf 'Source: sofaenclave\n\nPackage: sofaenclave\nArchitecture: amd64\n' \
    >build-deb/shlibs/debian/control
depends=$(cd build-deb/shlibs &&
    dpkg-shlibdeps -O "${programs[@]}" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')

version=$(meson introspect --projectinfo build-deb | jq -r .version)
cat >"$root/DEBIAN/control" <<CONTROL
Package: sofaenclave
Version: $version
Architecture: amd64
Maintainer: The SOFAEnclave authors <sofaenclave@localhost>
Depends: $depends
Section: admin
Priority: optional
Installed-Size: $(du -sk "$root" | cut -f1)
Description: run unmodified Linux programs in SGX enclaves
 A library operating system, its host run time and the occlum command.
CONTROL

mkdir -p dist
deb=dist/sofaenclave_${version}_amd64.deb
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "$deb"

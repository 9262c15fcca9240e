#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deb.sh - make dist/sofaenclave_VERSION_amd64.deb from a release build.
#
# Dependencies are read from the programs by dpkg-shlibdeps.  Two runs on the
# same commit give the same bytes: times come from the commit.
set -euo pipefail

cd "$(dirname "$0")/.."
root=build-deb/root
dest=$PWD/$root
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

if [ ! -f build-deb/build.ninja ]; then
    meson setup build-deb --prefix=/usr --buildtype=debugoptimized
fi
ninja --quiet -C build-deb
rm -rf "$root" build-deb/shlibs
DESTDIR=$dest meson install --quiet -C build-deb

# dpkg-shlibdeps wants to run beside a debian/control.
mkdir -p build-deb/shlibs/debian "$root/DEBIAN"
printf 'Source: sofaenclave\n\nPackage: sofaenclave\nArchitecture: amd64\n' \
    >build-deb/shlibs/debian/control
mapfile -t programs < <(find "$dest/usr/bin" "$dest/usr/lib/occlum/occlum-tools" \
    -type f 2>/dev/null)
if [ ${#programs[@]} -eq 0 ]; then
    echo "deb: nothing is installed into /usr/bin yet" >&2
    exit 1
fi
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
install -D -m 644 LICENSE "$root/usr/share/doc/sofaenclave/copyright"

mkdir -p dist
deb=dist/sofaenclave_${version}_amd64.deb
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec \
    touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "$deb"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# freestanding.sh ROOT CC... - compile crypto/, sgx/ and sealfs/ as the kernel
# does and look at the result: no vector register outside the SIMD files, in them
# none wider than their name says, no CPUID, no %fs, no large frame, and nothing
# undefined but the four mem functions and what failed assertions call.
set -eu

root=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$root"

fail()
{
	echo "FAIL: $*"
	exit 1
}

kernel="-std=gnu17 -O2 -Wall -Wextra -Werror -ffreestanding -fPIE
	-fno-stack-protector -mno-red-zone -mpopcnt -I."
for f in crypto/*.c crypto/*.S sgx/*.c sealfs/*.c base/bitmap.c; do
	args=-mgeneral-regs-only
	case $f in
	sealfs/*) args="$args -Wframe-larger-than=2048" ;;
	*/features_host.c) continue ;; # host programs only
	*_ni.c) args="-mssse3 -msse4.1 -maes -msha -mpclmul -mno-avx
		-Wframe-larger-than=512" ;;
	*_vaes256.c) args="-maes -mpclmul -mavx2 -mvaes -mvpclmulqdq
		-Wframe-larger-than=1024" ;;
	*_vaes512.c) args="-maes -mpclmul -mavx512f -mavx512bw -mavx512vl
		-mvaes -mvpclmulqdq -Wframe-larger-than=1024" ;;
	esac
	# shellcheck disable=SC2086 # lists of options
	"$@" $kernel $args -c "$f" -o "$dir/$(echo "$f" | tr / _).o"
done

for o in "$dir"/*.o; do
	objdump -d --no-show-raw-insn "$o" >"$dir/text"
	case $o in
	*_vaes512.c.o) ;;
	*_vaes256.c.o)
		! grep -E 'zmm|%k[0-7]' "$dir/text" || fail "AVX-512 in $o" ;;
	*_ni.c.o | *_simd.S.o | *_doors.S.o)
		! grep -E '[yz]mm|	v[a-z]' "$dir/text" || fail "AVX in $o" ;;
	*)
		! grep -E '[xyz]mm' "$dir/text" || fail "vectors in $o" ;;
	esac
	! grep -E '	(cpuid|syscall|rdtsc)|%fs:' "$dir/text" ||
		fail "illegal or foreign instruction in $o"
done

ld -r -o "$dir/all" "$dir"/*.o
undefined=$(nm -u "$dir/all" | awk '{ print $2 }' |
	grep -vxE 'mem(cpy|set|cmp|move)|assert_fail|_GLOBAL_OFFSET_TABLE_' || true)
[ -z "$undefined" ] || fail "undefined:" $undefined

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh - the main job: unmodified Debian programs in one signed enclave.
#
# Makes an instance, adds the programs with their libraries, builds and signs
# it, and runs each program natively and in the enclave.  Standard output and
# exit code have to be equal.  OCCLUM_PLATFORM chooses the platform, OCCLUM_ISA
# what SGX it has (sgx1, sgx2), BUILD the build folder.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
build=$(realpath "${BUILD:-build}")
occlum=$build/cli/occlum
source_dir=$PWD/demos
work=${DEMO_WORK:-$build/demo}
instance=$work/instance
options=(--platform "${OCCLUM_PLATFORM:-auto}")
[ -z "${OCCLUM_ISA:-}" ] || options+=(--isa "$OCCLUM_ISA")
passed=0
failed=0

say() { printf '\n== %s\n' "$*"; }

rm -rf "$work"
mkdir -p "$work"

say "programs of our own, compiled by this machine's gcc"
gcc -O2 -o "$work/hello" "$source_dir/hello.c" &&
    gcc -O2 -fopenmp -o "$work/pi" "$source_dir/pi.c" || exit 1
cp "$source_dir/square.c" "$work/square.c"

say "the instance"
gcc_dir=$(dirname "$(gcc -print-prog-name=cc1)")
"$occlum" new "$instance" || exit 1
cd "$instance" || exit 1
"$occlum" add busybox sqlite3 python3 /usr/lib/python3.11 \
    gcc as ld "$gcc_dir" /usr/include \
    /usr/lib/x86_64-linux-gnu/{crt1.o,crti.o,crtn.o,Scrt1.o,libc.so,libc_nonshared.a} \
    /usr/lib/x86_64-linux-gnu/{libm.so.6,libmvec.so.1,libgomp.so.1} \
    "$work/hello" "$work/pi" || exit 1
mkdir -p "image$work" && cp "$work/hello" "$work/pi" "$work/square.c" "image$work/"
jq --arg dir "$work" \
    '.entry_points = ["/bin", "/usr/bin", $dir] |
     .resource_limits.user_space_size = "512MB" |
     .resource_limits.kernel_space_heap_size = "256MB"' \
    Occlum.json >Occlum.json.new && mv Occlum.json.new Occlum.json || exit 1
"$occlum" build || exit 1
printf 'MRENCLAVE %s\n' "$("$occlum" print mrenclave)"

# compare NAME COMMAND... - run it here and in the enclave.
compare() {
    local name=$1 want got want_status got_status
    shift
    want=$("$@" 2>"$work/native.err" </dev/null)
    want_status=$?
    got=$(timeout -k 5 300 "$occlum" run "${options[@]}" "$@" \
        2>"$work/enclave.err" </dev/null)
    got_status=$?
    if [ "$want" == "$got" ] && [ "$want_status" -eq "$got_status" ]; then
        printf 'ok    %-28s %s\n' "$name" "$(head -n 1 <<<"$got" | cut -c 1-60)"
        passed=$((passed + 1))
    else
        printf 'FAIL  %s: exit %s, natively %s\n' "$name" "$got_status" "$want_status"
        diff <(printf '%s\n' "$want") <(printf '%s\n' "$got") | head -n 10
        tail -n 5 "$work/enclave.err"
        failed=$((failed + 1))
    fi
}

say "native Linux and the enclave, side by side"
compare "busybox" /bin/busybox sh -c 'exec /bin/busybox uname -s'
compare "a dynamic hello" "$work/hello" demo
compare "python3, 64 MiB in 8 threads" /usr/bin/python3 -c '
import hashlib
from concurrent.futures import ThreadPoolExecutor
part = bytes(range(256)) * 32768
with ThreadPoolExecutor(8) as pool:
    print(*pool.map(lambda i: hashlib.sha256(part + bytes([i])).hexdigest()[:16], range(8)))
'
compare "sqlite3 in memory" /usr/bin/sqlite3 :memory: '
create table t(a, b); insert into t values (1, "x"), (2, "y");
select sum(a), group_concat(b) from t;'
compare "sqlite3 on tmpfs" /usr/bin/sqlite3 /tmp/sofaenclave-demo.db '
drop table if exists t; create table t(a integer primary key, b);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 5000)
insert into t select n, hex(n) from c;
select count(*), sum(a), max(b) from t; pragma integrity_check;'
compare "gcc, and what it made" /usr/bin/python3 -c "
import subprocess
subprocess.run(['/usr/bin/gcc', '-O2', '-o', '/tmp/sofaenclave-square', '$work/square.c'], check=True)
print(subprocess.run(['/tmp/sofaenclave-square', '12'], capture_output=True, text=True).stdout, end='')
"
compare "OpenMP on every CPU" "$work/pi"
rm -f /tmp/sofaenclave-demo.db /tmp/sofaenclave-square

say "platform"
sed -n '/platform/p' "$work/enclave.err" | head -n 1
"$occlum" status 2>/dev/null
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

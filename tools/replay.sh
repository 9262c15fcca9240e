#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# replay.sh [--platform sgx|sgx-fake] [--report FILE] [PART]...
#
# On a machine with SGX: looks whether enclaves can run, says what is missing and
# what helps; then runs what was only ever run on a model of the hardware, and
# writes a report (build/replay/report.txt).  Parts: host, vectors, programs,
# demo, hello; all of them if none is named.
#
# Exit code: 0 all passed, 1 something failed, 2 wrong usage, 3 not run, because
# this machine can't.  sgx-fake tries the kit itself, on the fake of the driver.
# docs/replay.md tells how to read a report.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
build=$(realpath "${BUILD:-build}") || exit
occlum=$build/cli/occlum
vectors=$build/platform/emu/tests/emu-vectors
work=$build/replay
report=$work/report.txt
platform=sgx
all_parts="host vectors programs demo hello"
passed=0
failed=0

usage() {
    echo "usage: tools/replay.sh [--platform sgx|sgx-fake] [--report FILE]" \
        "[${all_parts// /|}]..." >&2
    exit 2
}

parts=
while [ $# -gt 0 ]; do
    case $1 in
    --platform) platform=${2-} && shift ;;
    --report) report=${2-} && shift ;;
    -*) usage ;;
    *)
        [[ " $all_parts " == *" $1 "* ]] || usage
        parts="$parts $1"
        ;;
    esac
    shift || usage
done
[[ $platform = sgx || $platform = sgx-fake ]] || usage
[ -n "$report" ] || usage
parts=${parts:-$all_parts}

# To the report and to whoever looks on.
say() { printf '%s\n' "$@" | tee -a "$report"; }
# To the report only.
note() { cat >>"$report"; }

section() { say "" "== $1"; }

# part NAME SECONDS COMMAND... - its output is for the report.
part() {
    local name=$1 seconds=$2 start=$SECONDS status
    shift 2
    section "$name"
    timeout -k 10 "$seconds" "$@" </dev/null >"$work/output" 2>&1
    status=$?
    note <"$work/output"
    grep '^SKIP' "$work/output" >>"$work/skipped"
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        say "-- pass  $name  ($((SECONDS - start)) s)"
        return
    fi
    failed=$((failed + 1))
    grep -i '^ *fail' "$work/output" | head -n 20
    [ $status -ne 124 ] || say "-- it was not done after $seconds s"
    say "-- FAIL  $name, exit code $status  ($((SECONDS - start)) s)"
}

skip() { echo "SKIP $1: $2" | tee -a "$work/skipped" | note; }

# field NAME - of the first CPU.
field() { sed -n "s/^$1[^:]*: //p" /proc/cpuinfo | head -n 1; }

has_flag() { field flags | tr ' ' '\n' | grep -qx "$1" && echo yes || echo no; }

kernel_config() {
    { zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2>/dev/null |
        grep -E '^CONFIG_X86_SGX|^CONFIG_X86_SGX_KVM' || echo "not readable"
}

epc_of_nodes() {
    local file
    for file in /sys/devices/system/node/node*/x86/sgx_total_bytes; do
        [ -r "$file" ] && printf '%s MiB ' $(($(<"$file") >> 20))
    done
}

machine() {
    printf 'when        %s\n' "$(date -u +%FT%TZ)"
    printf 'commit      %s%s\n' \
        "$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)" \
        "$(git diff --quiet HEAD 2>/dev/null || echo ' with changes')"
    printf 'platform    %s\n' "$platform"
    printf 'CPU         %s, %s of them\n' "$(field 'model name')" "$(nproc)"
    printf 'family      %s, model %s, stepping %s, microcode %s\n' \
        "$(field 'cpu family')" "$(field 'model[^ ]')" "$(field stepping)" \
        "$(field microcode)"
    printf 'flags       sgx %s, sgx_lc %s, hypervisor %s\n' \
        "$(has_flag sgx)" "$(has_flag sgx_lc)" "$(has_flag hypervisor)"
    printf 'kernel      %s\n' "$(uname -srvm)"
    printf 'config      %s\n' "$(kernel_config | paste -sd' ')"
    printf 'memory      %s MiB\n' \
        $(($(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo) >> 10))
    printf 'EPC         %s\n' "$(epc_of_nodes | grep . || echo "not told by the kernel")"
    printf 'mmap from   %s\n' "$(</proc/sys/vm/mmap_min_addr)"
    printf 'who         %s\n' "$(id)"
    ls -l /dev/sgx_enclave /dev/sgx_provision /dev/sgx_vepc 2>&1
    "$occlum" version
}

# What has to be right, and what helps if it isn't; 1: it is not.
examine() {
    local need=sgx
    [ "$platform" = sgx ] || need=emu
    "$occlum" doctor >"$work/doctor"
    note <"$work/doctor"
    # A line "no NEED NAME", then one with what is wrong and the remedy.
    grep --no-group-separator -A 1 -E "^no +($need|both) " "$work/doctor" >"$work/missing"
    [ -s "$work/missing" ] || return 0
    cat "$work/missing"
    return 1
}

replay_host() {
    part "calls of the host" 60 "$build/platform/sgx/tests/sgx-linux-test"
}

replay_vectors() {
    part "vectors" 900 "$vectors" --platform "$platform"
    skip "tests of the fake driver and of the back end on it" \
        "they make the driver fail on purpose; tests/e2e runs in their place"
}

replay_programs() {
    part "programs" 1200 tests/e2e/run.py --occlum "$occlum" \
        --programs "$build/tests/programs" --work "$work/e2e" \
        --platform "$platform" hello posix
}

replay_demo() {
    BUILD=$build OCCLUM_PLATFORM=$platform DEMO_WORK=$work/demo \
        part "demo" 1500 demos/run.sh
}

# A command `occlum` whose runs are on @platform, for who has no such option.
write_wrapper() {
    cat >"$work/occlum" <<EOF
#!/bin/bash
[ "\$1" = run ] || exec "$occlum" "\$@"
shift
exec "$occlum" run --platform $platform "\$@"
EOF
    chmod +x "$work/occlum"
}

replay_hello() {
    write_wrapper
    part "hello, side by side with native Linux" 600 bench/run.py \
        --occlum "$work/occlum" --programs "$build/bench" \
        --work "$work/bench" --only hello
    [ "$platform" = sgx ] || say "-- these are no figures of SGX"
}

for file in "$occlum" "$vectors"; do
    [ -x "$file" ] && continue
    echo "replay: there is no $file: run make first" >&2
    exit 2
done
mkdir -p "$work" "$(dirname "$report")" && : >"$report" && : >"$work/skipped" || exit 2

say "SOFAEnclave replay"
section "machine"
machine | tee -a "$report"
section "can enclaves run here?"
if ! examine; then
    say "" "Nothing was run: what stands above has to be mended first." \
        "report: $report"
    exit 3
fi
say "yes"
for name in $parts; do
    "replay_$name"
done
section "left out"
sort -u "$work/skipped" | note
say "$(sort -u "$work/skipped" | wc -l) things were left out; the report says why"
section "result"
say "$passed parts passed, $failed failed" "report: $report"
[ "$failed" -eq 0 ]

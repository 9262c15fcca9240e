#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a program get one story of what the CPU can do?

usage: features.py LESSER_CPU OCCLUM PROGRAMS WORK

Runs the program `features` with each XFRM of TRIED that this CPU has, on `emu`
and on `sgx-fake`, and where there is SGX on that.  XGETBV, CPUID, XSAVE and the
C library's choices between its variants must agree with XFRM; CPUID must say
the same where the kernel has rewritten it and where it traps; what XFRM forbids
must not execute.  What this machine can't show is a SKIP with its cause.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402 - found by the line above

LEGACY, AVX, AVX512, AMX = 0x3, 0x4, 0xe0, 0x60000
TRIED = [LEGACY, LEGACY | AVX, LEGACY | AVX | AVX512]
EAX, EBX, ECX, EDX = range(4)
# What needs state: its XFRM, leaf, subleaf, register, bits (SDM vol. 2A, CPUID).
FEATURES = [
    (AVX, (1, 0), ECX, 1 << 12 | 1 << 28 | 1 << 29),
    (AVX, (7, 0), EBX, 1 << 5),
    (AVX, (7, 0), ECX, 1 << 9 | 1 << 10),
    (AVX, (7, 1), EAX, 7 | 1 << 4 | 1 << 23),
    (AVX, (7, 1), EDX, 1 << 4 | 1 << 5 | 1 << 10),
    (AVX512, (7, 0), EBX, 1 << 16 | 1 << 17 | 1 << 21 | 0xf << 26 & ~(1 << 29) | 3 << 30),
    (AVX512, (7, 0), ECX, 1 << 1 | 1 << 6 | 1 << 11 | 1 << 12 | 1 << 14),
    (AVX512, (7, 0), EDX, 1 << 2 | 1 << 3 | 1 << 8 | 1 << 23),
    (AVX512, (7, 1), EAX, 1 << 5),
    (AVX512, (7, 1), EDX, 1 << 19),
    (AMX, (7, 0), EDX, 1 << 22 | 1 << 24 | 1 << 25),
    (AVX, (0x80000001, 0), ECX, 1 << 11 | 1 << 16),
]
# Suffixes of glibc's variants.
VARIANTS = {LEGACY: r"_(sse2|sse42|ssse3|sse4_1|sse4_2)", LEGACY | AVX: r"_avx2?(_|$)",
            LEGACY | AVX | AVX512: r"_(evex|avx512)"}


def cpu_flags():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return next(line for line in f if line.startswith("flags")).split()


def native_xcr0(programs):
    return parse(subprocess.run([os.path.join(programs, "features")], capture_output=True, text=True,
                                check=True).stdout)["xgetbv", "0"][0]


def parse(text):
    """{(words that name it): [numbers]}"""
    found = {}
    for line in text.splitlines():
        w = line.split()
        if w[0] == "cpuid":
            found["cpuid", int(w[1], 16), int(w[2])] = [int(x, 16) for x in w[3:]]
        elif w[0] == "xgetbv":
            found["xgetbv", w[1]] = [int(w[2], 16)]
        elif w[0] in ("choice", "try"):
            found[w[0], w[1]] = w[2]
        else:
            found[w[0]] = int(w[1])
    return found


def check_registers(seen, xfrm):
    size, offered = seen["cpuid", 0xd, 0], seen["cpuid", 0xd, 0][EAX] | seen["cpuid", 0xd, 0][EDX] << 32
    if seen["xgetbv", "0"] != [xfrm]:
        yield f"XGETBV says {seen['xgetbv', '0'][0]:#x}"
    if offered != xfrm:
        yield f"CPUID leaf 0DH says {offered:#x}"
    if ("xgetbv", "1") in seen and seen["xgetbv", "1"][0] & ~xfrm:
        yield f"XGETBV with ECX = 1 says {seen['xgetbv', '1'][0]:#x}"
    if size[EBX] != seen["xsave"]:
        yield f"XSAVE writes {seen['xsave']} bytes, CPUID says {size[EBX]}"
    if not seen["osxsave"]:
        yield "OSXSAVE is not set"
    for component in (2, 5, 6, 7, 9, 17, 18):
        if any(seen["cpuid", 0xd, component]) != bool(xfrm >> component & 1):
            yield f"CPUID leaf 0DH describes component {component}"


def check_features(seen, xfrm):
    for needs, leaf, register, bits in FEATURES:
        offered = seen["cpuid", *leaf][register] & bits
        if needs & ~xfrm and offered:
            yield f"CPUID leaf {leaf[0]:x}.{leaf[1]} register {register} offers {offered:#x}"
    if xfrm & AVX and not seen["cpuid", 1, 0][ECX] >> 28 & 1:
        yield "AVX is not offered"
    if xfrm & AVX512 and not seen["cpuid", 7, 0][EBX] >> 16 & 1:
        yield "AVX-512 is not offered"


def symbols(path):
    out = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in out.splitlines()]
    table = {}
    for row in rows:
        if len(row) == 3 and row[1] in "tT":
            table.setdefault(int(row[0], 16), []).append(row[2])
    main = next(a for a, names in table.items() if "main" in names)
    return {a - main: names for a, names in table.items()}


def check_choices(seen, xfrm, names):
    for key, value in seen.items():
        if key[0] != "choice":
            continue
        chosen = names.get(int(value), ["nothing known"])
        if not any(re.search(VARIANTS[xfrm], n) for n in chosen):
            yield f"{key[1]} is {' or '.join(chosen)}"


def forbidden(xfrm):
    return [name for name, needs in (("avx", AVX), ("avx512", AVX512)) if needs & ~xfrm]


def skip(what, why):
    print(f"skip {what}: {why}")


def check(what, platform, seen, xfrm, names):
    bad = [*check_registers(seen, xfrm), *check_features(seen, xfrm), *check_choices(seen, xfrm, names)]
    faults = platform == "sgx" or "cpuid_fault" in cpu_flags()
    if not faults:
        skip(f"{what}, patched against trapped", "this CPU can't make CPUID fault, so nothing traps")
    elif seen["differing"]:
        bad.append(f"{seen['differing']} answers of CPUID differ where it traps")
    for name in forbidden(xfrm):
        if platform != "sgx":
            skip(f"{what}, {name} executed", "user space can't switch XCR0: the software platform does not catch it")
        elif seen["try", name] != "ILL":
            bad.append(f"{name} executes: {seen['try', name]}")
    print(f"{'FAIL' if bad else 'ok  '} {what}" + "".join(f"\n  {b}" for b in bad), flush=True)
    return not bad


def main():
    lesser_cpu, occlum, programs, work = map(os.path.abspath, sys.argv[1:])
    run.Instance(occlum, programs, work, run.CONFIG).prepare()
    names, xcr0 = symbols(os.path.join(programs, "features")), native_xcr0(programs)
    good = True
    for platform in ("emu", "sgx-fake", "sgx"):
        if platform == "sgx" and not os.path.exists("/dev/sgx_enclave"):
            skip("sgx", "this machine has no SGX")
            continue
        for xfrm in TRIED:
            what = f"{platform}, XFRM {xfrm:x}"
            if xfrm & ~xcr0:
                skip(what, f"this CPU has XCR0 {xcr0:x}")
                continue
            done = subprocess.run([lesser_cpu, platform, f"{xfrm:x}", os.path.join(work, "instance"),
                                   "/test/features"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=60, check=False)
            if done.returncode:
                print(f"FAIL {what}: exit {done.returncode}\n{done.stdout}{done.stderr}")
                good = False
                continue
            good &= check(what, platform, parse(done.stdout), xfrm, names)
    sys.exit(0 if good else 1)


main()

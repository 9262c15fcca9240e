#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measure enclaves with hashlib and compare with the C code.

Usage: mrenclave_oracle.py MEASURE_EXAMPLE

Written from SDM Vol. 3D 36.4.1.1 without looking at sgx/measure.c.  Draws page
lists, describes each to MEASURE_EXAMPLE in its line format, and compares both
the MRENCLAVE and the SGXS stream that it gives back.
"""

import hashlib
import random
import struct
import subprocess
import sys

PT_TCS, PT_REG = 1, 2
ROUNDS = 40


def ecreate(ssaframesize, size):
    return struct.pack("<8sIQ44x", b"ECREATE", ssaframesize, size)


def eadd(offset, flags):
    if flags >> 8 & 0xFF == PT_TCS:
        flags &= ~7
    return struct.pack("<8sQQ40x", b"EADD", offset, flags)


def eextend(offset, chunk):
    return struct.pack("<8sQ48x", b"EEXTEND", offset) + chunk


def loaded(flags, page):
    """What the EPC holds after EADD."""
    if flags >> 8 & 0xFF != PT_TCS:
        return page
    page = bytearray(page)
    page[0:8] = bytes(8)  # STATE
    page[8] &= 0xFE  # FLAGS.DBGOPTIN
    page[24:28] = bytes(4)  # CSSA
    page[40:48] = bytes(8)  # AEP
    return bytes(page)


def page_bytes(seed):
    """Byte i of page @seed; the C side makes the same."""
    return bytes((seed * 31 + i * 7 + (i >> 8)) & 0xFF for i in range(4096))


def stream(ssaframesize, size, pages):
    out = [ecreate(ssaframesize, size)]
    for offset, flags, seed, measured in pages:
        out.append(eadd(offset, flags))
        page = loaded(flags, page_bytes(seed))
        if measured:
            for i in range(0, 4096, 256):
                out.append(eextend(offset + i, page[i : i + 256]))
    return b"".join(out)


def describe(ssaframesize, size, pages):
    lines = ["ecreate %d %d" % (ssaframesize, size)]
    for offset, flags, seed, measured in pages:
        lines.append("page %d %d %d %d" % (offset, flags, seed, measured))
    return "\n".join(lines) + "\n"


def draw(rng):
    size = 1 << rng.randrange(16, 36)
    flags = [0x201, 0x203, 0x205, 0x207, 0x200, 0x100]
    offsets = sorted(rng.sample(range(0, size, 4096), rng.randrange(1, 9)))
    pages = [
        (at, rng.choice(flags), rng.randrange(256), rng.randrange(2))
        for at in offsets
    ]
    return rng.randrange(1, 9), size, pages


def measure(example, enclave):
    run = subprocess.run(
        [example],
        input=describe(*enclave).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return run.stdout[:32], run.stdout[32:]


def main():
    rng = random.Random(20261122)
    seen = set()
    for _ in range(ROUNDS):
        enclave = draw(rng)
        want = stream(*enclave)
        mrenclave, sgxs = measure(sys.argv[1], enclave)
        if sgxs != want:
            sys.exit("FAIL: other SGXS stream for\n" + describe(*enclave))
        if mrenclave != hashlib.sha256(want).digest():
            sys.exit("FAIL: other MRENCLAVE for\n" + describe(*enclave))
        seen.add(mrenclave)
    if len(seen) < ROUNDS // 2:
        sys.exit("FAIL: the page lists hardly differ")


if __name__ == "__main__":
    main()

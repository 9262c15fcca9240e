#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
mrenclave.py - MRENCLAVE from the kernel's ELF file and the boot config.

An implementation of its own, from the SDM's description of the measurement
(Vol. 3D, 36.4.1.1) and from the layout that abi/layout.h documents.  It shares
no code with the product and uses the standard library only, so that a mistake
in one of the two shows.

    mrenclave.py build/kernel build/config.bin
"""

import hashlib
import struct
import sys

PAGE = 4096
CHUNK = 256

# abi/layout.h, in numbers on purpose.
ELRANGE_SIZE = 32 << 30
USER_BASE = 0x10000
CONFIG_BASE = 0x710000000
VCPU_BASE = 0x720000000
VCPU_STRIDE = 0x40000
VCPU_TCS = 0x1000
VCPU_SSA = 0x2000
VCPU_BLOCK = 0x10000
HEAP_BASE = 0x740000000
SSA_FRAME_PAGES = 4
SSA_FRAMES = 3
# offset and number of pages of what a vCPU has besides its TCS, and whether it
# is measured, as zeros
VCPU_PAGES = [
    (VCPU_SSA, SSA_FRAME_PAGES * SSA_FRAMES, False),
    (VCPU_BLOCK, 1, True),
    (0x18000, 8, False),  # idle stack
    (0x28000, 4, False),  # trap stack
]

# SECINFO.FLAGS: R, W, X, and the page types
R, W, X = 1, 2, 4
TCS, REG = 1 << 8, 2 << 8


class Measurement:
    """The SHA-256 over ECREATE, EADD and EEXTEND records."""

    def __init__(self, size, ssaframesize):
        self.hash = hashlib.sha256()
        record = b"ECREATE\0" + struct.pack("<IQ", ssaframesize, size)
        self.hash.update(record.ljust(64, b"\0"))

    def eadd(self, offset, flags):
        record = b"EADD\0\0\0\0" + struct.pack("<QQ", offset, flags)
        self.hash.update(record.ljust(64, b"\0"))

    def eextend(self, offset, chunk):
        assert len(chunk) == CHUNK
        record = b"EEXTEND\0" + struct.pack("<Q", offset)
        self.hash.update(record.ljust(64, b"\0") + chunk)

    def unmeasured(self, start, end, flags):
        for offset in range(start, end, PAGE):
            self.eadd(offset, flags)

    def measured(self, start, data, flags):
        data = data.ljust(-(-len(data) // PAGE) * PAGE, b"\0")
        for page in range(0, len(data), PAGE):
            self.eadd(start + page, flags)
            for chunk in range(page, page + PAGE, CHUNK):
                self.eextend(start + chunk, data[chunk:chunk + CHUNK])


def elf_segments(elf):
    """Entry point, and (address, bytes padded to memory size, R|W|X) of each
    PT_LOAD."""
    assert elf[:4] == b"\x7fELF" and elf[4] == 2
    entry, phoff = struct.unpack_from("<QQ", elf, 24)
    phentsize, phnum = struct.unpack_from("<HH", elf, 54)
    segments = []
    for i in range(phnum):
        kind, flags, off, vaddr, _, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", elf, phoff + i * phentsize)
        if kind != 1 or memsz == 0:
            continue
        data = elf[off:off + filesz].ljust(memsz, b"\0")
        # ELF says X=1, W=2, R=4; SECINFO R=1, W=2, X=4.
        prot = (R if flags & 4 else 0) | (flags & W) | (X if flags & 1 else 0)
        segments.append((vaddr, data, prot))
    return entry, segments


def config_numbers(config):
    """max_vcpus, user_space_size, kernel_heap_size of the boot config."""
    assert config[:8] == b"SOFACFG1"
    (max_vcpus,) = struct.unpack_from("<I", config, 20)
    (user_space_size,) = struct.unpack_from("<Q", config, 32)
    (kernel_heap_size,) = struct.unpack_from("<Q", config, 48)
    return max_vcpus, user_space_size, kernel_heap_size


def tcs_page(area, entry):
    return struct.pack(
        "<QQQIIQQQQ",
        0,  # STATE
        0,  # FLAGS
        area + VCPU_SSA,
        0,  # CSSA
        SSA_FRAMES,
        entry,
        0,  # AEP
        area + VCPU_BLOCK,  # OFSBASE
        area + VCPU_BLOCK,  # OGSBASE
    ).ljust(PAGE, b"\0")


def mrenclave(elf, config):
    max_vcpus, user_space_size, kernel_heap_size = config_numbers(config)
    entry, segments = elf_segments(elf)
    m = Measurement(ELRANGE_SIZE, SSA_FRAME_PAGES)

    m.unmeasured(USER_BASE, user_space_size, REG | R | W | X)
    for vaddr, data, prot in segments:
        m.measured(vaddr, data, REG | prot)
    m.measured(CONFIG_BASE, config, REG | R)
    for i in range(max_vcpus):
        area = VCPU_BASE + i * VCPU_STRIDE
        m.measured(area + VCPU_TCS, tcs_page(area, entry), TCS)
        for offset, npages, is_measured in VCPU_PAGES:
            start, size = area + offset, npages * PAGE
            if is_measured:
                m.measured(start, bytes(size), REG | R | W)
            else:
                m.unmeasured(start, start + size, REG | R | W)
    m.unmeasured(HEAP_BASE, HEAP_BASE + kernel_heap_size, REG | R | W)
    return m.hash.hexdigest()


def main():
    with open(sys.argv[1], "rb") as f:
        elf = f.read()
    with open(sys.argv[2], "rb") as f:
        config = f.read()
    print(mrenclave(elf, config))


if __name__ == "__main__":
    main()

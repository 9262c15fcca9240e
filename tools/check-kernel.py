#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Look at a linked kernel as its loader and the CPU will.

usage: check-kernel.py KERNEL...

 - static, at a fixed address: no interpreter, no dynamic section, no
   relocation, no undefined symbol, no thread-local storage
 - no segment both writable and executable, none of code outside text
 - no instruction that is illegal in an enclave (SDM volume 3D, table 36-1)
   or that reaches memory the host chooses through FS, as a stack protector
   would, outside the symbols listed in ALLOWED
 - no jump or call out of text: a linker told to ignore undefined symbols,
   and a weak one, leave those
 - each ENCLU stands in the table .enclu_pads, with nothing but NOPs behind it
   up to the size it names, and each entry of the table is an ENCLU: these
   bytes are the only ones that a platform may rewrite
 - no symbol and no string names a platform: it must not matter which it is
"""

import re
import struct
import subprocess
import sys

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

PF_X, PF_W = 1, 2

FORBIDDEN = re.compile(
    r"^(syscall|sysenter|sysret|sysexit|cpuid|int|into|iret[qdw]?|hlt|cli|sti"
    r"|in[bwl]?|out[bwl]?|ins[bwl]|outs[bwl]|vmcall|vmmcall|invlpg|wbinvd"
    r"|rdtsc|rdtscp|rdmsr|wrmsr|rdpmc|getsec|encls|lgdt|lidt|sgdt|sidt|sldt"
    r"|str|lfs|lgs|lss|far|smsw)$"
)
CANARY = re.compile(r"%fs:0x28\b")

# (symbol, mnemonic): why it may.
ALLOWED = {
    # The clock, from SGX2 on; the vDSO's own is data here.
    ("tsc_read", "rdtsc"): "legal in an SGX2 enclave",
}

# An entry of .enclu_pads: address, leaf, size of the whole pad.  Address 0
# ends the list.
PAD = struct.Struct("<QII")
ENCLU = bytes([0x0F, 0x01, 0xD7])
NOP = b"\x90"

# A jump or call whose target is a number, not a register or memory.
TARGET = re.compile(r"^([0-9a-f]+) <")

# Words of a symbol or of a printable string.
PLATFORM = re.compile(
    rb"(?<![a-z])(emu|emulator|simulator|simulated|sgx[-_ ]fake|fake[-_ ]driver|driver"
    rb"|/dev/sgx_(enclave|provision))(?![a-z])", re.IGNORECASE
)
PRINTABLE = re.compile(rb"[\x20-\x7e]{6,}")

SYMBOL = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(
    r"^\s*([0-9a-f]+):\s+(?:(?:rep\w*|lock|bnd|notrack)\s+)*(\S+)\s*(.*)$"
)


def check_structure(elf):
    if elf.header.e_type != "ET_EXEC":
        yield f"is {elf.header.e_type}, not linked at a fixed address"
    for segment in elf.iter_segments():
        kind, flags = segment.header.p_type, segment.header.p_flags
        if kind in ("PT_INTERP", "PT_DYNAMIC", "PT_TLS"):
            yield f"has a {kind} segment"
        if kind == "PT_LOAD" and flags & PF_W and flags & PF_X:
            yield f"segment at {segment.header.p_vaddr:#x} is writable and executable"
        if kind == "PT_GNU_STACK" and flags & PF_X:
            yield "asks for an executable stack"
    for section in elf.iter_sections():
        if isinstance(section, RelocationSection) and section.num_relocations():
            yield f"has relocations in {section.name}"
        if isinstance(section, SymbolTableSection):
            for symbol in section.iter_symbols():
                if symbol.entry.st_shndx == "SHN_UNDEF" and symbol.name:
                    yield f"undefined symbol {symbol.name}"


def check_names(elf):
    names = [(symbol.name.encode(), "symbol") for section in elf.iter_sections()
             if isinstance(section, SymbolTableSection) for symbol in section.iter_symbols()]
    for segment in elf.iter_segments(type="PT_LOAD"):
        names += [(text, "string") for text in PRINTABLE.findall(segment.data())]
    for text, kind in names:
        if PLATFORM.search(text):
            yield f"{kind} names a platform: {text.decode()}"


def bytes_at(elf, vaddr, size):
    for segment in elf.iter_segments(type="PT_LOAD"):
        offset = vaddr - segment.header.p_vaddr
        if 0 <= offset and offset + size <= segment.header.p_filesz:
            return segment.data()[offset:offset + size]
    return b""


def enclu_pads(elf):
    section = elf.get_section_by_name(".enclu_pads")
    pads = PAD.iter_unpack(section.data()) if section else []
    return [pad for pad in pads if pad[0]]


def check_pads(elf, enclu_addresses):
    pads = enclu_pads(elf)
    for vaddr, _, size in pads:
        if bytes_at(elf, vaddr, size) != ENCLU + NOP * (size - len(ENCLU)):
            yield f"pad at {vaddr:#x} is not an ENCLU followed by NOPs"
    for vaddr in enclu_addresses - {vaddr for vaddr, _, _ in pads}:
        yield f"the ENCLU at {vaddr:#x} is in no pad"


def is_code(elf, vaddr):
    """In a file-backed part of an executable segment?"""
    return any(
        segment.header.p_flags & PF_X
        and 0 <= vaddr - segment.header.p_vaddr < segment.header.p_filesz
        for segment in elf.iter_segments(type="PT_LOAD")
    )


def check_instructions(path, elf):
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", path],
        check=True, capture_output=True, text=True,
    ).stdout
    symbol, seen, enclu = "?", 0, set()
    for line in listing.splitlines():
        head = SYMBOL.match(line)
        if head:
            symbol = head.group(1)
            continue
        found = INSTRUCTION.match(line)
        if not found:
            continue
        seen += 1
        address, mnemonic, operands = found.groups()
        if FORBIDDEN.match(mnemonic) and (symbol, mnemonic) not in ALLOWED:
            yield f"{symbol}+{address}: {mnemonic}"
        target = TARGET.match(operands)
        if target and not is_code(elf, int(target.group(1), 16)):
            yield f"{symbol}+{address}: {mnemonic} to {target.group(1)}, no code"
        if mnemonic == "enclu":
            enclu.add(int(address, 16))
        if CANARY.search(operands):
            yield f"{symbol}+{address}: reads a stack canary through FS"
    if not seen:
        yield "has no instruction: is this a kernel?"
    yield from check_pads(elf, enclu)


def main():
    bad = False
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            elf = ELFFile(file)
            problems = list(check_structure(elf))
            problems += check_names(elf)
            problems += check_instructions(path, elf)
        for text in problems:
            print(f"{path}: {text}")
            bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

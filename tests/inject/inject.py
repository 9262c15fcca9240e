#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""inject.py INJECT OCCLUM KERNEL PROGRAMS WORK - ticks at every instruction.

Runs the program `steady` in the instance that e2e/run.py builds in WORK, while
`inject` delivers a tick right before each instruction of

    the kernel's way in and out (libos/entry/entry.S, libos/cpu/fpu_hand.S),
    the emulator's EENTER, EEXIT, AEX and ERESUME (platform/emu/enter.S),
    the program's calls, rewritten ones with their stubs among them.

`steady` has its own numbers in every register and says whether they stayed.
Every instruction of the paths in COVERED must have had its tick; what else was
not come to is printed.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "e2e"))
import run  # noqa: E402 - found by the line above

TRIES = 2
# What a running program comes by again and again; the rest of these files is
# start-up, the end, and what another kind of CPU needs.
COVERED = ["trap_entry", "entry_leave_hostcall", "leave_main", "entry_syscall",
           "entry_insn", "entry_trap_continue", "exit_work", "exit_to_user"]
STUBS_MIN = 100  # instructions of user code


def symbols(path):
    """[(address, name)] of what is in the text, sorted."""
    out = subprocess.run(["nm", path], check=True, capture_output=True,
                         text=True).stdout
    rows = (line.split() for line in out.splitlines())
    return sorted((int(r[0], 16), r[2]) for r in rows
                  if len(r) == 3 and r[1] in "tT")


def instructions(path, start, stop):
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn",
                          f"--start-address={start}", f"--stop-address={stop}",
                          path], check=True, capture_output=True,
                         text=True).stdout
    return [int(m[1], 16)
            for m in re.finditer(r"^ *([0-9a-f]+):\t", out, re.M)]


def between(path, first, last):
    """Instructions from symbol @first up to the one behind symbol @last."""
    syms = symbols(path)
    names = [n for _, n in syms]
    start = syms[names.index(first)][0]
    stop = syms[names.index(last) + 1][0]
    return instructions(path, start, stop)


def name_of(syms, addr):
    return [n for a, n in syms if a <= addr][-1]


def main():
    inject, occlum, kernel, programs, work = map(os.path.abspath, sys.argv[1:])
    run.Instance(occlum, programs, work, run.CONFIG).prepare()
    wanted = [f"{a:x}" for a in between(kernel, "enclave_entry", "entry_switch")
              + between(kernel, "fpu_sse_save", "fpu_hi16_load")]
    wanted += [f"+{a:x}" for a in between(occlum, "emu_enter",
                                          "emu_signal_entry")]
    wanted += [f"@{a:x}" for a, n in symbols(os.path.join(programs, "steady"))
               if n.startswith("with_")]
    done = subprocess.run([inject, str(TRIES), occlum, "run", "/test/steady"],
                          input="\n".join(wanted) + "\n", text=True, timeout=900,
                          cwd=os.path.join(work, "instance"), check=False,
                          stdout=subprocess.PIPE)
    kernel_symbols = symbols(kernel)
    missed = {}
    for m in re.finditer(r"^nobody came to 0x([0-9a-f]+)", done.stdout, re.M):
        name = name_of(kernel_symbols, int(m[1], 16))
        missed[name] = missed.get(name, 0) + 1
    for name, count in missed.items():
        print(f"not come to: {count} instructions of {name}")
    print("\n".join(l for l in done.stdout.splitlines()
                    if not l.startswith("nobody")))
    bad = [n for n in COVERED if n in missed]
    if bad:
        print(f"not covered: {', '.join(bad)}")
    user = re.search(r"and (\d+) of user code", done.stdout)
    good = (done.returncode == 0 and not bad and user
            and int(user[1]) >= STUBS_MIN and "all as before" in done.stdout)
    sys.exit(0 if good else 1)


main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rip.py OCCLUM PROGRAMS WORK - where signals strike, seen from the program.

Runs `rip storm` in the instance that run.py builds in WORK: a program shows
the RIP of every signal that it gets while it makes calls, reads the clock and
executes CPUID.  Each must lie in a file that the program has mapped (or in the
vDSO), at the start of an instruction of that file as it is on disk: never in a
stub, never inside of a jump that took the place of a call.
"""
import collections
import os
import re
import subprocess
import sys

import run

SIGNALS = 20000
PLACES_MIN = 5


def text_sections(path):
    """(address, file offset, size) of the sections that hold code."""
    out = subprocess.run(["objdump", "-h", "-w", path], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        f = line.split()
        if len(f) > 6 and f[0].isdigit() and "CODE" in line:
            yield int(f[3], 16), int(f[5], 16), int(f[2], 16)


def boundaries(path):
    """File offsets at which an instruction of @path starts."""
    sections = list(text_sections(path))
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path],
                         check=True, capture_output=True, text=True).stdout
    starts = set()
    for line in out.splitlines():
        m = re.match(r" *([0-9a-f]+):\t", line)
        if not m:
            continue
        addr = int(m[1], 16)
        for vma, offset, size in sections:
            if vma <= addr < vma + size:
                starts.add(addr - vma + offset)
    return starts


def storm(occlum, instance, program):
    done = subprocess.run([occlum, "run", f"/test/{program}", "storm",
                           str(SIGNALS)], cwd=instance, capture_output=True,
                          text=True, timeout=300, check=False)
    if done.returncode:
        sys.exit(f"{program}: exit {done.returncode}\n{done.stderr}")
    return done.stdout.split()


def check(occlum, work, program):
    instance = os.path.join(work, "instance")
    image = os.path.join(instance, "image")
    places = collections.defaultdict(set)
    bad = 0
    for place in storm(occlum, instance, program):
        name, _, offset = place.partition("+")
        places[name].add(int(offset, 16) if offset else -1)
    for name, offsets in sorted(places.items()):
        if name == "[vdso]":
            continue
        path = image + name
        wrong = offsets - boundaries(path) if os.path.isfile(path) else offsets
        for offset in sorted(wrong):
            print(f"{program}: {name}+{offset:#x}: no instruction starts here")
        bad += len(wrong)
    count = sum(len(o) for o in places.values())
    print(f"{program}: {count} places in {', '.join(sorted(places))}: "
          f"{bad} wrong")
    if count < PLACES_MIN:
        print(f"{program}: too few places to prove anything")
    return bad == 0 and count >= PLACES_MIN


def main():
    occlum, folder, work = map(os.path.abspath, sys.argv[1:])
    run.Instance(occlum, folder, work, run.CONFIG).prepare()
    programs = [p for p in ("rip", "rip_static", "rip_musl")
                if os.path.exists(os.path.join(folder, p))]
    good = [check(occlum, work, p) for p in programs]
    sys.exit(0 if good and all(good) else 1)


main()

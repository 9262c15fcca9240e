#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
sweep.py - a bit changed anywhere in what an instance starts from is noticed.

    sweep.py OCCLUM WORK_DIR [all]

Builds an instance, then changes one bit at a time of the kernel, the boot
config, the signature and the root's index, and starts it: each start must end
with exit code 125, no output, and one sentence that names the file.  So must
a file that is one byte shorter or longer.  Some hundred places of each file,
and all of the kernel's headers; with "all" every byte of the small files and
ten times as many places of the kernel.

Ends with "N changes refused, N not".
"""

import os
import shutil
import subprocess
import sys

OCCLUM = os.path.realpath(sys.argv[1])
FOLDER = os.path.join(os.path.realpath(sys.argv[2]), "sweep")
ALL = sys.argv[3:] == ["all"]
PROGRAM = "/bin/busybox"
# What every run of such an instance says.
NOTES = (b"this instance is debuggable", b"running on the emulated platform")
# One page of headers, host/elf_file.c; what comes after the headers is zero.
HEADERS = 512
PAGE = 4096


def occlum(*args, cwd=FOLDER):
    return subprocess.run([OCCLUM, *args], cwd=cwd, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


def must(*args, **kw):
    done = occlum(*args, **kw)
    if done.returncode:
        sys.exit(f"occlum {' '.join(args)}: exit {done.returncode}\n{done.stderr.decode()}")
    return done


def make():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.dirname(FOLDER), exist_ok=True)
    must("new", FOLDER, cwd="/")
    must("add", PROGRAM)
    must("build")


def spread(start, end, count):
    """@count places, or all; an odd step meets every place within a word."""
    return range(start, end, max((end - start) // count | 1, 1))


def places(name, size):
    if name == "kernel":
        count = 4000 if ALL else 400
        return [*range(HEADERS), *spread(HEADERS, PAGE, count // 10), *spread(PAGE, size, count), size - 1]
    return [*spread(0, size, size if ALL else 400), size - 1]


def changes(name, data):
    """(what, changed bytes), one after another."""
    for at in places(name, len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        yield f"bit {at % 8} of byte {at}", changed
    yield "a byte less", data[:-1]
    yield "a byte more", data + b"\0"


def complaint(name):
    """None if the instance as it is now is refused as it should be."""
    done = occlum("run", "--platform", "emu", PROGRAM, "echo", "ran")
    said = [line for line in done.stderr.splitlines() if not any(note in line for note in NOTES)]
    if done.returncode != 125 or done.stdout:
        return f"exit {done.returncode}, {done.stdout} {said}"
    if len(said) != 1 or b"build/" + name.encode() not in said[0]:
        return f"said {said}"
    return None


def sweep(name):
    path = os.path.join(FOLDER, "build", name)
    with open(path, "rb") as f:
        data = f.read()
    refused = bad = 0
    for what, changed in changes(name, data):
        with open(path, "wb") as f:
            f.write(changed)
        problem = complaint(name)
        refused += problem is None
        bad += problem is not None
        if problem and bad <= 10:
            print(f"build/{name}, {what}: {problem}", flush=True)
    with open(path, "wb") as f:
        f.write(data)
    print(f"build/{name}: {refused} changes refused, {bad} not", flush=True)
    return refused, bad


def main():
    make()
    names = ("kernel", "config.bin", "SIGSTRUCT", "root.index")
    refused, bad = (sum(column) for column in zip(*map(sweep, names)))
    # What was put back is what was there: the sweep refused changes, not all.
    if must("run", "--platform", "emu", PROGRAM, "echo", "ran").stdout != b"ran\n":
        sys.exit("the instance does not run unchanged")
    print(f"{refused} changes refused, {bad} not")
    sys.exit(1 if bad else 0)


main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One image, two back ends: what differs?

usage: same_image.py OBSERVER OCCLUM PROGRAMS WORK

Programs of an instance run on `emu` and on `sgx-fake`, by the same files.  In
memory, right after EINIT, the hardware's back end has what the files have, and
`emu` differs from it in the listed ENCLU pads only.  The kernel asks the host
for the same things in the same order.
"""
import hashlib
import os
import subprocess
import sys

PAGE = 4096
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")
PROGRAMS = [
    ["/test/hello_static", "a", "b"],
    ["/test/hello_dynamic", "x"],
    ["/test/hello_musl"],
    ["/test/memory", "static"],
    ["/bin/busybox", "sha256sum", "/bin/busybox"],
    ["/usr/bin/python3", "-c", "print(sum(range(1000)))"],
    ["/bin/dash", "-c", "exit 3"],
]


def digest(folder):
    h = hashlib.sha256()
    for name in sorted(os.listdir(os.path.join(folder, "build"))):
        path = os.path.join(folder, "build", name)
        if os.path.isfile(path):
            with open(path, "rb") as f:
                h.update(name.encode() + hashlib.file_digest(f, "sha256").digest())
    return h.hexdigest()


def pages(path):
    with open(path, "rb") as f:
        data = f.read()
    step = 8 + PAGE
    return {int.from_bytes(data[i:i + 8], "little"): data[i + 8:i + step] for i in range(0, len(data), step)}


def pads(path):
    with open(path, encoding="utf-8") as f:
        return [(int(addr, 16), int(size)) for addr, size in (line.split() for line in f)]


def differences(a, b):
    """Addresses of the bytes that differ; None: not even the same pages."""
    if a.keys() != b.keys():
        return None
    return [addr + i for addr in a if a[addr] != b[addr] for i in range(PAGE) if a[addr][i] != b[addr][i]]


def check_memory(emu, sgx):
    listed = pads(emu + ".pads")
    bad = []
    if listed != pads(sgx + ".pads") or not listed:
        bad.append("the pads are not the same, or there are none")
    if differences(pages(sgx + ".memory"), pages(sgx + ".image")):
        bad.append("the hardware's back end has not loaded what the files have")
    changed = differences(pages(emu + ".memory"), pages(sgx + ".memory"))
    outside = [a for a in changed or [] if not any(0 <= a - start < size for start, size in listed)]
    if changed is None or outside:
        bad.append(f"bytes outside the pads differ: {[hex(a) for a in outside[:8]]}")
    if not changed:
        bad.append("emu has rewritten no pad: is it not the memory that was compared?")
    untouched = [start for start, size in listed if not any(0 <= a - start < size for a in changed or [])]
    print(f"{len(listed)} pads, {len(untouched)} as they were; {len(changed or [])} bytes of "
          f"{len(pages(emu + '.memory'))} pages differ")
    return bad


def check_calls(emu, sgx, what):
    with open(emu + ".calls", encoding="utf-8") as f, open(sgx + ".calls", encoding="utf-8") as g:
        a, b = f.readlines(), g.readlines()
    if a == b and a:
        print(f"{what}: {len(a)} host calls, the same")
        return []
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return [f"{what}: host call {at} of {len(a)} and {len(b)}: emu {a[at:at + 1]}, sgx-fake {b[at:at + 1]}"]


def run(observer, platform, isa, instance, out, argv):
    done = subprocess.run([observer, platform, str(isa), instance, out, *argv], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120, check=False)
    if done.returncode == 125:
        sys.exit(done.stderr.decode())
    return done.returncode, done.stdout


def main():
    observer, occlum, programs, work = (os.path.abspath(a) for a in sys.argv[1:])
    # Makes the instance, if it is not there from the area's own test.
    subprocess.run([RUN, "--occlum", occlum, "--programs", programs, "--work", work, "--isa", "sgx1", "--only",
                    "static", "sgx1"], stdout=subprocess.DEVNULL, check=True)
    instance = os.path.join(work, "instance")
    emu, sgx = os.path.join(work, "emu"), os.path.join(work, "sgx")
    before = digest(instance)
    bad = []
    for isa in (2, 1):
        for argv in PROGRAMS:
            what = f"sgx{isa} {' '.join(argv)}"
            if run(observer, "emu", isa, instance, emu, argv) != run(observer, "sgx-fake", isa, instance, sgx, argv):
                bad.append(f"{what}: status or output differ")
            bad += check_calls(emu, sgx, what)
        bad += check_memory(emu, sgx)
    if digest(instance) != before:
        bad.append("a run has changed the files")
    print("\n".join(bad) or f"image {before}: the same")
    sys.exit(1 if bad else 0)


main()

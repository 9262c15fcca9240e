#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A host that claims faults which did not happen, and what it achieves.

usage: liar.py OCCLUM PROGRAMS WORK

Runs an instance as SGX1 has it, without EXINFO.  From outside it writes into
the memory that kernel and host share, as a hostile host may, that each tick was
a page fault or #GP, and sends ticks.  A program computes right nevertheless; at
an instruction that can't have faulted the instance ends, and says why.
"""
import ctypes
import os
import re
import shutil
import struct
import subprocess
import sys
import time

MAGIC = b"SOFASHR1"  # abi/shared.h: HOST_SHARED_MAGIC
TRAP_VECTOR, TRAP_ADDR = 32, 40  # struct vcpu_shared
TICK = 63  # PLATFORM_TICK_SIGNAL
PAGE_FAULT, PROTECTION = 14, 13
SYS_TGKILL = 234
libc = ctypes.CDLL(None)


class Instance:
    def __init__(self, occlum, programs, work):
        self.occlum = occlum
        self.dir = os.path.join(work, "instance")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        self.do("new", self.dir, cwd=work)
        self.do("add", os.path.join(programs, "spin"), cwd=self.dir)
        config = os.path.join(self.dir, "Occlum.json")
        with open(config, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r'("entry_points":\s*\[)', r'\1"%s",' % programs, text)
        with open(config, "w", encoding="utf-8") as f:
            f.write(text)
        self.do("build", cwd=self.dir)
        self.spin = os.path.join(programs, "spin")

    def do(self, *argv, cwd):
        done = subprocess.run([self.occlum, *argv], cwd=cwd, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"occlum {' '.join(argv)}: {done.stderr}")

    def start(self, *args):
        return subprocess.Popen([self.occlum, "run", "--platform", "emu", "--isa", "sgx1", self.spin, *args],
                                cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def shared_memory(pid, mem):
    """Addresses of each vCPU's shared page."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            start = int(line.split("-")[0], 16)
            if " rw" not in line or start < 1 << 36:  # ELRANGE is below
                continue
            try:
                head = os.pread(mem, 32, start)
            except OSError:
                continue
            if head.startswith(MAGIC):
                _, _, count, offset, stride = struct.unpack("<8sIIQQ", head)
                return [start + offset + i * stride for i in range(count)]
    sys.exit("liar: no shared memory found")


class Liar:
    """Writes claims and sends ticks until it is told to stop."""

    def __init__(self, process):
        self.pid = process.pid
        self.mem = os.open(f"/proc/{self.pid}/mem", os.O_RDWR)
        self.vcpus = shared_memory(self.pid, self.mem)
        self.told = 0

    def lie(self, vector, addr):
        for vcpu in self.vcpus:
            os.pwrite(self.mem, struct.pack("<Q", addr), vcpu + TRAP_ADDR)
            os.pwrite(self.mem, struct.pack("<I", vector), vcpu + TRAP_VECTOR)
        for tid in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{tid}/status", encoding="utf-8") as f:
                caught = int(re.search(r"SigBlk:\s*(\w+)", f.read()).group(1), 16)
            if not caught >> (TICK - 1) & 1 and int(tid) != self.pid:
                libc.syscall(SYS_TGKILL, self.pid, int(tid), TICK)
        self.told += 1

    def lie_until_end(self, process, seconds):
        """Half of the lies are of a page where nothing is."""
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            try:
                self.lie((PAGE_FAULT, PROTECTION)[self.told // 7 % 2], (0, 1 << 30)[self.told % 2])
            except OSError:  # it ended
                break
            time.sleep(0.0005)


def run(instance, *args):
    """(exit status, standard output, standard error, lies told)"""
    process = instance.start(*args)
    first = process.stdout.readline()
    liar = Liar(process)
    liar.lie_until_end(process, 60)
    if process.poll() is None and liar.told and args:
        process.kill()
        sys.exit("liar: the instance hangs")
    out, err = process.communicate(timeout=60)
    return process.returncode, first + out, err, liar.told


def main():
    occlum, programs, work = (os.path.abspath(a) for a in sys.argv[1:])
    instance = Instance(occlum, programs, work)
    native = subprocess.run([os.path.join(programs, "spin")], capture_output=True, text=True, check=True).stdout

    status, out, err, told = run(instance)
    print(f"a program that computes: {told} lies, exit {status}")
    good = status == 0 and out == native and told > 50

    status, out, err, told = run(instance, "here")
    print(f"a program at one place: {told} lies, exit {status}: {err.strip().splitlines()[-1:]}")
    good = good and status == 125 and "the host reports a fault again and again" in err
    if not good:
        print(err)
    sys.exit(0 if good else 1)


main()

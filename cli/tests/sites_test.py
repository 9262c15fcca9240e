#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sites_test.py SCAN DECODE_CHECK: site tables of real programs.

Sites are counted by objdump as well, which knows nothing of our scanner.  The
tables are then given to the kernel's own code and what it makes of them is
disassembled (libos/tests/sites/decode_check.c).
"""

import collections
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

SCAN = ""
CHECK = ""
KINDS = ["syscall", "cpuid", "rdtsc", "rdtscp", "xgetbv"]

# What this machine may have; each is skipped if it is not there.  Coverage of
# system calls has to be complete; of the rest, it is what can be moved.
FILES = [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/x86_64-linux-musl/libc.so",
    "/bin/busybox",
    "/usr/bin/python3.11",
    "/usr/bin/sqlite3",
    "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0",
    "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
]

C_SOURCE = "#include <stdio.h>\nint main(void) { return puts(\"hi\") < 0; }\n"
GO_SOURCE = 'package main\nfunc main() { println("hi") }\n'
SWITCH = """
.globl f
.type f,@function
f:
        %s
        ret
"""


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, check=True,
                          timeout=120).stdout


def objdump_counts(path):
    """How often each kind stands in the disassembly, and sigreturns."""
    counts = collections.Counter()
    last = ""
    for line in run("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        parts = line.split("\t")
        if len(parts) < 2:
            continue
        insn = parts[1].split()
        if not insn or insn[0] not in KINDS:
            last = parts[1]
            continue
        words = last.split()
        if insn[0] == "syscall" and words[:1] == ["mov"] and words[1] in (
                "$0xf,%eax", "$0xf,%rax"):
            counts["sigreturn"] += 1
        else:
            counts[insn[0]] += 1
        last = parts[1]
    if "GNU_EH_FRAME" not in run("readelf", "-lW", path):
        counts["syscall"] += counts.pop("sigreturn", 0)
    return counts


class Report:
    def __init__(self, path, table):
        self.found, self.covered = {}, {}
        for line in run(SCAN, path, table).splitlines():
            name, *numbers = line.split()
            self.found[name] = int(numbers[0])
            if len(numbers) == 2:
                self.covered[name] = int(numbers[1])


class SitesTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sites-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.table = self.path("table")

    def path(self, name):
        return os.path.join(self.dir, name)

    def compile(self, name, source, *command):
        """Skip what needs a compiler that is not here."""
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]} here")
        src = self.path("source" + name)
        with open(src, "w", encoding="ascii") as f:
            f.write(source)
        out = self.path("program")
        env = dict(os.environ, GOCACHE=self.path("gocache"), GOFLAGS="")
        subprocess.run([*command, "-o", out, src], check=True, timeout=300,
                       env=env, cwd=self.dir)
        return out

    def decode(self, path, report):
        """The kernel's stubs for what was covered."""
        total = sum(report.covered.values())
        if not total:
            self.assertEqual(os.path.getsize(self.table), 0)
            return
        self.assertEqual(os.path.getsize(self.table), 16 + 8 * total)
        self.assertEqual(run(CHECK, path, self.table).strip(), str(total))

    def check(self, path, known=None):
        known = known or objdump_counts(path)
        r = Report(path, self.table)
        print(f"{path}: " + ", ".join(
            f"{k} {r.covered[k]}/{r.found[k]}" for k in KINDS if r.found[k]))
        for kind in KINDS:
            # objdump takes data in the text for code, as in libcrypto.
            self.assertLessEqual(r.found[kind], known[kind], kind)
            self.assertGreaterEqual(r.found[kind], known[kind] - 2, kind)
        self.assertEqual(r.found["sigreturn"], known["sigreturn"])
        self.assertEqual(r.covered["syscall"], r.found["syscall"])
        self.assertGreaterEqual(10 * sum(r.covered.values()),
                                8 * sum(r.found[k] for k in KINDS))
        self.decode(path, r)
        return r

    def test_system_files(self):
        for path in FILES:
            with self.subTest(path):
                if os.path.exists(path):
                    self.check(path)

    def test_static(self):
        path = self.compile(".c", C_SOURCE, "gcc", "-static")
        known = objdump_counts(path)
        self.assertGreater(known["syscall"], 50)
        before = self.check(path, known).covered
        # Without symbols nothing is lost, because there is .eh_frame.
        run("strip", path)
        self.assertEqual(self.check(path, known).covered, before)

    def test_static_musl(self):
        path = self.compile(".c", C_SOURCE, "musl-gcc", "-static")
        known = objdump_counts(path)
        self.check(path, known)
        run("strip", path)
        self.check(path, known)

    def test_go(self):
        path = self.compile(".go", GO_SOURCE, "go", "build")
        known = objdump_counts(path)
        self.assertGreater(known["syscall"], 20)
        self.check(path, known)

    def test_same_every_time(self):
        first, second = self.path("a"), self.path("b")
        for out in first, second:
            run(SCAN, "/bin/busybox", out)
        with open(first, "rb") as a, open(second, "rb") as b:
            self.assertEqual(a.read(), b.read())

    def assemble(self, body):
        """The windows of a function with this body, as (offset, size, at)."""
        path = self.compile(".S", SWITCH % body.replace("; ", "\n        "),
                            "gcc", "-shared", "-nostdlib", "-fPIC")
        run(SCAN, path, self.table)
        start = next(int(line.split()[1], 16)
                     for line in run("readelf", "-Ws", path).splitlines()
                     if line.split()[-1:] == ["f"])
        with open(self.table, "rb") as f:
            data = f.read()
        return [(o - start, size, at) for o, size, at, _, _ in
                struct.iter_unpack("<IBBBB", data[16:])]

    def test_choice(self):
        # One instruction of five bytes in front is the best there is.
        self.assertEqual(
            self.assemble("mov $39,%eax; syscall; cmp $-4095,%rax; nop"),
            [(0, 7, 5)])
        self.assertEqual(
            self.assemble("xor %eax,%eax; syscall; cmp $-4095,%rax"),
            [(2, 8, 0)])

    def test_what_does_not_move(self):
        # Nothing but what depends on its place around it.
        self.assertEqual(
            self.assemble("lea 1f(%rip),%rax; syscall; call f@plt; 1: nop"),
            [])
        self.assertEqual(self.assemble("jmp 1f; 1: syscall; jmp f@plt"), [])
        self.assertEqual(self.assemble(
            "mov %fs:0,%eax; syscall; mov f@GOTPCREL(%rip),%rax"), [(0, 10, 8)])

    def test_sigreturn(self):
        for move, size in ("mov $15,%eax", 5), ("mov $15,%rax", 7):
            body = move + "; syscall; nopl 0(%rax)"
            frames = ".cfi_startproc; " + body + "; .cfi_endproc"
            self.assertEqual(self.assemble(frames), [])
            # Without frames nothing can unwind, so nothing knows the bytes.
            self.assertEqual(self.assemble(body), [(0, size + 2, size)])

    def test_branch_targets(self):
        # A jump to the site: five bytes in front of it are still free.
        self.assertEqual(self.assemble(
            "test %edi,%edi; jz 1f; mov $39,%eax; 1: syscall"), [(4, 7, 5)])
        # A jump between two that would be overwritten.
        self.assertEqual(self.assemble(
            "test %edi,%edi; jz 1f; xor %eax,%eax; 1: inc %eax; syscall; "
            "nop; nop; nop"), [(6, 5, 2)])
        # The same by a long jump, from another function.
        self.assertEqual(self.assemble(
            "xor %eax,%eax; .globl g; g: inc %eax; syscall; ret; "
            ".type h,@function; h: .byte 0xe9; .long 1f-.-4; ret; 1: ret"), [])
        # A table of a switch, distances from its own start.
        self.assertEqual(self.assemble(
            "lea 2f(%rip),%rdx; ret; xor %eax,%eax; 1: inc %eax; syscall; "
            "ret; .section .rodata; .balign 4; 2: .long 1b-2b; .text"), [])
        # A table of addresses.
        self.assertEqual(self.assemble(
            "xor %eax,%eax; 1: inc %eax; syscall; ret; "
            ".data; .balign 8; .quad 1b; .text"), [])

    def test_data_in_text(self):
        # Behind a function, among what can be disassembled but is no program.
        data = "0xe4,0x10,0x90,0x90,0x31,0xc0,0x0f,5,0x90,0x90,0x90,0x90"
        self.assertEqual(self.assemble(
            f"ret; .size f,.-f; .byte {data}; .type g,@function; g: nop"), [])
        # The same where a function is said to be.
        self.assertEqual(len(self.assemble(
            f"ret; .size f,.-f; .type g,@function; g: .byte {data}; nop")), 1)

    def test_pages(self):
        # The jump would lie across the end of a page: another window.
        for pad in range(4080, 4096):
            for off, size, _ in self.assemble(
                    f".balign 4096; .skip {pad},0x90; mov $39,%eax; syscall; "
                    "nop; nop; nop; nop"):
                self.assertLessEqual(off % 4096, 4091)
                self.assertGreaterEqual(size, 5)

    def as_build(self):
        subprocess.run([SCAN, "--root", "/lib64/ld-linux-x86-64.so.2",
                        self.table], cwd=self.dir, check=True, timeout=60)
        with open(self.table, "rb") as f:
            return f.read()

    def test_cache(self):
        # Without a build under way nothing is kept.
        table = self.as_build()
        self.assertGreater(len(table), 100)
        self.assertEqual(os.listdir(self.dir), ["table"])
        new = self.path(".build.new")
        os.mkdir(new)
        self.assertEqual(self.as_build(), table)
        name, = os.listdir(os.path.join(new, "sites"))
        # The next build takes it over, and does not scan again.
        os.rename(new, self.path("build"))
        os.mkdir(new)
        marked = bytearray(table)
        marked[-1] ^= 1
        kept = os.path.join(self.path("build"), "sites", name)
        with open(kept, "wb") as f:
            f.write(marked)
        self.assertEqual(self.as_build(), bytes(marked))
        self.assertEqual(os.listdir(os.path.join(new, "sites")), [name])
        # What is cut short is made anew.
        os.unlink(os.path.join(new, "sites", name))
        with open(kept, "wb") as f:
            f.write(table[:-3])
        self.assertEqual(self.as_build(), table)

    def test_hostile(self):
        """No file makes the scanner fail or write outside of itself."""
        with open("/lib64/ld-linux-x86-64.so.2", "rb") as f:
            good = f.read()
        path = self.path("broken")
        for size in (0, 3, 63, 64, 200, 4096, len(good) // 2, len(good) - 1):
            with open(path, "wb") as f:
                f.write(good[:size])
            run(SCAN, path, self.table)
        for i in range(0, 1200, 7):
            for value in (0xff, 0x80, 0x00):
                bad = bytearray(good)
                bad[i] = value
                with open(path, "wb") as f:
                    f.write(bad)
                run(SCAN, path, self.table)


if __name__ == "__main__":
    SCAN, CHECK = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=1)

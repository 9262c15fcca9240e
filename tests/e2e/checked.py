#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The checked kernel stops at each fault of libos/checked/seeds.c, and says so.

usage: checked.py OCCLUM CHECKED_KERNEL FAULT_PROGRAM WORK_DIR

Also: the production kernel knows no such faults, and an instance that is not
debuggable gets no checked kernel.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

OCCLUM, KERNEL, PROGRAM = (os.path.realpath(a) for a in sys.argv[1:4])
WORK = os.path.join(os.path.realpath(sys.argv[4]), "checked")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL_FAILED = 125

# What the kernel has to say of each fault.
WANT = {
    "lock_inversion": r"lock order: INODE \(40\) is taken from 0x\w+ under MM \(50\), taken from 0x\w+",
    "lock_not_held": r"locks: INODE \(40\) is given back from 0x\w+, and not held",
    "lock_kept": r"locks: going back to the program under INODE \(40\)",
    "spin_twice": r"lock order: LEAF \(150\) is taken .* under LEAF \(150\)",
    "sleep_under_spinlock": r"locks: sleeping under LEAF \(150\)",
    "leave_under_spinlock": r"locks: leaving the enclave under LEAF \(150\)",
    "overflow": r"undefined: an addition overflows \(.*seeds\.c:\d+:\d+\)",
    "shift": r"undefined: a shift by too much \(.*seeds\.c:\d+:\d+\)",
    "index_out_of_bounds": r"undefined: an index out of bounds \(.*seeds\.c:\d+:\d+\)",
    "heap_overflow": r"memory: write of 1 bytes .*, 23 bytes into an object of 23, allocated from 0x\w+",
    "heap_underflow": r"memory: read of 1 bytes .*, -1 bytes into an object of 23",
    "use_after_free": r"memory: read of 1 bytes .* freed memory, 0 bytes into an object of 23, .* freed from 0x\w+",
    "double_free": r"heap: 0x\w+ is freed .* no live object, 0 bytes into an object of 23, .* freed from 0x\w+",
    "pages_overflow": r"memory: read of 1 bytes .*, 4096 bytes into an object of 4096",
    "stack_overflow": r"memory: write of 1 bytes .* beside a variable on the stack",
    "global_overflow": r"memory: write of 1 bytes .* beside a variable",
    "copy_overflow": r"memory: read of 9 bytes .*, 8 bytes into an object of 8",
    "user_memory": r"memory: read of 1 bytes at 0x10008 .* user memory, not by a copy",
}


def occlum(*args, cwd, kernel=None):
    env = {k: v for k, v in os.environ.items() if k != "OCCLUM_KERNEL"}
    if kernel:
        env["OCCLUM_KERNEL"] = kernel
    return subprocess.run([OCCLUM, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)


def instance(name, kernel, debuggable, program=PROGRAM, **limits):
    """An instance with @program in it, built with @kernel."""
    folder = os.path.join(WORK, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(WORK, exist_ok=True)
    for args, cwd in [(("new", folder), "/"), (("add", program), folder)]:
        done = occlum(*args, cwd=cwd)
        if done.returncode:
            sys.exit(done.stderr)
    path = os.path.join(folder, "Occlum.json")
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    config["metadata"]["debuggable"] = debuggable
    config["entry_points"] = ["/"]
    config["resource_limits"].update(limits)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f, indent=1)
    return folder, occlum("build", cwd=folder, kernel=kernel)


def seed_names():
    with open(os.path.join(ROOT, "libos/checked/seeds.c"), encoding="utf-8") as f:
        table = re.search(r"seeds\[\]\)\(void\) = \{(.*?)\};", f.read(), re.S)
    return re.findall(r"\w+", table.group(1))


class Seeds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, done = instance("seeds", KERNEL, True)
        assert not done.returncode, done.stderr

    def test_each_is_noticed(self):
        names = seed_names()
        self.assertEqual(set(names), set(WANT))
        for number, name in enumerate(names):
            with self.subTest(name):
                done = occlum("run", PROGRAM, str(number), cwd=self.folder)
                self.assertEqual((done.returncode, done.stdout), (KERNEL_FAILED, ""))
                self.assertRegex(done.stderr, WANT[name])
                self.assertRegex(done.stderr, r"called from( 0x7000\w+){3,}")

    def test_no_fault_no_stop(self):
        done = occlum("run", PROGRAM, str(len(WANT)), cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout.split()[-1]), (0, "EINVAL"))


class Growth(unittest.TestCase):
    def test_the_heap_grows_with_its_shadow(self):
        folder, done = instance("growth", KERNEL, True, "busybox",
                                kernel_space_heap_size="24MB", kernel_space_heap_max_size="300MB")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = occlum("run", "/bin/busybox", "dd", "if=/dev/urandom", "of=/tmp/x", "bs=1M", "count=60", cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)


class Refusals(unittest.TestCase):
    def test_production_knows_no_faults(self):
        folder, done = instance("production", None, True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for number in range(len(WANT)):
            done = occlum("run", PROGRAM, str(number), cwd=folder)
            self.assertEqual((done.returncode, done.stdout.split()[-1]), (0, "EINVAL"))

    def test_build(self):
        _, done = instance("refused", KERNEL, False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("metadata.debuggable", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[5:])

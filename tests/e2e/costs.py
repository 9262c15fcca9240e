#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
costs.py - what unmodified programs cost the kernel, by its own counters.

    costs.py OCCLUM PROGRAMS WORK_DIR [TEST...]

Nothing here is a time: how many system calls came through rewritten sites, and
how many host calls and pages it takes to give a program its rights to memory.
"""

import json
import os
import shutil
import subprocess
import sys
import unittest

OCCLUM = os.path.realpath(sys.argv[1])
PROGRAMS = os.path.realpath(sys.argv[2])
WORK = os.path.join(os.path.realpath(sys.argv[3]), "costs")
OURS = ("cost", "exit_code", "exit_code_static", "hello_musl", "hello_musl_static", "go_hello", "rust_hello")
DEBIAN = ("/usr/bin/python3", "/usr/lib/python3.11", "/usr/bin/sqlite3")

# More than 99 in 100 calls must not fault.
PATCHED_MIN = 0.99
# Host calls for rights, over the whole life of a program that ran before: its
# exec, what its dynamic linker asks for, and its exit.
HOST_CALLS_MAX = 5

PYTHON = """
import collections, hashlib, json, os, tempfile, threading
def work(n, out):
    with tempfile.NamedTemporaryFile() as f:
        for i in range(100):
            f.write(hashlib.sha256(bytes([n, i])).digest())
        f.flush()
        f.seek(0)
        out[n] = len(f.read()) + os.stat(f.name).st_size
out = {}
threads = [threading.Thread(target=work, args=(n, out)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
json.dumps(collections.Counter(out.values()))
"""
SQL = """
create table t (n integer primary key, word text);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000)
  insert into t select n, hex(randomblob(20)) from c;
create index i on t (word);
select count(*), sum(length(word)) from t where word > '8';
"""


def occlum(*args, cwd):
    return subprocess.run([OCCLUM, *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120, check=False)


class Case(unittest.TestCase):
    folder = os.path.join(WORK, "instance")

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        os.makedirs(WORK, exist_ok=True)
        cls.must("new", cls.folder, cwd="/")
        programs = [os.path.join(PROGRAMS, name) for name in OURS]
        present = [path for path in [*DEBIAN, *programs] if os.path.exists(path)]
        cls.must("add", *present, cwd=cls.folder)
        os.makedirs(cls.folder + "/image/test", exist_ok=True)
        for path in programs:
            if os.path.exists(path):
                shutil.copy2(path, cls.folder + "/image/test/")
        with open(cls.folder + "/Occlum.json", encoding="utf-8") as f:
            config = json.load(f)
        config["resource_limits"].update(user_space_size="256MB", user_space_max_size="2GB",
                                         max_num_of_threads=128)
        config["entry_points"] = ["/test", "/usr/bin"]
        with open(cls.folder + "/Occlum.json", "w", encoding="utf-8") as f:
            json.dump(config, f)
        cls.must("build", cwd=cls.folder)

    @classmethod
    def must(cls, *args, cwd):
        done = occlum(*args, cwd=cwd)
        if done.returncode:
            raise AssertionError(done.stderr.decode())

    def cost(self, *argv, status=0):
        """The counters of one warm run of a program."""
        if not os.path.exists(self.folder + "/image" + argv[0]):
            self.skipTest(f"no {argv[0]} on this machine")
        done = occlum("run", "/test/cost", *argv, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        counters = {name: int(value) for name, value in
                    (line.split() for line in done.stdout.decode().splitlines())}
        self.assertEqual(counters.pop("status"), status, argv)
        return counters


class PatchedShare(Case):
    """System calls of unmodified programs without a fault each."""

    def check(self, *argv, status=0):
        c = self.cost(*argv, status=status)
        patched, trapped = c["patched"], c["trapped"]
        share = patched / (patched + trapped)
        print(f"{argv[0]}: {patched} patched, {trapped} trapped: {100 * share:.2f} %", file=sys.stderr)
        self.assertGreater(share, PATCHED_MIN)

    def test_python(self):
        self.check("/usr/bin/python3", "-c", PYTHON)

    def test_sqlite_in_memory(self):
        self.check("/usr/bin/sqlite3", ":memory:", SQL)

    def test_sqlite_on_a_file(self):
        self.check("/usr/bin/sqlite3", "/tmp/test.db", "drop table if exists t;" + SQL)

    def test_musl(self):
        self.check("/test/hello_musl")
        self.check("/test/hello_musl_static")

    def test_go(self):
        self.check("/test/go_hello", status=5)

    def test_rust(self):
        self.check("/test/rust_hello", status=6)


class WarmExec(Case):
    """What the second exec of a program costs in rights to pages."""

    def check(self, *argv, status=0):
        c = self.cost(*argv, status=status)
        print(f"{argv[0]}: {c['host_calls']} host calls; pages: {c['restricted']} restricted, "
              f"{c['extended']} extended, {c['added']} added, {c['removed']} removed", file=sys.stderr)
        self.assertLessEqual(c["host_calls"], HOST_CALLS_MAX)
        # All memory is there already: an exec takes and gives back.
        self.assertEqual((c["added"], c["removed"]), (0, 0))

    def test_static(self):
        self.check("/test/exit_code_static", "7", status=7)

    def test_dynamic(self):
        self.check("/test/exit_code", "7", status=7)

    def test_dynamic_musl(self):
        self.check("/test/hello_musl")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[4:], verbosity=2)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One wrong bit in what is measured has to be noticed.

usage: seeded_measurement.py WORK

Copies the project to WORK/src and builds the command.  Then, for each seed, one
line of it is changed: a bit of a page's SECINFO or of a record, which the
measurement's second implementation must contradict; or a value that depends on
who builds, which tests/oracle/independence.py must name.  WORK may be kept.
"""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGETS = ["cli/occlum", "cli/occlum-tools", "libos/occlum-kernel", "cli/tests/fake-kernel",
           "tests/machine", "tests/libother_time.so"]
IMAGE = "host/image.c"
BOOTCFG = "cli/config/bootcfg.c"
# what is wrong, file, old, new
WITNESS = [
    ("config executable", IMAGE, ".secinfo = REG_R,", ".secinfo = REG_R | SGX_SECINFO_X,"),
    ("kernel writable", IMAGE, "SGX_SECINFO_REG | seg->prot", "SGX_SECINFO_REG | SGX_SECINFO_W | seg->prot"),
    ("user space not executable", IMAGE, "REG_RWX);", "REG_RW);"),
    ("heap executable", IMAGE, "h->kernel_heap_size, REG_RW);", "h->kernel_heap_size, REG_RWX);"),
    ("save area read-only", IMAGE, "VCPU_SSA_SIZE, REG_RW);", "VCPU_SSA_SIZE, REG_R);"),
    ("vCPU block read-only", IMAGE, ".secinfo = REG_RW,", ".secinfo = REG_R,"),
    ("TCS pending", IMAGE, ".secinfo = SGX_SECINFO_TCS,", ".secinfo = SGX_SECINFO_TCS | 8,"),
    ("one SSA frame more", IMAGE, ".nssa = SSA_FRAMES,", ".nssa = SSA_FRAMES + 1,"),
    ("ECREATE's frame size", "sgx/measure.c", "ssaframesize = secs->ssaframesize;",
     "ssaframesize = secs->ssaframesize ^ 1;"),
]
MAX_THREADS = "(uint32_t)config->max_threads,"
# and the condition that must show it
BUILDER = [
    ("the builder's user", BOOTCFG, ".uid = facts->user.uid,", ".uid = geteuid(),", "another user"),
    ("the builder's cores", BOOTCFG, MAX_THREADS,
     "({ cpu_set_t s; sched_getaffinity(0, sizeof(s), &s); (uint32_t)CPU_COUNT(&s); }),", "one core"),
    ("the builder's CPU", BOOTCFG, MAX_THREADS,
     "({ unsigned int a, b, c, d; __cpuid(1, a, b, c, d); a; }),", "another CPUID table"),
    ("the builder's day", BOOTCFG, MAX_THREADS, "(uint32_t)(time(NULL) / 8640000),", "another day"),
]
INCLUDES = "#include <cpuid.h>\n#include <sched.h>\n#include <time.h>\n#include <unistd.h>\n"


def run(argv, **kw):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **kw)


def must(argv, **kw):
    done = run(argv, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done


class Copy:
    def __init__(self, work):
        self.src = os.path.join(work, "src")
        self.build = os.path.join(work, "build")
        os.makedirs(work, exist_ok=True)
        must(["rsync", "-ac", "--delete", "--exclude", "/.git", "--exclude", "/build*", ROOT + "/", self.src + "/"])
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            must(["meson", "setup", self.build, self.src])

    def at(self, name):
        return os.path.join(self.build, name)

    def compile(self):
        must(["ninja", "-C", self.build, *TARGETS])

    def witness(self):
        """Do both implementations agree?  Exit code and output."""
        self.compile()
        done = run([self.src + "/cli/tests/instance_test.py", self.at("cli/occlum"), self.at("cli/tests/fake-kernel"),
                    self.src + "/tests/oracle/mrenclave.py", "Build.test_measurement_has_a_second_witness"])
        return done.returncode, done.stdout + done.stderr

    def builder(self):
        self.compile()
        done = run([self.src + "/tests/oracle/independence.py", self.at("cli/occlum"), self.at("libos/occlum-kernel"),
                    self.at("tests/machine"), self.at("tests/libother_time.so")])
        return done.returncode, done.stdout + done.stderr

    def seed(self, file, old, new):
        path = os.path.join(self.src, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            sys.exit(f"{file}: {old!r} is there {text.count(old)} times, not once; the seed needs care")
        text = text.replace(old, new)
        if file == BOOTCFG:
            text = INCLUDES + text
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def restore(self, file):
        shutil.copyfile(os.path.join(ROOT, file), os.path.join(self.src, file))


def verdict(what, noticed, output):
    print(f"ok   {what}: noticed" if noticed else f"FAIL {what}: not noticed\n{output[-2000:]}", flush=True)
    return noticed


def check_witness(copy, what, file, old, new):
    copy.seed(file, old, new)
    status, output = copy.witness()
    copy.restore(file)
    return verdict(what, status != 0 and "AssertionError" in output, output)


def check_builder(copy, what, file, old, new, condition):
    copy.seed(file, old, new)
    status, output = copy.builder()
    copy.restore(file)
    if f"skip {condition}" in output:
        print(f"skip {what}: this machine has no {condition}")
        return True
    return verdict(what, status != 0 and f"FAIL {condition}" in output, output)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    copy = Copy(os.path.abspath(sys.argv[1]))
    for test in (copy.witness, copy.builder):
        status, output = test()
        if status:
            sys.exit(f"without a seed it fails already:\n{output}")
    print("ok   without a seed", flush=True)
    results = [check_witness(copy, *seed) for seed in WITNESS]
    results += [check_builder(copy, *seed) for seed in BUILDER]
    print(f"{sum(results)} seeds noticed, {len(results) - sum(results)} not")
    sys.exit(0 if all(results) else 1)


main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run programs natively and in an enclave, and compare.

usage: run.py --occlum PATH --programs DIR --work DIR [--platform NAME]
              [--isa NAME] AREA...

Each AREA is a file AREA.json beside this script: a list of cases.

    name      unique within the area
    argv      what to run; "@x" stands for the test program x
    stdin     text for standard input (default: empty)
    expect    "native" (default): standard output and exit code equal those of
              a native run of the same command; or {"status": N, "stdout": TEXT}
    needs     a command that must exist on this machine, else SKIP with its name
    program   a test program that may be missing (no compiler), else SKIP
    run       options for `occlum run` (a list)
    timeout   seconds (default 60)

The instance is built once for all areas and rebuilt when a program changed.
Ends with the line "N passed, N failed, N skipped".
"""
import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# What the cases run besides our own programs: Debian's, unmodified.
DEBIAN = ["/bin/busybox", "/usr/bin/python3", "/usr/bin/sqlite3", "/bin/bash", "/bin/dash"]
PYTHON_LIB = "/usr/lib/python3.11"
LIB = "/usr/lib/x86_64-linux-gnu"
GCC_LIB = "/usr/lib/gcc/x86_64-linux-gnu/12"
# What gcc needs to compile and link a C file.
TOOLCHAIN = ["/usr/bin/gcc", "/usr/bin/as", "/usr/bin/ld", GCC_LIB + "/cc1", GCC_LIB + "/collect2",
             GCC_LIB + "/liblto_plugin.so", GCC_LIB + "/libgcc.a", GCC_LIB + "/libgcc_s.so",
             GCC_LIB + "/crtbeginS.o", GCC_LIB + "/crtendS.o", GCC_LIB + "/include",
             LIB + "/crti.o", LIB + "/crtn.o", LIB + "/Scrt1.o", LIB + "/libc.so", LIB + "/libc_nonshared.a",
             "/usr/include"]
CONFIG = {
    "resource_limits.user_space_size": "256MB",
    "resource_limits.user_space_max_size": "4GB",
    "resource_limits.kernel_space_heap_size": "64MB",
    "resource_limits.max_num_of_threads": 2048,
    "entry_points": ["/bin", "/usr/bin", "/test"],
}
# SGX1 has no memory that comes later: a mapping takes all that it may hold, a
# thread's stack like any other.
CONFIG_SGX1 = {
    "resource_limits.user_space_size": "1GB",
    "process.default_stack_size": "256KB",
}


def run(argv, **kw):
    return subprocess.run(argv, capture_output=True, check=False, **kw)


def must(argv, **kw):
    done = run(argv, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done


def set_field(config, path, value):
    *parents, last = path.split(".")
    for name in parents:
        config = config.setdefault(name, {})
    config[last] = value


class Instance:
    """One instance folder with all programs in it."""

    def __init__(self, occlum, programs, work, config):
        self.config = config
        self.occlum = occlum
        self.programs = programs
        self.work = work
        self.dir = os.path.join(work, "instance")

    def digest(self):
        h = hashlib.sha256()
        h.update(run([self.occlum, "--version"]).stdout + json.dumps(self.config).encode())
        names = [os.path.join(self.programs, n) for n in sorted(os.listdir(self.programs))]
        for path in names + [p for p in DEBIAN if os.path.exists(p)]:
            if os.path.isfile(path) and os.access(path, os.X_OK):
                with open(path, "rb") as f:
                    h.update(path.encode() + hashlib.sha256(f.read()).digest())
        with open(__file__, "rb") as f:
            h.update(f.read())
        return h.hexdigest()

    def prepare(self):
        os.makedirs(self.work, exist_ok=True)
        stamp = os.path.join(self.work, "stamp")
        with open(os.path.join(self.work, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            digest = self.digest()
            if os.path.exists(stamp) and open(stamp, encoding="utf-8").read() == digest:
                return
            self.build()
            with open(stamp, "w", encoding="utf-8") as f:
                f.write(digest)

    def build(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        must([self.occlum, "new", self.dir])
        present = [p for p in DEBIAN + TOOLCHAIN if os.path.exists(p)]
        if os.path.isdir(PYTHON_LIB):
            present.append(PYTHON_LIB)
        must([self.occlum, "add"] + present, cwd=self.dir)
        self.add_programs()
        path = os.path.join(self.dir, "Occlum.json")
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        for field, value in self.config.items():
            set_field(config, field, value)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f, indent="\t")
        must([self.occlum, "build"], cwd=self.dir)

    def add_programs(self):
        target = os.path.join(self.dir, "image", "test")
        os.makedirs(target, exist_ok=True)
        for name in sorted(os.listdir(self.programs)):
            path = os.path.join(self.programs, name)
            if not os.path.isfile(path) or not os.access(path, os.X_OK):
                continue
            # For the libraries; then the program at its place.
            must([self.occlum, "add", path], cwd=self.dir)
            shutil.copy2(path, os.path.join(target, name))
        stray = os.path.join(self.dir, "image", self.programs.lstrip("/"))
        shutil.rmtree(stray, ignore_errors=True)

    def inside(self, argv):
        return ["/test/" + a[1:] if a.startswith("@") else a for a in argv]

    def outside(self, argv):
        return [os.path.join(self.programs, a[1:]) if a.startswith("@") else a for a in argv]


def native(instance, case, timeout):
    argv = instance.outside(case["argv"])
    return run(argv, input=case.get("stdin", "").encode(), timeout=timeout, cwd="/",
               env={"PATH": "/usr/bin:/bin", "OCCLUM": "yes"})


def enclave(instance, case, options, timeout):
    argv = [instance.occlum, "run"] + options
    argv += case.get("run", []) + instance.inside(case["argv"])
    return run(argv, input=case.get("stdin", "").encode(), timeout=timeout, cwd=instance.dir)


def wanted(instance, case, timeout):
    expect = case.get("expect", "native")
    if expect == "native":
        done = native(instance, case, timeout)
        status = 128 - done.returncode if done.returncode < 0 else done.returncode
        return status, done.stdout
    return expect["status"], expect["stdout"].encode() if "stdout" in expect else None


def check(instance, case, options):
    """"ok", or ("fail" or "skip", why)."""
    needs = case.get("needs")
    if needs and not shutil.which(needs):
        return "skip", f"no {needs} on this machine"
    program = case.get("program")
    if program and not os.path.exists(os.path.join(instance.programs, program)):
        return "skip", f"{program} was not built: no compiler for it on this machine"
    timeout = case.get("timeout", 60)
    try:
        status, stdout = wanted(instance, case, timeout)
        done = enclave(instance, case, options, timeout)
    except subprocess.TimeoutExpired as e:
        return "fail", f"not done in {timeout} s: {e.cmd}"
    if done.returncode != status or (stdout is not None and done.stdout != stdout):
        return "fail", (f"exit {done.returncode}, want {status}\n--- stdout\n{show(done.stdout)}"
                        f"\n--- want\n{show(stdout)}\n--- stderr\n{show(done.stderr)}")
    return "ok", ""


def show(data):
    return "" if data is None else data.decode(errors="replace")[-2000:]


def cases_of(area):
    with open(os.path.join(HERE, area + ".json"), encoding="utf-8") as f:
        cases = json.load(f)
    names = [c["name"] for c in cases]
    if len(set(names)) != len(names):
        sys.exit(f"{area}.json: a name stands twice")
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--occlum", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--platform", default="")
    parser.add_argument("--isa", default="")
    parser.add_argument("--only", default="", help="run only the cases whose name contains this")
    parser.add_argument("areas", nargs="+")
    args = parser.parse_args()
    config = CONFIG | CONFIG_SGX1 if args.isa == "sgx1" else CONFIG
    instance = Instance(os.path.abspath(args.occlum), os.path.abspath(args.programs), os.path.abspath(args.work),
                        config)
    instance.prepare()
    options = ["--platform", args.platform] if args.platform else []
    options += ["--isa", args.isa] if args.isa else []
    count = {"ok": 0, "fail": 0, "skip": 0}
    for area in args.areas:
        for case in cases_of(area):
            if args.only not in case["name"]:
                continue
            result, why = check(instance, case, options)
            count[result] += 1
            print(f"{result:4} {area}/{case['name']}" + (f": {why}" if why else ""), flush=True)
    print(f"{count['ok']} passed, {count['fail']} failed, {count['skip']} skipped")
    sys.exit(1 if count["fail"] or not count["ok"] else 0)


if __name__ == "__main__":
    main()

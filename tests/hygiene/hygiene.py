#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Are registers clean where the enclave is left, and safe where it is entered?

usage: hygiene.py [--seeds] OBSERVE OCCLUM KERNEL PROGRAMS WORK [E2E_WORK]

Runs `canaries` under `observe`, on `emu` and on `sgx-fake`: every exit must look
the same whatever is in the registers, and whatever the host enters with, the
program must print what it prints natively.  The programs of OTHERS have only
the latter to say; they come from the instance that e2e/run.py builds in
E2E_WORK.

--seeds: the same with kernels that have one of the faults in seeds.py, linked
from the objects of KERNEL's build folder.  Each must be seen.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import run  # noqa: E402 - found by the line above
from seeds import SEEDS  # noqa: E402

FLOATS = "import math; print([math.sin(i) / 3 for i in range(500)], 0.1 + 0.2, round(2.5), 1e308 * 10)"
OTHERS = [["@registers"], ["@signals"], ["@threads"], ["/usr/bin/python3", "-c", FLOATS]]
EXITS_MIN = 200  # of each kind
TIMEOUT = 100  # seconds
TIMEOUT_SEEDED = 20


def cpu_flags():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return next(line for line in f if line.startswith("flags")).split()


class Instance:
    """An instance with nothing but `canaries`, which may use tiles."""

    def __init__(self, occlum, programs, work):
        self.occlum, self.dir = occlum, os.path.join(work, "instance")
        self.program = os.path.join(programs, "canaries")
        run.shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(work, exist_ok=True)
        run.must([occlum, "new", self.dir])
        run.must([occlum, "add", self.program], cwd=self.dir)
        path = os.path.join(self.dir, "Occlum.json")
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        run.set_field(config, "feature.amx", 2)
        run.set_field(config, "entry_points", [os.path.dirname(self.program)])
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)

    def build(self, kernel):
        run.must([self.occlum, "build"], cwd=self.dir, env=os.environ | {"OCCLUM_KERNEL": kernel})


def symbol(path, name):
    out = run.must(["nm", path]).stdout.decode()
    return re.search(rf"^([0-9a-f]+) [tT] {name}$", out, re.M)[1]


def places(occlum, kernel, platform):
    leave = symbol(kernel, "leave")
    code = run.must(["objdump", "-d", "--no-show-raw-insn", f"--start-address=0x{leave}", kernel]).stdout.decode()
    eexit = re.search(r"^ *([0-9a-f]+):\s+enclu", code, re.M)[1]
    found = [f"enter {symbol(kernel, 'enclave_entry')}", f"exit {eexit}"]
    if platform == "emu":
        found += [f"host +{symbol(occlum, name)}" for name in ("emu_aep", "emu_exception")]
    return "\n".join(found) + "\n"


def observe(args, kernel, platform, folder, argv, timeout=TIMEOUT):
    """Exit code, the program's output, what was observed."""
    try:
        done = subprocess.run([args.observe, args.occlum, "run", "--platform", platform, *argv], cwd=folder,
                              input=places(args.occlum, kernel, platform), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return None, "does not end\n", ""
    lines = done.stdout.splitlines(keepends=True)
    seen = [line for line in lines if line.startswith("observed:")]
    return done.returncode, "".join(line for line in lines if line not in seen), "".join(seen)


def native(argv):
    return run.run(argv).stdout.decode()


def verdict(what, status, output, seen, want):
    """What is wrong; an empty text if nothing is."""
    counts = re.search(r"(\d+) host calls, (\d+) traps", seen)
    bad = seen if status else ""
    if output != want:
        bad += f"output differs:\n{output[-1000:]}"
    if what == "canaries" and counts and min(map(int, counts.groups())) < EXITS_MIN:
        bad += f"too few exits: {counts[0]}\n"
    return bad


def check(args, kernel, platform, folder, inside, outside):
    status, output, seen = observe(args, kernel, platform, folder, inside)
    bad = verdict(os.path.basename(outside[0]), status, output, seen, native(outside))
    entries = re.search(r"\d+ entries", seen)
    print(f"{'FAIL' if bad else 'ok  '} {platform}, {' '.join(outside)[-40:]}: {entries and entries[0]}\n{bad}",
          end="", flush=True)
    return not bad


def check_all(args):
    instance = Instance(args.occlum, args.programs, args.work)
    instance.build(args.kernel)
    if "amx_tile" not in cpu_flags():
        print("skip tiles: this CPU has no AMX")
    if "avx512f" not in cpu_flags():
        print("skip masks and zmm registers: this CPU has no AVX-512")
    e2e = run.Instance(args.occlum, args.programs, args.e2e_work, run.CONFIG)
    e2e.prepare()
    good = True
    for platform in ("emu", "sgx-fake"):
        good &= check(args, args.kernel, platform, instance.dir, [instance.program], [instance.program])
        for argv in OTHERS:
            if os.path.exists(e2e.outside(argv)[0]):
                good &= check(args, args.kernel, platform, e2e.dir, e2e.inside(argv), e2e.outside(argv))
    return good


class Linker:
    """Links the kernel again, with one object compiled from changed text."""

    def __init__(self, kernel, folder):
        self.build = os.path.dirname(os.path.dirname(kernel))
        self.folder = folder
        name = os.path.relpath(kernel, self.build)
        self.commands = run.must(["ninja", "-C", self.build, "-t", "commands", name]).stdout.decode().splitlines()
        self.link = self.commands[-1].replace(f"-o {name} ", f"-o {folder}/kernel ")

    def seeded(self, file, changes):
        """The path of a kernel with @changes to @file."""
        with open(os.path.join(ROOT, file), encoding="utf-8") as f:
            text = f.read()
        for old, new in changes:
            if text.count(old) != 1:
                sys.exit(f"{file}: {text.count(old)} times, not once: {old!r}")
            text = text.replace(old, new)
        changed = os.path.join(self.folder, os.path.basename(file))
        with open(changed, "w", encoding="utf-8") as f:
            f.write(text)
        compile_it = next(c for c in self.commands if re.search(rf"-c \S*/{file}$", c) and "occlum-kernel.p" in c)
        was, now = re.search(r"-o (\S+)", compile_it)[1], os.path.join(self.folder, "changed.o")
        compile_it = re.sub(r"-c \S+$", f"-c {changed}", compile_it.replace(was, now))
        for command in (compile_it, self.link.replace(was, now)):
            subprocess.run(command, shell=True, cwd=self.build, check=True)
        return os.path.join(self.folder, "kernel")


def check_seed(args, linker, instance, seed):
    what, file, changes, reported, flag = seed
    if flag and flag not in cpu_flags():
        print(f"skip {what}: this CPU has no {flag}")
        return True
    kernel = linker.seeded(file, changes)
    instance.build(kernel)
    status, output, seen = observe(args, kernel, "emu", instance.dir, [instance.program], TIMEOUT_SEEDED)
    good = bool(verdict("", status, output, seen, native([instance.program])))
    good = good and re.search(reported, output + seen) is not None
    print(f"ok   {what}: seen" if good else f"MISSED {what}: exit {status}\n{output}{seen}", flush=True)
    return good


def check_seeds(args):
    instance = Instance(args.occlum, args.programs, args.work)
    with tempfile.TemporaryDirectory() as folder:
        linker = Linker(args.kernel, folder)
        missed = sum(not check_seed(args, linker, instance, seed) for seed in SEEDS)
    print(f"{len(SEEDS)} seeds, {missed} missed")
    return not missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", action="store_true")
    for name in ("observe", "occlum", "kernel", "programs", "work"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("e2e_work", type=os.path.abspath, nargs="?")
    args = parser.parse_args()
    sys.exit(0 if (check_seeds if args.seeds else check_all)(args) else 1)


main()

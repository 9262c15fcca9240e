#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measure works natively and in the enclave, alternately, in one run.

usage: run.py --occlum PATH --programs DIR --work DIR [--rounds N] [--json FILE] [--only TEXT]

Each row is measured --rounds times on each side in turn; the table shows the
medians and their ratio (below 1: the enclave is faster; for rates the ratio
is of rates).  `goal` is what we want, `peer` what Gramine's plain-Linux
backend with its patched glibc reached on such a machine.  Only ratios of one
run mean anything.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

# name, what, kind, goal (ratio to native), floor in ns that is also good enough, peer
# kind: time = `works` prints ns an operation; rate = the same, as bytes a second;
#       command = a whole command, start to exit
ROWS = [
    ("null_call", "null system call", "time", 1 / 6, 25, 0.24),
    ("null_call_unpatched", "null system call, not rewritten", "time", None, 0, 14.6),
    ("read_zero", "read 1 byte of /dev/zero", "time", 1 / 4, 40, 0.43),
    ("clock_gettime", "clock_gettime", "time", None, 0, None),
    ("futex_ping_pong", "futex ping-pong, threads", "time", 1 / 10, 0, 1.2),
    ("pipe_ping_pong_threads", "pipe ping-pong, threads", "time", 1 / 10, 0, 1.2),
    ("pipe_ping_pong_processes", "pipe ping-pong, processes", "time", 1 / 10, 0, 1.8),
    ("pipe_throughput", "pipe throughput, 64 KiB", "rate", 6, 0, 6.5),
    ("thread_create_join", "thread create + join", "time", 1 / 3, 0, 4),
    ("spawn_static", "spawn + exit, static 20 KiB", "time", 1 / 3, 0, 18),
    ("spawn_dynamic", "spawn + exit, dynamic", "time", 1 / 3, 0, 18),
    ("spawn_large", "spawn + exit, 14 MiB", "time", 1 / 3, 0, 18),
    ("hello", "run a dynamic hello world", "command", 8, 0, 12),
    ("python_pass", "python3 -c pass", "command", 1.5, 0, 2),
    ("memcpy", "memcpy 1 MiB", "rate", 0.97, 0, 1.0),
    ("compute", "integer loop", "time", 1 / 0.97, 0, 1.0),
    ("openmp", "OpenMP loop", "time", 1 / 0.97, 0, 1.0),
    ("map_unmap", "mmap 64 KiB, touch, munmap", "time", None, 0, None),
    ("map_touch_4mib", "mmap 4 MiB, touch all, munmap", "time", None, 0, None),
]
RATE_BYTES = {"pipe_throughput": 65536, "memcpy": 1 << 20}
PYTHON = "/usr/bin/python3"


def output(argv, **kw):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False, **kw)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


class Bench:
    def __init__(self, args):
        self.occlum = os.path.abspath(args.occlum)
        self.programs = os.path.abspath(args.programs)
        self.dir = os.path.join(os.path.abspath(args.work), "instance")

    def prepare(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        output([self.occlum, "new", self.dir])
        names = ["works", "nothing_static", "nothing_dynamic", "nothing_large", "hello"]
        paths = [os.path.join(self.programs, n) for n in names]
        output([self.occlum, "add", PYTHON, "/usr/lib/python3.11"] + paths, cwd=self.dir)
        target = os.path.join(self.dir, "image", "bench")
        os.makedirs(target, exist_ok=True)
        for p in paths:
            shutil.copy2(p, target)
        path = os.path.join(self.dir, "Occlum.json")
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        config["entry_points"] = ["/bench", "/usr/bin"]
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f, indent="\t")
        output([self.occlum, "build"], cwd=self.dir)

    def command(self, side, name):
        root = "/bench" if side == "enclave" else self.programs
        argv = {
            "hello": [root + "/hello"],
            "python_pass": [PYTHON, "-c", "pass"],
        }.get(name, [root + "/works", name])
        return ([self.occlum, "run"] + argv, self.dir) if side == "enclave" else (argv, "/")

    def figure(self, side, name, kind):
        argv, cwd = self.command(side, name)
        if kind != "command":
            return float(output(argv, cwd=cwd).strip().splitlines()[-1])
        figures = []
        for _ in range(5):
            start = time.monotonic_ns()
            output(argv, cwd=cwd)
            figures.append(time.monotonic_ns() - start)
        return statistics.median(figures)


def show(name, kind, ns):
    if kind == "rate":
        return f"{RATE_BYTES[name] / ns:.2f} GB/s"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.2f} {unit}"
    return f"{ns:.1f} ns"


def judge(row, native, enclave):
    """Ratio as the goal counts it, and the verdict."""
    _, _, kind, goal, floor, peer = row
    ratio = native / enclave if kind == "rate" else enclave / native
    if goal is None:
        return ratio, "-"
    miss = goal / ratio if kind == "rate" else ratio / goal
    if miss <= 1 or (floor and enclave <= floor):
        return ratio, "met"
    worse = peer is not None and (ratio < peer if kind == "rate" else ratio > peer)
    return ratio, f"missed {miss:.1f}x" + (", worse than the peer" if worse else "")


def measure(bench, row, rounds):
    name, what, kind, goal, _, peer = row
    sides = {"native": [], "enclave": []}
    for _ in range(rounds):
        for side, figures in sides.items():
            figures.append(bench.figure(side, name, kind))
    native, enclave = (statistics.median(sides[s]) for s in ("native", "enclave"))
    ratio, verdict = judge(row, native, enclave)
    return {"name": name, "what": what, "kind": kind, "native_ns": native, "enclave_ns": enclave,
            "ratio": ratio, "goal": goal, "peer": peer, "verdict": verdict}


def line(result):
    goal = "-" if result["goal"] is None else f"{result['goal']:.2f}"
    peer = "-" if result["peer"] is None else f"{result['peer']:.2f}"
    native, enclave = (show(result["name"], result["kind"], result[s]) for s in ("native_ns", "enclave_ns"))
    return (f"{result['what']:34} {native:>12} {enclave:>12} {result['ratio']:>8.2f} {goal:>6} {peer:>6}  "
            f"{result['verdict']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--occlum", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    bench = Bench(args)
    bench.prepare()
    print(f"{'work':34} {'native':>12} {'enclave':>12} {'ratio':>8} {'goal':>6} {'peer':>6}  verdict")
    results, failed = [], 0
    for row in ROWS:
        if args.only not in row[0]:
            continue
        try:
            results.append(measure(bench, row, args.rounds))
            print(line(results[-1]), flush=True)
        except (RuntimeError, subprocess.TimeoutExpired, ValueError, IndexError) as e:
            failed += 1
            print(f"{row[1]:34} FAILED: {e}", flush=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"rows": results}, f, indent="\t")
    sys.exit(1 if failed else 0)


main()

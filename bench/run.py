#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measure works natively and in the enclave, alternately, in one run.

usage: run.py --occlum PATH --programs DIR --work DIR [--rounds N] [--json FILE] [--only TEXT] [--check]

Each row is measured --rounds times on each side in turn; the table shows the
medians and their ratio (below 1: the enclave is faster; for rates the ratio
is of rates), and the smallest and largest ratio of a round.  `goal` is what we
want, `peer` what Gramine's plain-Linux backend with its patched glibc reached
on such a machine.  Only ratios of one run mean anything.

Verdicts: met, within 2x, missed; and "worse than the peer" besides.  What was
not met is explained at the end, from rows.json, where the rows are described:
kind time (`works` prints ns an operation), rate (the same, as bytes a second) or
command (start to exit); goal a ratio to native; floor_ns what is good enough
whatever native does.  With --check the exit code is 1 if a goal was missed by
more than 2x or a ratio is worse than the peer's.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"
HERE = os.path.dirname(os.path.abspath(__file__))


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


def show(row, ns):
    if row["kind"] == "rate":
        return f"{row['bytes'] / ns:.2f} GB/s"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.2f} {unit}"
    return f"{ns:.1f} ns"


# The peer's figures are given with two digits: 1.0 may have been 1.05.
PEER_PRECISION = 0.05


def ratio_of(row, native, enclave):
    """As the goal counts it: of times, or of rates."""
    return native / enclave if row["kind"] == "rate" else enclave / native


def judge(row, ratio, enclave):
    """met, within 2x, missed, or - where there is no goal; and whether the peer does better."""
    is_rate = row["kind"] == "rate"
    peer, goal = row.get("peer"), row.get("goal")
    worse = peer is not None and (ratio < peer * (1 - PEER_PRECISION) if is_rate
                                  else ratio > peer * (1 + PEER_PRECISION))
    if goal is None:
        return "-", worse
    miss = goal / ratio if is_rate else ratio / goal
    if miss <= 1 or enclave <= row.get("floor_ns", 0):
        return "met", worse
    return "within 2x" if miss <= 2 else "missed", worse


def spread(figures):
    return {"median": statistics.median(figures), "min": min(figures), "max": max(figures)}


def measure(bench, row, rounds):
    sides = {"native": [], "enclave": []}
    for _ in range(rounds):
        for side, figures in sides.items():
            figures.append(bench.figure(side, row["name"], row["kind"]))
    result = {k: row.get(k) for k in ("name", "what", "kind", "goal", "peer")}
    for side, figures in sides.items():
        result[side + "_ns"] = spread(figures)
    native, enclave = (result[s + "_ns"]["median"] for s in sides)
    by_round = [ratio_of(row, n, e) for n, e in zip(sides["native"], sides["enclave"])]
    result["ratio"] = ratio_of(row, native, enclave)
    result["ratio_min"], result["ratio_max"] = min(by_round), max(by_round)
    result["verdict"], result["worse_than_peer"] = judge(row, result["ratio"], enclave)
    if result["verdict"] in ("within 2x", "missed") or result["worse_than_peer"]:
        result["why"], result["next"] = row["why"], row["next"]
    return result


def number(value):
    return "-" if value is None else f"{value:.2f}"


HEADER = (f"{'work':32} {'native':>11} {'enclave':>11} {'ratio':>7} {'min':>7} {'max':>7} "
          f"{'goal':>6} {'peer':>6}  verdict")


def line(row, r):
    native, enclave = (show(row, r[s + "_ns"]["median"]) for s in ("native", "enclave"))
    return (f"{r['what']:32} {native:>11} {enclave:>11} {number(r['ratio']):>7} {number(r['ratio_min']):>7} "
            f"{number(r['ratio_max']):>7} {number(r['goal']):>6} {number(r['peer']):>6}  {r['verdict']}"
            + (", worse than the peer" if r["worse_than_peer"] else ""))


def explain(results):
    for r in results:
        if "why" in r:
            print(f"{r['what']}: {r['why']}. Next: {r['next']}.")


def rows_like(text):
    with open(os.path.join(HERE, "rows.json"), encoding="utf-8") as f:
        return [row for row in json.load(f) if text in row["name"]]


def run_rows(bench, rows, rounds):
    """The results, and how many rows gave none."""
    results, failed = [], 0
    print(HEADER)
    for row in rows:
        try:
            results.append(measure(bench, row, rounds))
            print(line(row, results[-1]), flush=True)
        except (RuntimeError, subprocess.TimeoutExpired, ValueError, IndexError) as e:
            failed += 1
            print(f"{row['what']:32} FAILED: {e}", flush=True)
    return results, failed


def summary(results, failed):
    verdicts = [r["verdict"] for r in results]
    parts = [f"{verdicts.count(v)} {v}" for v in ("met", "within 2x", "missed")]
    worse = sum(r["worse_than_peer"] for r in results)
    return ", ".join(parts + [f"{worse} worse than the peer", f"{failed} failed"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--occlum", required=True)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--only", default="")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    bench = Bench(args)
    bench.prepare()
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"the load of this machine is {load:.1f}: other programs have a part in the figures")
    results, failed = run_rows(bench, rows_like(args.only), args.rounds)
    explain(results)
    print(summary(results, failed))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"rounds": args.rounds, "load": load, "cpus": os.cpu_count(), "rows": results}, f, indent="\t")
    bad = [r for r in results if r["verdict"] == "missed" or r["worse_than_peer"]]
    sys.exit(1 if failed or (args.check and bad) else 0)


if __name__ == "__main__":
    main()

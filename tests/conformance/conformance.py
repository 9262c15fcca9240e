#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run the conformance cases natively and in an enclave, and compare.

usage: conformance.py --occlum PATH --program PATH --work DIR [--platform NAME] [CALL...]

A case is equal when it printed the same lines on both sides.  It must show a
result of the call that it is named after, and an error of that call if it is
an error case; natively, too, or it proves nothing.  A case that needs a
capability which this user lacks is skipped, and named.

Ends with the line "N passed, N failed, N skipped".
"""
import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

INSIDE = "/bin/conformance"
TIMEOUT = 240
# Where cases make their files natively: a tmpfs, as /tmp is in the enclave.
SHM = "/dev/shm"


def run(argv, **kw):
    return subprocess.run(argv, capture_output=True, check=False, timeout=TIMEOUT, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, **kw)


def make_instance(occlum, program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    run([occlum, "new", folder])
    os.makedirs(folder + "/image/bin", exist_ok=True)
    shutil.copy2(program, folder + "/image" + INSIDE)
    path = folder + "/Occlum.json"
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    config["resource_limits"].update(user_space_size="256MB", user_space_max_size="512MB")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f, indent="\t")
    done = run([occlum, "build"], cwd=folder)
    if done.returncode:
        sys.exit(done.stderr)


def natively(program, calls):
    folder = tempfile.mkdtemp(prefix="conformance.", dir=SHM if os.path.isdir(SHM) else None)
    try:
        return run([program, folder] + calls, env={"PATH": "/bin"})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_enclave(occlum, folder, platform, calls):
    options = ["--platform", platform] if platform else []
    return run([occlum, "run", *options, INSIDE, "/tmp"] + calls, cwd=folder)


def cases_of(done):
    """{title: lines} of a run; every title is "call: what happens"."""
    cases, lines = {}, []
    for line in done.stdout.splitlines():
        if line.startswith(" "):
            lines.append(line)
        elif line in cases:
            sys.exit(f"two cases have the title {line!r}")
        else:
            lines = cases[line] = []
    return cases


def weakness(call, kind, lines):
    """Why a native outcome proves nothing, or None."""
    if not any(line.startswith(f"  {call}(") for line in lines):
        return f"shows no {call}()"
    if kind == "error" and not any(re.match(rf"  {call}\(.* = -E", line) for line in lines):
        return f"shows no error of {call}()"
    return None


def check(call, kind, want, got):
    """("ok", ""), or ("fail" or "skip", why)."""
    if want and "SKIP" in want[-1]:
        return "skip", want[-1].strip()
    weak = weakness(call, kind, want)
    if weak:
        return "fail", weak
    if want == got:
        return "ok", ""
    lines = difflib.unified_diff(want, got or [], "native", "enclave", n=1, lineterm="")
    return "fail", "\n" + "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--occlum", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--platform", default="")
    parser.add_argument("calls", nargs="*")
    args = parser.parse_args()
    occlum, program, work = (os.path.abspath(p) for p in (args.occlum, args.program, args.work))
    make_instance(occlum, program, work)
    native = cases_of(natively(program, args.calls))
    done = in_enclave(occlum, work, args.platform, args.calls)
    enclave = cases_of(done)
    count = {"ok": 0, "fail": 0, "skip": 0}
    for line in run([program, "--list"]).stdout.splitlines():
        call, kind, title = line.split("\t")
        name = f"{call}: {title}"
        if args.calls and call not in args.calls:
            continue
        result, why = check(call, kind, native.get(name, []), enclave.get(name))
        count[result] += 1
        if result != "ok":
            print(f"{result:4} {name}: {why}")
    if done.returncode:
        count["fail"] += 1
        print(f"fail the enclave: exit {done.returncode}\n{done.stderr[-2000:]}")
    print(f"{count['ok']} passed, {count['fail']} failed, {count['skip']} skipped")
    sys.exit(1 if count["fail"] or not count["ok"] else 0)


main()

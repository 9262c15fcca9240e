#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
independence.py - the same sources give the same enclave, whoever builds it.

    independence.py OCCLUM KERNEL MACHINE OTHER_TIME_SO

One instance is built again and again: in another folder, as another user, on
another day, with another number of cores, another CPUID table, another umask,
locale and environment.  Every file of each build has to be the first one's.
MACHINE prints what a program sees of the machine, and proves for each
condition that it did change something: a condition that this machine can't
set up is named as skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile

MACHINE, OTHER_TIME = map(os.path.realpath, sys.argv[3:5])
FILES = ("kernel", "config.bin", "root.index", "root.body", "SIGSTRUCT")
PROGRAMS = ["busybox", "bash", "sqlite3"]
TOP = tempfile.mkdtemp(prefix="independence-")
PREFIX = os.path.join(TOP, "prefix")
NOBODY = 65534


def install(occlum, kernel):
    """As if it were installed, where any user can reach it."""
    os.chmod(TOP, 0o755)
    for path, name in [(occlum, "bin/occlum"), (os.path.dirname(occlum) + "/occlum-tools", "lib/occlum/occlum-tools"),
                       (kernel, "lib/occlum/occlum-kernel"), (MACHINE, "machine"), (OTHER_TIME, "other_time.so")]:
        to = os.path.join(PREFIX, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(path, to)


def run(argv, cwd, env=None, **kw):
    return subprocess.run(argv, cwd=cwd, env=dict(os.environ, **(env or {})), capture_output=True, text=True,
                          timeout=120, **kw)


def must(argv, cwd, **kw):
    done = run(argv, cwd, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_sources():
    """An instance that was never built, and a key."""
    folder = os.path.join(TOP, "sources")
    must([PREFIX + "/bin/occlum", "new", folder], TOP)
    must([PREFIX + "/bin/occlum", "add", *[p for p in PROGRAMS if shutil.which(p)]], folder)
    must(["openssl", "genrsa", "-3", "-out", TOP + "/key.pem", "3072"], TOP)
    os.chmod(TOP + "/key.pem", 0o644)
    return folder


def copy_backwards(source, to):
    """Names in another order, and times that are this moment's."""
    os.makedirs(to)
    for name in sorted(os.listdir(source), reverse=True):
        path = os.path.join(source, name)
        if os.path.isdir(path) and not os.path.islink(path):
            copy_backwards(path, os.path.join(to, name))
        else:
            shutil.copyfile(path, os.path.join(to, name), follow_symlinks=False)
            shutil.copymode(path, os.path.join(to, name), follow_symlinks=False)
    shutil.copymode(source, to)


def digest(folder):
    files = {}
    for name in FILES:
        with open(os.path.join(folder, "build", name), "rb") as f:
            files[name] = f.read()
    return files


def build(folder, before, **kw):
    must([*before, PREFIX + "/bin/occlum", "build", "--sign-key", TOP + "/key.pem"], folder, **kw)
    return digest(folder)


def give_away(folder):
    for at, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(at, name), NOBODY, NOBODY, follow_symlinks=False)


# What changes: words in front of the command, environment, other arguments of
# subprocess.run, and the line of MACHINE's that has to differ.
def conditions():
    yield "another folder", [], {}, {}, None
    if os.geteuid() == 0:
        as_other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        as_other = ["unshare", "-U"]
    yield "another user", as_other, {"HOME": "/nonexistent", "USER": "somebody"}, {}, "user"
    yield "another day", [], {"LD_PRELOAD": PREFIX + "/other_time.so"}, {}, "day"
    core = str(min(os.sched_getaffinity(0)))
    yield "one core", ["taskset", "-c", core], {}, {}, "cores"
    # Its CPU is its own, of a kind that has no SHA instructions.
    yield "another CPUID table", ["valgrind", "-q", "--tool=none", "--trace-children=yes"], {}, {}, "cpuid"
    tunables = "glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS,-SSSE3,-SSE4_2,-AVX512F"
    yield "other code of the libraries", [], {"GLIBC_TUNABLES": tunables, "OPENSSL_ia32cap": "~0xffffffffffffffff"}, \
        {}, None
    yield "another umask", [], {}, {"umask": 0o077}, None
    yield "another locale and zone", [], {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "COLUMNS": "40"}, {}, None


def seen(line, before=(), env=None):
    out = must([*before, PREFIX + "/machine"], "/", env=env)
    return next(text for text in out.splitlines() if text.startswith(line))


def check(sources, first, number, condition):
    name, before, env, kw, line = condition
    if before and not shutil.which(before[0]):
        print(f"skip {name}: there is no {before[0]}")
        return True
    if line and seen(line) == seen(line, before, env):
        print(f"skip {name}: it is the same as before, {seen(line)}")
        return True
    folder = os.path.join(TOP, "elsewhere", f"{number}", "and" * number)
    copy_backwards(sources, folder)
    if name == "another user" and os.geteuid() == 0:
        give_away(folder)
    again = build(folder, before, env=env, **kw)
    bad = [file for file in FILES if again[file] != first[file]]
    print(f"{'FAIL' if bad else 'ok  '} {name}" + (f": {', '.join(bad)} differ" if bad else ""), flush=True)
    return not bad


def main():
    install(*map(os.path.realpath, sys.argv[1:3]))
    sources = make_sources()
    first_folder = os.path.join(TOP, "first")
    copy_backwards(sources, first_folder)
    first = build(first_folder, [])
    results = [check(sources, first, i, c) for i, c in enumerate(conditions(), 1)]
    sys.exit(0 if all(results) else 1)


try:
    main()
finally:
    shutil.rmtree(TOP)

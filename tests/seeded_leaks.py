#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A kernel that leaks once, and once only, has to be noticed.

usage: seeded_leaks.py WORK

Copies the project to WORK/src, builds it, and sees the accounts of 300 spawns
come back.  Then, for each seed, one line of the kernel is changed so that the
60th of its calls forgets what it has to give back; the same test must fail and
name the account.  WORK may be kept: what is built is built once.
"""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ONCE = "{ static uint32_t calls; if (++calls != 60) %s }"
# what leaks, file, statement, the accounts that must not come back
SEEDS = [
    ("a page of the kernel", "libos/proc/task.c", "kpages_free(t->fpu, fpu_pages());",
     ONCE, ["heap used", "heap page_runs"]),
    ("a page of user space", "libos/proc/task.c", "thread_signal_fini(&task->sig);",
     "{ static uint32_t calls; uint64_t at; thread_signal_fini(&task->sig);"
     " if (++calls == 60 && !uspace_alloc(PAGE_SIZE, PAGE_SIZE, USPACE_BACKED, &at))"
     " (void)!pages_commit(at, 1, NULL, PAGE_R | PAGE_W, PAGES_HIDDEN); }",
     ["memory used", "memory free_bytes"]),
    ("a descriptor", "libos/proc/reap.c", "\tfile_put(exe);", ONCE, ["files open"]),
    ("a thread", "libos/sched/sched.c", "\tif (gone)\n\t\tthread_put(gone);",
     "{ static uint32_t calls; if (gone && ++calls != 60) thread_put(gone); }", ["threads threads"]),
]
INCLUDES = '#include "libos/mm/pages.h"\n#include "libos/mm/uspace.h"\n'
CASE = "accounts after spawns"


def run(argv, **kw):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **kw)


def must(argv, **kw):
    done = run(argv, **kw)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


class Copy:
    def __init__(self, work):
        self.src = os.path.join(work, "src")
        self.build = os.path.join(work, "build")
        self.e2e = os.path.join(work, "e2e")
        os.makedirs(work, exist_ok=True)
        must(["rsync", "-ac", "--delete", "--exclude", "/.git", "--exclude", "/build*", ROOT + "/", self.src + "/"])
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            must(["meson", "setup", self.build, self.src])

    def test(self):
        """Exit code and output of the short soak."""
        must(["ninja", "-C", self.build])
        done = run([os.path.join(self.src, "tests/e2e/run.py"), "--occlum", os.path.join(self.build, "cli/occlum"),
                    "--programs", os.path.join(self.build, "tests/programs"), "--work", self.e2e,
                    "--only", CASE, "posix"])
        return done.returncode, done.stdout + done.stderr

    def replaced(self, file, old, new):
        path = os.path.join(self.src, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            sys.exit(f"{file}: {old!r} is there {text.count(old)} times, not once; the seed needs care")
        text = text.replace(old, new)
        first = text.index('#include "')
        with open(path, "w", encoding="utf-8") as f:
            f.write(text[:first] + (INCLUDES if "uspace_alloc" in new else "") + text[first:])

    def restore(self, file):
        shutil.copy(os.path.join(ROOT, file), os.path.join(self.src, file))


def check(copy, seed):
    what, file, old, new, accounts = seed
    copy.replaced(file, old, new % old.strip() if "%s" in new else new)
    status, output = copy.test()
    copy.restore(file)
    silent = [a for a in accounts if f"{a}: NOT back" not in output]
    if status == 0 or silent:
        print(f"FAIL {what}: exit {status}, not noticed: {', '.join(silent)}\n{output[-2000:]}")
        return False
    print(f"ok   {what}: {', '.join(accounts)} did not come back", flush=True)
    return True


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    copy = Copy(os.path.abspath(sys.argv[1]))
    status, output = copy.test()
    if status:
        sys.exit(f"without a seed it fails already:\n{output}")
    print("ok   without a seed", flush=True)
    bad = [s[0] for s in SEEDS if not check(copy, s)]
    print(f"{len(SEEDS) - len(bad)} seeds noticed, {len(bad)} not")
    sys.exit(1 if bad else 0)


main()

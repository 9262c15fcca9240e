# SPDX-License-Identifier: Apache-2.0
"""One line changed, one test expected to fail: the engine of the mutants.py.

A mutant is a source file with one text replaced.  It is compiled as the build
compiles it and linked, before the libraries, into the tests of that build, at
least one of which has to fail, or to hang.  A text that is not found exactly
once is an error: the list has to follow the code.
"""
import argparse
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile


class Bench:
    def __init__(self, sources, build, work, timeout):
        self.sources, self.build, self.work, self.timeout = sources, build, work, timeout
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        with open(f"{build}/compile_commands.json", encoding="utf-8") as f:
            entries = json.load(f)
        self.commands = {os.path.realpath(os.path.join(e["directory"], e["file"])): e for e in reversed(entries)}

    def run(self, command):
        subprocess.run(command, cwd=self.build, check=True)

    def compile(self, name, text, folder):
        """The object of source file @name with the content @text."""
        source = f"{folder}/mutant{os.path.splitext(name)[1]}"
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        entry = self.commands[os.path.realpath(f"{self.sources}/{name}")]
        words = [w for w in shlex.split(entry["command"]) if w != "-Werror"]
        words[words.index("-o") + 1] = f"{folder}/mutant.o"
        words[words.index("-c") + 1] = source
        self.run([*words, "-w", "-MF", f"{folder}/mutant.d"])
        return f"{folder}/mutant.o"

    def link(self, test, objects, out):
        """The program @test of the build, with @objects before its libraries."""
        commands = subprocess.run(["ninja", "-t", "commands", "-s", test], cwd=self.build, check=True,
                                  capture_output=True, text=True).stdout
        words = shlex.split(commands.splitlines()[-1])
        words[words.index("-o") + 1] = out
        at = next(i for i, w in enumerate(words) if w.startswith("-Wl,--start-group") or w.endswith(".a"))
        self.run(words[:at] + objects + words[at:])

    def fails(self, test, arguments, objects, folder):
        out = f"{folder}/{os.path.basename(test)}"
        if not os.path.exists(out):
            self.link(test, objects, out)
        try:
            done = subprocess.run([out, *arguments], cwd=folder, capture_output=True, timeout=self.timeout,
                                  env=dict(os.environ, TMPDIR=folder), check=False)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0

    def survives(self, name, text, tests):
        """@tests of source file @name, with @text in its place (None: as it is)."""
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            objects = [self.compile(name, text, folder)] if text else []
            return not any(self.fails(*test, objects, folder) for test in tests)

    def mutated(self, name, old, new):
        with open(f"{self.sources}/{name}", encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            sys.exit(f"mutants: {name} has {text.count(old)} times: {old}")
        return text.replace(old, new)


def short(text):
    return " ".join(text.split()) or "(nothing)"


def main(doc, tests_of, mutants, timeout=60):
    """@tests_of: for a file, programs of the build with their arguments, the quickest to notice first;
    the last arguments of a program make the whole of it.
    @mutants: file, text, text instead."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mutants with this in their file or text")
    parser.add_argument("sources")
    parser.add_argument("build")
    parser.add_argument("work")
    args = parser.parse_args()
    bench = Bench(*(os.path.abspath(p) for p in (args.sources, args.build, args.work)), timeout)
    wanted = [m for m in mutants if args.only in m[0] or args.only in m[1]]
    texts = [bench.mutated(*m) for m in wanted]
    whole = dict(test for name, _, _ in wanted for test in tests_of(name))
    for program, arguments in whole.items():
        bench.run(["ninja", program])
        if not bench.survives(None, None, [(program, arguments)]):
            sys.exit(f"mutants: {program} fails without a mutant")
    alive = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda m, text: bench.survives(m[0], text, tests_of(m[0])), wanted, texts)
        for (name, old, new), survives in zip(wanted, results):
            if survives:
                alive += 1
                print(f"SURVIVES {name}: {short(old)}  ->  {short(new)}", flush=True)
    print(f"{len(wanted)} mutants, {alive} survive")
    sys.exit(1 if alive else 0)

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
docs.py - what the texts show works when it is pasted.

    docs.py OCCLUM WORK_DIR

Runs the README's first enclave line by line, the examples of the manual page,
of docs/ and of each verb's help, and checks every Occlum.json they show.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OCCLUM = os.path.realpath(sys.argv[1])
WORK = os.path.join(os.path.realpath(sys.argv[2]), "docs")


def text_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def shell(script, cwd):
    """Run it as somebody would who has the command on the PATH."""
    env = dict(os.environ, PATH=os.path.join(WORK, "bin") + ":" + os.environ["PATH"])
    return subprocess.run(["bash", "-e", "-c", script], cwd=cwd, env=env, capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def indented(text):
    """Markdown's other way to show a file: lines with four spaces in front."""
    return ["".join(line[4:] for line in block.splitlines(True))
            for block in re.findall(r"(?:^(?:    .*)?\n)+", text, re.M) if block.strip()]


class Shown(unittest.TestCase):
    def setUp(self):
        shutil.rmtree(WORK, ignore_errors=True)
        os.makedirs(WORK + "/bin")
        os.symlink(OCCLUM, WORK + "/bin/occlum")

    def works(self, script, cwd=WORK):
        done = shell(script, cwd)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_first_enclave_of_the_readme(self):
        script = next(b for b in blocks(text_of("README.md"), "sh") if "occlum new" in b)
        lines = [line for line in script.splitlines() if not re.match(r"make\b|export PATH=", line)]
        self.assertEqual(len(lines), len(script.splitlines()) - 2)
        out = self.works("\n".join(lines).replace("/tmp/first", WORK + "/first"))
        self.assertIn("\ninside\n", out)
        self.assertRegex(out, r"\n[0-9a-f]{64}\n$")

    def test_example_of_the_manual(self):
        page = text_of("docs/man/occlum.1")
        script = re.search(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page[page.index(".Sh EXAMPLES"):], re.S | re.M)[1]
        self.assertIn("Linux", self.works(script))

    def test_examples_of_the_help(self):
        """They follow one upon another, in the order of the verbs."""
        self.works("openssl genrsa -3 -out release.pem 3072")
        overview = self.works("occlum --help")
        first = re.search(r"\n\n((?:    .*\n)+)\nVerbs:", overview)[1]
        self.assertIn("Linux", self.works(first))
        folder = WORK + "/hello"
        shutil.copy(WORK + "/release.pem", folder)
        with open(WORK + "/app.yaml", "w", encoding="utf-8") as f:
            f.write("targets:\n  - target: /etc\n    copy:\n      - files: [ /etc/os-release ]\n")
        ran = 0
        for verb in re.findall(r"^    ([a-z]+)  ", overview[overview.index("Verbs:"):], re.M):
            example = re.search(r"\nExample:\n\n((?:    .*\n)+)", self.works(f"occlum help {verb}"))
            if example and verb not in ("new", "init"):
                self.works(example[1], folder)
                ran += 1
        self.assertGreaterEqual(ran, 3)

    def test_configs_that_are_shown(self):
        shown = 0
        texts = [b for name in ("docs/occlum-json.md", "docs/migrating-from-occlum.md", "README.md")
                 for b in indented(text_of(name)) + blocks(text_of(name), "json")]
        page = text_of("docs/man/Occlum.json.5")
        texts += re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.S | re.M)
        self.works("occlum new i")
        os.makedirs(WORK + "/i/image/tmp", exist_ok=True)
        for text in texts:
            if not re.match(r'\s*[{"]', text):
                continue
            config = json.loads(text if text.lstrip().startswith("{") else "{" + text + "}")
            with open(WORK + "/i/Occlum.json", "w", encoding="utf-8") as f:
                json.dump(config, f)
            self.works("occlum check", WORK + "/i")
            shown += 1
        self.assertGreaterEqual(shown, 2)

    def test_message_that_is_shown(self):
        block = next(b for b in indented(text_of("docs/occlum-json.md")) if b.startswith("$ occlum build"))
        self.works("occlum new i")
        with open(WORK + "/i/Occlum.json", "w", encoding="utf-8") as f:
            f.write('{\n"resource_limits": {\n"user_space_sise": "64MB"\n}\n}\n')
        done = shell("occlum build", WORK + "/i")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.split(), block.split()[3:])

    def test_paths_that_are_named(self):
        for name in ("README.md", "HACKING.md", "ARCHITECTURE.md", "SECURITY.md", "docs/platforms.md"):
            text = text_of(name)
            for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue(os.path.exists(os.path.join(ROOT, os.path.dirname(name), path)), f"{name}: {path}")
            for path in re.findall(r"`((?:tools|tests|docs|platform|host|libos|abi|sgx|cli|base)/[\w./-]+)`", text):
                # NAME stands for any file of the folder.
                path = re.sub(r"/[A-Z]+$", "", path)
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), f"{name}: {path}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)

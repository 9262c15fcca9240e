# SPDX-License-Identifier: Apache-2.0
"""The files of this project, as git knows them, for the checks beside."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def tracked(*suffixes):
    """Paths from the root of tracked files that still exist, sorted."""
    out = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode()
    return sorted(
        path
        for path in out.split("\0")
        if path.endswith(suffixes) and os.path.isfile(os.path.join(ROOT, path))
    )


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def is_test(path):
    return "tests" in path.split("/")[:-1]

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lengths of files and functions.

A file past FILE_MAX lines is an error, a function past FUNCTION_MAX a
warning: dispatch and pure tables may be that long, little else.  The last
line gives the figures the style aims at.
"""

import re
import sys

from sources import is_test, read, tracked

FILE_MAX = 800
FUNCTION_MAX = 80

# In our layout only a function's body begins and ends in column one.
NAME = re.compile(r"(\w+)\s*\(")


def functions(lines):
    """(name, first line, length) of each function, header not counted."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield name_before(lines, start), start, number - start + 1
            start = None


def name_before(lines, start):
    head = ""
    for line in reversed(lines[max(0, start - 10):start - 1]):
        if not line or line.startswith(("}", "/*", " *", "#")):
            break
        head = line + " " + head
    found = NAME.search(head)
    return found.group(1) if found else "?"


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main():
    too_long = False
    lengths = []
    for path in tracked(".c", ".h", ".S", ".py", ".sh"):
        lines = read(path).split("\n")
        if len(lines) - 1 > FILE_MAX:
            print(f"{path}: {len(lines) - 1} lines; the limit is {FILE_MAX}")
            too_long = True
        if not path.endswith(".c"):
            continue
        for name, line, length in functions(lines):
            if length > FUNCTION_MAX:
                print(f"{path}:{line}: warning: {name}() has {length} lines")
            if not is_test(path):
                lengths.append(length)
    if lengths:
        print(
            f"{len(lengths)} functions, median {percentile(lengths, 0.5)} "
            f"lines, p90 {percentile(lengths, 0.9)}, longest {max(lengths)}"
        )
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must not stand in the sources, and what must.

 - notes of unfinished work, unless they name an issue: TODO(#12)
 - paths of somebody's machine
 - calls that base/banned.h bans
 - a list and its new node the wrong way round, as far as names tell: both
   have the same type, and an empty list works either way
 - a file of code without its licence line, a header without #pragma once
"""

import re
import sys

from sources import read, tracked

CODE = (".c", ".h", ".S", ".py", ".sh", ".build")
TEXT = CODE + (".md", ".json", ".yaml", ".yml", ".txt", ".ld", "Makefile")

# This file and its test name what they look for.
SELF = {"tools/check-words.py"}

# Programs that know nothing of this project: Linux's own C library is theirs.
PROGRAMS = re.compile(r"^(tests/programs|tests/conformance|bench/works|demos)/|/tests/\w+/programs/")

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
MACHINE = re.compile(r"(?<![\w.$}])/(work|root|home/[a-z]\w*)/|/tmp/build")
# list_add(&x->node, &y->members): the first argument should be the list.
SWAPPED = re.compile(
    r"\blist_(?:add|add_tail|move_tail)\(\s*&[^,]*(?:node|link),"
    r"\s*&(?![^;]*(?:node|link)\);)[^;]*;"
)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def banned_calls():
    """The names that base/banned.h poisons."""
    names = []
    for line in read("base/banned.h").splitlines():
        if line.startswith("#pragma GCC poison "):
            names += line.split()[3:]
    assert names
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def blank(match):
    """Keep line numbers when something is cut out."""
    return "\n" * match.group(0).count("\n")


def lines_with(pattern, text):
    for found in pattern.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group(0).strip()


def check_text(path, text, problems):
    for line, word in lines_with(UNFINISHED, text):
        problems.append(f"{path}:{line}: {word} without an issue number")
    for line, word in lines_with(MACHINE, text):
        problems.append(f"{path}:{line}: {word} is a path of one machine")


def check_code(path, text, banned, problems):
    head = text.split("\n", 4)[:4]
    if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
        problems.append(f"{path}:1: no SPDX licence line")
    if path.endswith(".h") and "\n#pragma once\n" not in text:
        problems.append(f"{path}:1: no #pragma once")
    if PROGRAMS.search(path):
        return
    if path.endswith((".c", ".h")) and path != "base/banned.h":
        code = STRING.sub('""', COMMENT.sub(blank, text))
        for line, word in lines_with(banned, code):
            problems.append(f"{path}:{line}: {word[:-1].strip()} is banned")
        for line, word in lines_with(SWAPPED, code):
            problems.append(f"{path}:{line}: the list comes first: {word}")


def main():
    problems = []
    banned = banned_calls()
    for path in tracked(*TEXT):
        if path in SELF:
            continue
        text = read(path)
        check_text(path, text, problems)
        if path.endswith(CODE) and text.strip():
            check_code(path, text, banned, problems)
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compare every #include with the table of who may use what.

A folder is trusted or not by its path alone, so what it includes is part of
its security argument.  The tables below are that argument; a line of code
that disagrees with them is an error, and so is an exception nobody needs.
"""

import re
import sys

from sources import is_test, read, tracked

# What a top folder may include, besides itself.
FOLDERS = {
    "base": [],
    "abi": ["base"],
    "crypto": ["base"],
    "sgx": ["base", "crypto"],
    "sealfs": ["base", "crypto"],
    "libos": ["abi", "base", "crypto", "sealfs", "sgx"],
    "platform": ["abi", "base", "crypto", "sgx"],
    "host": ["abi", "base", "platform", "sgx"],
    "attest": ["base", "sgx"],
    "cli": [
        "abi", "attest", "base", "crypto", "host", "platform", "sealfs", "sgx",
    ],
    "kubetee": ["attest", "base", "host"],
    "sectest": ["abi", "base", "host", "platform", "sgx"],
    # Tools of developers: public surfaces of whatever they look at; tests/fuzz
    # has a target for each parser, the command's and the kernel's too.
    "tests": ["abi", "attest", "base", "cli", "crypto", "host", "libos",
              "platform", "sealfs", "sgx"],
    "bench": ["abi", "base", "crypto", "host", "platform", "sealfs", "sgx"],
    "demos": [],
    "tools": ["abi", "base", "sgx"],
}

# Inside the kernel: a folder includes only what stands in an earlier row.
# The scheduler reads the clock, a process embeds its signal state, and entry
# dispatches through the table of system calls.
KERNEL_ORDER = [
    ["cpu"],
    ["hostcall"],
    ["time"],
    ["sched"],
    ["mm"],
    ["fs"],
    ["dev"],
    ["net", "ipc"],
    ["signal"],
    ["proc"],
    ["sys"],
    ["entry"],
    ["boot"],
    # The run time of the checked kernel, in front of all of them.
    ["checked"],
]

# Kernel headers that hold only types and ops tables, which is how a lower
# folder calls a higher one or a peer.  The check verifies that they declare
# no function.
KERNEL_TYPES_ONLY = {
}

# (file, include) pairs that break a rule for a good reason.
EXCEPTIONS = {
    ("base/string.h", "<string.h>"): "host programs link their C library's",
}

# Folders whose code runs in the enclave, with no C library.
FREESTANDING = ["abi", "base", "crypto", "libos", "sealfs", "sgx"]
FREESTANDING_HEADERS = re.compile(
    r"<(stdarg|stdatomic|stdbool|stddef|stdint|limits|[a-z]*mmintrin)\.h>"
)
# The host's half of a shared folder: never part of the kernel.
HOST_HALF = re.compile(r"_host\.[ch]$")

# Who may drop __user or __host from a pointer.
FORCE_ALLOWED = re.compile(
    r"^(base/compiler\.h|libos/hostcall/.*|libos/mm/user_?copy\w*\.[chS]"
    r"|crypto/single_touch\w*\.[ch])$"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
PROTOTYPE = re.compile(r"^[a-z][\w \t*]*\**\b\w+\([^;{]*\)[^;{]*;", re.M)

problems = []
used_exceptions = set()
used_types_only = set()


def problem(path, text):
    problems.append(f"{path}: {text}")


def kernel_rank(path):
    """The row of a path below libos/, or -1 for what stands beside them."""
    parts = path.split("/")
    if len(parts) == 2:
        return -1
    for rank, row in enumerate(KERNEL_ORDER):
        if parts[1] in row:
            return rank
    return None


def check_kernel(path, target):
    if is_test(path) or path.split("/")[1] == target.split("/")[1]:
        return
    here, there = kernel_rank(path), kernel_rank(target)
    if here is None or there is None:
        problem(path, f'includes "{target}": a folder is not in KERNEL_ORDER')
    elif here == -1 and there >= 0 or there >= here >= 0:
        if target in KERNEL_TYPES_ONLY:
            used_types_only.add(target)
        else:
            problem(path, f'includes "{target}", which is not below it')


def check_project_include(path, target):
    top, target_top = path.split("/")[0], target.split("/")[0]
    if "/" not in target:
        if is_test(path) or top in ("bench", "demos", "tests"):
            return  # programs and rigs of one folder
        problem(path, f'includes "{target}": write the path from the root')
        return
    if target_top == top:
        if top == "libos":
            check_kernel(path, target)
        return
    if top not in FOLDERS:
        problem(path, f"folder {top}/ is not in the table of tools/check-deps.py")
    elif target_top not in FOLDERS[top]:
        problem(path, f'includes "{target}": {top}/ may not use {target_top}/')
    elif target_top != "abi" and target.endswith("_internal.h"):
        problem(path, f'includes "{target}", which is private to its folder')


def check_system_include(path, target):
    if path.split("/")[0] not in FREESTANDING or is_test(path):
        return
    if HOST_HALF.search(path):
        return
    if not FREESTANDING_HEADERS.fullmatch(target):
        problem(path, f"includes {target}: there is no C library in an enclave")


def check_file(path, text):
    for target in INCLUDE.findall(text):
        if (path, target) in EXCEPTIONS:
            used_exceptions.add((path, target))
        elif target[0] == '"':
            check_project_include(path, target[1:-1])
        else:
            check_system_include(path, target)
    if (
        path.startswith("libos/")
        and not is_test(path)
        and not FORCE_ALLOWED.match(path)
        and re.search(r"\b__force\b", COMMENT.sub("", text))
    ):
        problem(path, "uses __force: only user copies and host calls may")


def check_types_only():
    for path, reason in KERNEL_TYPES_ONLY.items():
        try:
            text = COMMENT.sub("", read(path))
        except FileNotFoundError:
            problem(path, f"is excepted ({reason}) but does not exist")
            continue
        found = PROTOTYPE.search(text)
        if found:
            problem(path, f"is excepted as types only, but has {found.group(0)!r}")
    for pair in EXCEPTIONS.keys() - used_exceptions:
        problem(pair[0], f"no longer needs its exception for {pair[1]}")


def check_cycles(texts):
    """Headers that include one another in a ring."""
    graph = {
        path: [t[1:-1] for t in INCLUDE.findall(text) if t[0] == '"']
        for path, text in texts.items()
        if path.endswith(".h")
    }
    done = set()

    def visit(path, trail):
        if path in trail:
            ring = trail[trail.index(path):] + [path]
            problem(path, "include cycle: " + " -> ".join(ring))
        elif path not in done:
            for target in graph.get(path, []):
                visit(target, trail + [path])
            done.add(path)

    for path in graph:
        visit(path, [])


def check_table():
    """The table itself has no cycle: each folder stands behind its uses."""
    left = {folder: set(uses) for folder, uses in FOLDERS.items()}
    while left:
        free = [f for f, uses in left.items() if not uses & left.keys()]
        if not free:
            problem("tools/check-deps.py", f"cycle among {sorted(left)}")
            return
        for folder in free:
            del left[folder]


def main():
    texts = {path: read(path) for path in tracked(".c", ".h", ".S")}
    check_table()
    for path, text in texts.items():
        if "/" in path:
            check_file(path, text)
    check_types_only()
    check_cycles(texts)
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

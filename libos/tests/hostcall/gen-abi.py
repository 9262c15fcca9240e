#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gen-abi.py HOSTCALL_H SHARED_H OUT - the wall as data, for the hostile host.

From abi/hostcall.h: the table of results and errors in its first comment, and
the fields of argument blocks that are marked "out".  From abi/shared.h: every
field of the structs that the host writes.  A call without a line in the table,
or a line without a call, ends the build.
"""
import re
import sys

# Which fields of each struct the host writes.
SHARED = {
    "host_boot": r".*",
    "host_clock": r".*",
    "vcpu_shared": r"result|trap_.*",
}


def structs(text):
    for m in re.finditer(r"^struct (\w+) \{\n(.*?)^\};", text, re.M | re.S):
        yield m[1], m[2]


def fields(body):
    """(type, name, comment) of each declaration."""
    for m in re.finditer(r"^\t(struct \w+|\w+) ([\w, ]+);[ \t]*"
                         r"(/\*.*?\*/)?", body, re.M | re.S):
        for name in m[2].split(","):
            yield m[1], name.strip(), m[3] or ""


def error_table(text):
    """{call: [errno names]} from the comment table; {} for "none"."""
    table, last = {}, None
    start = text.index("call            result")
    head = text[start:text.index("*/", start)]
    for line in head.splitlines()[1:]:
        line = line.lstrip(" *")
        words = line.split()
        if not words:
            continue
        if words[0].startswith("HC_"):
            last = words[0]
            table[last] = []
        table[last] += [w for w in words if re.fullmatch(r"E[A-Z0-9]+", w)]
    return table


def call_names(text):
    body = re.search(r"enum hostcall \{(.*?)\}", text, re.S)[1]
    return [n for n in re.findall(r"HC_\w+", body) if n != "HC_COUNT"]


def emit_fields(out, struct, rows):
    out.append(f"static const struct abi_field abi_{struct}[] = {{")
    for name in rows:
        out.append(f'\t{{ "{name}", offsetof(struct {struct}, {name}), '
                   f"sizeof(((struct {struct} *)0)->{name}) }},")
    out.append("};")


def main():
    hostcall, shared = (open(p, encoding="utf-8").read()
                        for p in sys.argv[1:3])
    table, calls = error_table(hostcall), call_names(hostcall)
    if sorted(table) != sorted(calls):
        sys.exit(f"abi/hostcall.h: the table and the enum differ: "
                 f"{sorted(set(table) ^ set(calls))}")
    out = ["/* Generated from abi/hostcall.h and abi/shared.h. */",
           "static const struct abi_call abi_calls[HC_COUNT] = {"]
    for name in calls:
        errnos = ", ".join(table[name] + ["0"])
        out.append(f'\t[{name}] = {{ "{name}", {{ {errnos} }} }},')
    out.append("};")
    found = dict(structs(shared))
    for struct, only in SHARED.items():
        rows = []
        for kind, name, _ in fields(found[struct]):
            if kind == "struct host_blob":
                rows += [f"{name}.addr", f"{name}.size"]
            elif re.fullmatch(only, name):
                rows.append(name)
        emit_fields(out, struct, rows)
    for struct, body in structs(hostcall):
        rows = [n for _, n, c in fields(body) if c.startswith("/* out:")]
        if rows:
            emit_fields(out, struct, rows)
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


main()

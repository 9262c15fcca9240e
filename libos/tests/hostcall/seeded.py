#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""seeded.py ROOT BUILD CC... - does the hostile host find what is missing?

Takes one check after the other out of a copy of hostcall/ and the clock, builds
the test over it, and expects it to fail; whole, it must pass.  A text to remove
that is not there exactly once is an error: then this list is out of date.
"""
import os
import subprocess
import sys
import tempfile

CALL = "libos/hostcall/hostcall.c"
IO = "libos/hostcall/io.c"
MEM = "libos/hostcall/hostmem.c"
CONTROL = "libos/hostcall/control.c"
CLOCK = "libos/time/clock.c"

SEEDS = [
    ("a count may be larger than what was asked for", CALL,
     "return (uint64_t)result <= max ? (long)result : -EIO;",
     "return (long)result + 0 * (long)max;"),
    ("any errno is believed", CALL,
     "		if (result == -*errnos)\n", "		if (result < 0)\n"),
    ("the result is read a second time, unchecked", IO,
     "	if (n > 0 && copy_from_host(dst, scratch(), (size_t)n))",
     "	n = (long)host_load64((uint64_t __force __host *)"
     "&host_vcpu_area()->result);\n"
     "	if (n > 0 && copy_from_host(dst, scratch(), (size_t)n))"),
    ("a descriptor may be of no known kind", IO,
     "req.kind < FDKIND_CHAR || req.kind > FDKIND_DIR ||\n", "0 ||\n"),
    ("a file may have a negative size", IO, "req.size > INT64_MAX", "0"),
    ("what the host wrote is taken from it again after the check", IO,
     "	*ret = req;\n",
     "	if (copy_from_host(ret, &host_vcpu_area()->args, sizeof(*ret)))\n"
     "		return -EIO;\n"),
    ("a write may be longer than the scratch area", IO,
     "	size = MIN(size, (size_t)HOST_SCRATCH_SIZE);\n"
     "	req.buf = host_addr(scratch());\n	req.size = size;\n"
     "	if (copy_to_host",
     "	req.buf = host_addr(scratch());\n	req.size = size;\n"
     "	if (copy_to_host"),
    ("any number of vCPUs", CALL,
     "!boot.nvcpus || boot.nvcpus > VCPU_MAX", "!boot.nvcpus"),
    ("the vCPUs' areas may reach anywhere", CALL,
     "if (!host_range_ok(addr, end))", "if (!end)"),
    ("a stride that overlaps", CALL,
     "	    boot.vcpu_stride < sizeof(struct vcpu_shared) ||\n", ""),
    ("arguments may lie in the enclave", CALL, "!blob_ok(&boot.args) || ", ""),
    ("the root's body may lie in the enclave", CALL,
     "	    !blob_ok(&boot.root_body))", "	    0)"),
    ("enclave memory is host memory", MEM,
     "addr >= ELRANGE_SIZE_DEFAULT && addr", "addr"),
    ("a size may wrap", MEM, "size <= ADDRESS_END - addr",
     "addr + size <= ADDRESS_END"),
    ("the boot block is read again after the check", CALL,
     "	shared = host_ptr(addr);",
     "	if (copy_from_host(&boot, host_ptr(addr), sizeof(boot)))\n"
     "		return -EINVAL;\n	shared = host_ptr(addr);"),
    ("an offset beyond a blob", CALL,
     "	if (offset > blob->size)\n		return -EFAULT;\n", ""),
    ("a read beyond the root's body", CALL,
     "if (offset > body->size || size > body->size - offset)",
     "if (offset > body->size)"),
    ("time without an end", CLOCK, "h.mono_ns > TIME_MAX_NS ||", ""),
    ("time that goes back", CLOCK, "s->base_ns = MAX(ours, theirs);",
     "s->base_ns = theirs;"),
    ("a torn sample of the clock", CONTROL, "if (a.seq == b.seq) {",
     "if (b.seq | 1) {"),
    ("a TSC of any speed", CLOCK,
     "if (khz < TSC_KHZ_MIN || khz > TSC_KHZ_MAX)", "if (!khz)"),
    ("ranges of pages beyond the argument block", CONTROL,
     "count > HC_RANGES_MAX", "0"),
]

SOURCES = [CALL, IO, MEM, CONTROL, CLOCK, "libos/hostcall/hostmem_copy.S",
           "libos/tests/hostcall/hostile_test.c",
           "libos/tests/hostcall/hostile.c",
           "libos/tests/hostcall/monitor.c", "base/string.c"]


def compile_test(cc, root, overlay, build, exe):
    """Compile the test; files in @overlay win over those in @root."""
    args = list(cc) + ["-std=gnu17", "-D_GNU_SOURCE", "-O1", "-no-pie",
                       "-fno-pie", "-fno-builtin", "-w", "-I", overlay, "-I",
                       root, "-I", build, "-o", exe]
    for s in SOURCES:
        over = os.path.join(overlay, s)
        args.append(over if os.path.exists(over) else os.path.join(root, s))
    subprocess.run(args, check=True)


def passes(exe):
    """Whether the test is content; None: it did not end."""
    try:
        done = subprocess.run([exe], stderr=subprocess.DEVNULL, timeout=300,
                              check=False)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return None


def seed(root, overlay, path, old, new):
    """A copy of @path in @overlay with @old replaced."""
    with open(os.path.join(root, path), encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        sys.exit(f"{path}: {text.count(old)} times, not once: {old!r}")
    copy = os.path.join(overlay, path)
    os.makedirs(os.path.dirname(copy))
    with open(copy, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def main():
    root, build, cc = sys.argv[1], sys.argv[2], sys.argv[3:]
    missed = 0
    for name, path, old, new in [("whole", None, None, None)] + SEEDS:
        with tempfile.TemporaryDirectory() as dir:
            overlay = os.path.join(dir, "src")
            os.mkdir(overlay)
            if path:
                seed(root, overlay, path, old, new)
            exe = os.path.join(dir, "hostile")
            compile_test(cc, root, overlay, build, exe)
            result = passes(exe)
        good = result is True if path is None else result is False
        missed += not good
        verdict = {True: "passes", False: "fails", None: "does not end"}
        print(f"{'ok' if good else 'MISSED'}: {name}: "
              f"the test {verdict[result]}", flush=True)
    print(f"{len(SEEDS)} seeded, {missed} missed")
    sys.exit(1 if missed else 0)


main()

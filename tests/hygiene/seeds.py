# SPDX-License-Identifier: Apache-2.0
"""Faults of the kernel that hygiene.py has to see: each a name, the file, texts
that are there once and what stands there instead, a pattern of what has to be
reported, and the CPU flag without which there is nothing to see."""

ENTRY, FPU, HAND = "libos/entry/entry.S", "libos/cpu/fpu.c", "libos/cpu/fpu_hand.S"
RESET = "\tfpu_save_current();\n\txrstor(init_area);\n"
RESET_ALL_BUT = ('\tfpu_save_current();\n\t__asm__ volatile("xrstor64 (%%0)" : : "r"(init_area), '
                 '"a"((uint32_t)xfrm & ~%su), "d"(0) : "memory");\n')
CLD = ("enclave_entry:\n\tcld\n", "enclave_entry:\n")
ANYTHING = "."

SEEDS = [
    ("a general register leaves", ENTRY, [("\txor\t%r12d, %r12d\n\txor\t%r13d, %r13d\n\txor\t%r14d",
                                           "\txor\t%r13d, %r13d\n\txor\t%r14d")], "R12 is", None),
    ("a register of a call leaves", ENTRY, [("leave:\n\txor\t%edx, %edx\n", "leave:\n")], "RDX is", None),
    ("a program's flags leave", ENTRY, [("\tjnz\tclear_flags\n", "")], "RFLAGS is", None),
    ("no vector register is reset", FPU, [(RESET, "\tfpu_save_current();\n")], "exit: ", None),
    ("x87 registers leave", FPU, [(RESET, RESET_ALL_BUT % "1")], "exit: (FCW|FSW|FTW|an x87)", None),
    ("xmm registers leave", FPU, [(RESET, RESET_ALL_BUT % "2")], "exit: an xmm", None),
    ("ymm registers leave", FPU, [(RESET, RESET_ALL_BUT % "4")], "exit: a ymm", "avx"),
    ("masks leave", FPU, [(RESET, RESET_ALL_BUT % "0x20")], "exit: a mask", "avx512f"),
    ("zmm registers leave", FPU, [(RESET, RESET_ALL_BUT % "0x40")], "exit: a zmm", "avx512f"),
    ("zmm16 to zmm31 leave", FPU, [(RESET, RESET_ALL_BUT % "0x80")], "exit: one of zmm16", "avx512f"),
    ("tiles leave", FPU, [(RESET, RESET_ALL_BUT % "0x60000")], "exit: (TILECFG|a tile)", "amx_tile"),
    ("the host's flags stay after a host call", ENTRY,
     [CLD, ("movq\t$0, %gs:VCPU_O_HOSTCALL_RSP\n\tpush\t$2\n\tpopfq\n", "movq\t$0, %gs:VCPU_O_HOSTCALL_RSP\n")],
     ANYTHING, None),
    ("the host's flags stay in the handler", ENTRY,
     [CLD, ("\tpush\t$2\n\tpopfq\n\txor\t%ebp, %ebp\n\tcall\ttrap_at", "\txor\t%ebp, %ebp\n\tcall\ttrap_at")],
     ANYTHING, None),
    ("the host's vector registers count as clean", FPU,
     [("what it likes. */\n\tvcpu_self()->fpu_clean = 0;\n", "what it likes. */\n")],
     ANYTHING, None),
    ("MXCSR is not loaded", HAND, [("\tldmxcsr\tMXCSR(%rdi)\n", "")], "MXCSR", None),
]

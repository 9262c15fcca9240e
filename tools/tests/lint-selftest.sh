#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lint-selftest.sh - each check of tools/lint.sh finds what it looks for.
#
# Every case puts one file into a small copy of the project and names the
# check that must complain, or "-" where a check must stay silent.
set -euo pipefail

cd "$(dirname "$0")/../.."
project=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

mkdir "$work/project"
cp -r .clang-format tools base "$work/project"
rm -rf "$work/project/base/tests" "$work/project/tools/tests"
cd "$work/project"
# The copy lacks the headers that the real tables make exceptions for.
sed -i '/^KERNEL_TYPES_ONLY = {/,/^}/{/^    "/d}' tools/check-deps.py
git init -q .
git add -A

# seed COMPLAIN|SILENT CHECK FILE - file text on standard input.
seed() {
    local want=$1 check=$2 file=$3 got=SILENT
    mkdir -p "$(dirname "$file")"
    cat >"$file"
    git add "$file"
    tools/lint.sh "$check" >"$work/log" 2>&1 || got=COMPLAIN
    if [ "$got" != "$want" ]; then
        failed=1
        echo "$check: expected to be $want about $file:"
        cat "$file" "$work/log"
    fi
    git rm -q -f "$file"
}

spdx='/* SPDX-License-Identifier: Apache-2.0 */'

for check in format deps headers sparse size words scripts; do
    seed SILENT "$check" crypto/good.h <<C
$spdx
#pragma once

#include <stdint.h>

#include "base/list.h"

uint64_t good(const struct list *l);
C
done

seed COMPLAIN format crypto/bad.c <<C
$spdx
int  bad;
C

seed COMPLAIN deps base/bad.c <<C
$spdx
#include "crypto/aes.h"
C
seed COMPLAIN deps libos/fs/bad.c <<C
$spdx
#include "libos/net/socket.h"
C
seed COMPLAIN deps libos/fs/bad.c <<C
$spdx
#include "libos/dev/dev.h"
C
seed SILENT deps libos/fs/good.c <<C
$spdx
#include "libos/hostcall/hostcall.h"
#include "libos/mm/vma.h"
C
seed COMPLAIN deps host/bad.c <<C
$spdx
#include "libos/sched/thread.h"
C
seed COMPLAIN deps crypto/bad.c <<C
$spdx
#include <stdio.h>
C
seed COMPLAIN deps crypto/bad.c <<C
$spdx
#include "aes.h"
C
seed COMPLAIN deps libos/fs/bad.c <<C
$spdx
#include "base/compiler.h"
char *plain(char __user *p)
{
	return (__force char *)p;
}
C
seed COMPLAIN deps host/ring.h <<C
$spdx
#pragma once
#include "host/ring.h"
C

seed COMPLAIN headers crypto/bad.h <<C
$spdx
#pragma once
uint32_t needs_stdint(void);
C

seed COMPLAIN sparse libos/fs/bad.c <<C
$spdx
#include "base/compiler.h"
static char *plain(char __user *p)
{
	return (char *)p;
}
char use(char __user *p);
char use(char __user *p)
{
	return *plain(p);
}
C

lines=$(printf '/* %s */\n' {1..800})
seed COMPLAIN size host/bad.c <<<"$spdx
$lines"

for line in '/* TO''DO: later */' '/* FIX''ME */' '/* see /wo''rk/x */' \
    'int f = strcpy(a, b);' '/* in /ho''me/me/x */' \
    'list_add_tail(&w->node, &q->waiters);' \
    'list_add(&t->run_link, &threads);'; do
    seed COMPLAIN words host/bad.c <<<"$spdx
$line"
done
for line in '/* TODO(#12): later */' 'char t[] = "fileXXXXXX";' \
    '/* strcpy() has no bound */' 'x->alloca(1);' '"root:/root:/bin/sh"' \
    'list_add_tail(&q->waiters, &w->node);' \
    'list_add_tail(&after->node, &w->node);'; do
    seed SILENT words host/good.c <<<"$spdx
$line"
done
seed COMPLAIN words host/bad.c <<<'int no_licence;'
seed COMPLAIN words host/bad.h <<<"$spdx"

seed COMPLAIN scripts host/bad.sh <<'C'
#!/bin/bash
cd somewhere
rm -rf $(find .)
C

# kernel WANT LDFLAGS... - link standard input as a kernel and inspect it.
kernel() {
    local want=$1 got=SILENT
    shift
    cat >"$work/k.c"
    gcc -ffreestanding -fno-pie -fno-stack-protector -nostdlib -static -no-pie \
        -Wl,--build-id=none -o "$work/k.elf" "$work/k.c" "$@"
    "$project/tools/check-kernel.py" "$work/k.elf" >"$work/log" 2>&1 ||
        got=COMPLAIN
    if [ "$got" != "$want" ]; then
        failed=1
        echo "kernel: expected to be $want about:"
        cat "$work/k.c" "$work/log"
    fi
}
kernel SILENT <<'C'
int x;
void _start(void) { x++; for (;;) ; }
C
kernel COMPLAIN <<'C'
void _start(void) { __asm__("syscall"); }
C
kernel COMPLAIN <<'C'
void _start(void) { __asm__("rep; nop; int $0x80"); }
C
kernel COMPLAIN -fstack-protector-all <<'C'
void __stack_chk_fail(void) { }
void _start(void) { volatile char b[64]; b[0] = 1; }
C
kernel COMPLAIN -Wl,--unresolved-symbols=ignore-all <<'C'
void missing(void);
void _start(void) { missing(); }
C
kernel COMPLAIN -Wl,-N,--no-warn-rwx-segments <<'C'
int x = 1;
void _start(void) { x++; }
C
kernel COMPLAIN <<'C'
void _start(void) { __asm__(".byte 0x0f, 0x01, 0xd7"); }
C
kernel SILENT <<'C'
void _start(void)
{
	__asm__("1: .byte 0x0f, 0x01, 0xd7; .fill 11, 1, 0x90\n"
	        ".pushsection .enclu_pads, \"a\"\n"
	        ".quad 1b; .long 4, 14\n"
	        ".popsection");
}
C
kernel COMPLAIN <<'C'
int is_emu;
void _start(void) { is_emu++; for (;;) ; }
C
kernel COMPLAIN <<'C'
const char *path = "see /dev/sgx_enclave";
void _start(void) { for (;;) ; }
C
kernel SILENT <<'C'
const char *path = "emulate /dev/sgx, as programs know it";
void _start(void) { for (;;) ; }
C
kernel COMPLAIN -static-pie -fpie <<'C'
int x = 1;
int *p = &x;
void _start(void) { ++*p; }
C

exit $failed

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# refused.sh ROOT - code that must not compile, and its lawful twin that must.
#
# Were an annotation to lose its effect, nothing else would notice.
set -euo pipefail

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# try WANT COMPILER... - compile standard input; WANT is "accept" or "refuse".
try() {
    local want=$1 got=accept
    shift
    cat >"$work/t.c"
    "$@" -I"$root" -c "$work/t.c" -o "$work/t.o" >"$work/log" 2>&1 ||
        got=refuse
    if [ "$got" != "$want" ]; then
        failed=1
        echo "expected to $want: $*"
        cat "$work/t.c" "$work/log"
    fi
}

# shellcheck disable=SC2034 # both are used through the nameref below
gcc=(gcc -std=gnu17 -Wall -Werror)
clang=(clang -std=gnu17 -Wall -Werror -Werror=noderef)
sparse=(sparse -Wsparse-error)

for cc in gcc clang; do
    declare -n compile=$cc
    try accept "${compile[@]}" <<'C'
#include "base/compiler.h"
int a[4];
_Static_assert(ARRAY_SIZE(a) == 4, "");
C
    try refuse "${compile[@]}" <<'C'
#include "base/compiler.h"
unsigned long f(int *a);
unsigned long f(int *a) { return ARRAY_SIZE(a); }
C
    try refuse "${compile[@]}" <<'C'
#include <string.h>
#include "base/banned.h"
char *f(char *d, const char *s);
char *f(char *d, const char *s) { return strcpy(d, s); }
C
    try refuse "${compile[@]}" <<'C'
#include "base/compiler.h"
__must_check int g(void);
void f(void);
void f(void) { g(); }
C
    # The numbers are the C library's, or this would not compile.
    try accept "${compile[@]}" <<'C'
#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/user.h>
#include "base/errno.h"
#include "base/units.h"
#include "base/compiler.h"
int x = EINVAL;
C
done

try accept "${clang[@]}" <<'C'
#include "base/compiler.h"
void __user *f(void __user *p);
void __user *f(void __user *p) { return (char __user *)p + 1; }
C
try refuse "${clang[@]}" <<'C'
#include "base/compiler.h"
int f(int __user *p);
int f(int __user *p) { return *p; }
C
try refuse "${clang[@]}" <<'C'
#include "base/compiler.h"
void *f(void __host *p);
void *f(void __host *p) { return p; }
C
try refuse "${clang[@]}" <<'C'
#include "base/compiler.h"
void __user *f(void __host *p);
void __user *f(void __host *p) { return p; }
C
try refuse "${sparse[@]}" <<'C'
#include "base/compiler.h"
void *f(void __host *p);
void *f(void __host *p) { return (void *)p; }
C
try accept "${sparse[@]}" <<'C'
#include "base/compiler.h"
void *f(void __host *p);
void *f(void __host *p) { return (__force void *)p; }
C

exit $failed

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run-script.sh SCRIPT [ARG]... - run a script of this project from its root,
# or say clearly that this version does not have it.
set -euo pipefail

cd "$(dirname "$0")/.."
script=$1
shift
if [ ! -x "$script" ]; then
    echo "$script: not in this version of SOFAEnclave" >&2
    exit 1
fi
exec "$script" "$@"

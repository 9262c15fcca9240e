#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Turn Meson's test log into lines "pass NAME", "fail NAME", "skip NAME".

usage: test-results.py PREFIX testlog.json

A result that Meson may invent in a later version counts as a failure.
"""

import json
import sys

VERDICT = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}


def main():
    prefix, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            verdict = VERDICT.get(test["result"], "fail")
            print(f"{verdict} {prefix}: {test['name']}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Whether two collectds' CSV directories agree: hostres_agree.py STOCK HOSTRES

Every identifier of STOCK must be in HOSTRES; what HOSTRES has beyond is printed. Every value of STOCK must lie where the
values of HOSTRES around it in time allow: counters only grow, so between the two; gauges between the two, or as far
outside as they wander anyway."""
import glob
import os
import re
import sys

SLACK = {"memory": 96 << 20, "load": 1.0}  # what a busy machine changes between two reads


def load(top):
    values = {}
    for path in glob.glob(os.path.join(top, "h", "*", "*")):
        ident = re.sub(r"-\d{4}-\d\d-\d\d$", "", os.path.relpath(path, os.path.join(top, "h")))
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            rows = [[float(x) for x in line.split(",")] for line in f if not line.startswith("epoch")]
        values.setdefault(ident, []).extend(rows)
    for rows in values.values():
        rows.sort()
    return values


def main():
    stock, ours = load(sys.argv[1]), load(sys.argv[2])
    bad = checked = 0
    for ident in sorted(stock):
        if ident not in ours:
            print("missing:", ident)
            bad += 1
            continue
        slack = SLACK.get(ident.split("/")[1].split("-")[0], 0)
        for row in stock[ident]:
            before = [r for r in ours[ident] if r[0] <= row[0]]
            after = [r for r in ours[ident] if r[0] > row[0]]
            if not before or not after:
                continue
            for k in range(1, len(row)):
                low, high = sorted((before[-1][k], after[0][k]))
                checked += 1
                if not low - slack <= row[k] <= high + slack:
                    print(f"{ident} at {row[0]}: {row[k]} is not within {low} and {high}")
                    bad += 1
    for ident in sorted(set(ours) - set(stock)):
        print("extra:", ident)
    print(f"checked {checked} values of {len(stock)} identifiers, {bad} wrong")
    sys.exit(bad != 0 or checked == 0)


main()

#!/usr/bin/env python3
"""eperf_keys.py EPERF PORT: runs apt's iperf3 -J and EPERF --json against the server on PORT, in every mode, and compares the
documents: each key path of iperf3's is in ours, with a value of the same kind; ours has no others but end.eperf."""
import json
import subprocess
import sys

MODES = [(["-P", "2"], ["-c", "2"]), (["-R"], ["-c", "1", "-download"]), (["--bidir"], ["-c", "1", "--bidir"]),
         (["-u", "-b", "10M"], ["-UDP", "-bw", "10M"]),
         (["-u", "-R", "-b", "10M"], ["-UDP", "-bw", "10M", "-download"]),
         (["-u", "--bidir", "-b", "10M"], ["-UDP", "-bw", "10M", "--bidir"])]


def paths(value, path=""):
    """Path and kind of every leaf; the items of an array share theirs."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, path + "." + key)
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, path + "[]")
    else:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        yield path, "number" if number else type(value).__name__


def document(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=30)
    return dict(paths(json.loads(done.stdout)))


def main(eperf, port):
    bad = 0
    for theirs, ours in MODES:
        x = document(["iperf3", "-c", "127.0.0.1", "-p", port, "-t", "1", "-J", *theirs])
        y = document([eperf, "-net", "127.0.0.1", "-p", port, "-d", "1", "--json", *ours])
        for path in x:
            if y.get(path) != x[path]:
                print("%s: %s is %s with iperf3, %s here" % (" ".join(theirs), path, x[path], y.get(path)))
                bad = 1
        for path in y:
            if path not in x and not path.startswith(".end.eperf."):
                print("%s: %s is not iperf3's" % (" ".join(theirs), path))
                bad = 1
    return bad


sys.exit(main(*sys.argv[1:3]))

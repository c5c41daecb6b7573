#!/usr/bin/env python3
"""compare.py [ROUNDS]: six graphs of a host for a day, by one `scalemon graph` and by one rrdtool process per graph.

Run in the build directory. Interleaved; both sides draw the same files at the same size. rrdtool's graphs are the plain
ones that a shell script would draw: fewer lines and figures than ours, no limits, no check of the files. Prints the
medians, their ratio, and what each of our pictures takes inside the process.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

SRC = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
END = 1700000000
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15


def rrd(root, out):
    """Arguments of six rrdtool processes."""
    common = ["--start", str(END - 86400), "--end", str(END), "--width", "700", "--height", "220", "--lower-limit", "0"]
    host = root + "/web1"

    def series(name, file, ds, cf="AVERAGE"):
        return [f"DEF:{name}={host}/{file}.rrd:{ds}:{cf}"]

    def told(name):
        return [f"GPRINT:{name}:LAST:%6.2lf %s", f"GPRINT:{name}:AVERAGE:%6.2lf %s", f"GPRINT:{name}:MAX:%6.2lf %s\\l"]

    graphs = {"network": [], "memory": [], "load": [], "upload": [], "download": [], "portal": []}
    for i, (name, ds) in enumerate((("in", "rx"), ("out", "tx"))):
        graphs["network"] += series(name, "interface-eth0/if_octets", ds) + [f"CDEF:{name}b={name},8,*"]
        graphs["network"] += series(name + "p", "hostres-eth0/if_rate-max", ds, "MAX")
        graphs["network"] += [f"AREA:{name}b#0072b266:{name}"] + told(name + "b") + [f"LINE1:{name}p#00446b:peak"]
    for i, part in enumerate(("used", "slab_unrecl", "buffered", "cached", "slab_recl", "free")):
        graphs["memory"] += series(part, "memory/memory-" + part, "value")
        graphs["memory"] += [f"AREA:{part}#{i}{i}72b2:{part}" + (":STACK" if i else "")] + told(part)
    for term in ("shortterm", "midterm", "longterm"):
        graphs["load"] += series(term, "load/load", term) + [f"LINE1:{term}#0072b2:{term}"] + told(term)
    for direction in ("upload", "download"):
        for part in ("mean", "min", "max"):
            graphs[direction] += series(part, "eperf-paris/eperf_rate-" + direction, part)
        graphs[direction] += ["LINE1:mean#0072b2:mean"] + told("mean")
    graphs["portal"] = series("run", "portal-liferay/gauge-running", "value") + ["AREA:run#009e73:running"] + told("run")
    return [["rrdtool", "graph", f"{out}/{name}.png", *common, *rest] for name, rest in graphs.items()]


def timed(commands):
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    with tempfile.TemporaryDirectory() as work:
        root = work + "/rrd"
        subprocess.run([SRC + "/tests/data/rrd/made-pool", root, "1", "1.1"], check=True)
        binary = "./.libs/scalemon" if os.path.exists("./.libs/scalemon") else "./scalemon"
        ours = [[binary, "graph", "--rrd", root, "--out", work + "/ours", "--end", str(END),
                 "--marks", SRC + "/tests/data/rrd/made-marks.json", "--graph", "[nmlp]*", "--graph", "eperf-*load", "web1"]]
        os.mkdir(work + "/theirs")
        theirs = rrd(root, work + "/theirs")
        timed(ours), timed(theirs)
        a, b = [], []
        for _ in range(ROUNDS):
            a.append(timed(ours))
            b.append(timed(theirs))
        pages = [binary, "report", "--rrd", root, "--out", work + "/report", "--end", str(END), "web1"]
        page = statistics.median(timed([pages]) for _ in range(5))
        ma, mb = statistics.median(a), statistics.median(b)
        print(f"scalemon graph, six pictures:   median {ma * 1000:.0f} ms (min {min(a) * 1000:.0f})")
        print(f"rrdtool, six processes:         median {mb * 1000:.0f} ms (min {min(b) * 1000:.0f})")
        print(f"ratio (rrdtool / scalemon):     {mb / ma:.2f}")
        print(f"scalemon report, one host:      median {page * 1000:.0f} ms")


main()

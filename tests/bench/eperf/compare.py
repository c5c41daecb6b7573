#!/usr/bin/env python3
"""Throughput of eperf beside apt's iperf3, iperf (2), nuttcp and a bare send/receive loop, in one interleaved run.

    compare.py tcp [--conns 1,4,16,64,128] [--dir up,down] [--reps 5] [--secs 2] [--tools eperf,iperf3,…] [--congestion cubic]
    compare.py udp [--rates 1G,0] [--len 1448] [--dir up,down] [--reps 5] [--secs 2] [--tools …]

Each repetition runs every tool once, in turn, so that what else the machine does hits all alike; printed are the medians
and, pair by pair, the median ratio to eperf. CPU is that of both ends (wait4). EPERF names the command (default: ./eperf in
the build directory), IPERF3 another iperf3, IPERF3_NEW a newer one (3.21 or later), which then runs with its fastest flags, LOOPS the directory of tcploop.c and udploop.c
(../shared/bench beside the source tree; the bare loop is left out, loudly, when it is not there). --congestion is for those
that have such an option: eperf and the iperf3s (root may name any that the kernel has).
"""
import argparse, csv, io, json, os, random, re, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
EPERF = os.environ.get("EPERF", "./eperf")
IPERF3 = os.environ.get("IPERF3", "iperf3")
IPERF3_NEW = os.environ.get("IPERF3_NEW", "")


def loops_dir():
    for d in (os.environ.get("LOOPS", ""), os.path.join(ROOT, "..", "shared", "bench"),
              os.path.join(ROOT, "..", "..", "shared", "bench")):
        if d and os.path.exists(os.path.join(d, "tcploop.c")):
            return d
    print("compare.py: ../shared/bench is not there: no bare loop", file=sys.stderr)
    return None


def build_loop(name, into):
    d = loops_dir()
    if not d:
        return None
    out = os.path.join(into, name)
    subprocess.run(["cc", "-O2", "-w", "-pthread", "-o", out, os.path.join(d, name + ".c"), "-lm"], check=True)
    return out


def spawn(args, out):
    return subprocess.Popen(args, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def reap(p, deadline):
    """Waits for p; its CPU seconds. Kills it at the deadline."""
    while True:
        pid, _, ru = os.wait4(p.pid, os.WNOHANG)
        if pid:
            p.returncode = 0
            return ru.ru_utime + ru.ru_stime
        if time.monotonic() > deadline:
            os.kill(p.pid, signal.SIGKILL)
        time.sleep(0.01)


def pair(server, client, secs, server_ends=True):
    """Runs both; (client's output, CPU seconds of both)."""
    with tempfile.TemporaryFile() as out:
        s = spawn(server, subprocess.DEVNULL)
        time.sleep(0.3)
        c = spawn(client, out)
        end = time.monotonic() + secs + 20
        cpu = reap(c, end)
        if not server_ends:
            s.terminate()
        cpu += reap(s, time.monotonic() + 5)
        out.seek(0)
        return out.read().decode(errors="replace"), cpu


congestion = []  # iperf3's option and eperf's; filled in by main


def port():
    return str(random.randrange(21000, 32000))


def from_json(text):
    """(Gbit/s received, datagrams, lost) of iperf3's or eperf's document."""
    e = json.loads(text)["end"]
    if "sum" in e:
        s, r = e["sum"], e["sum_received"]
        got = s["packets"] - s["lost_packets"]
        return got * s["bytes"] / max(1, s["packets"]) * 8e-9 / s["seconds"], s["packets"], s["lost_packets"]
    return e["sum_received"]["bits_per_second"] * 1e-9, 0, 0


def tcp_eperf(n, way, secs, extra=()):
    p = port()
    out, cpu = pair([EPERF, "-s", "-1", "-p", p, *extra],
                    [EPERF, "-net", "127.0.0.1", "-p", p, "-" + way + "load", "-c", str(n), "-d", str(secs), "--json", *congestion,
                     *extra],
                    secs)
    return from_json(out)[0], cpu


def tcp_iperf3(n, way, secs, command=IPERF3, flags=()):
    p = port()
    out, cpu = pair([command, "-s", "-1", "-p", p],
                    [command, "-c", "127.0.0.1", "-p", p, "-P", str(n), "-t", str(secs), "-J", *congestion, *flags] +
                    (["-R"] if way == "down" else []), secs)
    return from_json(out)[0], cpu


def tcp_newest(n, way, secs):
    return tcp_iperf3(n, way, secs, IPERF3_NEW, ("-Z", "--skip-rx-copy"))


def tcp_iperf2(n, way, secs):
    p = port()
    out, cpu = pair(["iperf", "-s", "-p", p],
                    ["iperf", "-c", "127.0.0.1", "-p", p, "-P", str(n), "-t", str(secs), "-y", "C"] +
                    (["-R"] if way == "down" else []), secs, server_ends=False)
    rows = [r for r in csv.reader(io.StringIO(out)) if len(r) > 8 and int(r[5]) > 0]
    return sum(float(r[8]) for r in rows) * 1e-9, cpu


def tcp_nuttcp(n, way, secs):
    p = port()
    out, cpu = pair(["nuttcp", "-1", "--nofork", "-P" + p],
                    ["nuttcp", "-P" + p, "-N" + str(n), "-T" + str(secs), "-fparse"] +
                    (["-r"] if way == "down" else ["-t"]) + ["127.0.0.1"], secs)
    rates = re.findall(r"rate_Mbps=([0-9.]+)", out)
    return float(rates[-1]) / 1000, cpu


def tcp_loop(n, way, secs, tool):
    out = subprocess.run([tool, "-t", str(secs), "-s", "vmsplice", "-r", "trunc", str(n)], stdout=subprocess.PIPE,
                         timeout=secs + 20).stdout.decode()
    v = dict(re.findall(r"(\w+)=([0-9.]+)", out))
    return float(v["gbps"]), float(v["snd_cpu_s"]) + float(v["rcv_cpu_s"])


def udp_eperf(rate, length, way, secs):
    p = port()
    out, cpu = pair([EPERF, "-s", "-1", "-p", p],
                    [EPERF, "-net", "127.0.0.1", "-p", p, "-UDP", "-" + way + "load", "-bw", rate, "-l", str(length), "-w",
                     "4M", "-d", str(secs), "--json"], secs)
    return (*from_json(out), cpu)


def udp_iperf3(rate, length, way, secs):
    p = port()
    out, cpu = pair([IPERF3, "-s", "-1", "-p", p],
                    [IPERF3, "-c", "127.0.0.1", "-p", p, "-u", "-b", rate, "-l", str(length), "-w", "4M", "-t", str(secs), "-J"]
                    + (["-R"] if way == "down" else []), secs)
    return (*from_json(out), cpu)


def udp_loop(rate, length, way, secs, tool):
    pps = {"k": 1e3, "M": 1e6, "G": 1e9}.get(rate[-1], 1) * float(rate.rstrip("kMG")) / 8 / length
    out = subprocess.run([tool, "-t", str(secs), "-l", str(length), "-g", "45", "-G", "-q", "1000", "-p", str(pps)],
                         stdout=subprocess.PIPE, timeout=secs + 20).stdout.decode()
    v = dict(re.findall(r"(\w+)=([0-9.]+)", out))
    sent = float(v["sent_pps"]) * secs
    return float(v["gbps"]), int(sent), int(sent * float(v["loss_pct"]) / 100), float(v["snd_cpu"]) + float(v["rcv_cpu"])


def attempt(f, *args):
    try:
        return f(*args)
    except (ValueError, KeyError, IndexError, subprocess.SubprocessError) as e:
        print("  (a run failed: %s: %s)" % (f.__name__, e), file=sys.stderr)
        return None


def compare_tcp(a, tmp):
    loop = build_loop("tcploop", tmp)
    tools = {"eperf": tcp_eperf, "iperf3": tcp_iperf3, "iperf2": tcp_iperf2, "nuttcp": tcp_nuttcp}
    if IPERF3_NEW:
        tools["newest"] = tcp_newest
    if loop:
        tools["loop"] = lambda n, way, s: tcp_loop(n, way, s, loop)
    names = [t for t in a.tools.split(",") if t in tools and (not congestion or t in ("eperf", "iperf3", "newest"))]
    for way in a.dir.split(","):
        for n in map(int, a.conns.split(",")):
            got = {t: [] for t in names}
            for _ in range(a.reps):
                for t in names:
                    got[t].append(attempt(tools[t], n, way, a.secs))
            report("tcp %s %d" % (way, n), got, lambda r: (r[0], r[0] * a.secs / r[1]), ("Gbit/s", "Gbit/cpu-s"))


def compare_udp(a, tmp):
    loop = build_loop("udploop", tmp)
    tools = {"eperf": udp_eperf, "iperf3": udp_iperf3}
    if loop:
        tools["loop"] = lambda r, l, w, s: udp_loop(r, l, w, s, loop)
    names = [t for t in a.tools.split(",") if t in tools]
    for way in a.dir.split(","):
        for rate in a.rates.split(","):
            got = {t: [] for t in names}
            for _ in range(a.reps):
                for t in names:
                    got[t].append(attempt(tools[t], rate, a.len, way, a.secs))
            report("udp %s %s" % (way, rate), got,
                   lambda r: ((r[1] - r[2]) / a.secs / 1e3, 1e6 * r[3] / max(1, r[1]), 100.0 * r[2] / max(1, r[1])),
                   ("kdatagrams/s", "us-cpu/datagram", "lost-%"))


def report(what, got, figures, names):
    rows = {t: [figures(r) if r else None for r in rs] for t, rs in got.items()}
    for t, rs in rows.items():
        good = [r for r in rs if r]
        if not good:
            print("%-14s %-8s no figure" % (what, t))
            continue
        text = "  ".join("%10.3f %s" % (statistics.median(r[k] for r in good), names[k]) for k in range(len(names)))
        pairs = [e[0] / r[0] for e, r in zip(rows.get("eperf", rs), rs) if e and r and r[0]]
        cpu = [e[1] / r[1] for e, r in zip(rows.get("eperf", rs), rs) if e and r and r[1]]
        print("%-14s %-8s %s   eperf/this %.2f, by %s %.2f" % (what, t, text, statistics.median(pairs or [0]), names[1],
                                                              statistics.median(cpu or [0])))
    sys.stdout.flush()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=("tcp", "udp"))
    ap.add_argument("--conns", default="1,4,16,64,128")
    ap.add_argument("--dir", default="up,down")
    ap.add_argument("--rates", default="1G,0")
    ap.add_argument("--len", type=int, default=1448)
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("--secs", type=int, default=2)
    ap.add_argument("--tools", default="eperf,iperf3,newest,iperf2,nuttcp,loop")
    ap.add_argument("--congestion")
    a = ap.parse_args()
    congestion.extend(["-C", a.congestion] if a.congestion else [])
    if not shutil.which(EPERF):
        sys.exit("compare.py: no %s: run it in the build directory, or set EPERF" % EPERF)
    with tempfile.TemporaryDirectory() as tmp:
        (compare_tcp if a.what == "tcp" else compare_udp)(a, tmp)


main()

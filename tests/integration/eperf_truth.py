#!/usr/bin/env python3
"""eperf_truth.py EPERF NS_CLIENT DEV_CLIENT NS_SERVER DEV_SERVER SERVER_ADDRESS STREAMS upload|download SECONDS REPEATS [LOSSY]

Runs eperf over the shaped link between two network namespaces and compares what it reports with what the receiving
end's device counted. Prints figures as TAP comments and what is wrong; exit status 1 then.

  eperf_truth.py --sample DEV     (in a namespace) "time bytes packets" of DEV's receive counters every 5 ms, until killed

What the link carried is payload: frames less Ethernet, IP and TCP header, 66 bytes with timestamps. (A frame that is to
be segmented later is counted once, with one header: the payload stays right.) The test's clock starts with its data.

Rates are judged by the median of the runs. Of intervals none may be off, in one run at least of up to two more than REPEATS:
a thread that got no CPU for 30 ms at the end of an interval, on a busy machine, moves bytes to the next. With LOSSY, a
receiver's intervals (download) are told but not judged: what arrives behind a lost segment is delivered only once the hole
is filled, a retransmission that is lost as well takes 0.2 s or more, and of all that the interval tells and the device's
counters do not (iperf3 shows the same). A sender knows what has arrived there: its intervals are judged."""
import bisect
import fcntl
import json
import os
import statistics
import subprocess
import sys
import time

HEADERS = 14 + 20 + 32
PORT = "5201"


def sample(dev):
    try:  # to be punctual on a busy machine
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        pass
    files = [os.open(f"/sys/class/net/{dev}/statistics/{name}", os.O_RDONLY) for name in ("rx_bytes", "rx_packets")]
    while True:
        values = [int(os.pread(f, 32, 0)) for f in files]
        print(f"{time.monotonic():.6f} {values[0]} {values[1]}", flush=True)
        time.sleep(0.005)


class Link:
    """The payload that arrived, as a function of time since the first of the test's data."""

    def __init__(self, text):
        rows = [line.split() for line in text.splitlines()]
        self.times = [float(r[0]) for r in rows]
        self.payload = [int(r[1]) - HEADERS * int(r[2]) for r in rows]
        # The control connection says less than this before the data begins; samples are 5 ms apart.
        first = next(i for i, p in enumerate(self.payload) if p - self.payload[0] > 20000)
        self.start = (self.times[first - 1] + self.times[first]) / 2

    def index(self, t):
        """Of the first sample after t."""
        return min(max(bisect.bisect(self.times, self.start + t), 1), len(self.times) - 1)

    def knows(self, t):
        """Whether the samples around t are near enough to tell: 15 ms are 1.5 % of an interval."""
        i = self.index(t)
        return self.times[i] - self.times[i - 1] < 0.015

    def total(self, t):
        i = self.index(t)
        part = (self.start + t - self.times[i - 1]) / (self.times[i] - self.times[i - 1])
        return self.payload[i - 1] + part * (self.payload[i] - self.payload[i - 1])

    def rate(self, start, end):
        return (self.total(end) - self.total(start)) * 8 / (end - start)


def inside(ns, *command, **more):
    return subprocess.Popen(["ip", "netns", "exec", ns, *command], text=True, stdin=subprocess.DEVNULL, **more)


def one_run(eperf, client, server, address, streams, direction, seconds):
    receiver_ns, receiver_dev = server if direction == "upload" else client
    serving = inside(server[0], eperf, "-s", "-p", PORT, "--one-off", stdout=subprocess.DEVNULL)
    for _ in range(100):
        if f":{int(PORT):04X} " in subprocess.run(["ip", "netns", "exec", server[0], "cat", "/proc/net/tcp", "/proc/net/tcp6"],
                                                  capture_output=True, text=True, check=False).stdout:
            break
        time.sleep(0.05)
    sampling = inside(receiver_ns, sys.executable, __file__, "--sample", receiver_dev, stdout=subprocess.PIPE)
    fcntl.fcntl(sampling.stdout, fcntl.F_SETPIPE_SZ, 1 << 20)  # read at the end: 64 KiB are full after 10 s
    first_line = sampling.stdout.readline()  # it counts before the data begins
    run = inside(client[0], eperf, "-net", address, "-p", PORT, "-TCP", f"-{direction}", "-c", str(streams), "-d",
                 str(seconds), "--json", stdout=subprocess.PIPE)
    out = run.communicate(timeout=seconds + 30)[0]
    sampling.terminate()
    samples = first_line + sampling.communicate()[0]
    serving.wait(timeout=10)
    document = json.loads(out)
    if "error" in document:
        sys.exit(f"the test failed: {document['error']}")
    return document, Link(samples)


def percent(value, truth):
    return (value / truth - 1) * 100


def judge(document, link):
    """Errors in percent of sender and receiver; what is wrong inside this one document; which intervals are off."""
    wrong, uneven, judged = [], [], 0
    sent, received = document["end"]["sum_sent"], document["end"]["sum_received"]
    if sent["bytes"] != received["bytes"]:
        wrong.append(f"acknowledged {sent['bytes']} bytes, received {received['bytes']}")
    intervals = document["intervals"]
    ours = sent if document["intervals"][0]["sum"].get("sender", True) else received
    total = sum(i["sum"]["bytes"] for i in intervals)
    if total != ours["bytes"]:
        wrong.append(f"the intervals' sum is {total}, the total {ours['bytes']}")
    for i in intervals[1:]:
        if i["sum"]["seconds"] < 0.5 or not (link.knows(i["sum"]["start"]) and link.knows(i["sum"]["end"])):
            continue  # the rest behind the last full interval, or a machine that stood still
        judged += 1
        error = percent(i["sum"]["bits_per_second"], link.rate(i["sum"]["start"], i["sum"]["end"]))
        if abs(error) > 2:
            uneven.append(f"interval from {i['sum']['start']:.1f} s is {error:+.2f} % off")
    if judged < 3:
        wrong.append(f"only {judged} intervals can be judged: the machine is too busy")
    errors = [percent(end["bits_per_second"], link.rate(0, end["seconds"])) for end in (sent, received)]
    return errors[0], errors[1], wrong, uneven


def main(args):
    eperf, client, server, address = args[0], (args[1], args[2]), (args[3], args[4]), args[5]
    streams, direction, seconds, repeats = int(args[6]), args[7], int(args[8]), int(args[9])
    judged = len(args) <= 10 or direction == "upload"
    errors, problems, uneven_runs = [], [], 0
    while len(errors) < repeats or (judged and uneven_runs == len(errors) < repeats + 2):
        document, link = one_run(eperf, client, server, address, streams, direction, seconds)
        sender, receiver, wrong, uneven = judge(document, link)
        errors.append((sender, receiver))
        problems += wrong
        uneven_runs += bool(uneven)
        if uneven:
            print(f"# {streams} {direction}: {'; '.join(uneven)}")
        print(f"# {streams} {direction}: link {link.rate(0, seconds) / 1e6:.3f} Mbit/s, sender {sender:+.3f} %, receiver {receiver:+.3f} %")
    if judged and uneven_runs == len(errors):
        problems.append("intervals were off in every run")
    for name, column in (("sender", 0), ("receiver", 1)):
        median = statistics.median(e[column] for e in errors)
        if abs(median) > 0.5:
            problems.append(f"{name}: median {median:+.3f} % off what the link carried")
    for problem in problems:
        print(f"{streams} {direction}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    if sys.argv[1] == "--sample":
        sample(sys.argv[2])
    sys.exit(main(sys.argv[1:]))

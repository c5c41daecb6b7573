#!/usr/bin/env python3
"""iperf_agree.py STREAMS PROTO MODE CLIENT.json SERVER.json | MODE CLIENT.json: do both sides of one test, each by its own document (of
iperf3 -J, or eperf --json), tell the same? Prints one line of figures, and what is wrong.

The client's document holds both ends' figures: its own and what the server told it. So
- what the client says that the server counted must be what the server itself says, to the byte;
- bytes sent and received agree: TCP differs by what an iperf3 left unread in its receive buffer at the end, or counted as
  sent when it was in its send buffer. With -P 128 --bidir two iperf3 differ by 150 to 620 MB (measured); here it is one
  connection's longest buffer, and 2 MiB for each; or twice as far as two iperf3 were apart just before, which the caller
  asks for with MODE CLIENT.json, which prints just that, and says in OWN_APART. Two ends that are eperf differ by nothing (eperf_truth.py). UDP
  differs by what it says was lost, and what came after the end.

Exit status 1 when something is wrong, 2 when all that is wrong is that bytes are too far apart: an iperf3 that gets no CPU at
the wrong moment may be the cause (its warm-up ends at different moments on both sides, too), so that deserves another try."""
import json
import os
import sys

DATAGRAM = 1400  # of eperf_interop.bats


def sums(document, is_bidir):
    end = document["end"]
    result = {"up": (end["sum_sent"], end["sum_received"])} if "sum_sent" in end else {"up": (end["sum"], end["sum"])}
    if is_bidir:
        result["down"] = (end["sum_sent_bidir_reverse"], end["sum_received_bidir_reverse"])
    return result


def buffer_limit():
    """Bytes that the kernel lets a connection's buffer grow to, the larger of the two."""
    limits = []
    for name in ("tcp_rmem", "tcp_wmem"):
        with open(f"/proc/sys/net/ipv4/{name}") as f:
            limits.append(int(f.read().split()[2]))
    return max(limits)


def main(streams, proto, mode, client_file, server_file):
    wrong, apart = [], []
    with open(client_file) as f:
        client = json.load(f)
    with open(server_file) as f:
        text = f.read()
    server = json.loads(text[text.index("{"):])
    for name, document in (("client", client), ("server", server)):
        if "error" in document:
            wrong.append(f"{name} has an error: {document['error']}")
    if wrong:
        return wrong, apart
    line = []
    theirs = sums(server, mode == "both")
    for direction, (sent, received) in sums(client, mode == "both").items():
        a, b = sent["bytes"], received["bytes"]
        if proto == "udp":
            b += max(0, received.get("lost_packets", 0)) * DATAGRAM
        slack = buffer_limit() + streams * 2**21 if proto == "tcp" else max(a // 20, streams * 65536)
        slack = max(slack, 2 * int(os.environ.get("OWN_APART", 0)))
        line.append(f"{direction} sent {a} received {b}")
        if received["bytes"] == 0:
            wrong.append(f"{direction}: nothing received")
        if abs(a - b) > slack:
            apart.append(f"{direction}: {a} sent, {b} received: more than {slack} apart")
        # the server's own half: it received what came up, and sent what came down
        ours_is_receiver = (direction == "up") != (mode == "down")
        own = theirs[direction][1 if ours_is_receiver else 0]["bytes"]
        told = received["bytes"] if ours_is_receiver else a
        if own != told:
            wrong.append(f"{direction}: the server counted {own}, the client was told {told}")
    print("#", mode, proto, streams, "; ".join(line))
    return wrong, apart


def own_apart(mode, client_file):
    """How far the two ends of one test are apart, in the direction that is worse."""
    with open(client_file) as f:
        return max(abs(s["bytes"] - r["bytes"]) for s, r in sums(json.load(f), mode == "both").values())


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(own_apart(*sys.argv[1:]))
        sys.exit(0)
    problems, differences = main(int(sys.argv[1]), *sys.argv[2:])
    for problem in problems + differences:
        print(problem)
    sys.exit(1 if problems else 2 if differences else 0)

#!/usr/bin/env python3
"""iperf_agree.py STREAMS PROTO MODE CLIENT.json SERVER.json: do both sides of one test, each by its own document (of
iperf3 -J, or eperf --json), tell the same? Prints one line of figures, and what is wrong.

The client's document holds both ends' figures: its own and what the server told it. So
- what the client says that the server counted must be what the server itself says, to the byte;
- bytes sent and received agree: TCP differs by what lay in the buffers at the end (iperf3's own do, measured: up to 2 MiB
  a connection on loopback, and its sender counts the send buffer); UDP by what was lost or came after the end."""
import json
import sys


def sums(document, is_bidir):
    end = document["end"]
    result = {"up": (end["sum_sent"], end["sum_received"])} if "sum_sent" in end else {"up": (end["sum"], end["sum"])}
    if is_bidir:
        result["down"] = (end["sum_sent_bidir_reverse"], end["sum_received_bidir_reverse"])
    return result


def main(streams, proto, mode, client_file, server_file):
    wrong = []
    with open(client_file) as f:
        client = json.load(f)
    with open(server_file) as f:
        text = f.read()
    server = json.loads(text[text.index("{"):])
    for name, document in (("client", client), ("server", server)):
        if "error" in document:
            wrong.append(f"{name} has an error: {document['error']}")
    if wrong:
        return wrong
    line = []
    theirs = sums(server, mode == "both")
    for direction, (sent, received) in sums(client, mode == "both").items():
        a, b = sent["bytes"], received["bytes"]
        slack = streams * 6 * 2**20 + a // 100 if proto == "tcp" else max(a // 20, streams * 65536)
        line.append(f"{direction} sent {a} received {b}")
        if b == 0:
            wrong.append(f"{direction}: nothing received")
        if abs(a - b) > slack:
            wrong.append(f"{direction}: {a} sent, {b} received: more than {slack} apart")
        # the server's own half: it received what came up, and sent what came down
        ours_is_receiver = (direction == "up") != (mode == "down")
        own = theirs[direction][1 if ours_is_receiver else 0]["bytes"]
        told = b if ours_is_receiver else a
        if own != told:
            wrong.append(f"{direction}: the server counted {own}, the client was told {told}")
    print("#", mode, proto, streams, "; ".join(line))
    return wrong


if __name__ == "__main__":
    problems = main(int(sys.argv[1]), *sys.argv[2:])
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)

#!/usr/bin/env python3
"""The truth about a burst, for if_rate-max: hostres_burst.py watch INTERFACE SECONDS | send ADDRESS SECONDS

watch: prints the highest rate in bits/s that INTERFACE received over any 1 s, from its counter read every 2 ms.
send:  sends datagrams for SECONDS as fast as the socket takes them, so that the link's shaper makes the rate."""
import socket
import sys
import time


def watch(name, seconds):
    path = f"/sys/class/net/{name}/statistics/rx_bytes"
    samples, best, first = [], 0.0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(path, encoding="ascii") as f:
            octets = int(f.read())
        now = time.monotonic()
        samples.append((now, octets))
        while now - samples[first + 1][0] >= 1 if first + 1 < len(samples) else False:
            first += 1
        if now - samples[first][0] >= 1:
            best = max(best, 8 * (octets - samples[first][1]) / (now - samples[first][0]))
        time.sleep(0.002)
    print(int(best))


def send(address, seconds):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    end = time.monotonic() + seconds
    data = bytes(1400)
    while time.monotonic() < end:
        try:
            s.sendto(data, (address, 9))
        except OSError:
            time.sleep(0.001)


if sys.argv[1] == "watch":
    watch(sys.argv[2], float(sys.argv[3]))
else:
    send(sys.argv[2], float(sys.argv[3]))

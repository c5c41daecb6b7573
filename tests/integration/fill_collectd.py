"""Keeps a collectd full: fill_collectd.py SOCKET VALUES INTERVAL SECONDS writes host00/fill-000/gauge-v and so on, all of them each
INTERVAL seconds, each with the round's number as its value. Prints the number of each round when collectd has taken it, and how
long that took."""
import socket
import sys
import time

path, n, interval, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
names = ['PUTVAL "host%02d/fill-%03d/gauge-v" interval=%g N:' % (i % 100, i // 100, interval) for i in range(n)]
s = socket.socket(socket.AF_UNIX)
s.connect(path)
start = due = time.monotonic()
number = 0
while time.monotonic() - start < seconds:
    began = time.monotonic()
    number += 1
    for at in range(0, n, 100): # not more at once than collectd's answers find room for
        chunk = names[at:at + 100]
        s.sendall("".join("%s%d\n" % (name, number) for name in chunk).encode())
        left = len(chunk)
        while left > 0:
            answer = s.recv(65536)
            if not answer:
                sys.exit("collectd has gone")
            left -= answer.count(b"\n")
    print(number, "%.2f" % (time.monotonic() - began), flush=True)
    due += interval
    time.sleep(max(0, due - time.monotonic()))

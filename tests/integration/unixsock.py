"""Speaks to collectd's unixsock for tests.

  unixsock.py SOCKET put IDENT VALUE [INTERVAL]        one PUTVAL
  unixsock.py SOCKET alternate IDENT N SECONDS A B     N samples A B A B ..., SECONDS apart
  unixsock.py SOCKET hold IDENT VALUE SECONDS          VALUE every half second for SECONDS
  unixsock.py SOCKET many PREFIX N VALUE               VALUE to each PREFIX<i>/gauge-v, good for ten minutes
  unixsock.py SOCKET get IDENT | list
  unixsock.py SOCKET raise PREFIX N LOG PATTERN        N times: puts 9 to PREFIX<i>/gauge-v, waits until PATTERN with <i> for % is in
                                                       LOG; prints each delay in ms (the others are kept alive)
"""
import socket
import sys
import time


class Collectd:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(path)
        self.file = self.sock.makefile("r")

    def ask(self, line):
        self.sock.sendall(line.encode() + b"\n")
        status = self.file.readline()
        n = int(status.split()[0])
        if n < 0:
            raise SystemExit(status)
        return [self.file.readline().rstrip("\n") for _ in range(n)]

    def put(self, ident, value, interval="1"):
        self.ask(f'PUTVAL "{ident}" interval={interval} N:{value}')


def raise_each(cd, prefix, n, log, pattern):
    """Each match once, all kept alive meanwhile."""
    values = {i: 1 for i in range(n)}
    for i in range(n):
        cd.put(f"{prefix}{i}/gauge-v", 1)
    time.sleep(2.5)
    for i in range(n):
        values[i] = 9
        start = time.monotonic()
        wanted = pattern.replace("%", str(i))
        last = 0.0
        while True:
            if time.monotonic() - last > 0.5:
                for k, v in values.items():
                    cd.put(f"{prefix}{k}/gauge-v", v)
                if last == 0.0:
                    start = time.monotonic()
                last = time.monotonic()
            with open(log, encoding="utf-8", errors="replace") as f:
                if wanted in f.read():
                    break
            if time.monotonic() - start > 20:
                raise SystemExit(f"{wanted}: no trap in 20 s")
            time.sleep(0.01)
        print(round((time.monotonic() - start) * 1000))


def main():
    cd = Collectd(sys.argv[1])
    verb, args = sys.argv[2], sys.argv[3:]
    if verb == "put":
        cd.put(*args)
    elif verb == "alternate":
        for i in range(int(args[1])):
            cd.put(args[0], args[3 + i % 2])
            time.sleep(float(args[2]))
    elif verb == "hold":
        end = time.monotonic() + float(args[2])
        while time.monotonic() < end:
            cd.put(args[0], args[1])
            time.sleep(0.5)
    elif verb == "many":
        for i in range(int(args[1])):
            cd.put(f"{args[0]}{i}/gauge-v", args[2], 600)
    elif verb == "get":
        print("\n".join(cd.ask(f'GETVAL "{args[0]}"')))
    elif verb == "list":
        print("\n".join(cd.ask("LISTVAL")))
    elif verb == "raise":
        raise_each(cd, args[0], int(args[1]), args[2], args[3])


main()

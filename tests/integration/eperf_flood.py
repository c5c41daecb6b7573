#!/usr/bin/env python3
"""eperf_flood.py PORT: a client that asks for 1 Mbit/s of UDP and sends ten times as much as the server allows (MaxRate 8M).
Succeeds if the server ends the test with SERVER_ERROR within 5 s; prints when."""
import select
import socket
import struct
import sys
import time

import hostile


def main(port):
    control = hostile.with_params(port, tcp=False, udp=True, time=20, len=1000, bandwidth=1000000)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect((hostile.HOST, port))
    udp.send(b"9876")
    udp.settimeout(5)
    if udp.recv(4) != b"6789":
        return "no answer to the UDP hello"
    hostile.expect_state(control, hostile.TEST_RUNNING)
    began, number = time.monotonic(), 0
    while time.monotonic() - began < 5:
        while number < (time.monotonic() - began) * 10000:
            number += 1
            udp.send(struct.pack(">III", 1, 0, number).ljust(1000, b"x"))
        if select.select([control], [], [], 0.001)[0]:
            byte = control.recv(1)
            print("after %.2f s: %r" % (time.monotonic() - began, byte))
            return None if byte == bytes([hostile.SERVER_ERROR]) else "not SERVER_ERROR"
    return "the server let it pass"


sys.exit(main(int(sys.argv[1])))

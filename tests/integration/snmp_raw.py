"""A small SNMPv2c client that can also say what no tool would: for the tests of the agent under odd requests.

BER as RFC 3417 has it. Values are (tag, bytes) pairs; helpers make them from Python's types."""
import os
import random
import socket

INTEGER, STRING, NULL, OBJECT, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IPADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_OBJECT, NO_INSTANCE, END_OF_VIEW = 0x80, 0x81, 0x82
GET, GETNEXT, RESPONSE, SET, BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5

ROOT = tuple(int(a) for a in os.environ.get("SCM_OID_ROOT", "1.3.6.1.4.1.8072.9999.9999.2010").strip("'").split("."))


def tlv(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + size + body


def integer(n, tag=INTEGER):
    size = 1
    while not -(1 << (8 * size - 1)) <= n < 1 << (8 * size - 1):
        size += 1
    return (tag, n.to_bytes(size, "big", signed=True))


def gauge(n):
    return integer(n, GAUGE32)


def string(s):
    return (STRING, s if isinstance(s, bytes) else s.encode())


def oid_body(oid):
    out = bytearray()
    for arc in (oid[0] * 40 + oid[1],) + tuple(oid[2:]):
        part = [arc & 127]
        while arc > 127:
            arc >>= 7
            part.append(arc & 127 | 128)
        out += bytes(reversed(part))
    return bytes(out)


def index(name):
    """A string index, its length first."""
    raw = name if isinstance(name, bytes) else name.encode()
    return (len(raw),) + tuple(raw)


def take(data, at):
    """The TLV at data[at:]: tag, body, where the next one begins."""
    tag, size = data[at], data[at + 1]
    at += 2
    if size & 128:
        n = size & 127
        size = int.from_bytes(data[at:at + n], "big")
        at += n
    return tag, data[at:at + size], at + size


def take_oid(body):
    arcs, n = [], 0
    for byte in body:
        n = n << 7 | byte & 127
        if not byte & 128:
            arcs.append(n)
            n = 0
    return (arcs[0] // 40, arcs[0] % 40) + tuple(arcs[1:])


def value(tag, body):
    """As Python has it: int, bytes, OID tuple, or None for NULL and the exceptions."""
    if tag == INTEGER:
        return int.from_bytes(body, "big", signed=True)
    if tag in (COUNTER32, GAUGE32, TIMETICKS, COUNTER64):
        return int.from_bytes(body, "big")
    if tag in (STRING, OPAQUE, IPADDRESS):
        return body
    return take_oid(body) if tag == OBJECT else None


class Client:
    """One socket. Not for two threads at once."""

    def __init__(self, port, community="private", timeout=1.0):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(timeout)
        self.community = community.encode()
        self.id = random.randrange(1, 1 << 30)

    def message(self, kind, varbinds, second=0, third=0, names=None):
        """varbinds: (oid, (tag, bytes)). names: raw OID bodies instead of the varbinds' own."""
        body = b"".join(tlv(SEQUENCE, tlv(OBJECT, names[i] if names else oid_body(oid)) + tlv(*val))
                        for i, (oid, val) in enumerate(varbinds))
        pdu = tlv(kind, tlv(*integer(self.id)) + tlv(*integer(second)) + tlv(*integer(third)) + tlv(SEQUENCE, body))
        return tlv(SEQUENCE, tlv(*integer(1)) + tlv(STRING, self.community) + pdu)

    def receive(self):
        """(error, index, [(oid, tag, value)]) of the response to the last request, or None: no answer in time."""
        while True:
            try:
                data = self.sock.recv(65536)
            except (socket.timeout, ConnectionRefusedError):
                return None
            _, body, _ = take(data, 0)
            _, _, at = take(body, 0)
            _, _, at = take(body, at)
            _, pdu, _ = take(body, at)
            _, rid, at = take(pdu, 0)
            if int.from_bytes(rid, "big", signed=True) != self.id:
                continue
            _, error, at = take(pdu, at)
            _, where, at = take(pdu, at)
            _, rest, _ = take(pdu, at)
            out, at = [], 0
            while at < len(rest):
                _, one, at = take(rest, at)
                _, name, nxt = take(one, 0)
                tag, val, _ = take(one, nxt)
                out.append((take_oid(name), tag, value(tag, val)))
            return int.from_bytes(error, "big"), int.from_bytes(where, "big"), out

    def ask(self, kind, varbinds, second=0, third=0, times=1):
        self.id += 1
        data = self.message(kind, varbinds, second, third)
        for _ in range(times):
            try:
                self.sock.send(data)
            except ConnectionRefusedError:
                return None
        return self.receive()

    def get(self, *oids):
        return self.ask(GET, [(o, (NULL, b"")) for o in oids])

    def next(self, *oids):
        return self.ask(GETNEXT, [(o, (NULL, b"")) for o in oids])

    def bulk(self, non_repeaters, repetitions, *oids):
        return self.ask(BULK, [(o, (NULL, b"")) for o in oids], non_repeaters, repetitions)

    def set(self, *varbinds, times=1):
        return self.ask(SET, varbinds, times=times)

    def walk(self, base=ROOT):
        """All instances below base as [(oid, tag, value)]; a repetition or a step back raises."""
        out, at = [], base
        while True:
            answer = self.bulk(0, 20, at)
            if answer is None or answer[0]:
                raise RuntimeError(f"walk: {answer}")
            for name, tag, val in answer[2]:
                if tag == END_OF_VIEW or name[:len(base)] != base:
                    return out
                if name <= at:
                    raise RuntimeError(f"walk went back from {at} to {name}")
                out.append((name, tag, val))
                at = name

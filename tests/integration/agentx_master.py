"""An AgentX master by hand (RFC 2741), for what snmpd does not send: agentx_master.py SOCKET

Waits for agentx_driver (-p 1 -e 0) at SOCKET, lets it register, and asks. Prints each answer that is not as it should be; exit
status 0: none."""
import os
import socket
import struct
import sys

OPEN, REGISTER, GET, GETNEXT, GETBULK, TESTSET, COMMITSET, CLEANUPSET, RESPONSE = 1, 3, 5, 6, 7, 8, 9, 11, 18
INTEGER, STRING, GAUGE = 2, 4, 66
NO_OBJECT, NO_INSTANCE, END = 128, 129, 130
BIG_ENDIAN, CONTEXT = 0x10, 0x08
ROOT = tuple(int(n) for n in os.environ.get("SCM_OID_ROOT", "1.3.6.1.4.1.8072.9999.9999.2010").split("."))
LOAD1, LOAD5, LOAD_NEXT = ROOT + (1, 2, 1, 0), ROOT + (1, 2, 2, 0), ROOT + (1, 2, 8, 0)
ADMIN = ROOT + (1, 4, 1, 3, 2, 112, 48)
VERSION = ROOT + (1, 1, 1, 0)
faults = 0


def expect(what, got, want):
    global faults
    if got != want:
        faults += 1
        print(f"{what}: got {got}, want {want}")


class Codec:
    """OIDs, values and varbinds in one byte order."""

    def __init__(self, big):
        self.order = ">" if big else "<"

    def pack(self, code, *values):
        return struct.pack(self.order + code, *values)

    def oid(self, name, include=0):
        prefix = 0
        if name[:4] == (1, 3, 6, 1) and len(name) > 4 and 0 < name[4] < 256:
            prefix, name = name[4], name[5:]
        return bytes([len(name), prefix, include, 0]) + self.pack(f"{len(name)}I", *name)

    def take_oid(self, data):
        count, prefix = data[0], data[1]
        name = struct.unpack_from(f"{self.order}{count}I", data, 4)
        return ((1, 3, 6, 1, prefix) if prefix else ()) + name, data[4 + 4 * count:]

    def varbinds(self, data):
        found = []
        while data:
            kind = struct.unpack_from(self.order + "H", data)[0]
            name, data = self.take_oid(data[4:])
            value = None
            if kind in (INTEGER, GAUGE, 65):
                value, data = struct.unpack_from(self.order + "I", data)[0], data[4:]
            elif kind == STRING:
                size = struct.unpack_from(self.order + "I", data)[0]
                value, data = data[4:4 + size], data[4 + (size + 3 & ~3):]
            found.append((name, kind, value))
        return found


class Master:
    SESSION = 77

    def __init__(self, path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(10)
        self.sock = listener.accept()[0]
        self.sock.settimeout(10)
        self.packet = self.transaction = 1000
        self.cleanups = set()

    def read(self):
        header = self.exactly(20)
        flags, kind = header[2], header[1]
        codec = Codec(flags & BIG_ENDIAN)
        session, transaction, packet, size = struct.unpack(codec.order + "4I", header[4:])
        body = self.exactly(size)
        if flags & CONTEXT:  # net-snmp echoes it
            body = body[4 + (struct.unpack_from(codec.order + "I", body)[0] + 3 & ~3):]
        return kind, codec, (session, transaction, packet), body

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                sys.exit("the agent closed the session")
            data += part
        return data

    def admit(self):
        """Answers what the agent has to say until it has registered and is quiet."""
        registered = False
        while True:
            self.sock.settimeout(0.5 if registered else 10)
            try:
                kind, codec, (_, transaction, packet), _ = self.read()
            except socket.timeout:
                break
            registered = registered or kind == REGISTER
            body = codec.pack("IHH", 0, 0, 0)
            flags = BIG_ENDIAN if codec.order == ">" else 0
            self.sock.sendall(bytes([1, RESPONSE, flags, 0]) + codec.pack("4I", self.SESSION, transaction, packet, len(body)) + body)
        self.sock.settimeout(10)

    def pdu(self, codec, kind, body, flags=0):
        self.packet += 1
        if kind not in (COMMITSET, CLEANUPSET):
            self.transaction += 1
        if kind == CLEANUPSET:
            self.cleanups.add(self.packet)
        flags |= BIG_ENDIAN if codec.order == ">" else 0
        return bytes([1, kind, flags, 0]) + codec.pack("4I", self.SESSION, self.transaction, self.packet, len(body)) + body

    def answer(self, codec):
        """(error, index, varbinds) of the response to the last request."""
        kind, got, ids, body = self.read()
        while ids[2] in self.cleanups:  # which net-snmp answers, though RFC 2741 wants none
            kind, got, ids, body = self.read()
        expect("kind, byte order and ids", (kind, got.order, ids), 
               (RESPONSE, codec.order, (self.SESSION, self.transaction, self.packet)))
        _, error, index = struct.unpack_from(got.order + "IHH", body)
        return error, index, got.varbinds(body[8:])

    def ask(self, codec, kind, body, flags=0):
        self.sock.sendall(self.pdu(codec, kind, body, flags))
        return self.answer(codec)


def ranges(codec, *searches):
    """searches: (start, end or (), include)"""
    return b"".join(codec.oid(start, include) + codec.oid(end) for start, end, include in searches)


def get(master, codec):
    long = LOAD1 + (1,) * 200
    error, index, got = master.ask(codec, GET, ranges(codec, (LOAD1, (), 0), (LOAD5, (), 0), (ROOT + (9, 9), (), 0),
                                                      (long, (), 0), (LOAD1, (), 0)))
    expect("get", (error, index), (0, 0))
    expect("get", got, [(LOAD1, GAUGE, 123), (LOAD5, NO_INSTANCE, None), (ROOT + (9, 9), NO_OBJECT, None),
                        (long, NO_INSTANCE, None), (LOAD1, GAUGE, 123)])
    error, _, got = master.ask(codec, GET, codec.pack("I", 3) + b"ctx\0" + ranges(codec, (LOAD1, (), 0)), CONTEXT)
    expect("a context that is not there", (error, got), (0, [(LOAD1, NO_OBJECT, None)]))


def get_next(master, codec):
    last = ROOT + (9,)
    first = (VERSION, STRING)
    searches = [  # start, end, include; the answer's name and type
        (ROOT, last, 0, first),
        (ROOT, last, 1, first),
        ((1, 3, 6), last, 1, first),
        (ROOT + (1, 2), last, 1, (LOAD1, GAUGE)),
        (LOAD1[:-1], last, 0, (LOAD1, GAUGE)),
        (LOAD1, last, 1, (LOAD1, GAUGE)),
        (LOAD1, (), 1, (LOAD1, GAUGE)),
        (LOAD1, last, 0, (LOAD_NEXT, STRING)),
        (LOAD1, (), 0, (LOAD_NEXT, STRING)),
        (LOAD1 + (1,) * 200, last, 1, (LOAD_NEXT, STRING)),
        (LOAD1, LOAD_NEXT + (0,), 0, (LOAD_NEXT, STRING)),
        (LOAD1, LOAD_NEXT, 0, (LOAD1, END)),  # the end is outside
        (LOAD1, LOAD1, 1, (LOAD1, END)),
        (last, (), 0, (last, END)),
        (last, (), 1, (last, END)),
        ((2, 1), (), 0, ((2, 1), END)),
    ]
    error, index, got = master.ask(codec, GETNEXT, ranges(codec, *[s[:3] for s in searches]))
    expect("getnext", (error, index, len(got)), (0, 0, len(searches)))
    for search, (name, kind, _) in zip(searches, got):
        expect(f"getnext {search[:3]}", (name, kind), search[3])


def get_bulk(master, codec):
    error, _, got = master.ask(codec, GETBULK, codec.pack("HH", 1, 2) + ranges(codec, (ROOT, (), 0), (LOAD1[:-1], (), 0)))
    expect("getbulk", (error, [name for name, _, _ in got][:2]), (0, [VERSION, LOAD1]))


def set_then_get(master, codec, value):
    """A GET behind a CleanupSet, in one segment with it, finds what was set."""
    varbind = codec.pack("HH", INTEGER, 0) + codec.oid(ADMIN) + codec.pack("I", value)
    expect("testset", master.ask(codec, TESTSET, varbind)[:2], (0, 0))
    expect("commitset", master.ask(codec, COMMITSET, b"")[:2], (0, 0))
    master.sock.sendall(master.pdu(codec, CLEANUPSET, b"") + master.pdu(codec, GET, ranges(codec, (ADMIN, (), 0))))
    expect("get after set", master.answer(codec), (0, 0, [(ADMIN, INTEGER, value)]))


def main():
    master = Master(sys.argv[1])
    master.admit()
    for big in (False, True):
        codec = Codec(big)
        get(master, codec)
        get_next(master, codec)
        get_bulk(master, codec)
        for value in (1, 2, 3, 2):
            set_then_get(master, codec, value)
            get_next(master, codec)
    return 1 if faults else 0


sys.exit(main())

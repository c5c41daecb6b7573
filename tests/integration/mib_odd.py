"""Malformed and odd requests: mib_odd.py PORT REQUESTS. No answer is wanted but that the agent lives and its tables stand."""
import os
import random
import sys
import time

import snmp_raw as raw

port, requests = int(sys.argv[1]), int(sys.argv[2])
seed = int(os.environ.get("SCM_SEED", time.time()))
rng = random.Random(seed)
print("seed", seed)
client = raw.Client(port, timeout=5)
VOLATILE = {raw.ROOT + (1, 1, 5, 0)}    # the feed's age moves
WRITABLE = [(1, 1, 3, 0), (1, 1, 6, 0), (1, 1, 7, 0), (1, 2, 8, 0), (1, 4, 1, 3), (1, 4, 1, 6), (1, 5, 1, 2), (1, 5, 1, 3),
            (1, 5, 1, 4), (1, 5, 1, 5), (1, 5, 1, 6), (1, 5, 1, 8), (1, 5, 1, 12), (1, 5, 1, 13), (1, 6, 1, 14)]
TAGS = [raw.NULL, raw.OBJECT, raw.IPADDRESS, raw.COUNTER32, raw.TIMETICKS, raw.OPAQUE, raw.COUNTER64, 0x80, 0x81, 0x82]


def table():
    return {name: (tag, val) for name, tag, val in client.walk() if name not in VOLATILE}


def odd_oid(known):
    """Near something that is there, or nowhere near."""
    oid = list(rng.choice(known))
    for _ in range(rng.randint(0, 3)):
        what = rng.random()
        if what < 0.25:
            oid = oid[:rng.randint(2, len(oid))]
        elif what < 0.5:
            oid.append(rng.choice([0, 1, 127, 128, 255, 256, 0x7FFFFFFF, 0xFFFFFFFF]))
        elif what < 0.75 and len(oid) > 8:
            oid[rng.randint(7, len(oid) - 1)] = rng.choice([0, 1, 2, 9, 33, 255, 256, 0xFFFFFFFF])
        else:
            oid += [rng.randint(0, 300)] * rng.randint(1, 128 - min(len(oid), 127))
    return tuple(oid[:128])


def odd_value():
    tag = rng.choice(TAGS)
    body = {raw.NULL: b"", raw.OBJECT: raw.oid_body(raw.ROOT), raw.IPADDRESS: b"\x01\x02\x03\x04"}.get(tag)
    return tag, body if body is not None else rng.choice([b"\0", b"\x01\x02", bytes(4), b"\x7f\xff\xff\xff"])


def refused_set(known):
    """A SET that cannot be right: a type that no column has."""
    names = [raw.ROOT + w + (raw.index(rng.choice(["p0", "l0", "t0", "x", "y" * 33])) if w[-1] else ()) for w in WRITABLE]
    return [(rng.choice([rng.choice(names), odd_oid(known)]), odd_value()) for _ in range(rng.randint(1, 16))]


def broken(data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        what = rng.random()
        if what < 0.5:
            data[at] ^= 1 << rng.randrange(8)
        elif what < 0.75:
            del data[at:]
            if not data:
                data = bytearray(b"\x30")
        else:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
    return bytes(data)


def one(known):
    kind = rng.random()
    client.id += 1
    null = (raw.NULL, b"")
    if kind < 0.25:
        return client.message(raw.SET, refused_set(known))
    if kind < 0.45:
        return client.message(rng.choice([raw.GET, raw.GETNEXT]), [(odd_oid(known), null) for _ in range(rng.randint(1, 30))])
    if kind < 0.7:
        return client.message(raw.BULK, [(odd_oid(known), null) for _ in range(rng.randint(0, 10))],
                              rng.choice([0, 1, 5, 100, -1, 0x7FFFFFFF]), rng.choice([0, 1, 2, 50, -1, 0x7FFFFFFF]))
    data = client.message(rng.choice([raw.GET, raw.GETNEXT, raw.BULK]), [(odd_oid(known), null) for _ in range(rng.randint(1, 5))])
    return broken(data)


before = table()
known = list(before)
answered = 0
for i in range(requests):
    client.sock.send(one(known))
    if i % 20 == 19:    # keeps the queues short, and sees that somebody is at home
        answer = client.get(raw.ROOT + (1, 1, 1, 0))
        if answer is None or answer[0]:
            print(f"FAULT: request {i}: no answer afterwards: {answer}")
            sys.exit(1)
        answered += 1
after = table()
print(f"{requests} requests, {len(before)} instances")
if before != after:
    for name in sorted(set(before) | set(after)):
        if before.get(name) != after.get(name):
            print(f"FAULT: {name}: {before.get(name)} became {after.get(name)}")
    sys.exit(1)

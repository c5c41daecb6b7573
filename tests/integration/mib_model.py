"""Random SET PDUs against a model: mib_model.py DIR PORT PDUS

Four clients at once, each with objects of its own (portals, a throughput test, limits): every PDU has 1 to 16 varbinds, half of
them one that must fail, at a random place; some are sent twice. The model below says from the MIB's text alone whether a PDU
succeeds and what is there afterwards. DIR/driver.out is agentx_driver's (-p 8 -e 4 -l 2): each accepted change once."""
import os
import random
import sys
import threading
import time

import snmp_raw as raw

directory, port, pdus = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seed = int(os.environ.get("SCM_SEED", time.time()))
print("seed", seed)
CLIENTS = 4
ACTIVE, NOT_IN_SERVICE, NOT_READY, GO, WAIT, DESTROY = 1, 2, 3, 4, 5, 6
faults = []
METRIC, DIRECTION, THRESHOLD, CLEAR, HITS, CLEAR_HITS, SEVERITY, STORAGE, STATUS = 2, 3, 4, 5, 6, 7, 8, 12, 13
COLUMNS = (METRIC, DIRECTION, THRESHOLD, CLEAR, HITS, CLEAR_HITS, SEVERITY, STORAGE, STATUS)


def portal(col, name):
    return raw.ROOT + (1, 4, 1, col) + raw.index(name)


def limit(col, name):
    return raw.ROOT + (1, 5, 1, col) + raw.index(name)


def eperf(col, name):
    return raw.ROOT + (1, 6, 1, col) + raw.index(name)


def ready(row):
    if not (METRIC in row and DIRECTION in row and THRESHOLD in row):
        return False
    threshold, clear = float(row[THRESHOLD]), float(row.get(CLEAR, row[THRESHOLD]))
    return clear <= threshold if row[DIRECTION] == 1 else clear >= threshold


class Model:
    def __init__(self, n):
        self.portals = {f"p{2 * n + i}": {"admin": 3, "requester": b""} for i in (0, 1)}
        self.run = {f"t{n}": 0}
        self.rows = {}
        self.changes = []   # of what the loop acts on

    def copy(self):
        other = Model.__new__(Model)
        other.portals = {k: dict(v) for k, v in self.portals.items()}
        other.run, other.rows = dict(self.run), {k: dict(v) for k, v in self.rows.items()}
        other.changes = list(self.changes)
        return other

    def apply(self, varbinds):
        """varbinds: (kind, column, name, value). The model afterwards, or None: the PDU fails."""
        new, seen = self.copy(), {}
        for vb in varbinds:
            if vb[0] == "bad" or seen.setdefault(vb[:3], vb[3]) != vb[3]:
                return None
        for kind, col, name, val in varbinds:      # rows are made first …
            if kind == "limit" and col == STATUS and (GO, WAIT).count(val):
                if seen.get(("made", name)):
                    continue
                if name in new.rows:
                    return None
                new.rows[name] = {HITS: 1, CLEAR_HITS: 1, SEVERITY: 1, STORAGE: 3, STATUS: NOT_READY}
                seen[("made", name)] = True
            elif kind == "limit" and col == STATUS and val in (ACTIVE, NOT_IN_SERVICE) and name not in new.rows:
                return None
        for kind, col, name, val in varbinds:      # … who wants another state is not who wanted the last …
            if kind == "portal" and col == "admin" and val != self.portals[name]["admin"]:
                new.portals[name]["requester"] = b""
        for kind, col, name, val in varbinds:      # … then filled …
            if kind == "portal":
                new.portals[name][col] = val
            elif kind == "run":
                new.run[name] = val
            elif col != STATUS:
                if name not in new.rows:
                    return None
                new.rows[name][col] = val
        for kind, col, name, val in varbinds:      # … then put into the state that was asked for
            if kind != "limit" or col != STATUS:
                continue
            if val == DESTROY:
                new.rows.pop(name, None)
            elif val in (GO, ACTIVE, NOT_IN_SERVICE):
                if not ready(new.rows[name]):
                    return None
                new.rows[name][STATUS] = NOT_IN_SERVICE if val == NOT_IN_SERVICE else ACTIVE
        for kind, col, name, val in varbinds:
            row = new.rows.get(name) if kind == "limit" else None
            if row is not None and row[STATUS] == ACTIVE and not ready(row):
                return None
            if row is not None and row[STATUS] != ACTIVE:
                row[STATUS] = NOT_IN_SERVICE if ready(row) else NOT_READY
        for name, p in new.portals.items():
            if p["admin"] != self.portals[name]["admin"]:
                new.changes.append(f"admin {name} {('', 'on', 'off', 'hold')[p['admin']]}")
        for name, n in new.run.items():
            if n != self.run[name]:
                new.changes.append(f"run {name} {n}")
        return new


def random_limit(rng, client):
    name = f"c{client}{rng.choice('ab')}"
    col = rng.choice(COLUMNS + (STATUS, THRESHOLD))
    val = {METRIC: lambda: rng.choice([b"load/load:shortterm", b"sum(*/load/load:midterm)"]),
           DIRECTION: lambda: rng.choice([1, 2]), THRESHOLD: lambda: rng.choice([b"4.5", b"-1", b"2e3"]),
           CLEAR: lambda: rng.choice([b"4.5", b"-1", b"2e3"]), HITS: lambda: rng.randint(1, 1000),
           CLEAR_HITS: lambda: rng.randint(1, 1000), SEVERITY: lambda: rng.choice([1, 2]),
           STORAGE: lambda: rng.choice([2, 3]),
           STATUS: lambda: rng.choice([ACTIVE, NOT_IN_SERVICE, GO, GO, GO, WAIT, DESTROY])}[col]()
    return "limit", col, name, val


def whole_limit(rng, client):
    name = f"c{client}{rng.choice('ab')}"
    out = [("limit", METRIC, name, b"load/load:shortterm"), ("limit", DIRECTION, name, 1),
           ("limit", THRESHOLD, name, b"4.5"), ("limit", STATUS, name, GO)]
    rng.shuffle(out)
    return out


def random_pdu(rng, client):
    out = []
    if rng.random() < 0.2:
        out += whole_limit(rng, client)
    for _ in range(rng.randint(1, 16)):
        what = rng.random()
        if what < 0.35:
            out.append(("portal", "admin", f"p{2 * client + rng.randint(0, 1)}", rng.choice([1, 2, 3])))
        elif what < 0.5:
            out.append(("portal", "requester", f"p{2 * client + rng.randint(0, 1)}", rng.choice([b"me", b"", b"you" * 80])))
        elif what < 0.6:
            out.append(("run", 14, f"t{client}", rng.randint(0, 5)))
        elif what < 0.68:
            out.append(random_limit(rng, client))
    out = list(dict(((vb[:3]), vb) for vb in out).values()) if rng.random() < 0.9 else out
    out = out[:16] or [("run", 14, f"t{client}", 1)]
    if rng.random() < 0.4:
        out.insert(rng.randint(0, len(out)), ("bad", rng.randint(0, 8), f"{client}", None))
    return out[:16]


BAD = [lambda c: (portal(3, f"p{2 * c}"), raw.integer(4)), lambda c: (portal(3, f"p{2 * c}"), raw.gauge(1)),
       lambda c: (portal(3, "nobody"), raw.integer(1)), lambda c: (portal(4, f"p{2 * c}"), raw.integer(1)),
       lambda c: (limit(THRESHOLD, f"c{c}a"), raw.string("4,5")), lambda c: (limit(HITS, f"c{c}a"), raw.gauge(0)),
       lambda c: (limit(STATUS, f"c{c}a"), raw.integer(NOT_READY)), lambda c: (portal(6, f"p{2 * c}"), raw.string("x" * 256)),
       lambda c: (eperf(14, "none"), raw.gauge(1))]


def encode(vb):
    kind, col, name, val = vb
    if kind == "bad":
        return BAD[col](int(name))
    if kind == "portal":
        return portal(3, name) if col == "admin" else portal(6, name), \
            raw.integer(val) if col == "admin" else raw.string(val)
    if kind == "run":
        return eperf(14, name), raw.gauge(val)
    if isinstance(val, bytes):
        return limit(col, name), raw.string(val)
    return limit(col, name), raw.gauge(val) if col in (HITS, CLEAR_HITS) else raw.integer(val)


def compare(client, n, model):
    """What the agent says of this client's objects against the model."""
    want = {}
    for name, p in model.portals.items():
        want[portal(3, name)], want[portal(6, name)] = p["admin"], p["requester"]
    for name, run in model.run.items():
        want[eperf(14, name)] = run
    for name in (f"c{n}a", f"c{n}b"):
        row = dict(model.rows.get(name, {}))
        if THRESHOLD in row or CLEAR in row:
            row.setdefault(CLEAR, row.get(THRESHOLD))
        for col in COLUMNS:
            want[limit(col, name)] = row.get(col)
    answer = client.get(*want)
    if answer is None or answer[0]:
        return f"cannot read back: {answer}"
    got = {name: val for name, tag, val in answer[2]}
    wrong = [f"{k}: {got.get(k)} is not {v}" for k, v in want.items() if got.get(k) != v]
    return "; ".join(wrong)


def run(n):
    rng = random.Random(seed * CLIENTS + n)
    client, model = raw.Client(port, timeout=10), Model(n)
    for i in range(pdus // CLIENTS):
        pdu = random_pdu(rng, n)
        twice = rng.random() < 0.2
        answer = client.set(*[encode(vb) for vb in pdu], times=2 if twice else 1)
        if answer is None:
            faults.append(f"client {n}, PDU {i}: no answer")
            break
        after = model.apply(pdu)
        if (after is None) != (answer[0] != 0):
            faults.append(f"client {n}, PDU {i}: error {answer[0]} at {answer[1]}, the model says "
                          f"{'failure' if after is None else 'success'}: {pdu} rows {model.rows}")
        model = after or model
        if twice:
            client.receive()
            model = model.apply(pdu) or model
        wrong = compare(client, n, model)
        if wrong:
            faults.append(f"client {n}, PDU {i}: {wrong}")
        counts[n][0 if after is None else 1] += 1
        if len(faults) > 5:
            break
    models[n] = model


counts = [[0, 0] for _ in range(CLIENTS)]
models = [None] * CLIENTS
threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
time.sleep(0.3)
with open(f"{directory}/driver.out") as f:
    told = [line.strip() for line in f if line.startswith(("admin ", "run "))]
for n, model in enumerate(models):
    for name in list(model.portals) + list(model.run):
        mine = [t for t in told if t.split()[1] == name]
        want = [c for c in model.changes if c.split()[1] == name]
        if mine != want:
            faults.append(f"{name}: the loop was told {mine[-5:]}, accepted were {want[-5:]} ({len(mine)}, {len(want)})")
print(f"{sum(map(sum, counts))} PDUs, {sum(c[1] for c in counts)} accepted, {len(told)} changes")
for fault in faults[:10]:
    print("FAULT:", fault)
sys.exit(bool(faults))

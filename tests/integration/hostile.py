#!/usr/bin/env python3
"""Peers that misbehave, for eperf_hostile.bats; Python's standard library only.

  hostile.py client CASE PORT           a hostile client: prints "ready" once it is what CASE says, then stays so until
                                        SIGTERM; says "closed SECONDS" when the server drops it before
  hostile.py client-cases               their names
  hostile.py servers LIMIT COMMAND...   every hostile server at once, each against its own COMMAND ({port}, {proto} and {dir}
                                        in it are filled in): one TAP line per case; the command must fail, with
                                        a reason on stderr or stdout, within LIMIT seconds
  hostile.py idle N PORT                N connections that say nothing, until SIGTERM
  hostile.py foreign PORT               says hello on UDP from another address than its control connection's: no answer
  hostile.py again PORT                 one client right after another, before the first has said its last word
  hostile.py churn N PORT PID SEED      N real iperf3 clients, killed or stopped at random times; PID is the server
The wire: a cookie of 37 bytes; state bytes; 32-bit length and JSON, big endian."""
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

COOKIE_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
TEST_START, TEST_RUNNING, TEST_END, PARAM_EXCHANGE, CREATE_STREAMS = 1, 2, 4, 9, 10
EXCHANGE_RESULTS, DISPLAY_RESULTS, IPERF_DONE = 13, 14, 16
ACCESS_DENIED, SERVER_ERROR = 255, 254
PARAMS = {"tcp": True, "omit": 0, "time": 5, "parallel": 1, "len": 131072, "pacing_timer": 1000,
          "client_version": "3.12"}
HOST = "127.0.0.1"


# ---- talking the protocol, as far as each case wants ------------------------------------------------------------------

def frame(document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return struct.pack(">I", len(text)) + text


def receive(sock, n, seconds=10):
    """n bytes, or as many as came before the end or the time was up."""
    sock.settimeout(seconds)
    data = b""
    try:
        while len(data) < n:
            part = sock.recv(n - len(data))
            if not part:
                break
            data += part
    except OSError:
        pass
    return data


def expect_state(sock, *wanted):
    """Reads state bytes up to the wanted one; SystemExit when it does not come."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        byte = receive(sock, 1)
        if not byte:
            sys.exit(f"the server closed before state {wanted}")
        if byte[0] in wanted:
            return byte[0]
        if byte[0] in (ACCESS_DENIED, SERVER_ERROR):
            sys.exit(f"the server refused: {byte[0]} instead of {wanted}")
    sys.exit(f"no state {wanted}")


def connect(port):
    return socket.create_connection((HOST, port), 10)


def new_cookie():
    return bytes(random.choices(COOKIE_LETTERS, k=36)) + b"\0"


def with_cookie(port, cookie=None):
    sock = connect(port)
    sock.sendall(cookie or new_cookie())
    expect_state(sock, PARAM_EXCHANGE)
    return sock


def with_params(port, cookie=None, **changes):
    sock = with_cookie(port, cookie)
    sock.sendall(frame({**PARAMS, **changes}))
    expect_state(sock, CREATE_STREAMS)
    return sock


def running(port, **changes):
    """A control connection and its streams, up to TEST_RUNNING."""
    cookie = new_cookie()
    control = with_params(port, cookie, **changes)
    streams = []
    for _ in range(changes.get("parallel", 1)):
        stream = connect(port)
        stream.sendall(cookie)
        streams.append(stream)
    expect_state(control, TEST_RUNNING)
    return [control] + streams


def ended(port):
    """A test of which the client has said that it is over."""
    socks = running(port, time=1)
    socks[1].sendall(bytes(131072))
    socks[0].sendall(bytes([TEST_END]))
    expect_state(socks[0], EXCHANGE_RESULTS)
    return socks


def stopped_iperf3(port, *options):
    """A real iperf3, stopped in the middle of its test. Its process keeps the sockets."""
    child = subprocess.Popen(["iperf3", "-c", HOST, "-p", str(port), "-t", "5", *options],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    if child.poll() is not None:
        sys.exit("iperf3 ended too soon")
    os.kill(child.pid, signal.SIGSTOP)
    return child


# ---- hostile clients --------------------------------------------------------------------------------------------------

WRONG = [None, True, -1, 0, 1e308, 2**63, -2**63, "x", "9" * 400, [], [1], {}, {"a": 1}]
FIELDS = ["tcp", "udp", "sctp", "omit", "server_affinity", "time", "num", "blockcount", "MSS", "nodelay", "parallel",
          "reverse", "bidirectional", "window", "len", "bandwidth", "fqrate", "pacing_timer", "burst", "TOS", "flowlabel",
          "title", "extra_data", "congestion", "congestion_used", "get_server_output", "udp_counters_64bit",
          "repeating_payload", "zerocopy", "dont_fragment", "client_version"]
ABSURD = {"len": [-1, 0, 1, 2**31 - 1, 2**32, 2**63 - 1], "time": [-1, 0, 86401, 2**31 - 1, 2**63 - 1],
          "parallel": [-1, 0, 129, 65535, 2**31 - 1, 2**63 - 1]}


def one_try(port, params):
    """Sends these parameters and goes along as far as the server does, for at most a moment."""
    sock, cookie = connect(port), new_cookie()
    sock.sendall(cookie)
    if receive(sock, 1, 5) == bytes([PARAM_EXCHANGE]):
        try:
            sock.sendall(frame(params))
            if receive(sock, 1, 0.5) == bytes([CREATE_STREAMS]):
                stream = connect(port)
                stream.sendall(cookie)
                receive(sock, 2, 0.02)
                stream.close()
        except OSError:
            pass
    sock.close()


def wrong_types(port):
    for field in FIELDS:
        for value in WRONG:
            one_try(port, {**PARAMS, field: value})
    for document in (b"", b"{", b"[]", b"null", b"5", b"\0" * 100, b"[" * 10000, b'{"tcp":true', b'{"len":' + b"9" * 9000 + b"}"):
        one_try(port, document)
    return [when_there_is_a_slot(port)]


def absurd(port):
    held = []
    for field, values in ABSURD.items():
        for value in values:
            one_try(port, {**PARAMS, field: value})
    held.append(when_there_is_a_slot(port))
    held[0].sendall(frame({**PARAMS, "len": 2**31 - 1, "time": 2**31 - 1, "parallel": 2**31 - 1}))
    return held


def when_there_is_a_slot(port):
    """A control connection; the tries before may hold all slots for a moment."""
    for _ in range(50):
        sock = connect(port)
        sock.sendall(new_cookie())
        if receive(sock, 1) == bytes([PARAM_EXCHANGE]):
            return sock
        time.sleep(0.1)
    sys.exit("the server stays busy")


def half_cookie(port):
    sock = connect(port)
    sock.sendall(new_cookie()[:36])
    return [sock]


def length(value):
    def case(port):
        sock = with_cookie(port)
        sock.sendall(struct.pack(">I", value) + b'{"tcp":')

        def flood():  # as much of it as the server takes
            try:
                while True:
                    sock.sendall(b" " * 65536)
            except OSError:
                pass
        threading.Thread(target=flood, daemon=True).start()
        return [sock]
    return case


def drip(start, text):
    def case(port):
        sock = start(port)

        def feed():
            try:
                for byte in text * 100:
                    sock.sendall(bytes([byte]))
                    time.sleep(5)
            except OSError:
                pass
        threading.Thread(target=feed, daemon=True).start()
        return [sock]
    return case


def stalled_results(port):
    socks = ended(port)
    socks[0].sendall(struct.pack(">I", 2000) + b'{"cpu_util_total":')
    return socks


CLIENTS = {
    "silent": lambda port: [connect(port)],
    "half-cookie": half_cookie,
    "cookie-then-silence": lambda port: [with_cookie(port)],
    "json-length-7fffffff": length(0x7FFFFFFF),
    "json-length-ffffffff": length(0xFFFFFFFF),
    "drip-cookie": drip(connect, new_cookie()),
    "drip-parameters": drip(with_cookie, frame(PARAMS)),
    "drip-results": drip(lambda port: ended(port)[0], struct.pack(">I", 2000) + b" " * 2000),
    "no-streams": lambda port: [with_params(port)],
    "no-streams-of-128": lambda port: [with_params(port, parallel=128)],
    "no-streams-udp": lambda port: [with_params(port, tcp=False, udp=True, len=1448)],
    "no-data": lambda port: running(port),
    "no-data-16": lambda port: running(port, parallel=16),
    "no-reading": lambda port: running(port, reverse=True),
    "results-never": ended,
    "results-stalled": stalled_results,
    "stopped-tcp-upload": lambda port: stopped_iperf3(port),
    "stopped-tcp-download": lambda port: stopped_iperf3(port, "-R"),
    "stopped-udp-upload": lambda port: stopped_iperf3(port, "-u", "-b", "10M"),
    "stopped-udp-download": lambda port: stopped_iperf3(port, "-u", "-b", "10M", "-R"),
    "wrong-types": wrong_types,
    "absurd-values": absurd,
}


def hold():
    while True:
        signal.pause()


def client(case, port):
    began = time.monotonic()
    held = CLIENTS[case](port)
    print("ready", flush=True)
    if isinstance(held, subprocess.Popen):
        try:
            hold()
        finally:
            held.kill()
            held.wait()
    watch = select.poll()
    watch.register(held[0], select.POLLRDHUP)  # not POLLIN: what the server still says does not matter
    watch.poll()
    print(f"closed {time.monotonic() - began:.1f}", flush=True)
    hold()


# ---- hostile servers --------------------------------------------------------------------------------------------------

class Server(threading.Thread):
    """Listens, and does to each control connection what its case says; streams are accepted and kept."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act = act
        self.kept = []
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((HOST, self.port))

    def accept(self):
        sock = self.listener.accept()[0]
        self.kept.append(sock)
        return sock

    def run(self):
        try:
            self.act(self, self.accept())
        except OSError:
            pass

    # steps of a well-behaved server
    def params(self, control):
        receive(control, 37)
        control.sendall(bytes([PARAM_EXCHANGE]))
        size = struct.unpack(">I", receive(control, 4))[0]
        return json.loads(receive(control, size))

    def streams(self, control):
        params = self.params(control)
        control.sendall(bytes([CREATE_STREAMS]))
        if params.get("udp"):
            for _ in range(params.get("parallel", 1)):
                data, peer = self.udp.recvfrom(65536)
                self.udp.sendto(struct.pack("<I", 0x39383736), peer)
            return []
        return [self.accept() for _ in range(params.get("parallel", 1))]

    def run_test(self, control):
        streams = self.streams(control)
        control.sendall(bytes([TEST_START, TEST_RUNNING]))
        for stream in streams:
            threading.Thread(target=drain, args=(stream,), daemon=True).start()
        return streams

    def finish(self, control):
        self.run_test(control)
        receive(control, 1, 30)  # TEST_END
        control.sendall(bytes([EXCHANGE_RESULTS]))


def drain(sock):
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass


def say_and_hold(data):
    return lambda server, control: control.sendall(data)


def send_slowly(control, data):
    for byte in data:
        control.sendall(bytes([byte]))
        time.sleep(5)


def after(step, data=b"", slowly=False):
    def act(server, control):
        getattr(server, step)(control)
        if slowly:
            send_slowly(control, data)
        else:
            control.sendall(data)
    return act


def flood(step, data):
    def act(server, control):
        if step:
            getattr(server, step)(control)
        while True:
            control.sendall(data)
    return act


def close_after(step):
    def act(server, control):
        if step:
            getattr(server, step)(control)
        for sock in server.kept:
            sock.close()
    return act


RESULTS = {"cpu_util_total": 1, "cpu_util_user": 1, "cpu_util_system": 0, "sender_has_retransmits": 0,
           "streams": [{"id": 1, "bytes": 1, "retransmits": -1, "jitter": 0, "errors": 0, "packets": 0}]}


def told(**figures):
    """Results whose one stream has these figures."""
    return {**RESULTS, "streams": [{**RESULTS["streams"][0], **figures}]}


def results(document):
    return after("finish", frame(document) + bytes([DISPLAY_RESULTS]))


# name: (protocol, direction, act); "" either
SERVERS = {
    "silent": ("TCP", "upload", lambda server, control: None),
    "closes-at-once": ("TCP", "upload", close_after(None)),
    "garbage-state": ("TCP", "upload", say_and_hold(bytes([99]))),
    "busy": ("TCP", "upload", say_and_hold(bytes([ACCESS_DENIED]))),
    "error-without-its-codes": ("TCP", "upload", say_and_hold(bytes([SERVER_ERROR, 0]))),
    "parameters-then-silence": ("TCP", "upload", after("params")),
    "no-streams-accepted": ("TCP", "upload", after("params", bytes([CREATE_STREAMS]))),
    "udp-never-answered": ("UDP", "upload", after("params", bytes([CREATE_STREAMS]))),
    "streams-then-silence": ("TCP", "upload", after("streams")),
    "start-but-never-running": ("TCP", "upload", after("streams", bytes([TEST_START]))),
    "states-dripped": ("TCP", "upload", after("streams", bytes([TEST_START] * 100), slowly=True)),
    "states-flooded": ("TCP", "upload", flood("params", bytes([PARAM_EXCHANGE] * 1000))),
    "running-flooded": ("TCP", "upload", flood("run_test", bytes([TEST_RUNNING] * 1000))),
    "nothing-sent": ("TCP", "download", after("run_test")),
    "nothing-sent-udp": ("UDP", "download", after("run_test")),
    "nothing-read": ("TCP", "upload", lambda server, control: (server.streams(control),
                                                               control.sendall(bytes([TEST_START, TEST_RUNNING])))),
    "silence-at-the-end": ("TCP", "upload", after("run_test")),
    "closes-in-the-middle": ("TCP", "upload", close_after("run_test")),
    "results-never": ("TCP", "upload", after("finish")),
    "results-of-7fffffff": ("TCP", "upload", flood("finish", struct.pack(">I", 0x7FFFFFFF) + b" " * 60000)),
    "results-of-ffffffff": ("TCP", "upload", after("finish", b"\xff\xff\xff\xff{")),
    "results-dripped": ("TCP", "upload", after("finish", frame(RESULTS) * 2, slowly=True)),
    "results-no-json": ("TCP", "upload", results(b"{]" * 100)),
    "results-an-array": ("TCP", "upload", results([RESULTS])),
    "results-no-streams": ("TCP", "upload", results({**RESULTS, "streams": "none"})),
    "results-wrong-types": ("TCP", "upload", results({**RESULTS, "streams": [
        {"id": "1", "bytes": [], "retransmits": {}, "jitter": "x", "errors": None, "packets": 1e308}]})),
    "results-of-nobody": ("TCP", "upload", results({**RESULTS, "streams": []})),
    "results-more-than-sent": ("TCP", "upload", results(told(bytes=10**15))),
    "results-of-a-year": ("TCP", "download", results(told(end_time=31e6))),
    "results-backwards": ("UDP", "upload", results(told(start_time=5, end_time=1))),
    "results-negative-jitter": ("UDP", "upload", results(told(jitter=-1))),
    "results-lost-more-than-all": ("UDP", "upload", results(told(errors=1, packets=0))),
    "results-then-silence": ("TCP", "upload", after("finish", frame(RESULTS))),
}
# What a real iperf3 server, stopped in the middle, looks like.
STOPPED = [("TCP", "upload"), ("TCP", "download"), ("UDP", "upload"), ("UDP", "download")]
# Peers that did nothing that a client must call a failure; only the deadline counts for them.
MAY_SUCCEED = {"running-flooded"}


class Stopped:
    """An iperf3 server that is stopped 1 s after the client was started: in the middle of a test of 2 s."""

    def __init__(self):
        with socket.create_server((HOST, 0)) as probe:
            self.port = probe.getsockname()[1]
        self.child = subprocess.Popen(["iperf3", "-s", "-1", "-p", str(self.port)], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        self.timer = threading.Timer(1.0, lambda: os.kill(self.child.pid, signal.SIGSTOP))
        time.sleep(0.3)

    def start(self):
        self.timer.start()

    def end(self):
        self.timer.cancel()
        self.child.kill()
        self.child.wait()


def judge(name, proto, direction, port, limit, command):
    """Runs the command against the peer at port. None when it did as it must, else what was wrong."""
    words = [w.format(port=port, proto=proto, dir=direction) for w in command]
    began = time.monotonic()
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = child.communicate(timeout=limit + 5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return f"still there after {limit + 5} s"
    took = time.monotonic() - began
    said = (err.strip() or out.strip()).splitlines()
    print(f"# {name}: {took:.1f} s, exit {child.returncode}: {said[-1] if said else ''}", flush=True)
    if took > limit:
        return f"took {took:.1f} s"
    if child.returncode < 0:
        return f"died of signal {-child.returncode}"
    if child.returncode == 0 and name not in MAY_SUCCEED:
        return "called it a success"
    if child.returncode != 0 and not said:
        return "gave no reason"
    return None


def servers(limit, command):
    peers = {name: (proto, direction, Server(act)) for name, (proto, direction, act) in SERVERS.items()}
    for proto, direction in STOPPED:
        peers[f"stopped-{proto.lower()}-{direction}"] = (proto, direction, Stopped())
    wrong = {}

    def one(name, proto, direction, peer):
        peer.start()
        wrong[name] = judge(name, proto, direction, peer.port, limit, command)
    threads = []
    for name, (proto, direction, peer) in peers.items():
        threads.append(threading.Thread(target=one, args=(name, proto, direction, peer)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for _, _, peer in peers.values():
        if isinstance(peer, Stopped):
            peer.end()
    for name in peers:
        print(f"{'not ok' if wrong[name] else 'ok'} {name}{': ' + wrong[name] if wrong[name] else ''}")
    return 1 if any(wrong.values()) else 0


# ---- clients that break what they agreed on --------------------------------------------------------------------------

HELLO, HELLO_BACK = struct.pack("<I", 0x36373839), struct.pack("<I", 0x39383736)


def greet(port, address=HOST):
    """A UDP socket from this address, and whether the server answered its hello within half a second."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.connect((HOST, port))
    sock.send(HELLO)
    sock.settimeout(0.5)
    try:
        return sock, sock.recv(16) == HELLO_BACK
    except OSError:
        return sock, False


def foreign(port):
    control = with_params(port, tcp=False, udp=True, len=1400)
    _, answered = greet(port, "127.0.0.9")
    if answered:
        print("the server took a stranger's UDP connection")
        return 1
    stream, answered = greet(port)
    if not answered:
        print("the server did not answer the client's own")
        return 1
    expect_state(control, TEST_RUNNING)
    stream.close()
    return 0


def again(port):
    control = ended(port)[0]
    control.sendall(frame(RESULTS))
    receive(control, struct.unpack(">I", receive(control, 4))[0])
    expect_state(control, DISPLAY_RESULTS)
    with_cookie(port)  # ends this program if it is told busy
    return 0


# ---- many at once -----------------------------------------------------------------------------------------------------

def idle(count, port):
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    held = []
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((HOST, port))
        held.append(sock)
        if len(held) % 100 == 0:
            time.sleep(0.02)  # let the backlog be emptied
    print("ready", flush=True)
    hold()


def usage_of(pid):
    """Threads and open descriptors."""
    return len(os.listdir(f"/proc/{pid}/task")), len(os.listdir(f"/proc/{pid}/fd"))


def wait_for_usage(pid, base, seconds):
    """True when the server has no more threads and descriptors than at first, within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(now <= then for now, then in zip(usage_of(pid), base)):
            return True
        time.sleep(0.05)
    return False


def churn(count, port, pid, seed):
    rng = random.Random(seed)
    base = usage_of(pid)
    duration, batch = 2, 4
    print(f"# seed {seed}; at first {base[0]} threads, {base[1]} descriptors")
    while count > 0:
        fate = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP])
        children = []
        for _ in range(min(batch, count)):
            options = rng.choice([[], ["-R"], ["--bidir"], ["-P", "8"], ["-P", "8", "-R"]])
            options = options + rng.choice([[], ["-u", "-b", "5M"]])
            children.append((options, subprocess.Popen(
                ["iperf3", "-c", HOST, "-p", str(port), "-t", str(duration), *options], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)))
            time.sleep(rng.random() * 0.3)
        time.sleep(rng.random())
        for _, child in children:
            os.kill(child.pid, fate)
        count -= len(children)
        limit = 5 if fate == signal.SIGKILL else duration + 5
        freed = wait_for_usage(pid, base, limit)
        what = [" ".join(options) for options, _ in children]
        for _, child in children:
            child.kill()
            child.wait()
        if not freed:
            print(f"not free {limit} s after {fate.name} of {what}: {usage_of(pid)} threads and descriptors")
            return 1
    return 0


def main(args):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if args[0] == "client-cases":
        print("\n".join(CLIENTS))
    elif args[0] == "client":
        client(args[1], int(args[2]))
    elif args[0] == "servers":
        return servers(float(args[1]), args[2:])
    elif args[0] == "foreign":
        return foreign(int(args[1]))
    elif args[0] == "again":
        return again(int(args[1]))
    elif args[0] == "idle":
        idle(int(args[1]), int(args[2]))
    elif args[0] == "churn":
        return churn(*map(int, args[1:5]))
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

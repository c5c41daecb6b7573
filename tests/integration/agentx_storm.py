"""Restarts of snmpd under load: agentx_storm.py DIR PORT RESTARTS START_SNMPD

DIR/driver.in and DIR/driver.out are agentx_driver's; DIR/snmpd.pid is snmpd's; START_SNMPD is a command that starts it again.
10 GET/s, 1 SET/s and some events all the while. Prints what went wrong; exit status 0: nothing did."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import snmp_raw as raw

directory, port, restarts, start_snmpd = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
ADMIN = raw.ROOT + (1, 4, 1, 3) + raw.index("p0")
VERSION = raw.ROOT + (1, 1, 1, 0)
UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
seed = int(os.environ.get("SCM_SEED", time.time()))
random.seed(seed)
print("seed", seed)
faults, done = [], threading.Event()
gets = [0, 0]
events = 0


def getter():
    client = raw.Client(port, timeout=0.2)
    while not done.wait(0.1):
        answer = client.get(VERSION)
        gets[0] += 1
        gets[1] += bool(answer) and answer[2][0][1] == raw.STRING


class Switch(threading.Thread):
    """Sets the portal on and off in turn; `changes` is what the agent must have been told, each once."""

    def __init__(self):
        super().__init__()
        self.client = raw.Client(port, timeout=2.0)
        self.now, self.changes, self.acknowledged = 3, [], 0

    def read_back(self):
        while not done.is_set():
            answer = self.client.get(ADMIN)
            if answer and not answer[0] and answer[2][0][1] == raw.INTEGER:
                return answer[2][0][2]
            time.sleep(0.05)
        return self.now

    def run(self):
        while not done.is_set():
            want = 2 if self.now == 1 else 1
            answer = self.client.set((ADMIN, raw.integer(want)))
            good = answer is not None and answer[0] == 0
            self.acknowledged += good
            seen = want if good else self.read_back()
            if good and self.read_back() != want:
                faults.append("an acknowledged SET is not there")
            if seen != self.now:
                self.changes.append({1: "on", 2: "off"}[seen])
                self.now = seen
            done.wait(1.0 if good else 0.1)


def alive(client, oid):
    answer = client.get(oid)
    return bool(answer) and answer[0] == 0 and answer[2][0][1] not in (raw.NO_OBJECT, raw.NO_INSTANCE)


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(") ", 1)[1][0] in "ZX"
    except OSError:
        return True


def restart(client, n):
    """Kills snmpd, starts it again; seconds from its first answer to ours."""
    global events
    with open(f"{directory}/snmpd.pid") as f:
        pid = int(f.read())
    os.kill(pid, random.choice([signal.SIGKILL, signal.SIGTERM]))
    time.sleep(random.uniform(0.05, 0.5))
    end = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < end:  # else it may still have the port, and the next one ends at once
        time.sleep(0.02)
    with open(f"{directory}/driver.in", "w") as f:
        f.write("event 3\n")
    events += 3
    subprocess.run(start_snmpd, check=True)
    end = time.monotonic() + 10
    while not alive(client, UPTIME) and time.monotonic() < end:
        time.sleep(0.02)
    back = time.monotonic()
    if back >= end:
        faults.append(f"restart {n}: snmpd did not come back")
    while not alive(client, VERSION) and time.monotonic() < end:
        time.sleep(0.02)
    took = time.monotonic() - back
    if took > 2:
        faults.append(f"restart {n}: registered again after {took:.2f} s")
    return took


switch = Switch()
threads = [threading.Thread(target=getter), switch]
for t in threads:
    t.start()
probe = raw.Client(port, timeout=0.2)
worst = 0.0
for i in range(restarts):
    worst = max(worst, restart(probe, i))
    time.sleep(random.uniform(0.2, 1.5))
done.set()
for t in threads:
    t.join()
time.sleep(0.5)
with open(f"{directory}/driver.out") as f:
    told = [line.split()[2] for line in f if line.startswith("admin p0 ")]
if told != switch.changes:
    faults.append(f"told {told}, set {switch.changes}")
print(f"{restarts} restarts, slowest {worst:.2f} s, {gets[1]} of {gets[0]} GETs answered, "
      f"{switch.acknowledged} SETs acknowledged, {len(told)} changes, {events} events")
print("events", events)
for fault in faults:
    print("FAULT:", fault)
sys.exit(bool(faults))

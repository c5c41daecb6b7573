"""What a GET costs while something else happens: snmp_get_times.py PORT OID COUNT prints two 99th percentiles in milliseconds:
of OID, and of sysUpTime.0, which snmpd answers alone (what the machine and snmpd cost). Each GET waits for its answer, at most a
second (then it counts as a second); 10 ms lie between two pairs."""
import sys
import time

import snmp_raw

SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)


def cost(client, oid):
    begin = time.monotonic()
    client.get(oid)
    return 1000 * (time.monotonic() - begin)


def percentile(times):
    return sorted(times)[int(0.99 * (len(times) - 1))]


port, wanted, count = int(sys.argv[1]), tuple(int(a) for a in sys.argv[2].split(".")), int(sys.argv[3])
asked = snmp_raw.Client(port, "public")
ours, theirs = [], []
for _ in range(count):
    ours.append(cost(asked, wanted))
    theirs.append(cost(asked, SYS_UP_TIME))
    time.sleep(0.01)
print("%.2f %.2f" % (percentile(ours), percentile(theirs)))

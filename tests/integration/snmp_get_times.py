"""What a GET costs while something else happens: snmp_get_times.py PORT OID COUNT prints the 99th percentile in milliseconds.
Each GET waits for its answer, at most a second (then it counts as a second); 10 ms lie between two."""
import sys
import time

import snmp_raw

port, oid, count = int(sys.argv[1]), tuple(int(a) for a in sys.argv[2].split(".")), int(sys.argv[3])
client = snmp_raw.Client(port, "public")
times = []
for _ in range(count):
    begin = time.monotonic()
    client.get(oid)
    times.append(1000 * (time.monotonic() - begin))
    time.sleep(0.01)
times.sort()
print("%.2f" % times[int(0.99 * (len(times) - 1))])

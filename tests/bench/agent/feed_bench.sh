#!/bin/bash
# feed_bench.sh [VALUES] [ROUNDS] [PATTERN]: a private collectd that holds VALUES gauges and nothing else, and the feed at it, which watches
# what PATTERN matches (default: all; "*/bench-00?/gauge-*": 1,000). Run in the build directory; prints feed_bench's line, whose keys stand
# in feed_bench.c. CDSOCK=PROGRAM (../shared/bench/cdsock, built): its pipeall at the same collectd as well, before and after.
values=${1:-10000} rounds=${2:-5} pattern=${3:-*/bench-*/gauge-*}
dir=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
cat >"$dir/conf" <<EOF
Hostname "bench"
FQDNLookup false
Interval 3600
BaseDir "$dir"
PIDFile "$dir/pid"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "$dir/sock"
</Plugin>
EOF
PATH=$PATH:/usr/sbin collectd -f -C "$dir/conf" >"$dir/log" 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do [ -S "$dir/sock" ] && break; sleep 0.1; done
python3 - "$dir/sock" "$values" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); f = s.makefile("r")
n, depth = int(sys.argv[2]), 64
for i in range(n):
    s.sendall(f'PUTVAL "host{i % 100:02d}/bench-{i // 100:03d}/gauge-v" interval=3600 N:{i}\n'.encode())
    if i >= depth: f.readline()
for i in range(min(n, depth)): f.readline()
PY
reference() { [ -z "${CDSOCK-}" ] || "$CDSOCK" -s "$dir/sock" -P "$pid" pipeall "$rounds" 64; }
reference
./tests/bench/agent/feed_bench "$dir/sock" "$pid" "$rounds" "$pattern"
reference

#!/bin/bash
# idle.sh [-n VALUES] [-s SECONDS]: what scalemond costs while nobody asks: runner and agent, at an interval of 1 s, registered with
# a snmpd of its own, with a collectd of its own that holds VALUES gauges which change each second, all of them watched by a limit.
# Needs ../shared/bench (BENCH=DIR). Final line: IDLE with the share of a core, in percent.
set -u
src=$(cd "$(dirname "$0")/../../.." && pwd) build=${SCM_BUILD:-$PWD}
values=30 seconds=30
while getopts n:s: o; do case $o in n) values=$OPTARG;; s) seconds=$OPTARG;; *) exit 2;; esac; done
bench=${BENCH:-}
for d in "$src/../shared/bench" "$src/../../shared/bench"; do [ -z "$bench" ] && [ -e "$d/cpuof.sh" ] && bench=$d; done
[ -n "$bench" ] || { echo "idle.sh: needs ../shared/bench (BENCH=DIR)" >&2; exit 77; }
work=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; sleep 0.5; rm -rf "$work"' EXIT
export MIBS='' SNMP_PERSISTENT_DIR=$work

cat >"$work/collectd.conf" <<EOF
Hostname "bench"
FQDNLookup false
BaseDir "$work"
PIDFile "$work/collectd.pid"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "$work/collectd.sock"
</Plugin>
EOF
cat >"$work/scalemond.conf" <<EOF
[agent]
agentx_socket = $work/agentx.sock
collectd_socket = $work/collectd.sock
interval = 1
state_dir = $work/state
output_dir = $work/output
[limit all]
metric = */fill-*/gauge-v
above = 1e18
EOF
pids+=("$("$bench/snmpd_up.sh" -D "$work" -a "udp:127.0.0.1:$((30000 + RANDOM % 2000))" | sed 's/.*pid=\([0-9]*\).*/\1/')")
collectd -f -C "$work/collectd.conf" >"$work/collectd.log" 2>&1 & pids+=($!)
for ((i = 0; i < 100; i++)); do [ -S "$work/collectd.sock" ] && break; sleep 0.1; done
python3 "$src/tests/integration/fill_collectd.py" "$work/collectd.sock" "$values" 1 $((seconds + 30)) >/dev/null & pids+=($!)
"$build/scalemond" -f -c "$work/scalemond.conf" >"$work/scalemond.log" 2>&1 & runner=$!; pids+=("$runner")
for ((i = 0; i < 100; i++)); do grep -q registered "$work/scalemond.log" && break; sleep 0.1; done
agent=$(pgrep -P "$runner") || { cat "$work/scalemond.log" >&2; exit 1; }
sleep 5 # it has met every value
"$bench/cpuof.sh" "$runner" "$seconds" >"$work/runner" & wait_for=$!
"$bench/cpuof.sh" "$agent" "$seconds" >"$work/agent"; wait $wait_for
share() { sed -n 's/.* cpu_pct=\([0-9.]*\).*/\1/p' "$work/$1"; }
echo "IDLE values=$values seconds=$seconds runner_pct=$(share runner) agent_pct=$(share agent)" \
    "sum_pct=$(awk "BEGIN {print $(share runner) + $(share agent)}")"

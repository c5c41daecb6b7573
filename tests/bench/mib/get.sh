#!/bin/bash
# get.sh [-r REPS]: subagent CPU per GET of one object, the AgentX thread (tests/integration/agentx_driver) against collectd's stock
# snmp_agent plugin, each behind a snmpd of its own, interleaved. snmp_agent's idle polling is part of its CPU, as it is in
# production; its idle share is printed too. Needs ../shared/bench (BENCH=DIR). Final line: interleave.sh's, ratios against ours.
set -u
src=$(cd "$(dirname "$0")/../../.." && pwd) build=${SCM_BUILD:-$PWD}
reps=5
while getopts r: o; do case $o in r) reps=$OPTARG;; *) exit 2;; esac; done
bench=${BENCH:-}
for d in "$src/../shared/bench" "$src/../../shared/bench"; do [ -z "$bench" ] && [ -e "$d/agentx_tables.c" ] && bench=$d; done
[ -n "$bench" ] || { echo "get.sh: needs ../shared/bench (BENCH=DIR)" >&2; exit 77; }
work=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cp -r "$bench" "$work/bench" && make -s -C "$work/bench" snmpload nullwrite.so 2>/dev/null || exit 1
export MIBS='' SNMP_PERSISTENT_DIR=$work
root=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}
port=$((30000 + RANDOM % 2000))
snmpd() { "$work/bench/snmpd_up.sh" -D "$1" -a "udp:127.0.0.1:$2" | sed 's/.*pid=\([0-9]*\).*/\1/'; }

mkdir -p "$work/ours" "$work/peer" "$work/plug"
S1=$(snmpd "$work/ours" $port); pids+=("$S1")
mkfifo "$work/ours/in"
"$build/tests/integration/agentx_driver" -x "$work/ours/agentx.sock" -i 4 <>"$work/ours/in" >"$work/ours/log" 2>&1 &
A1=$!; pids+=("$A1")

cp /usr/lib/collectd/{logfile,interface,snmp_agent}.so "$work/bench/nullwrite.so" "$work/plug/"
cp -r "$work/bench/conf/snmp_agent/." "$work/peer/"
sed -i "s#/tmp/scm-bench/sa#$work/peer#g; s#/tmp/scm-bench/cd/plug#$work/plug#; s/^Interval 10/Interval 1/" "$work/peer"/*.conf
S2=$(snmpd "$work/peer" $((port + 1))); pids+=("$S2")
SNMPCONFPATH=$work/peer MIBDIRS=$work/peer/mibs MIBS=PERF-MIB collectd -f -C "$work/peer/cd.conf" >"$work/peer/log" 2>&1 &
A2=$!; pids+=("$A2")
peer=
for ((i = 0; i < 100 && ${#peer} == 0; i++)); do
    sleep 0.3
    peer=$(snmpgetnext -v2c -c public -On -Oq 127.0.0.1:$((port + 1)) .1.3.6.1.4.1.9998.2.1.3 2>/dev/null | awk '/^\.1\.3\.6\.1\.4\.1\.9998\./ {print $1}')
done
[ -n "$peer" ] || { echo "get.sh: snmp_agent does not answer" >&2; exit 1; }
"$work/bench/cpuof.sh" $A2 5; "$work/bench/cpuof.sh" $A1 5
"$work/bench/interleave.sh" -r "$reps" -k srv1_us_vb,srv0_us_vb \
    ours "$work/bench/snmpload -P $S1,$A1 -m get -w 1 127.0.0.1:$port 3000 .$root.1.3.1.2.2" \
    snmp_agent "$work/bench/snmpload -P $S2,$A2 -m get -w 1 127.0.0.1:$((port + 1)) 3000 $peer"

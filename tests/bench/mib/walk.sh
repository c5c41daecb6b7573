#!/bin/bash
# walk.sh [-n ROWS] [-r REPS] [-m walk|mwalk|nwalk|get]: subagent CPU per varbind, ours against net-snmp's ways of registering a table, and
# agentx_raw (AgentX without net-snmp, the floor), interleaved in one run, each behind a snmpd of its own. Ours: the AgentX
# thread with ROWS interfaces (tests/integration/agentx_driver, `make check_PROGRAMS` first). Needs ../shared/bench (BENCH=DIR).
# Final lines: interleave.sh's; ratio r1 … against the first, which is ours. Memory: RSS of ours at ROWS and at 0 rows.
set -u
src=$(cd "$(dirname "$0")/../../.." && pwd) build=${SCM_BUILD:-$PWD}
rows=1000 reps=5 mode=walk
while getopts n:r:m: o; do case $o in n) rows=$OPTARG;; r) reps=$OPTARG;; m) mode=$OPTARG;; *) exit 2;; esac; done
bench=${BENCH:-}
for d in "$src/../shared/bench" "$src/../../shared/bench"; do [ -z "$bench" ] && [ -e "$d/agentx_tables.c" ] && bench=$d; done
[ -n "$bench" ] || { echo "walk.sh: needs ../shared/bench (BENCH=DIR)" >&2; exit 77; }
work=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cp -r "$bench" "$work/bench" && make -s -C "$work/bench" agentx_tables agentx_raw snmpload 2>/dev/null || exit 1
export MIBS='' SNMP_PERSISTENT_DIR=$work
root=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}
table=$root.1.3.1 other=1.3.6.1.4.1.8072.9999.42
port=$((30000 + RANDOM % 2000)) args=()

up() {   # up NAME ROWS: snmpd and a subagent; sets S (snmpd) and A (subagent)
    local d=$work/$1-$2; mkdir -p "$d"; port=$((port + 1))
    S=$("$work/bench/snmpd_up.sh" -D "$d" -a udp:127.0.0.1:$port | sed 's/.*pid=\([0-9]*\).*/\1/')
    case $1 in
    ours) mkfifo "$d/in"; "$build/tests/integration/agentx_driver" -x "$d/agentx.sock" -i "$2" <>"$d/in" >"$d/log" 2>&1 & ;;
    raw) "$work/bench/agentx_raw" -t raw -n "$2" -x "$d/agentx.sock" >"$d/log" 2>&1 & ;;
    *) "$work/bench/agentx_tables" -t "$1" -n "$2" -x "$d/agentx.sock" >"$d/log" 2>&1 & ;;
    esac
    A=$!; pids+=("$A" "$S"); sleep 1
}

up ours 0; empty=$(awk '/^VmRSS/ {print $2}' /proc/$A/status)
for type in ours handler container raw; do
    up $type "$rows"
    [ $type = ours ] && full=$(awk '/^VmRSS/ {print $2}' /proc/$A/status)
    base=$other; [ $type = ours ] && base=$table
    case $mode in
    mwalk) o=; for c in 1 2 3 4 5 6; do col=$base.$c; [ $type = ours ] || col=$base.1.$c; o="$o .$col"; done ;;
    get) o=.$base.3.$((rows / 2)); [ $type = ours ] || o=.$base.1.3.$((rows / 2)) ;;
    *) o=.$base ;;
    esac
    count=3; [ $mode = get ] && count=5000
    args+=("$type" "$work/bench/snmpload -P $S,$A -m $mode -r 25 -w 1 127.0.0.1:$port $count $o")
done
"$work/bench/interleave.sh" -r "$reps" -k srv1_us_vb,srv0_us_vb,lat_us,vb "${args[@]}"
echo "MIB_ROWS rows=$rows rss_kib_empty=$empty rss_kib=$full bytes_per_row=$(((full - empty) * 1024 / rows))"

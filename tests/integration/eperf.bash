# Shared by the eperf_*.bats files: `load lib; load eperf`.
# shellcheck shell=bash
EPERF=${EPERF:-$SCM_BUILD/eperf}
export HOSTILE=$SCM_SRC/tests/integration/hostile.py

need_iperf3() { command -v iperf3 >/dev/null || skip "needs iperf3"; }

# listening PORT: something listens there (looked up, so that no connection disturbs it).
listening() { grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6; }

# start_server NAME PORT [COMMAND...]: COMMAND (default our server) in the background, until it listens on PORT.
start_server() {
    local name=$1 port=$2; shift 2
    if [ $# = 0 ]; then set -- "$EPERF" -s -p "$port"; fi
    spawn "$name" "$@"
    poll 10 listening "$port"
}

# status_of PID KEY: a number from /proc/PID/status (VmHWM in KiB, Threads).
status_of() { sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$1/status"; }
descriptors_of() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

# iperf3_ok PORT SECONDS [OPTION...]: apt's iperf3 as a client, which must succeed within SECONDS.
iperf3_ok() {
    local port=$1 seconds=$2; shift 2
    timeout "$seconds" iperf3 -c 127.0.0.1 -p "$port" "$@"
}

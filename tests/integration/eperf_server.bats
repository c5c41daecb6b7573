#!/usr/bin/env bats
# The server's manners: what it grants, and what it does not, whatever the client says. And the command's own.
bats_require_minimum_version 1.5.0
load lib
load eperf

setup() {
    need_iperf3
    PORT=$(free_port)
}
teardown() { stop_all; }

serve() { start_server server "$PORT" "$EPERF" -s -p "$PORT" "$@"; }
# refused_soon WORD OPTION...: iperf3 fails within 2 s, and not by our time-out
refused_soon() {
    run iperf3_ok "$PORT" 2 "${@:2}"
    echo "$output"
    [ "$status" != 0 ] && [ "$status" != 124 ] && [[ $output == *$1* ]]
}
# mbits SIDE: of the JSON document in $output
mbits() { jq -e ".end.sum_$1.bits_per_second / 1e6 | floor" <<<"$output"; }

@test "MaxTests at once; the next is told busy at once" {
    serve --max-tests 2
    local i; for i in 1 2; do
        spawn "long$i" iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 20
        poll 5 grep -q connected "$RUN_DIR/long$i.log"
    done
    refused_soon busy -t 1
    run timeout 5 "$EPERF" -net 127.0.0.1 -p "$PORT" -d 1
    [ "$status" = 3 ] && [[ $output == *busy* ]]
    stop long1
    poll 5 iperf3_ok "$PORT" 3 -n 1M
}

@test "MaxDuration, MaxConnections and the longest block are refused with an iperf3 reason" {
    serve --max-duration 5 --max-connections 8 --max-length 64K
    refused_soon "duration" -t 6 -l 32K
    refused_soon "" -t 4 -O 2 -l 32K
    refused_soon "parallel" -t 1 -P 9 -l 32K
    refused_soon "block size" -t 1 -l 65K
    iperf3_ok "$PORT" 5 -t 1 -P 8 -l 64K >/dev/null
}

@test "MaxRate: sending is paced, TCP receiving throttled, UDP over it ended" {
    serve --max-rate 100M
    local way
    for way in "" -R; do
        # shellcheck disable=SC2086
        run --separate-stderr iperf3_ok "$PORT" 15 -t 3 -P 2 -J $way
        [ "$status" = 0 ]
        echo "# $way $(mbits received) Mbit/s"
        [ "$(mbits received)" -le 105 ] && [ "$(mbits received)" -ge 50 ]
    done
    refused_soon "" -u -b 200M -t 5 # by its parameters
    iperf3_ok "$PORT" 5 -u -b 20M -t 1 >/dev/null
    # A client that says 50M and sends more is ended in the middle.
    run timeout 5 python3 "$HOSTILE" liar "$PORT"
    echo "$output"
    [ "$status" = 0 ] && [[ $output == ended* ]]
}

@test "AllowFrom: nobody else gets a word" {
    serve --allow-from 127.0.0.2 --allow-from ::1
    run iperf3_ok "$PORT" 3 -n 1M
    [ "$status" != 0 ]
    iperf3_ok "$PORT" 3 -n 1M -B 127.0.0.2 >/dev/null
    timeout 5 iperf3 -6 -c ::1 -p "$PORT" -n 1M >/dev/null
    poll 2 grep -q "AllowFrom" "$RUN_DIR/server.log"
}

@test "UDP connections come from the control connection's address alone" {
    serve
    run timeout 10 python3 "$HOSTILE" foreign "$PORT"
    echo "$output"
    [ "$status" = 0 ]
}

@test "tests that overlapped say so: shared, printed and in the JSON" {
    serve
    local i; for i in 1 2; do
        spawn "c$i" timeout 10 "$EPERF" -net 127.0.0.1 -p "$PORT" -d 2
    done
    for i in 1 2; do poll 10 grep -q total "$RUN_DIR/c$i.log"; done
    poll 5 grep -qiE "shared.*1" "$RUN_DIR/server.log"
    local port; port=$(free_port)
    start_server json "$port" "$EPERF" -s -p "$port" --json
    for i in 3 4; do spawn "c$i" timeout 10 "$EPERF" -net 127.0.0.1 -p "$port" -d 2; done
    poll 10 grep -q '"shared"' "$RUN_DIR/json.log"
}

@test "IPv6: both roles, TCP and UDP" {
    serve
    local proto
    for proto in "" -u; do
        # shellcheck disable=SC2086
        timeout 5 iperf3 -6 -c ::1 -p "$PORT" -t 1 $proto >/dev/null
    done
    local port; port=$(free_port)
    start_server theirs "$port" iperf3 -s -6 -p "$port"
    timeout 5 "$EPERF" -net ::1 -p "$port" -d 1 -TCP -upload >/dev/null
    timeout 5 "$EPERF" -net ::1 -p "$port" -d 1 -UDP -download >/dev/null
}

@test "Ctrl-C still reports; the exit status tells" {
    serve
    # From bash's background SIGINT would be ignored: a program of its own starts it with the default.
    run python3 - "$EPERF" "$PORT" <<'PY'
import signal, subprocess, sys, time
child = subprocess.Popen([sys.argv[1], "-net", "127.0.0.1", "-p", sys.argv[2], "-d", "30"], text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, restore_signals=True,
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
for line in child.stdout:
    if "bits/s" in line:
        break
child.send_signal(signal.SIGINT)
out = child.communicate(timeout=5)[0]
print(out)
sys.exit(0 if child.returncode == 130 and "total" in out else 1)
PY
    echo "$output"
    [ "$status" = 0 ]
    run timeout 5 "$EPERF" -net 127.0.0.1 -p "$(free_port)" -d 1
    [ "$status" = 4 ] && [[ $output == *refused* ]]
    run timeout 5 "$EPERF" -net 127.0.0.1 -d 0
    [ "$status" = 2 ]
}

@test "the server ends on SIGTERM within 2 s, tells its clients, and leaves the port free" {
    serve
    spawn long iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 20
    poll 5 grep -q connected "$RUN_DIR/long.log"
    local pid; pid=$(pid_of server)
    kill "$pid"
    poll 2 eval "! kill -0 $pid"
    poll 2 grep -q "server has terminated" "$RUN_DIR/long.log"
    serve
    iperf3_ok "$PORT" 3 -n 1M >/dev/null
}

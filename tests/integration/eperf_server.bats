#!/usr/bin/env bats
# The server's manners, seen from apt's iperf3: what it grants, and what it does not, whatever the client says.
# (eperf_command.bats has them from eperf's side, and MaxRate.)
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

@test "a slot serves one client right after another" {
    serve --max-tests 1
    run timeout 10 python3 "$HOSTILE" again "$PORT"
    echo "$output"
    [ "$status" = 0 ]
    local i; for i in $(seq "$(count 20 200)"); do
        iperf3_ok "$PORT" 5 -n 1K || { echo "client $i"; return 1; }
    done
}

@test "MaxDuration ends a test that goes by bytes, or has no limit" {
    serve --max-duration 2
    local limit began took; for limit in "-n 100G" "-k 1000000" "-t 0"; do
        began=$(date +%s%N)
        # shellcheck disable=SC2086
        run iperf3_ok "$PORT" 15 $limit -b 1M
        took=$(( ($(date +%s%N) - began) / 1000000 ))
        echo "$limit: $took ms: $output"
        [ "$status" = 1 ] && [[ $output == *"duration too long"* ]] && [ "$took" -ge 2000 ] && [ "$took" -lt 4500 ]
    done
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

@test "the server ends on SIGTERM within 2 s, ends its clients, and leaves the port free" {
    serve
    spawn long iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 20
    poll 5 grep -q connected "$RUN_DIR/long.log"
    local pid; pid=$(pid_of server)
    kill "$pid"
    within 2 eval "! kill -0 $pid"
    poll 5 grep -q "iperf3: error" "$RUN_DIR/long.log" # that the server has terminated, or that its data connection broke
    serve
    iperf3_ok "$PORT" 3 -n 1M >/dev/null
}

@test "what it cannot listen on is named, with the reason" {
    run "$EPERF" -s -p "$PORT" --bind 192.0.2.1
    [ "$status" = 1 ] && [[ $output == *"cannot listen on 192.0.2.1, TCP port $PORT: Cannot assign requested address"* ]]
    serve --bind 127.0.0.1
    run "$EPERF" -s -p "$PORT" --bind 127.0.0.1
    [ "$status" = 1 ] && [[ $output == *"cannot listen on 127.0.0.1, TCP port $PORT: Address already in use"* ]]
    command -v strace >/dev/null || skip "needs strace"
    # A kernel without IPv6.
    run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -f -qq -o /dev/null -e trace=socket \
        -e inject=socket:error=EAFNOSUPPORT "$EPERF" -s -p "$PORT" --bind ::
    echo "$output"
    [ "$status" = 1 ] && [[ $output == *"cannot listen on ::, TCP port $PORT: Address family not supported"* ]]
}

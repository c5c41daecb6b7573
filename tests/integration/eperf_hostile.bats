#!/usr/bin/env bats
# Nobody hangs anybody: hostile clients against our server, hostile servers against our client (hostile.py).
load lib
load eperf

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR PORT
    PORT=$(free_port)
    # Under AddressSanitizer, what was freed is kept, and stacks grow: not for a figure of what the server holds.
    ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_stack_use_after_return=0 \
        start_server server "$PORT"
    iperf3_ok "$PORT" 10 -n 1M -P 4 >/dev/null && iperf3_ok "$PORT" 10 -n 1M -R -P 4 >/dev/null # what any test needs once
}
teardown_file() { stop_all; }
setup() { need_iperf3; }

# with_hostile CASE...: for each of them: while it is there, one good client succeeds within 2 s.
with_hostile() {
    local case pid began took failed=0
    pid=$(pid_of server)
    for case in "$@"; do
        local memory; memory=$(status_of "$pid" VmHWM)
        spawn "client-$case" python3 "$HOSTILE" client "$case" "$PORT"
        if ! poll 60 grep -q ready "$RUN_DIR/client-$case.log"; then
            echo "$case: did not get there: $(cat "$RUN_DIR/client-$case.log")"; failed=1; continue
        fi
        began=$(date +%s%N)
        if ! iperf3_ok "$PORT" 2 -n 1M >"$RUN_DIR/good.log" 2>&1; then
            echo "$case: the good client failed: $(tail -1 "$RUN_DIR/good.log")"; failed=1
        fi
        took=$(( ($(date +%s%N) - began) / 1000000 ))
        memory=$(( $(status_of "$pid" VmHWM) - memory ))
        echo "# $case: good client $took ms, server memory + $memory KiB"
        if [ "$memory" -ge 16384 ]; then
            echo "$case: memory grew by $memory KiB"; failed=1
        fi
        stop "client-$case"
        alive server || { echo "$case: the server died"; return 1; }
    done
    return $failed
}

@test "hostile clients before the parameters: a good client is served within 2 s" {
    with_hostile silent half-cookie cookie-then-silence drip-cookie
}
@test "hostile lengths and dripped parameters" {
    with_hostile json-length-7fffffff json-length-ffffffff drip-parameters
}
@test "parameters, but no streams" {
    with_hostile no-streams no-streams-of-128 no-streams-udp
}
@test "streams, but no data, or nobody reads it" {
    with_hostile no-data no-data-16 no-reading
}
@test "results that never end" {
    with_hostile results-never results-stalled drip-results
}
@test "clients stopped in the middle, TCP and UDP, both directions" {
    with_hostile stopped-tcp-upload stopped-tcp-download stopped-udp-upload stopped-udp-download
}
@test "wrong JSON types in every field, and no JSON" {
    with_hostile wrong-types
}
@test "absurd len, time and parallel" {
    with_hostile absurd-values
}

@test "arriving bytes extend no deadline: every hostile client is dropped in the end" {
    local case failed=0 cases=(silent half-cookie cookie-then-silence drip-cookie drip-parameters no-streams results-never
        drip-results no-data)
    if [ "$(count 0 1)" = 0 ]; then cases=(half-cookie drip-cookie no-streams); fi
    local port; port=$(free_port)
    start_server drops "$port"
    for case in "${cases[@]}"; do # one after the other until each stands; they wait together
        spawn "drop-$case" python3 "$HOSTILE" client "$case" "$port"
        poll 20 grep -q 'ready' "$RUN_DIR/drop-$case.log" || true # the server may be full: MaxTests
    done
    for case in "${cases[@]}"; do
        poll 60 grep -qE 'closed|refused' "$RUN_DIR/drop-$case.log" || { echo "$case is still connected"; failed=1; }
        echo "# $case: $(tail -1 "$RUN_DIR/drop-$case.log")"
        stop "drop-$case"
    done
    stop drops
    return $failed
}

@test "hostile servers: our client ends by duration + 15 s, with the reason" {
    run python3 "$HOSTILE" servers 17 "$EPERF" -net 127.0.0.1 -p '{port}' '-{proto}' '-{dir}' -d 2
    echo "$output"
    [ "$status" = 0 ]
}

# served_within_1s_of_release NAME PORT: ends NAME, and a good client that starts within 1 s of that succeeds.
served_within_1s_of_release() {
    kill "$(pid_of "$1")"
    local end=$(( $(date +%s%N) + 1000000000 ))
    until iperf3_ok "$2" 3 -n 1M >"$RUN_DIR/good.log" 2>&1; do
        if [ "$(date +%s%N)" -gt $end ]; then echo "not served 1 s after: $(tail -1 "$RUN_DIR/good.log")"; return 1; fi
        sleep 0.05
    done
    stop "$1"
}

@test "2,000 idle connections: the listener lives, and serves within 1 s of release" {
    local pid; pid=$(pid_of server)
    spawn idle python3 "$HOSTILE" idle 2000 "$PORT"
    poll 20 grep -q ready "$RUN_DIR/idle.log"
    alive server
    served_within_1s_of_release idle "$PORT"
    echo "# $(status_of "$pid" Threads) threads, $(descriptors_of "$pid") descriptors after"
}

@test "ulimit -n 64: the listener lives, and serves within 1 s of release" {
    local port; port=$(free_port)
    start_server few "$port" bash -c 'ulimit -n 64; exec "$0" "$@"' "$EPERF" -s -p "$port"
    spawn idle64 python3 "$HOSTILE" idle 200 "$port"
    poll 20 grep -q ready "$RUN_DIR/idle64.log"
    iperf3_ok "$port" 2 -n 1M -P 64 || true # cannot get its streams; must do no harm
    alive few
    served_within_1s_of_release idle64 "$port"
    stop few
}

@test "clients killed and stopped at random times leave no slot, descriptor or thread" {
    local port; port=$(free_port)
    start_server churned "$port"
    iperf3_ok "$port" 10 -n 1M >/dev/null
    run python3 "$HOSTILE" churn "$(count 12 100)" "$port" "$(pid_of churned)" "${SEED:-$RANDOM}"
    echo "$output"
    [ "$status" = 0 ]
    local i; for i in 1 2 3 4; do # all four slots
        spawn "slot$i" timeout 10 iperf3 -c 127.0.0.1 -p "$port" -t 1
    done
    for i in 1 2 3 4; do
        poll 15 grep -q "iperf Done" "$RUN_DIR/slot$i.log"
    done
    stop churned
}

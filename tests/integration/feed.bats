#!/usr/bin/env bats
# The feed: collectd hangs, goes, comes back, or is something else altogether.

load lib
load agent
bats_require_minimum_version 1.5.0

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
}
teardown() { stop_all; [ "$BATS_TEST_COMPLETED" = 1 ] || { tail -n 20 "$RUN_DIR"/{scalemond,slow}.log; } >&2; no_findings; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }
feed_is() { has_value 1.1.4.0 "$1"; }
put() { python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/collectd.sock" "$@"; }

@test "collectd hangs: down within 2 intervals, nothing old as new, back within 1 s" {
    agent_start
    poll 10 present 1.2.1.0
    local i start took; for ((i = 0; i < $(count 2 10); i++)); do
        start=$(now_ms)
        kill -STOP "$(pid_of collectd)"
        poll 10 feed_is 2
        took=$(($(now_ms) - start)); echo "# hung, told after $took ms" >&3
        [ "$took" -lt 2700 ]               # 2 intervals, and the polling of this test
        absent 1.2.1.0
        absent 1.2.5.0
        kill -CONT "$(pid_of collectd)"
        start=$(now_ms)
        poll 10 feed_is 1
        took=$(($(now_ms) - start)); echo "# back after $took ms" >&3
        [ "$took" -lt 1700 ]
        poll 5 present 1.2.1.0
    done
}

@test "the agent itself is stopped for a while: collectd is not called down for that" {
    agent_start
    poll 10 feed_is 1
    local agent i; agent=$(pgrep -P "$(pid_of scalemond)" scalemond-agent)
    for i in 1 2 3 4 5; do
        kill -STOP "$agent"
        sleep 2.$i
        kill -CONT "$agent"
        poll 5 feed_is 1
    done
    poll 5 present 1.2.1.0
    ! grep 'feed: .*does not answer' "$RUN_DIR/scalemond.log"
}

@test "collectd ends and starts again" {
    agent_start
    stop collectd KILL
    poll 3 absent 1.2.1.0
    poll 3 feed_is 2
    rm -f "$RUN_DIR/collectd.sock"
    start_collectd collectd "$RUN_DIR/collectd.conf"
    poll 10 test -S "$RUN_DIR/collectd.sock"
    local start; start=$(now_ms)
    poll 5 feed_is 1
    echo "# back $(($(now_ms) - start)) ms after its socket" >&3
    [ $(($(now_ms) - start)) -lt 1700 ]
    poll 5 present 1.2.1.0
}

@test "no collectd at the start is told once, and values come when it does" {
    start_snmpd
    start_scalemond
    poll 10 feed_is 2
    absent 1.2.1.0
    present 1.1.1.0
    start_collectd collectd "$RUN_DIR/collectd.conf"
    poll 10 feed_is 1
    poll 5 present 1.2.1.0
}

@test "something that is no collectd at the socket: down, no harm done" {
    cat >"$RUN_DIR/fake.py" <<'PY'
import os, random, socket, sys, time
path = sys.argv[1]
answers = [b"hello\n", b"5 Values found\nx\n", b"999999999999 Values found\n", b"1 Values found\n1.000 " + b"a" * 5000, b"", b"-1 no\n",
           b"2 Values found\n1.000 h/other/load\n1.000 h/memory/memory-used\nrubbish\n", bytes(range(256)) * 64]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(5)
n = 0
while True:
    c, _ = s.accept()
    try:
        c.recv(100)
        c.sendall(answers[n % len(answers)])
        n += 1
        print(n, flush=True)
        if n % 3:
            c.close()
        else:
            time.sleep(0.3)
    except OSError:
        pass
PY
    spawn fake python3 "$RUN_DIR/fake.py" "$RUN_DIR/collectd.sock"
    start_snmpd
    start_scalemond
    poll 10 feed_is 2
    poll 20 grep -q '^16$' "$RUN_DIR/fake.log"
    alive scalemond
    [ "$(grep -c 'agent.*ended\|restart' "$RUN_DIR/scalemond.log" || true)" = 0 ]
    stop fake
    rm -f "$RUN_DIR/collectd.sock"
    start_collectd collectd "$RUN_DIR/collectd.conf"
    poll 10 feed_is 1
    poll 5 present 1.2.1.0
}

@test "what happened while collectd was away reaches its handlers afterwards, once" {
    cat >>"$RUN_DIR/collectd.conf" <<EOF
LoadPlugin logfile
<Plugin logfile>
  File "$RUN_DIR/handlers"
  LogLevel "warning"
</Plugin>
EOF
    add_portal toy
    agent_start
    wait_oper 10 toy 1
    poll 10 test -s "$RUN_DIR/handlers"
    kill -STOP "$(pid_of collectd)"
    poll 5 feed_is 2
    switch toy 1
    wait_oper 10 toy 3
    kill -CONT "$(pid_of collectd)"
    poll 10 feed_is 1
    grep -o 'plugin_instance = toy.*' "$RUN_DIR/handlers" | sort | uniq -c >"$RUN_DIR/told"
    cat "$RUN_DIR/told"
    [ "$(wc -l <"$RUN_DIR/told")" -ge 2 ] # starting, on, and unknown to off at the start
    ! grep -qv '^ *1 ' "$RUN_DIR/told"
}

@test "a collectd that needs longer than an interval for a round, but answers: up, and its values are served" {
    cat >"$RUN_DIR/slow.py" <<'PY'
import socket, sys, time
names = ["load/load", "hostres/memory-total", "hostres/memory-available", "memory/memory-used", "interface-lo/if_octets"]
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
while True:
    c, _ = s.accept()
    print("connected", flush=True)
    f, requests = c.makefile("w"), c.makefile("r")
    for line in requests:
        if line.startswith("LISTVAL"):
            f.write("%d Values found\n" % len(names))
            for name in names:
                f.write("%.3f testhost/%s\n" % (time.time(), name))
        elif line.startswith("GETVAL"):
            time.sleep(0.6)
            f.write("3 Values found\nshortterm=1.5\nmidterm=1\nlongterm=1\n")
        else:
            f.write("0 Success\n")
        f.flush()
PY
    spawn slow python3 "$RUN_DIR/slow.py" "$RUN_DIR/collectd.sock"
    start_snmpd
    start_scalemond
    poll 20 feed_is 1
    wait_value 20 1.2.1.0 150
    local i; for ((i = 0; i < $(count 10 60); i++)); do
        has_value 1.1.4.0 1
        has_value 1.2.1.0 150
        sleep 0.5
    done
    [ "$(grep -c connected "$RUN_DIR/slow.log")" = 1 ]
}

@test "30,000 watched values, all of them new each second: rounds get longer, none is lost, the feed stays up" {
    [ "$(count 0 1)" = 1 ] || skip "takes 30 s: only with SCM_CHECK=full"
    printf '\n[limit all]\nmetric = sum(*/fill-*/gauge-v)\nabove = 1e12\n' >>"$RUN_DIR/scalemond.conf"
    agent_start
    poll 10 feed_is 1
    spawn fill python3 "$BATS_TEST_DIRNAME/fill_collectd.py" "$RUN_DIR/collectd.sock" 30000 1 25
    local value end worst=0 age seen=0 last=
    value=1.5.1.10.$(index all)
    poll 15 present "$value"
    end=$((SECONDS + 15))
    while [ $SECONDS -lt $end ]; do
        age=$(get 1.1.5.0); [ "$age" -le "$worst" ] || worst=$age
        [ "$(get "$value")" = "$last" ] || { last=$(get "$value"); seen=$((seen + 1)); }
        has_value 1.1.4.0 1
        sleep 0.1
    done
    echo "# $(tail -n 1 "$RUN_DIR/fill.log" | cut -d' ' -f2) s to write them; the oldest round was $worst ms; $seen sums in 15 s" >&3
    [ "$seen" -ge 3 ]
    alive scalemond
    run ! grep -E 'does not answer|silent' "$RUN_DIR/scalemond.log"
}

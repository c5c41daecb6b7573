# The whole scalemond while snmpd hangs: the loop and its scripts go on as if nothing were, and what happened is told afterwards.
load lib
load agent

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
}

teardown() {
    [ "$BATS_TEST_COMPLETED" = 1 ] || tail -n 30 "$RUN_DIR"/{snmpd,scalemond,traps}.log >&2
    [ ! -s "$RUN_DIR/bin/toy.pidfile" ] || kill "$(cat "$RUN_DIR/bin/toy.pidfile")" 2>/dev/null || true
    stop_all
    no_findings
}

# Old and new states of toy's traps, in order.
states() {
    sed -n "s/.*$ROOT\.1\.7\.1\.5\.[0-9]* = STRING: \"\([a-z]*\)\".*$ROOT\.1\.7\.1\.6\.[0-9]* = STRING: \"\([a-z]*\)\".*/\1>\2/p" \
        "$RUN_DIR/traps.log" | tr '\n' ' '
}
indexes() { sed -n "s/.*$ROOT\.1\.7\.1\.1\.[0-9]* = Gauge32: \([0-9]*\).*/\1/p" "$RUN_DIR/traps.log"; }
starts() { [ "$(grep -c start "$RUN_DIR/bin/toy.calls")" -ge "$1" ]; }

@test "snmpd stopped: scripts run on time, a dead portal is started again, all of it is told in order" {
    local seconds; seconds=$(count 5 10)
    printf 'snmpTrapdAddr udp:127.0.0.1:%s\ndisableAuthorization yes\n' "$TRAP_PORT" >"$RUN_DIR/snmptrapd.conf"
    spawn traps snmptrapd -f -C -c "$RUN_DIR/snmptrapd.conf" -On -Lo -F '%v\n'
    cat >"$RUN_DIR/bin/toy-status" <<END
#!/bin/sh
date +%s%N >>"$RUN_DIR/status.times"
[ -s "$RUN_DIR/bin/toy.pidfile" ] && kill -0 \$(cat "$RUN_DIR/bin/toy.pidfile") 2>/dev/null && exit 0
exit 3
END
    add_portal toy 'status_interval = 1' 'backoff = 1' 'initial = hold'
    agent_start
    switch toy 1
    wait_oper 10 toy 3
    poll 10 bash -c "grep -q running '$RUN_DIR/traps.log' || grep -q 'starting.*on' '$RUN_DIR/traps.log'"

    kill -STOP "$(pid_of snmpd)"
    : >"$RUN_DIR/status.times"
    kill "$(cat "$RUN_DIR/bin/toy.pidfile")"
    poll "$seconds" starts 2
    sleep "$((seconds - 2))"
    # every second but for the restart in between; a loop that hangs with snmpd would leave a gap of seconds
    awk 'NR > 1 { gap = ($1 - last) / 1e9; if (gap > worst) worst = gap } { last = $1 }
         END { printf "# longest time between two status scripts: %.2f s\n", worst; exit !(NR >= 3 && worst < 2.5) }' \
        "$RUN_DIR/status.times" >&3
    kill -CONT "$(pid_of snmpd)"

    all() { [[ $(states) == *"on>backoff backoff>starting starting>on "* ]]; }
    poll 15 all
    sleep 1
    [ "$(indexes)" = "$(indexes | sort -n | uniq)" ]   # in order, each once
    [ "$(indexes | tail -n 1)" -ge 5 ]
    wait_oper 5 toy 3
}

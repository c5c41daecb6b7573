# The walking skeleton: a real snmpd and collectd, values by snmpget, the portal by snmpset.
load lib
load agent

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR
    agent_prepare
    add_portal toy 'description = A toy' 'status_interval = 1' 'initial = hold'
    agent_start
}

setup() { agent_again "$BATS_FILE_TMPDIR"; }

teardown_file() {
    agent_again "$BATS_FILE_TMPDIR"
    stop_all
    end_portals
    no_findings
}

@test "scmLoad1 is /proc/loadavg's" {
    local snmp proc; read -r proc _ </proc/loadavg
    snmp=$(get 1.2.1.0)
    # load moves between the two readings: a tenth of the time constant is plenty
    awk -v a="$snmp" -v b="$proc" 'BEGIN { d = a / 100 - b; exit !(d < 1 && d > -1) }'
}

@test "scmMemTotal is /proc/meminfo's" {
    # unixsock prints seven digits
    awk -v a="$(get 1.2.5.0)" '/^MemTotal/ { exit !(a / $2 > 0.99999 && a / $2 < 1.00001) }' /proc/meminfo
}

@test "the feed is up" { [ "$(get 1.1.4.0)" = 1 ]; }

@test "the portal goes on and off by snmpset" {
    wait_oper 10 toy 1
    run switch toy 1; [ "$status" = 0 ]
    wait_oper 10 toy 3
    kill -0 "$(cat "$RUN_DIR/bin/toy.pidfile")"
    [ "$(get "$(col_portal 10 toy)")" = 1 ]
    run switch toy 2; [ "$status" = 0 ]
    wait_oper 10 toy 1
    [ "$(cat "$RUN_DIR/bin/toy.calls")" = "$(printf 'start\nstop')" ]
}

@test "the same value again does nothing" {
    switch toy 2
    switch toy 2
    sleep 0.3
    [ "$(cat "$RUN_DIR/bin/toy.calls")" = "$(printf 'start\nstop')" ]
}

@test "collectd has the portal's gauge" {
    switch toy 1
    wait_oper 10 toy 3
    # shellcheck disable=SC2016
    poll 5 sh -c 'echo "GETVAL \"testhost/portal-toy/gauge-running\"" | socat - "UNIX-CONNECT:$1" | grep -q "value=1"' sh "$RUN_DIR/collectd.sock"
    switch toy 2
    wait_oper 10 toy 1
}

@test "a write without privacy, or by community, is refused" {
    run snmpset -v2c -c public -r 0 "$SNMP_TARGET" "$ROOT.$(col_portal 3 toy)" i 1
    [ "$status" != 0 ]
    run snmpset -v3 -l authNoPriv -u weak -a SHA-256 -A "$AUTH_KEY" -r 0 "$SNMP_TARGET" "$ROOT.$(col_portal 3 toy)" i 1
    [ "$status" != 0 ]
    [ "$(get "$(col_portal 3 toy)")" = 2 ]
}

@test "SIGTERM ends agent and runner at once, the portal stays" {
    switch toy 1
    wait_oper 10 toy 3
    local pid; pid=$(pid_of scalemond)
    kill -TERM "$pid"
    poll 5 sh -c "! kill -0 $pid"
    kill -0 "$(cat "$RUN_DIR/bin/toy.pidfile")"
    start_scalemond
    poll 10 present 1.1.1.0
    wait_oper 10 toy 3
    [ "$(grep -c start "$RUN_DIR/bin/toy.calls")" = 3 ]
    switch toy 2
    wait_oper 10 toy 1
}

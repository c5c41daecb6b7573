#!/usr/bin/env bats
# Throughput tests by SNMP: scmEperfTable out of collectd's values and the plugin's files, RunNow through collectd, scmEperfFailed.

load lib
load agent

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
    add_eperf_tests
    echo 'disableAuthorization yes' >"$RUN_DIR/snmptrapd.conf"
}
teardown() { stop_all; no_findings; }

col() { echo "1.6.1.$1.$(index "$2")"; }
is_over() { local v; v=$(get "$1") && [[ $v =~ ^[0-9]+$ ]] && [ "$v" -gt "$2" ]; }

@test "a test that carries and one that fails; RunNow runs once; the failure is told once" {
    spawn snmptrapd snmptrapd -f -n -C -c "$RUN_DIR/snmptrapd.conf" -Lo -On "udp:127.0.0.1:$TRAP_PORT"
    agent_start
    poll 20 present "$(col 5 self)"
    runs() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["run_id"])' "$RUN_DIR/eperf/$1.json"; }
    set_ "$(col 14 self)" u 4711
    set_ "$(col 14 self)" u 4711       # the same again is a no-op
    ran() { [ "$(runs "$1")" = "$2" ] && has_value "$(col 5 "$1")" 4; }
    poll 30 ran self 4711
    poll 10 is_over "$(col 6 self)" 1000
    poll 10 is_over "$(col 7 self)" 1000
    [ "$(get "$(col 2 self)")" = '"127.0.0.1"' ]
    has_value "$(col 3 self)" 1
    present "$(col 12 self)"
    set_ "$(col 14 nobody)" u 1
    poll 30 has_value "$(col 5 nobody)" 5
    [ -n "$(get "$(col 13 nobody)" | tr -d '"')" ]
    absent "$(col 6 nobody)"
    poll 10 grep -qa "$ROOT.0.4\b" "$RUN_DIR/snmptrapd.log"
    set_ "$(col 14 nobody)" u 2
    sleep 3
    [ "$(grep -ca "$ROOT.0.4\b" "$RUN_DIR/snmptrapd.log")" = 1 ]
}

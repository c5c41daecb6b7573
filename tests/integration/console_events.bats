# events: listing, and -f over restarts of the agent and of snmpd: nothing lost, nothing twice.
load lib
load agent
load console

setup() {
    export RUN_DIR=$BATS_TEST_TMPDIR
    BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR console_prepare
}
teardown() {
    stop_all
}

# indexes FILE: the index column of what -o csv wrote
indexes() { tail -n +2 "$1" | cut -d, -f3; }
# all_once FILE N: the indexes 1..N, each once, ascending
all_once() { diff <(indexes "$1") <(seq 1 "$2") >"$BATS_TEST_TMPDIR/diff" || { head -n 20 "$BATS_TEST_TMPDIR/diff" >&2; return 1; }; }

@test "events: the whole ring by time, -n the newest, JSON per line when following" {
    answers_start answers -e "100,100000,$(date +%s%3N)"
    sleep 0.1
    run scm events -o csv "$(host 0)" "$(host 1)"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 201 ]
    run scm events -o csv -n 3 "$(host 0)"
    [ "${#lines[@]}" = 4 ]
    [[ ${lines[3]} == *",100,portalChange,liferay,off,on,,event 100"* ]]
    spawn follow "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public events -f -n 2 -i 0.1 -o json "$(host 0)"
    poll 10 grep -q '"index":100' "$RUN_DIR/follow.log"
    stop follow INT
    [ "$(grep -c '^{' "$RUN_DIR/follow.log")" = 2 ]
}

@test "events -f: an agent that is killed and started again, the ring going on: none lost, none twice" {
    local total i base; total=$(count 3000 10000) base=$(date +%s%3N)
    answers_start answers -e "$total,400,$base"
    spawn follow "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public -t 0.3 -r 1 events -f -n 4096 -i 0.2 -o csv "$(host 0)"
    for ((i = 0; i < total / 1000; i++)); do
        sleep 0.$((RANDOM % 9 + 1))
        stop answers KILL
        sleep 0.2
        answers_start answers -e "$total,400,$base"
    done
    poll 40 grep -q ",$total,portalChange" "$RUN_DIR/follow.log"
    stop follow INT
    grep -v '^scalemon: ' "$RUN_DIR/follow.log" | tr -d '\r' >"$RUN_DIR/csv"
    all_once "$RUN_DIR/csv" "$total"
    [ "$(grep -c 'fell out of the ring' "$RUN_DIR/follow.log")" = 0 ]
}

@test "events -f: what fell out of the ring is counted, and the exit status says so" {
    local base; base=$(date +%s%3N)
    answers_start answers -e "9000,1000,$base"
    "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public -t 0.3 events -f -n 0 -i 0.1 -o csv "$(host 0)" >"$RUN_DIR/out" 2>"$RUN_DIR/err" 3>&- &
    local follow=$!
    poll 10 test -s "$RUN_DIR/out"
    stop answers KILL
    # while it is away, more happens than the ring holds
    answers_start answers -e "9000,1000,$((base - 8000))"
    poll 20 grep -q 'fell out of the ring' "$RUN_DIR/err"
    poll 20 grep -q ,9000, "$RUN_DIR/out"
    kill -INT $follow
    local code=0
    wait $follow || code=$?
    cat "$RUN_DIR/err"
    [ $code = 3 ]
}

@test "events -f: a real scalemond and a real snmpd, both restarted, both killed: none lost, none twice" {
    local i rounds follow; rounds=$(count 3 12)
    agent_prepare
    add_portal toy 'status_interval = 1' 'initial = hold'
    agent_start
    spawn follow "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" -t 0.5 -r 1 events -f -n 4096 -i 0.2 -o csv "$SNMP_TARGET"
    poll 10 grep -q 'toy,unknown,off' "$RUN_DIR/follow.log"
    for ((i = 0; i < rounds; i++)); do
        switch toy 1
        wait_oper 10 toy 3
        case $((i % 3)) in
        0) stop scalemond; start_scalemond ;;
        1) kill -9 "$(pid_of scalemond)" $(pgrep -P "$(pid_of scalemond)"); start_scalemond ;;
        2) stop snmpd; start_snmpd ;;
        esac
        poll 20 present 1.1.1.0
        wait_oper 15 toy 3
        switch toy 2
        wait_oper 10 toy 1
    done
    # the ring itself is the witness
    "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" events -o csv "$SNMP_TARGET" | tr -d '\r' >"$RUN_DIR/ring"
    local last; last=$(indexes "$RUN_DIR/ring" | tail -1)
    [ "$last" -ge $((rounds * 4)) ]
    poll 10 grep -q ",$last," "$RUN_DIR/follow.log"
    stop follow INT
    grep -v '^scalemon: ' "$RUN_DIR/follow.log" | tr -d '\r' >"$RUN_DIR/csv"
    all_once "$RUN_DIR/csv" "$last"
    diff "$RUN_DIR/ring" "$RUN_DIR/csv"
}

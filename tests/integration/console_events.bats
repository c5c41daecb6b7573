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
    no_findings
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

# told N: the follower has told so many events of the limit
told() { [ "$(grep -c ',limit\(Exceeded\|Cleared\),many,' "$RUN_DIR/follow.log")" -ge "$1" ]; }

# Events by the hundred: a limit on many metrics that all pass it at once. The agent is stopped or killed in each burst, snmpd
# beside it in every other one, at a random moment.
@test "events -f: a real scalemond and a real snmpd, stopped and killed in bursts of events: none lost, none twice" {
    local i pids last tracks rounds; tracks=$(count 100 500) rounds=$(count 4 20)
    agent_prepare
    printf '\n[limit many]\nmetric = testhost/many-*/gauge-v\nabove = 5\n' >>"$RUN_DIR/scalemond.conf"
    agent_start
    burst() { python3 "$SCM_SRC/tests/integration/unixsock.py" "$RUN_DIR/collectd.sock" many testhost/many- "$tracks" "$1"; }
    burst 1
    spawn follow "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" -t 0.5 -r 1 events -f -n 4096 -i 0.2 -o csv "$SNMP_TARGET"
    poll 10 grep -q ': up' "$RUN_DIR/follow.log"
    for ((i = 0; i < rounds; i++)); do
        burst $((i % 2 ? 1 : 9))
        sleep 0.$((RANDOM % 10))$((RANDOM % 10))
        case $((i % 4)) in
        0) stop scalemond ;;
        1) stop snmpd KILL; stop scalemond ;;
        2) pids=$(pgrep -P "$(pid_of scalemond)"); kill -9 "$(pid_of scalemond)" $pids; wait "$(pid_of scalemond)" || : ;;
        3) stop snmpd; pids=$(pgrep -P "$(pid_of scalemond)"); kill -9 "$(pid_of scalemond)" $pids; wait "$(pid_of scalemond)" || : ;;
        esac
        [ $((i % 2)) = 0 ] || start_snmpd
        start_scalemond
        poll 30 present 1.1.1.0 # the burst may have been told before the kill: told says nothing of the new one
        poll 30 told $(((i + 1) * tracks)) || { tail -n 5 "$RUN_DIR"/{follow,scalemond,snmpd}.log >&2; return 1; }
    done
    # the ring itself is the witness: of the last 4096
    "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" events -o csv "$SNMP_TARGET" | tr -d '\r' >"$RUN_DIR/ring"
    last=$(indexes "$RUN_DIR/ring" | tail -1)
    [ "$last" -ge $((rounds * tracks)) ]
    poll 10 grep -q ",$last," "$RUN_DIR/follow.log"
    stop follow INT
    grep -v '^scalemon: ' "$RUN_DIR/follow.log" | tr -d '\r' >"$RUN_DIR/csv"
    all_once "$RUN_DIR/csv" "$last"
    diff <(tail -n +2 "$RUN_DIR/ring") <(tail -n +2 "$RUN_DIR/csv" | tail -n 4096)
    # each transition was told; again, as another event, where a kill came between the event and its limit's state
    told $((rounds * tracks))
    echo "# $last events" >&3
}

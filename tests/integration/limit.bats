#!/usr/bin/env bats
# Limits from collectd's value to the trap and to collectd's notification handlers, with the real daemons on loopback.

load lib
load agent

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
    cat >>"$RUN_DIR/collectd.conf" <<EOF
LoadPlugin logfile
<Plugin logfile>
  File "$RUN_DIR/handlers"
  LogLevel "warning"
  Timestamp false
</Plugin>
EOF
    echo 'disableAuthorization yes
doNotLogTraps no
outputOption n' >"$RUN_DIR/snmptrapd.conf"
}
teardown() {
    stop_all
    if mountpoint -q "$RUN_DIR/state"; then umount -l "$RUN_DIR/state"; fi
    no_findings
}

add_limit() { printf '\n[limit %s]\n' "$1" >>"$RUN_DIR/scalemond.conf"; shift; printf '%s\n' "$@" >>"$RUN_DIR/scalemond.conf"; }
put() { python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/collectd.sock" "$@"; }
# hold IDENT VALUE: keeps a value alive in the background as `spawn hold`; again with another value: changes it.
hold() { [ -e "$RUN_DIR/hold.pid" ] && stop hold; spawn hold python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/collectd.sock" hold "$1" "$2" 600; }
start_traps() { spawn snmptrapd snmptrapd -f -n -C -c "$RUN_DIR/snmptrapd.conf" -Lo -On "udp:127.0.0.1:$TRAP_PORT"; }
col_limit() { echo "1.5.1.$1.$(index "$2")"; }
traps() { grep -c "$ROOT.0.$1\b" "$RUN_DIR/snmptrapd.log" || true; }   # NUMBER of the notification
traps_are() { [ "$(traps "$1")" = "$2" ]; }
handled() { grep -c "Notification: severity = $1" "$RUN_DIR/handlers" || true; }
handled_is() { [ "$(handled "$1")" = "$2" ]; }
all_up() { start_traps; agent_start; poll 10 present "$(col_limit 9 "$1")"; }

@test "raised and cleared: state, value, since, one trap and one handler call each" {
    add_limit high 'metric = test-x/gauge-v:value' 'above = 8' 'clear = 6' 'severity = failure'
    all_up high
    hold testhost/test-x/gauge-v 1
    wait_value 5 "$(col_limit 9 high)" 1
    hold testhost/test-x/gauge-v 9
    wait_value 5 "$(col_limit 9 high)" 2
    [[ $(get "$(col_limit 10 high)") == '"9"' ]]
    poll 5 traps_are 2 1
    poll 5 handled_is FAILURE 1
    hold testhost/test-x/gauge-v 7          # neither raises nor clears
    sleep 2.5
    has_value "$(col_limit 9 high)" 2
    hold testhost/test-x/gauge-v 5
    wait_value 5 "$(col_limit 9 high)" 1
    poll 5 traps_are 3 1
    poll 5 handled_is OKAY 1
    traps_are 2 1
    grep "severity = FAILURE" "$RUN_DIR/handlers" | grep -q "host = testhost, plugin = test, plugin_instance = x, type = gauge, type_instance = v"
}

@test "from the sample to the trap: each under 2 s, each once" {
    local n; n=$(count 5 100)
    add_limit each 'metric = probe/each-*/gauge-v:value' 'above = 8'
    all_up each
    put raise probe/each- "$n" "$RUN_DIR/snmptrapd.log" 'probe/each-%/gauge-v:value is' >"$RUN_DIR/delays"
    sort -n "$RUN_DIR/delays" | awk '{ d[NR] = $1 } END { printf "# %d samples: median %d ms, longest %d ms\n", NR, d[int((NR + 1) / 2)], d[NR] }' >&3
    [ "$(wc -l <"$RUN_DIR/delays")" = "$n" ]
    [ "$(sort -n "$RUN_DIR/delays" | tail -n 1)" -lt 2000 ]
    sleep 1
    traps_are 2 "$n"
    handled_is WARNING "$n"
}

@test "a restart while exceeded: no trap again, no false ok, the same since" {
    add_limit high 'metric = test-x/gauge-v:value' 'above = 8'
    all_up high
    hold testhost/test-x/gauge-v 9
    wait_value 5 "$(col_limit 9 high)" 2
    poll 5 traps_are 2 1
    local since; since=$(get "$(col_limit 11 high)")
    local i; for ((i = 0; i < $(count 2 10); i++)); do
        stop scalemond KILL
        start_scalemond
        poll 10 present 1.1.1.0
        wait_value 10 "$(col_limit 9 high)" 2
    done
    [ "$(get "$(col_limit 11 high)")" = "$since" ]
    sleep 2
    traps_are 2 1
    traps_are 3 0
}

@test "alternating samples: two traps and one summary at most" {
    local n; n=$(count 10 200)
    add_limit flap 'metric = test-x/gauge-v:value' 'above = 8'
    all_up flap
    spawn alternate python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/collectd.sock" alternate testhost/test-x/gauge-v "$n" 1.02 9 1
    poll $((n * 2)) not alive alternate
    [ $(($(traps 2) + $(traps 3))) -le 2 ]
    [ "$(get 1.1.9.0)" -gt $((n / 2)) ]
    if [ "${SCM_CHECK:-quick}" = full ]; then
        hold testhost/test-x/gauge-v 1
        sleep 70
        [ $(($(traps 2) + $(traps 3))) -le 3 ]
        grep -q 'transitions were suppressed' "$RUN_DIR/snmptrapd.log"
    fi
}

@test "collectd restarted and stopped: no false alarm, on sums and counts either" {
    add_limit below 'metric = load/load:shortterm' 'below = 0'
    add_limit hosts 'metric = count(*/load/load)' 'below = 1'
    add_limit running 'metric = sum(*/portal-toy/gauge-running)' 'below = 1'
    add_portal toy
    all_up hosts
    switch toy 1
    wait_oper 10 toy 3
    wait_value 20 "$(col_limit 9 hosts)" 1
    wait_value 20 "$(col_limit 9 below)" 1
    poll 10 cleared_or_never running
    local before; before=$(traps 2)
    local i; for ((i = 0; i < $(count 3 50); i++)); do
        stop collectd
        start_collectd collectd "$RUN_DIR/collectd.conf"
        poll 10 feed_is 1
    done
    for ((i = 0; i < $(count 1 5); i++)); do
        kill -STOP "$(pid_of collectd)"
        poll 5 feed_is 2
        sleep 2
        kill -CONT "$(pid_of collectd)"
        poll 5 feed_is 1
    done
    wait_value 20 "$(col_limit 9 hosts)" 1
    wait_value 20 "$(col_limit 9 running)" 1
    traps_are 2 "$before"
}
feed_is() { has_value 1.1.4.0 "$1"; }
not() { ! "$@"; }
cleared_or_never() { has_value "$(col_limit 9 "$1")" 1; }

@test "maintenance silences, and says so; what stands when it ends is told" {
    add_limit high 'metric = test-x/gauge-v:value' 'above = 8'
    add_limit back 'metric = test-b/gauge-v:value' 'above = 8'
    all_up high
    put hold testhost/test-b/gauge-v 9 2
    poll 5 traps_are 2 1
    local before; before=$(get 1.1.9.0)
    set_ 1.1.3.0 i 2
    poll 5 traps_are 6 1
    hold testhost/test-x/gauge-v 9
    wait_value 5 "$(col_limit 9 high)" 2
    put hold testhost/test-b/gauge-v 1 2
    [ "$(get 1.1.9.0)" = $((before + 2)) ]
    traps_are 2 1
    traps_are 3 0
    spawn hold_b python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/collectd.sock" hold testhost/test-b/gauge-v 1 600
    set_ 1.1.3.0 i 1
    poll 5 traps_are 6 2
    poll 5 traps_are 2 2
    poll 5 traps_are 3 1
    sleep 2
    traps_are 2 2
    traps_are 3 1
    [ "$(handled WARNING)" = 2 ]
}

@test "by SNMP: made, changed, deleted while exceeded is told as cleared" {
    all_up_bare
    make() { set_ "$(col_limit 2 "$1")" s "$2" "$(col_limit 3 "$1")" i 1 "$(col_limit 4 "$1")" s 8 "$(col_limit 13 "$1")" i 4; }
    make mine 'test-*/gauge-v:value'
    wait_value 5 "$(col_limit 9 mine)" 3
    hold testhost/test-x/gauge-v 9
    wait_value 5 "$(col_limit 9 mine)" 2
    poll 5 traps_are 2 1
    grep -q 'testhost/test-x/gauge-v:value' "$RUN_DIR/snmptrapd.log"
    set_ "$(col_limit 4 mine)" s 10
    wait_value 5 "$(col_limit 9 mine)" 1
    poll 5 traps_are 3 1
    make other 'test-x/gauge-v'
    poll 5 traps_are 2 2
    set_ "$(col_limit 13 other)" i 6
    poll 5 traps_are 3 2
    grep -q 'the limit was deleted' "$RUN_DIR/snmptrapd.log"
    make other 'test-x/gauge-v'
    poll 5 traps_are 2 3
    set_ "$(col_limit 13 other)" i 2
    poll 5 traps_are 3 3
    grep -q 'the limit was disabled' "$RUN_DIR/snmptrapd.log"
}
all_up_bare() { start_traps; agent_start; }

@test "a full disk: a SET is refused, the old state stands, an event says so; with room again it is taken" {
    need_root
    add_limit high 'metric = test-x/gauge-v:value' 'above = 8'
    mkdir "$RUN_DIR/state"
    mount -t tmpfs -o size=16k,mode=700 none "$RUN_DIR/state" || skip "needs to mount a tmpfs, which is not allowed here"
    all_up high
    set_ "$(col_limit 4 high)" s 9
    head -c 16384 /dev/zero >"$RUN_DIR/state/ballast" 2>/dev/null || true
    run set_ "$(col_limit 4 high)" s 10
    echo "$output"
    [ "$status" != 0 ]
    [[ $output == *commitFailed* || $output == *resourceUnavailable* ]]
    [[ $(get "$(col_limit 4 high)") == '"9"' ]]
    store_told() { walk 1.7.1.8 | grep -q 'No space left'; }
    poll 5 store_told
    rm "$RUN_DIR/state/ballast"
    set_ "$(col_limit 4 high)" s 11
    stop scalemond KILL
    start_scalemond
    poll 10 present 1.1.1.0
    [[ $(get "$(col_limit 4 high)") == '"11"' ]]
}

@test "kill -9 of the agent with SETs under way: none that was acknowledged is lost" {
    add_limit high 'metric = test-x/gauge-v:value' 'above = 0'
    all_up high
    local i n=0 got agent
    sets() {
        local n=$1
        while :; do
            n=$((n + 1)); echo "try $n" >>"$RUN_DIR/sets"
            set_ "$(col_limit 4 high)" s "$n" >/dev/null 2>&1 && echo "ack $n" >>"$RUN_DIR/sets"
        done
    }
    last() { awk -v w="$1" '$1 == w && $2 > n { n = $2 } END { print n + 0 }' "$RUN_DIR/sets"; }
    for ((i = 0; i < $(count 2 40); i++)); do
        sets "$(last try)" 3>&- & local writer=$!
        sleep "0.$((RANDOM % 8 + 1))"
        agent=$(pgrep -P "$(pid_of scalemond)" | head -n 1)
        kill -KILL "$agent"
        sleep 0.05
        kill "$writer"; wait "$writer" || true
        poll 15 present 1.1.1.0
        poll 15 present "$(col_limit 4 high)"
        got=$(get "$(col_limit 4 high)" | tr -d '"')
        echo "kill $i: acknowledged $(last ack), tried $(last try), stands $got"
        [ "$got" -ge "$(last ack)" ]
        [ "$got" -le "$(last try)" ]
    done
    [ "$(last ack)" -gt 0 ]
    [ -z "$(find "$RUN_DIR/state" -name '*.corrupt-*')" ]
}

@test "a pattern's 1,500 matches at once: each is told to collectd's handlers, once" {
    local n=1500
    add_limit each 'metric = many/each-*/gauge-v:value' 'above = 8'
    all_up each
    put many many/each- $n 9
    poll 30 handled_is WARNING $n
    grep -o 'plugin_instance = [0-9]*, ' "$RUN_DIR/handlers" | sort | uniq -c >"$RUN_DIR/told"
    [ "$(wc -l <"$RUN_DIR/told")" = $n ]
}

@test "an alarm of a sum and its end are one service for notify_nagios" {
    : >"$RUN_DIR/nagios.cmd"
    printf 'LoadPlugin notify_nagios\n<Plugin notify_nagios>\n  CommandFile "%s"\n</Plugin>\n' "$RUN_DIR/nagios.cmd" >>"$RUN_DIR/collectd.conf"
    add_limit total 'metric = sum(*/test-x/gauge-v)' 'above = 8' 'severity = failure'
    all_up total
    hold testhost/test-x/gauge-v 9
    wait_value 10 "$(col_limit 9 total)" 2
    hold testhost/test-x/gauge-v 1
    wait_value 5 "$(col_limit 9 total)" 1
    poll 5 grep -q ';testhost;scalemon-total/limit;0;' "$RUN_DIR/nagios.cmd"
    [ "$(grep -c ';testhost;scalemon-total/limit;2;' "$RUN_DIR/nagios.cmd")" = 1 ]
    [ "$(wc -l <"$RUN_DIR/nagios.cmd")" = 2 ]
}

@test "where the configuration has no clear, it is the threshold, whatever SNMP sets" {
    add_limit high 'metric = test-x/gauge-v:value' 'above = 8'
    add_limit low 'metric = test-x/gauge-v:value' 'below = 2' 'clear = 3'
    all_up_bare
    local to; for to in 7 9; do
        set_ "$(col_limit 4 high)" s $to
        has_value "$(col_limit 5 high)" "\"$to\""
    done
    run set_ "$(col_limit 4 low)" s 4
    [[ $status != 0 && $output == *inconsistentValue* ]]
    has_value "$(col_limit 5 low)" '"3"'
}

@test "a limit that the next configuration has no more ends its alarm" {
    cp "$RUN_DIR/scalemond.conf" "$RUN_DIR/without.conf"
    add_limit gone 'metric = test-x/gauge-v:value' 'above = 8' 'severity = failure'
    all_up gone
    hold testhost/test-x/gauge-v 9
    poll 10 traps_are 2 1
    cp "$RUN_DIR/without.conf" "$RUN_DIR/scalemond.conf"
    kill -HUP "$(pid_of scalemond)"
    poll 10 traps_are 3 1
    poll 5 handled_is OKAY 1
    grep -q 'the limit was deleted while testhost/test-x/gauge-v was beyond it' "$RUN_DIR/snmptrapd.log"
    stop scalemond KILL
    start_scalemond
    poll 10 present 1.1.1.0
    sleep 2
    traps_are 3 1
}

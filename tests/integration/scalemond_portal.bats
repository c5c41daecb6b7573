# Portals under a whole scalemond: bad scripts leave a reason in the MIB and hold nobody up; the agent is killed at random and
# finds everything as it was.
load lib
load agent

setup() {
    export RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
}

teardown() {
    stop_all
    end_portals
    no_findings
}

script() { cat >"$RUN_DIR/bin/$1"; chmod 755 "$RUN_DIR/bin/$1"; }
output_of() { get "$(col_portal 9 "$1")"; }
exit_of() { get "$(col_portal 8 "$1")"; }

# p99 COUNT: the 99th percentiles in ms of COUNT GETs of ours and of snmpd's own. One process and one socket for all of them, so
# that it measures the agent and not the start of programs.
p99() {
    python3 "$SCM_SRC/tests/integration/snmp_get_times.py" "$SNMP_PORT" "$ROOT.1.1.1.0" "$1"
}

# GETs stay quick: three times over, because on a machine with ten runnable processes per CPU snmpd itself is late now and then; an
# agent that somebody holds up is late every time.
quick() {
    local i
    for i in 1 2 3; do
        run p99 200
        echo "# p99 of ours and of snmpd's own: $output ms" >&3
        awk '{ exit !($1 < 50 || $1 < 50 + $2) }' <<<"$output" && return
    done
    return 1
}

@test "bad starts each leave a reason in the MIB, and GET stays quick" {
    # NAME|start script|LastExitCode|pattern of LastOutput or of the event's text
    local rows name body code pattern bad=()
    rows='hangs|sleep 1000|124|
term|trap "" TERM; while :; do sleep 1; done|124|
fork|(setsid sleep 1000 &) & echo forked; exit 1|1|forked
big|head -c 1000000000 /dev/zero; echo big; exit 1|1|big
missing|MISSING|126|No such file
noexec|NOEXEC|126|not executable
replaced|REPLACED|126|expected no write by group or others
setsid|setsid sleep 1000 & exit 4|4|
storm|i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; wait|124|
segv|ulimit -c 0; kill -SEGV $$|139|
last|echo no; exit 255|255|no'
    while IFS='|' read -r name body code pattern; do
        printf "#!/bin/sh\n%s\n" "$body" | script "$name-start"
        add_portal "$name" "start_timeout=$([ "$name" = big ] && echo 60 || echo 1)" retries=0 status_interval=30
        bad+=("$name|$code|$pattern")
    done <<<"$rows"
    script hold-stop <<EOF
#!/bin/sh
kill \$(cat "$RUN_DIR/bin/hold.pidfile")
rm "$RUN_DIR/bin/hold.pidfile"
sleep 1000 &
exit 0
EOF
    add_portal hold stop_timeout=1 retries=0 status_interval=30
    rm "$RUN_DIR/bin/missing-start"
    chmod 644 "$RUN_DIR/bin/noexec-start"
    agent_start
    chmod 777 "$RUN_DIR/bin/replaced-start"
    local round
    for ((round = 0; round < $(count 1 10); round++)); do
        switch hold 1 >/dev/null
        wait_oper 10 hold 3
        for row in "${bad[@]}"; do switch "${row%%|*}" 1 >/dev/null; done
        switch hold 2 >/dev/null
        quick
        for row in "${bad[@]}"; do
            IFS='|' read -r name code pattern <<<"$row"
            wait_oper 60 "$name" 6
            [ "$(exit_of "$name")" = "$code" ] || { echo "$name: exit $(exit_of "$name"), expected $code" >&2; return 1; }
            [[ $(output_of "$name") == *"$pattern"* ]] || { echo "$name: $(output_of "$name")" >&2; return 1; }
            [ "$(get "$(col_portal 11 "$name")")" = $((round + 1)) ]
        done
        # the stop that leaves a child: it is ended, and the portal is off
        wait_oper 10 hold 1
        for row in "${bad[@]}"; do switch "${row%%|*}" 2 >/dev/null; done
        for row in "${bad[@]}"; do wait_oper 20 "${row%%|*}" 1; done
        [ -z "$(pgrep -s 0 -f 'sleep 1000' || true)" ]
    done
}

@test "kill -9 of the agent at random while portals switch" {
    local i agent name n times=0
    for name in a b c; do add_portal $name status_interval=1; done
    agent_start
    for name in a b c; do wait_oper 10 $name 1; done
    RANDOM=${SCM_SEED:-$$}; echo "# seed ${SCM_SEED:-$$} (SCM_SEED)" >&3
    declare -A want starts
    for name in a b c; do want[$name]=1 starts[$name]=0; done
    for ((i = 0; i < $(count 10 200); i++)); do
        for name in a b c; do
            n=$((RANDOM % 3))
            # 1 on, 2 off; what SNMP accepts is done exactly once, whatever is killed after
            if [ $n = 1 ] && [ "${want[$name]}" = 1 ] && switch $name 1 >/dev/null 2>&1; then
                want[$name]=3 starts[$name]=$((starts[$name] + 1))
            elif [ $n = 2 ] && [ "${want[$name]}" = 3 ] && switch $name 2 >/dev/null 2>&1; then
                want[$name]=1
            fi
        done
        [ $((RANDOM % 2)) = 0 ] && sleep 0.0$((RANDOM % 10))
        agent=$(pgrep -P "$(pid_of scalemond)" -f scalemond | head -n 1)
        kill -KILL "$agent" && times=$((times + 1))
        for name in a b c; do
            poll 3 has_value "$(col_portal 4 $name)" "${want[$name]}" || {
                echo "round $i: $name is $(oper $name), expected ${want[$name]}" >&2
                tail -n 30 "$RUN_DIR/scalemond.log" >&2
                return 1
            }
            [ "${want[$name]}" = 1 ] || kill -0 "$(cat "$RUN_DIR/bin/$name.pidfile")"
            n=$(grep -c start "$RUN_DIR/bin/$name.calls" 2>/dev/null || true)
            [ "${n:-0}" = "${starts[$name]}" ] || { echo "round $i: $name was started $n times, expected ${starts[$name]}" >&2; return 1; }
        done
    done
    echo "# killed $times times" >&3
}

@test "hold watches and does nothing; Requester rides in the same PDU" {
    add_portal toy status_interval=1
    agent_start
    wait_oper 10 toy 1
    set_ "$(col_portal 3 toy)" i 1 "$(col_portal 6 toy)" s "night shift, ticket 7"
    wait_oper 10 toy 3
    [ "$(get "$(col_portal 6 toy)")" = '"night shift, ticket 7"' ]
    switch toy 3
    kill "$(cat "$RUN_DIR/bin/toy.pidfile")"
    wait_oper 5 toy 1
    sleep 2
    [ "$(oper toy)" = 1 ]
    [ "$(grep -c start "$RUN_DIR/bin/toy.calls")" = 1 ]
}

@test "a portal that dies is started again, after a pause" {
    add_portal toy status_interval=1 backoff=1
    agent_start
    wait_oper 10 toy 1
    switch toy 1
    wait_oper 10 toy 3
    kill "$(cat "$RUN_DIR/bin/toy.pidfile")"
    wait_oper 5 toy 5
    wait_oper 10 toy 3
    [ "$(get "$(col_portal 10 toy)")" = 2 ]
    [ "$(get "$(col_portal 11 toy)")" = 1 ]
}

@test "collectd is told at once of a transition, then each interval, and how long that is" {
    sed -i "s|^interval = .*|interval = 5|; s|^collectd_socket = .*|collectd_socket = $RUN_DIR/relay|" "$RUN_DIR/scalemond.conf"
    spawn relay socat -v "UNIX-LISTEN:$RUN_DIR/relay,fork" "UNIX-CONNECT:$RUN_DIR/collectd.sock" # prints what passes, and when
    # the second of the day and the value of each; the rest of the line is to be as it is here
    sent() {
        awk '/^> [0-9]+\// { split($3, t, ":") }
             /^PUTVAL "testhost\/portal-toy\/gauge-running" interval=5\.000 N:[01]$/ { print t[1] * 3600 + t[2] * 60 + int(t[3]), substr($NF, 3) }' \
            "$RUN_DIR/relay.log"
    }
    has_sent() { [ "$(sent | grep -c " $1\$")" -ge "$2" ]; } # VALUE TIMES
    add_portal toy status_interval=1
    agent_start
    wait_oper 10 toy 1
    poll 15 has_sent 0 3 # an interval has just begun: what comes soon is not of the next one
    switch toy 1
    wait_oper 10 toy 3
    within 2 has_sent 1 1
    poll 15 has_sent 1 4
    sent >&2
    # the first is the transition's; an interval lies between any two of the others (86400: midnight)
    sent | awk '$2 { if (n++ > 1) { gap = ($1 - last + 86400) % 86400; if (gap < 4 || gap > 6) exit 1 } last = $1 }'
}

@test "a portal of which nobody knows whether it runs is no 0 in collectd, also not after a restart" {
    add_portal toy status_interval=1
    agent_start
    wait_oper 10 toy 1
    switch toy 1
    wait_oper 10 toy 3
    gauge() { echo 'GETVAL "testhost/portal-toy/gauge-running"' | socat - "UNIX-CONNECT:$RUN_DIR/collectd.sock" | tail -n 1; }
    poll 5 eval '[ "$(gauge)" = value=1.000000e+00 ]'
    printf '#!/bin/sh\nexit 9\n' | script toy-status
    wait_oper 5 toy 7
    local i; for ((i = 0; i < 20; i++)); do
        [ "$(gauge)" != value=0.000000e+00 ]
        sleep 0.1
        [ $i != 10 ] || kill -KILL "$(pgrep -P "$(pid_of scalemond)" scalemond-agent)"
    done
    printf '#!/bin/sh\nexit 0\n' | script toy-status
    wait_oper 10 toy 3
    poll 5 eval '[ "$(gauge)" = value=1.000000e+00 ]'
}

@test "SIGHUP: a new portal appears, the running one is not touched" {
    add_portal one status_interval=1
    agent_start
    switch one 1
    wait_oper 10 one 3
    local pid; pid=$(cat "$RUN_DIR/bin/one.pidfile")
    add_portal two status_interval=1 initial=on
    kill -HUP "$(pid_of scalemond)"
    wait_oper 10 two 3
    wait_oper 10 one 3
    kill -0 "$pid"
    [ "$(grep -c start "$RUN_DIR/bin/one.calls")" = 1 ]
}

@test "SIGHUP follows a configuration that is a link to another file by now" {
    add_portal one status_interval=1
    cp "$RUN_DIR/scalemond.conf" "$RUN_DIR/old.conf"
    add_portal two status_interval=1 initial=on
    mv "$RUN_DIR/scalemond.conf" "$RUN_DIR/new.conf"
    ln -s old.conf "$RUN_DIR/scalemond.conf"
    start_scalemond() { cd "$RUN_DIR" && spawn scalemond "$SCM_BUILD/scalemond" -f -c scalemond.conf; }
    agent_start
    wait_oper 10 one 1
    ln -sfn new.conf "$RUN_DIR/scalemond.conf"
    kill -HUP "$(pid_of scalemond)"
    wait_oper 10 two 3
}

@test "shutdown by SNMP ends agent and runner with 0, the portal stays" {
    add_portal toy status_interval=1
    agent_start
    wait_oper 10 toy 1
    switch toy 1
    wait_oper 10 toy 3
    set_ 1.1.3.0 i 3
    local pid status=0; pid=$(pid_of scalemond)
    poll 5 sh -c "! kill -0 $pid"
    wait "$pid" || status=$?
    [ "$status" = 0 ]
    kill -0 "$(cat "$RUN_DIR/bin/toy.pidfile")"
}

@test "snmpd hangs for 10 s: portals go on, the loop never stalls, everything is told afterwards" {
    need_root
    add_portal toy status_interval=1 backoff=1 retries=100
    agent_start
    wait_oper 10 toy 1
    switch toy 1
    wait_oper 10 toy 3
    local agent before
    agent=$(pgrep -P "$(pid_of scalemond)" | head -n 1)
    before=$(grep -c start "$RUN_DIR/bin/toy.calls")
    kill -STOP "$(pid_of snmpd)"
    python3 "$SCM_SRC/tests/integration/loop_stall.py" "$agent" 10 >"$RUN_DIR/stall" 3>&- &
    local stall=$! i
    lives() { kill -0 "$(cat "$RUN_DIR/bin/toy.pidfile")"; }
    for ((i = 0; i < 3; i++)); do # it dies, is seen dead within a look, and is started again after a pause, which doubles
        poll 5 lives
        kill "$(cat "$RUN_DIR/bin/toy.pidfile")"
        within $((1 + (1 << i) + 4)) sh -c "[ \$(grep -c start '$RUN_DIR/bin/toy.calls') -gt $((before + i)) ]"
    done
    wait $stall
    kill -CONT "$(pid_of snmpd)"
    echo "# the longest stall: $(cat "$RUN_DIR/stall") ms" >&3
    awk '{ exit !($1 < 50) }' "$RUN_DIR/stall"
    poll 30 present 1.1.1.0
    told() { [ "$(get 1.1.8.0)" = "$(walk 1.7.1.3 | wc -l)" ]; } # notifications sent, events in the table: all are to be told
    poll 10 told || { get 1.1.8.0; walk 1.7.1.3; } >&2
    [ "$(walk 1.7.1.3 | wc -l)" -ge 9 ]
}

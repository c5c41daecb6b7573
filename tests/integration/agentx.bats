# The AgentX thread against a real snmpd that comes, goes, hangs and refuses; agentx_driver is the rest of the agent.
load lib

R=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    PORT=$(free_port) TRAPS=$(free_port udp)
    export SNMP_PERSISTENT_DIR=$RUN_DIR/persistent PYTHONPATH=$SCM_SRC/tests/integration PYTHONDONTWRITEBYTECODE=1
    cat >"$RUN_DIR/snmpd.conf" <<END
rwcommunity private 127.0.0.1
rocommunity public 127.0.0.1
master agentx
agentXSocket $RUN_DIR/agentx
trap2sink 127.0.0.1:$TRAPS public
END
    cat >"$RUN_DIR/snmptrapd.conf" <<END
snmpTrapdAddr udp:127.0.0.1:$TRAPS
disableAuthorization yes
END
    cat >"$RUN_DIR/start_snmpd" <<END
#!/bin/sh
snmpd -f -LE 4 -r -C -c $RUN_DIR/snmpd.conf udp:127.0.0.1:$PORT >>$RUN_DIR/snmpd.log 2>&1 </dev/null 3>&- 4>&- &
echo \$! >$RUN_DIR/snmpd.pid
END
    chmod 755 "$RUN_DIR/start_snmpd"
    mkfifo "$RUN_DIR/driver.in"
}

teardown() {
    [ "$BATS_TEST_COMPLETED" = 1 ] || tail -n 30 "$RUN_DIR"/*.log "$RUN_DIR/driver.out" >&2
    stop_all
    no_findings
}

# start_driver [ARGS]: $RUN_DIR/driver.out has what it says, $RUN_DIR/driver.in takes commands.
start_driver() {
    "$SCM_BUILD/tests/integration/agentx_driver" -x "$RUN_DIR/agentx" -p 2 -l 2 -e 1 "$@" \
        <>"$RUN_DIR/driver.in" >>"$RUN_DIR/driver.out" 2>>"$RUN_DIR/driver.log" 3>&- 4>&- &
    echo $! >"$RUN_DIR/driver.pid"
}
# The driver ends, in time, and well.
quits() { tell quit; local pid; pid=$(pid_of driver); poll "$1" bash -c "! kill -0 $pid 2>/dev/null"; wait "$pid"; }
start_snmpd() { "$RUN_DIR/start_snmpd"; poll 10 snmp snmpget public 1.3.6.1.2.1.1.3.0; }
start_traps() {
    spawn traps snmptrapd -f -C -c "$RUN_DIR/snmptrapd.conf" -On -Lo -F '%v\n'
    poll 5 grep -q . "$RUN_DIR/traps.log" || sleep 0.5
}
tell() { echo "$*" >"$RUN_DIR/driver.in"; }
said() { grep -qx "$*" "$RUN_DIR/driver.out"; }
snmp() { local tool=$1 community=$2; shift 2; $tool -v2c -c "$community" -t 4 -r 0 -Oqvn 127.0.0.1:"$PORT" "$@"; }
get() { snmp snmpget public "$R.$1"; }
put() { snmp snmpset private "$R.$1" "$2" "$3"; }
answers() { [ "$(get 1.2.1.0)" = 123 ]; }
P0=1.4.1.3.2.112.48

# The event indexes of the traps that came, in order.
trap_indexes() { sed -n "s/.*$R\.1\.7\.1\.1\.[0-9]* = Gauge32: \([0-9]*\).*/\1/p" "$RUN_DIR/traps.log"; }
traps_are() { [ "$(trap_indexes)" = "$(seq "$1" "$2")" ]; }

@test "a master that comes late is found" {
    start_driver
    poll 10 grep -q "^link down no AgentX master: there is no $RUN_DIR/agentx" "$RUN_DIR/driver.out"
    start_snmpd
    poll 3 answers
    kill -KILL "$(pid_of snmpd)"
    poll 10 grep -q "^link down no AgentX master: nobody listens" "$RUN_DIR/driver.out"
    [ "$(grep -c '^link' "$RUN_DIR/driver.out")" = 4 ]
}

@test "a socket that is not for us is said" {
    need_root
    start_snmpd
    chmod 600 "$RUN_DIR/agentx"
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$SCM_BUILD/tests/integration/agentx_driver" -x "$RUN_DIR/agentx" \
        <>"$RUN_DIR/driver.in" >>"$RUN_DIR/driver.out" 2>>"$RUN_DIR/driver.log" 3>&- 4>&- &
    echo $! >"$RUN_DIR/driver.pid"
    poll 10 grep -q "^link down no access to $RUN_DIR/agentx: set agentXPerms" "$RUN_DIR/driver.out"
    tell quit
}

@test "snmpd restarted under load: back in 2 s, nothing missed or done twice, no notification lost" {
    local n; n=$(count 6 50)
    start_traps
    start_snmpd
    start_driver
    poll 5 answers
    run python3 "$SCM_SRC/tests/integration/agentx_storm.py" "$RUN_DIR" "$PORT" "$n" "$RUN_DIR/start_snmpd"
    echo "$output" | sed 's/^/# /' >&3
    [ "$status" = 0 ]
    tell event 1
    # at least once: doubles are allowed over a restart, losses and disorder are not
    local events=$((n * 3 + 1))
    all() { [ "$(trap_indexes | awk '!seen[$1]++')" = "$(seq 1 $events)" ]; }
    poll 10 all
}

@test "snmpd stopped: events wait and come once each, in order, when it goes on" {
    local seconds; seconds=$(count 3 10)
    start_traps
    start_snmpd
    start_driver
    poll 5 answers
    tell event 2
    poll 5 traps_are 1 2
    kill -STOP "$(pid_of snmpd)"
    tell event 50
    sleep "$seconds"
    kill -CONT "$(pid_of snmpd)"
    poll 15 traps_are 1 52
    sleep 1
    traps_are 1 52
}

@test "events without a master are kept and sent in order" {
    start_traps
    start_driver
    poll 5 said ready
    tell event 100 # a burst that fits snmptrapd's socket buffer: a v2c trap that the kernel drops is nobody's fault here
    start_snmpd
    poll 15 traps_are 1 100
}

@test "a root that somebody else has is said, and taken when it is free" {
    start_snmpd
    start_driver
    poll 5 answers
    mkfifo "$RUN_DIR/second.in"
    "$SCM_BUILD/tests/integration/agentx_driver" -x "$RUN_DIR/agentx" -p 1 <>"$RUN_DIR/second.in" \
        >"$RUN_DIR/second.out" 2>"$RUN_DIR/second.log" 3>&- 4>&- &
    echo $! >"$RUN_DIR/second.pid"
    poll 5 grep -q "^link refused .*register $R .*another subagent has it" "$RUN_DIR/second.out"
    quits 3
    poll 10 grep -q '^link up' "$RUN_DIR/second.out"
    poll 3 answers
    echo quit >"$RUN_DIR/second.in"
}

@test "a master by hand: search ranges, both byte orders, long names, contexts, a GET behind a CleanupSet" {
    python3 "$SCM_SRC/tests/integration/agentx_master.py" "$RUN_DIR/agentx" >"$RUN_DIR/master.log" 2>&1 3>&- 4>&- &
    local master=$!
    poll 5 test -S "$RUN_DIR/agentx"
    start_driver
    wait "$master"
}

@test "a store that fails: the SET fails, the old state stands" {
    start_snmpd
    start_driver -s "$RUN_DIR/store"
    poll 5 answers
    put $P0 i 1
    for mode in bad late; do
        tell store $mode
        run put $P0 i 2
        [ "$status" != 0 ]
        [[ $output == *commitFailed* ]]
        tell store good
        [ "$(get $P0)" = 1 ]
        grep -q '"admin": 1' "$RUN_DIR/store"
    done
    # slower than a master likes, not slower than it waits
    tell store slow
    put $P0 i 2
    [ "$(get $P0)" = 2 ]
    [ "$(grep -c '^admin' "$RUN_DIR/driver.out")" = 2 ]
}

@test "the same SET again stores and posts nothing" {
    start_snmpd
    start_driver
    poll 5 answers
    put $P0 i 1
    put $P0 i 1
    put 1.6.1.14.2.116.48 u 7
    put 1.6.1.14.2.116.48 u 7
    tell posted
    poll 5 said "ok 2"
    [ "$(grep -c '^run t0 7' "$RUN_DIR/driver.out")" = 1 ]
}

@test "it ends at once, with a master, without one, and with one that hangs" {
    start_driver
    poll 5 said ready
    quits 3
    start_snmpd
    start_driver
    poll 5 answers
    quits 3
    start_driver
    poll 5 answers
    kill -STOP "$(pid_of snmpd)"
    quits 5 || [ $? = 4 ] # left behind in net-snmp, which is waiting
    kill -CONT "$(pid_of snmpd)"
}

# SCALEMON-MIB from outside: random SETs against a model, odd requests, scmLimitTable's errors, and who may write.
load lib
load agent

R=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    export PYTHONPATH=$SCM_SRC/tests/integration PYTHONDONTWRITEBYTECODE=1
}

teardown() {
    [ "$BATS_TEST_COMPLETED" = 1 ] || tail -n 30 "$RUN_DIR"/*.log >&2
    stop_all
    no_findings
}

# world ARGS...: a snmpd on $PORT with communities public and private, and agentx_driver with ARGS behind it.
world() {
    PORT=$(free_port)
    export SNMP_PERSISTENT_DIR=$RUN_DIR/persistent
    cat >"$RUN_DIR/snmpd.conf" <<END
rwcommunity private 127.0.0.1
rocommunity public 127.0.0.1
master agentx
agentXSocket $RUN_DIR/agentx
agentXTimeout 5
agentXRetries 0
END
    spawn snmpd snmpd -f -LE 4 -r -C -c "$RUN_DIR/snmpd.conf" udp:127.0.0.1:"$PORT"
    mkfifo "$RUN_DIR/driver.in"
    "$SCM_BUILD/tests/integration/agentx_driver" -x "$RUN_DIR/agentx" "$@" \
        <>"$RUN_DIR/driver.in" >"$RUN_DIR/driver.out" 2>"$RUN_DIR/driver.log" 3>&- 4>&- &
    echo $! >"$RUN_DIR/driver.pid"
    poll 10 snmpget -v2c -c public -t 1 -r 0 127.0.0.1:"$PORT" "$R.1.1.1.0"
    poll 10 grep -q '^link up' "$RUN_DIR/driver.out"
}

# The driver is alive, and ends well.
world_ends() { echo quit >"$RUN_DIR/driver.in"; wait "$(pid_of driver)"; }

@test "random SETs: all or nothing, each accepted change once, as a model says" {
    world -p 8 -l 2 -e 4
    run python3 "$SCM_SRC/tests/integration/mib_model.py" "$RUN_DIR" "$PORT" "$(count 400 2000)"
    echo "$output" | sed 's/^/# /' >&3
    [ "$status" = 0 ]
    world_ends
}

@test "odd and malformed requests: alive, tables unchanged" {
    world -p 3 -l 2 -e 2 -i 20
    run python3 "$SCM_SRC/tests/integration/mib_odd.py" "$PORT" "$(count 2000 20000)"
    echo "$output" | sed 's/^/# /' >&3
    [ "$status" = 0 ]
    world_ends
}

# One line of limit_sets by snmpset: sets args and runs it.
play() { # play ROW OUTCOME SETS
    local args=() one col kind value list
    if [[ $3 == *4,5* ]]; then list=("$3"); else IFS=, read -r -a list <<<"$3"; fi
    for one in "${list[@]}"; do
        read -r col kind value <<<"$one"
        [ "$kind" != L ] || { kind=s; value=$(printf '1%.0s' $(seq "$value")); }
        args+=("$R.1.5.1.$col.$(index "$1")" "$kind" "$value")
    done
    run snmpset -v2c -c private -t 5 -r 0 127.0.0.1:"$PORT" "${args[@]}"
    if [ "$2" = noError ]; then [ "$status" = 0 ]; else [ "$status" != 0 ] && [[ $output == *"Reason: $2"* ]]; fi
}

@test "every outcome of scmLimitTable, by net-snmp's snmpset" {
    world -p 1 -l 0 -c conf
    local row outcome sets wrong=0
    while IFS='|' read -r row outcome sets; do
        [[ $row == \#* ]] && continue
        row=${row// /} outcome=${outcome// /}
        play "$row" "$outcome" "$sets" || { echo "$row $sets: expected $outcome, got: $output" >&2; wrong=1; }
    done <"$SCM_SRC/tests/data/mib/limit_sets"
    [ $wrong = 0 ]
    world_ends
}

@test "every outcome of scmLimitTable, by pysnmp" {
    # Debian's, whatever other python3 stands first in PATH
    /usr/bin/python3 -c 'import pysnmp.hlapi' 2>/dev/null || skip "python3-pysnmp4 is not installed"
    world -p 1 -l 0 -c conf
    run /usr/bin/python3 "$SCM_SRC/tests/integration/limit_sets.py" "$SCM_SRC/tests/data/mib/limit_sets" "$PORT"
    echo "$output" >&2
    [ "$status" = 0 ]
    world_ends
}

@test "one GETBULK sees one moment, the next a newer one" {
    world -p 1 -i 30
    echo "tick 3000" >"$RUN_DIR/driver.in"
    run python3 - "$PORT" <<'PY'
import sys
import snmp_raw as raw
client, column = raw.Client(int(sys.argv[1])), raw.ROOT + (1, 3, 1, 2)
seen = set()
for _ in range(100):
    error, _, varbinds = client.bulk(0, 30, column)
    values = {value for name, _, value in varbinds if name[:len(column)] == column}
    assert error == 0 and len(varbinds) == 30 and len(values) == 1, values
    seen |= values
print(len(seen), "moments")
assert len(seen) > 30
PY
    echo "$output" >&2
    [ "$status" = 0 ]
    world_ends
}

@test "only authPriv may write, and only below our root: the shipped snippet" {
    agent_prepare
    add_portal toy 'initial = hold'
    # the snippet as shipped, with our socket, our user, and nobody's group
    {
        sed -e "s#^agentXSocket .*#agentXSocket $RUN_DIR/agentx#" -e '/^agentXPerms/d' \
            -e "s/^rwuser operator/rwuser tester/" "$SCM_BUILD/contrib/snmpd/rebased/scalemon.conf"
        grep -E '^(agentAddress|\[snmp\]|createUser)' "$RUN_DIR/snmpd.conf"
        echo "rouser weak authNoPriv"
        echo "rocommunity public 127.0.0.1"
    } >"$RUN_DIR/shipped.conf"
    mv "$RUN_DIR/shipped.conf" "$RUN_DIR/snmpd.conf"
    agent_start
    local object; object=$ROOT.$(col_portal 3 toy)
    local n i before; n=$(count 40 200)
    before=$(get "$(col_portal 3 toy)")
    local ways=("-v1 -c public" "-v2c -c public" "-v2c -c private" "-v3 -l noAuthNoPriv -u tester"
        "-v3 -l authNoPriv -u tester -a SHA-256 -A $AUTH_KEY" "-v3 -l authNoPriv -u weak -a SHA-256 -A $AUTH_KEY"
        "-v3 -l authPriv -u tester -a SHA-256 -A wrong$AUTH_KEY -x AES -X $PRIV_KEY"
        "-v3 -l authPriv -u tester -a SHA-256 -A $AUTH_KEY -x AES -X wrong$PRIV_KEY"
        "-v3 -l authPriv -u nobody -a SHA-256 -A $AUTH_KEY -x AES -X $PRIV_KEY"
        "-v3 -l authPriv -u weak -a SHA-256 -A $AUTH_KEY -x AES -X $PRIV_KEY")
    for ((i = 0; i < n; i++)); do
        # shellcheck disable=SC2086
        run snmpset ${ways[i % ${#ways[@]}]} -t 0.3 -r 0 "$SNMP_TARGET" "$object" i $((1 + i % 3))
        [ "$status" != 0 ] || { echo "accepted: ${ways[i % ${#ways[@]}]}" >&2; return 1; }
    done
    [ "$(get "$(col_portal 3 toy)")" = "$before" ]
    run snmpset "${SNMP_ARGS[@]}" "$SNMP_TARGET" 1.3.6.1.2.1.1.4.0 s nobody
    [ "$status" != 0 ]
    switch toy 2
    [ "$(get "$(col_portal 3 toy)")" = 2 ]
}

# The verbs against recorded answers: formats, exit statuses, switching, limits, and agents that lie.
load lib
load console

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR
    console_prepare
    answers_start answers -m 50-50:wrongtype -m 51-51:loop -m 52-52:garbage -m 53-53:escape -m 54-54:endless \
        -m 55-55:dead -m 56-56:toobig -m 57-57:flood -m 58-58:many -m 59-59:longname -m 60-64:slow=300
}
teardown_file() { stop_all; }
setup() {
    RUN_DIR=$BATS_FILE_TMPDIR
    # shellcheck disable=SC2153
    export SNMPCONFPATH=$BATS_FILE_TMPDIR/snmp
}

@test "status: one row per host, in the order of the command line" {
    run scm status "$(host 3)" "$(host 1)"
    echo "$output"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 3 ]
    [[ ${lines[0]} =~ ^HOST\ +STATE\ +LOAD\ +CPUS\ +MEM\ +OF\ +IN\ +OUT\ +PORTALS\ +ALARMS$ ]]
    [[ ${lines[1]} =~ ^$(host 3)\ +up\ +1.42\ +4\ +3.0Gi\ +7.7Gi\ +12.3M\ +678k\ +liferay:off\ +load-high$ ]]
    [[ ${lines[2]} == "$(host 1) "* ]]
}

@test "status: by SNMPv3 the same" {
    run scm3 status "$(host 1)"
    [ "$status" = 0 ]
    [[ ${lines[1]} =~ up\ +1.42\ +4 ]]
}

@test "status: JSON has base units" {
    run scm status -o json "$(host 1)"
    [ "$status" = 0 ]
    echo "$output" | python3 -c '
import json, sys
(row,) = json.load(sys.stdin)
assert row["load"] == 1.42 and row["mem_used"] == 3123456 * 1024 and row["in"] == 12345000, row
assert row["portals"] == {"liferay": "off"} and row["alarms"] == ["load-high"] and row["state"] == "up", row'
}

@test "status: CSV is RFC 4180" {
    run scm status -o csv "$(host 1)" "$(host 55)"
    [ "$status" = 4 ]
    printf '%s\n' "${lines[@]}" | grep -v ^scalemon: | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert rows[0]["load"] == "1.42" and rows[0]["out"] == "678000" and rows[1]["load"] == "", rows'
}

@test "a host that does not answer: exit status 4, and its name" {
    TIMEOUT=0.3 run scm status "$(host 55)" "$(host 1)"
    [ "$status" = 4 ]
    [[ $output == *"scalemon: $(host 55): no answer"* ]]
    [[ $output =~ $(host 1)\ +up ]]
}

@test "a name that is none: exit status 3" {
    local name; name=$(printf 'x%.0s' {1..70}) # longer than a label may be: no name server is asked
    run scm status "$name"
    [ "$status" = 3 ]
    [[ $output == *"$name: unusable: "* ]]
    run scm status "udp:$name:161"
    [ "$status" = 3 ]
    [[ $output == *"udp:$name:161: unusable: "* ]]
    run scm status "bogus:$name"
    [ "$status" = 3 ]
    [[ $output == *"unusable: no such address: bogus:$name"* ]]
}

@test "names, and names with ports, are looked up; IPv6 addresses are taken" {
    run scm status "localhost:$PORT"
    [ "$status" = 4 ] # nothing listens for agent 127.0.0.1 there, but it was asked
    [[ $output == *"localhost:$PORT: no answer"* ]]
    # at a port that nobody has: at 161 there may be an snmpd
    printf '[pool six]\nport = %s\nhosts = ::1\n' "$(free_port)" >"$BATS_TEST_TMPDIR/six"
    CONF=$BATS_TEST_TMPDIR/six RETRIES=0 TIMEOUT=0.2 run scm status
    [ "$status" = 4 ]
    [[ $output == *"::1: no answer"* ]]
}

bad_agent() { # INDEX REGEX: reported by name, dropped, exit status 5; its neighbour is as well as ever
    TIMEOUT=0.3 RETRIES=0 run scm status "$(host 1)" "$(host "$1")"
    echo "$output"
    [ "$status" = 5 ]
    [[ $output =~ "$(host 1) "\ +up ]]
    [[ $output =~ $(host "$1")\ +bad\ agent ]]
    [[ $output =~ scalemon:\ $(host "$1"):\ bad\ agent:\ .*$2 ]]
}

@test "hostile: a wrong type" { bad_agent 50 'scmLoad1 is Counter64, expected a Gauge32'; }
@test "hostile: GETBULK that does not advance" { bad_agent 51 'does not advance'; }
@test "hostile: garbage" { bad_agent 52 'no SNMP'; }
@test "hostile: a table without end" { bad_agent 54 'more than 256 rows'; }
@test "hostile: a flood" { bad_agent 57 '(floods|no SNMP)'; }
@test "hostile: more variables than asked" { bad_agent 58 'more variables than'; }
@test "hostile: an index that is none" { bad_agent 59 'index that its table cannot have'; }

# every_verb HOST COMMAND: runs each verb on HOST; COMMAND judges $verb, $status and $output, none of which may have an escape byte
every_verb() {
    local verb
    for verb in status "portal list" "portal on liferay --timeout 3" "portal off liferay -q --timeout 3" "limit list" \
        "limit set load-high --above 3" "limit delete load-high" "agent list" "agent running" "eperf list" \
        "eperf run paris --timeout 3" events; do
        # shellcheck disable=SC2086
        TIMEOUT=0.2 RETRIES=0 run scm $verb "$1"
        "$2" && ! LC_ALL=C grep -q $'[\x01-\x09\x0b\x0c\x0e-\x1f\x7f-\xff]' <<<"$output" && continue
        echo "$verb: exit status $status: $output"
        return 1
    done
}
dropped() { [ "$status" = 5 ] && [[ $output == *127.1.*"bad agent"* ]]; }
dropped_tables() { dropped || [[ $verb == agent* || $verb == events ]]; } # scalars do not loop, and it has no events
harmless() { [ "$status" = 0 ]; }

@test "hostile: every verb drops an agent that answers garbage, floods, says too much or goes in circles, by name" {
    local i
    for i in 52 57 58; do every_verb "$(host $i)" dropped; done
    every_verb "$(host 51)" dropped_tables
}

@test "hostile: every verb shows an agent's escape bytes as something else" { every_verb "$(host 53)" harmless; }

@test "tooBig down to one row is said" {
    run scm status "$(host 56)"
    [ "$status" = 1 ]
    [[ $output == *tooBig* ]]
}

@test "no escape byte reaches the output, in any format" {
    local format
    for format in table json csv; do
        scm agent list -o $format "$(host 53)" >"$BATS_TEST_TMPDIR/out" 2>&1
        scm portal list -o $format "$(host 53)" >>"$BATS_TEST_TMPDIR/out" 2>&1
        scm status -o $format "$(host 53)" >>"$BATS_TEST_TMPDIR/out" 2>&1
        grep -qF '?[2J?]0;owned' "$BATS_TEST_TMPDIR/out" # it was there, and is harmless
        run env LC_ALL=C grep -c $'[\x01-\x09\x0b\x0c\x0e-\x1f\x7f-\xff]' "$BATS_TEST_TMPDIR/out"
        [ "$output" = 0 ]
    done
}

@test "portal on waits for the acknowledgement" {
    run scm portal on liferay "$(host 5)" "$(host 6)"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"$(host 5): liferay: starting"* ]]
    [[ $output =~ $(host 6)\ +liferay\ +ok\ +[0-9.]+\ +on ]]
    run scm portal list -o csv "$(host 5)"
    [[ $output == *liferay,on,on,* ]]
}

@test "portal on by SNMPv3" {
    run scm3 portal on liferay -q "$(host 7)"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 2 ]
}

@test "portal on: --max-running refuses what would pass it" {
    run scm portal on liferay -q --max-running 2 "$(host 10)" "$(host 11)" "$(host 12)"
    echo "$output"
    [ "$status" = 1 ]
    [ "$(grep -c ' ok ' <<<"$output")" = 2 ]
    [[ $output =~ $(host 12)\ +liferay\ +refused\ +0.0\ +2\ hosts\ run\ it ]]
    run scm status "$(host 12)"
    [[ $output == *liferay:off* ]]
}

@test "portal on: --among counts hosts that are not switched, and those that do not answer" {
    scm portal on liferay -q "$(host 13)"
    run scm portal on liferay -q --max-running 1 --among "$(host 13)" "$(host 14)"
    [ "$status" = 1 ]
    TIMEOUT=0.3 RETRIES=0 run scm portal on liferay -q --max-running 1 --among "$(host 55)" "$(host 14)"
    [ "$status" = 1 ]
    [[ $output == *"$(host 55): no answer: counted as running"* ]]
}

@test "portal on: --parallel 1 is one after the other" {
    local start end; start=$(date +%s%N)
    run scm portal on liferay --parallel 1 "$(host 15)" "$(host 16)" "$(host 17)"
    end=$(date +%s%N)
    [ "$status" = 0 ]
    [ $(((end - start) / 1000000)) -ge 1200 ] # three times 400 ms
    # the second is asked after the first has acknowledged
    [ "$(grep -n "$(host 15): liferay: on" <<<"$output" | cut -d: -f1)" -lt "$(grep -n "$(host 16): liferay: asked" <<<"$output" | cut -d: -f1)" ]
}

@test "portal on: no such portal, no answer, no acknowledgement" {
    run scm portal on nothing -q "$(host 1)"
    [ "$status" = 1 ]
    [[ $output == *"no portal nothing"* ]]
    TIMEOUT=0.3 RETRIES=0 run scm portal on liferay -q "$(host 55)"
    [ "$status" = 4 ]
}

@test "portal on: a start that fails is told with its exit status and output, exit status 3" {
    sed -e '/^on 4/d' -e '/^4.1.8/d' -e '/^4.1.7/d' "$SCM_SRC/tests/integration/answers/status.answers" >"$BATS_TEST_TMPDIR/table"
    printf '%s\n' '4.1.8.liferay i 7' '4.1.7.liferay i 1' 'on 4.1.3.liferay 1 after 100 4.1.4.liferay 6' \
        'on 4.1.3.liferay 1 after 100 4.1.11.liferay 1' >>"$BATS_TEST_TMPDIR/table"
    answers_table failing "$BATS_TEST_TMPDIR/table"
    run scm portal on liferay -q "127.1.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
    stop failing
    echo "$output"
    [ "$status" = 3 ]
    [[ $output == *"failed: start: exit status 7: started as pid 42"* ]]
}

@test "portal on: no acknowledgement in time, exit status 4; somebody else was quicker, exit status 3" {
    sed -e '/^on 4/d' "$SCM_SRC/tests/integration/answers/status.answers" >"$BATS_TEST_TMPDIR/table"
    answers_table stuck "$BATS_TEST_TMPDIR/table"
    run scm portal on liferay -q --timeout 1 "127.1.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
    stop stuck
    echo "$output"
    [ "$status" = 4 ]
    [[ $output == *"not acknowledged in 1 s; last seen: off"* ]]
    echo 'on 4.1.3.liferay 1 after 50 4.1.3.liferay 2' >>"$BATS_TEST_TMPDIR/table"
    answers_table overruled "$BATS_TEST_TMPDIR/table"
    run scm portal on liferay -q --timeout 10 "127.1.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
    stop overruled
    echo "$output"
    [ "$status" = 3 ]
    [[ $output == *"overruled: it is to be off"* ]]
}

@test "eperf run waits for the result; --no-wait does not" {
    run scm eperf run paris "$(host 22)"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"upload 940M, download 930M"* ]]
    run scm eperf run paris --no-wait "$(host 23)"
    [ "$status" = 0 ]
    [[ $output == *done* ]]
    run scm eperf run nothing "$(host 22)"
    [ "$status" = 1 ]
}

@test "limit set changes, limit delete refuses what is not there" {
    run scm limit set load-high --above 8 --hits 2 --severity failure "$(host 20)"
    echo "$output"
    [ "$status" = 0 ]
    run scm limit list -o csv "$(host 20)"
    [[ $output == *load-high,load/load:shortterm,above,8,0.5,2,1,failure* ]]
    run scm limit delete nothing "$(host 20)"
    [ "$status" = 1 ]
    run scm limit set fresh --above 3 "$(host 20)"
    [ "$status" = 1 ]
    [[ $output == *"a new one needs a metric"* ]]
}

@test "limit set: what is no number is a usage error, and nothing is sent" {
    local bad
    for bad in "--above 8x" "--hits 0" "--hits 1001" "--severity loud" "--clear nan"; do
        # shellcheck disable=SC2086
        run scm limit set load-high $bad "$(host 55)"
        [ "$status" = 2 ]
        [[ $output == *expected* ]]
    done
}

@test "agent: list, and maintenance" {
    run scm agent list "$(host 21)"
    [ "$status" = 0 ]
    [[ ${lines[1]} =~ 0.1.0\ +[0-9-]+\ [0-9:]+\ +running\ +up\ +420 ]]
    run scm agent maintenance "$(host 21)"
    [ "$status" = 0 ]
    run scm status "$(host 21)"
    [[ ${lines[1]} =~ maintenance ]]
}

@test "eperf: list" {
    run scm eperf list -o csv "$(host 1)"
    [ "$status" = 0 ]
    [[ $output == *paris,10.1.2.3:5201,tcp,3,ok,940000000,930000000,12,850,,,* ]]
}

@test "pools, the default pool, and ports" {
    printf '[console]\npool = web\ntimeout = 0.5\n[pool web]\nport = %s\nhosts = 127.1.0.2, 127.1.0.3\nhosts = 127.1.0.4\n[pool db]\nport = %s\nhosts = 127.1.0.9\n' \
        "$PORT" "$PORT" >"$BATS_TEST_TMPDIR/pools"
    CONF=$BATS_TEST_TMPDIR/pools run scm status
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 4 ]
    CONF=$BATS_TEST_TMPDIR/pools run scm status @db 127.1.0.9
    [ "${#lines[@]}" = 2 ]
    CONF=$BATS_TEST_TMPDIR/pools run scm status @nothing
    [ "$status" = 2 ]
}

@test "collectd = SOCKET: every host that this collectd knows" {
    local dir=$BATS_TEST_TMPDIR
    cat >"$dir/collectd.conf" <<CONF
Hostname "127.1.0.5"
FQDNLookup false
Interval 1
BaseDir "$dir"
PIDFile "$dir/pid"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "$dir/sock"
  SocketGroup "$(id -gn)"
</Plugin>
CONF
    start_collectd collectd "$dir/collectd.conf"
    poll 10 test -S "$dir/sock"
    printf 'PUTVAL "127.1.0.5/load/load" N:1:1:1\nPUTVAL "127.1.0.6/load/load" N:1:1:1\nPUTVAL "127.1.0.6/load/load-relative" N:1:1:1\n' |
        socat - "UNIX-CONNECT:$dir/sock"
    printf '[pool all]\nport = %s\ncollectd = %s\n' "$PORT" "$dir/sock" >"$dir/conf"
    CONF=$dir/conf run scm status -o csv
    stop collectd
    echo "$output"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 3 ]
    [[ $output == *127.1.0.5,up* && $output == *127.1.0.6,up* ]]
    CONF=$dir/conf run scm status
    [ "$status" = 3 ]
    [[ $output == *"$dir/sock: "* ]]
}

@test "configuration errors say file, line, what was wrong, what was expected" {
    local c=$BATS_TEST_TMPDIR/bad
    check() { # TEXT EXPECTED
        printf '%b' "$1" >"$c"
        CONF=$c run scm status x
        echo "$output"
        [ "$status" = 2 ]
        [[ $output == *"$c:$2"* ]]
    }
    check '[console]\ninterval = soon\n' '2: interval = soon: expected seconds, 0.1 to 3600'
    check '[console]\n\nhosts = a\n' '3: hosts: no such option in [console]'
    check '[server]\nx = 1\n' '2: section [server]: expected [console] or [pool NAME]'
    check '[pool web]\nport = 70000\n' '2: port = 70000: expected a port, 1 to 65535'
    check '[console]\nnonsense\n' '2: expected'
    check '[console]\npool = web\n' '0: pool = web: there is no [pool web]'
    CONF=/nonexistent/x run scm status x
    [ "$status" = 2 ]
}

@test "credentials come from snmp.conf" {
    printf 'defVersion 3\ndefSecurityName ops\ndefSecurityLevel authPriv\ndefAuthType SHA\ndefPrivType AES\ndefAuthPassphrase authpass123\ndefPrivPassphrase privpass123\n' \
        >"$BATS_TEST_TMPDIR/snmp.conf"
    SNMPCONFPATH=$BATS_TEST_TMPDIR run "$SCM_BUILD/scalemon" -f "$CONF" status "$(host 1)"
    [ "$status" = 0 ]
    [[ $output =~ up\ +1.42 ]]
}

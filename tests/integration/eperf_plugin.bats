#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
# The eperf plugin in the real collectd, against apt's iperf3 and against itself.
load lib
load eperf

setup_file() {
    export PLUGINS=$BATS_FILE_TMPDIR/plugins
    plugin_dir "$PLUGINS"
}
setup() {
    command -v collectd >/dev/null || skip "needs collectd"
    need_iperf3
    D=$BATS_TEST_TMPDIR RESULTS=$BATS_TEST_TMPDIR/results
    PORT=$(free_port)
}
teardown() { stop_all; [ "$BATS_TEST_COMPLETED" = 1 ] || tail -n 20 "$D"/*.log >&2; }

# conf NAME [HOSTNAME]: writes NAME.conf; the eperf block comes from stdin, other blocks from $MORE.
conf() {
    cat >"$D/$1.conf" <<EOF
Hostname "${2:-here}"
BaseDir "$D"
PIDFile "$D/$1.collectd-pid"
PluginDir "$PLUGINS"
TypesDB "/usr/share/collectd/types.db"
Interval 1
LoadPlugin logfile
<Plugin logfile>
    File STDOUT
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
    SocketFile "$D/$1.sock"
    SocketGroup "$(id -gn)"
    DeleteSocket true
</Plugin>
LoadPlugin eperf
$MORE
<Plugin eperf>
$(cat)
</Plugin>
EOF
}

# up NAME: starts a collectd with NAME.conf and waits for its socket.
up() {
    start_collectd "$1" "$D/$1.conf"
    poll 10 ask "$1" LISTVAL || { cat "$D/$1.log"; return 1; }
}

# ask NAME COMMAND: one command over unixsock; prints the answer without its status line, which must be good.
ask() {
    python3 - "$D/$1.sock" "$2" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
f = s.makefile("rw")
f.write(sys.argv[2] + "\n")
f.flush()
status = f.readline()
count = int(status.split()[0])
if count < 0:
    sys.exit(status)
for _ in range(count):
    print(f.readline(), end="")
PY
}

# value NAME IDENTIFIER DS [python expression on v]: a value is there, and the expression holds.
value() {
    local v; v=$(ask "$1" "GETVAL \"here/$2\"" | sed -n "s/^$3=//p")
    [ -n "$v" ] && python3 -c "import math,sys; v = float(sys.argv[1]); sys.exit(not ($4))" "$v"
}

# result TEST JQ: a jq expression holds in TEST's result file.
result() { jq -e "$2" "$RESULTS/$1.json" >/dev/null; }

logged() { grep -qE "$2" "$D/$1.log"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# run_now NAME RUN_ID [MORE]: the notification that the agent sends
run_now() { ask "$1" "PUTNOTIF severity=okay time=$(date +%s) plugin=eperf plugin_instance=paris type=run type_instance=$2 $3 message=\"run now\""; }

@test "TCP: values of both directions, at Every's interval, and the result file" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    MORE="LoadPlugin rrdtool
<Plugin rrdtool>
    DataDir \"$D/rrd\"
</Plugin>" conf c <<EOF
    ResultDir "$RESULTS"
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Every 4
    </Test>
EOF
    up c
    poll 10 value c eperf-paris/gauge-up value 'v == 1'
    for way in upload download; do
        poll 5 value c "eperf-paris/eperf_rate-$way" mean 'v > 1e6'
        value c "eperf-paris/eperf_rate-$way" min 'v > 0'
        value c "eperf-paris/eperf_rate-$way" max 'v > 1e6'
        value c "eperf-paris/gauge-retransmits-$way" value 'v >= 0'
    done
    value c eperf-paris/latency-rtt-upload value '0 < v < 1'
    step_is_every() { rrdtool info "$D/rrd/here/eperf-paris/$1.rrd" | grep -qx 'step = 4'; }
    poll 10 step_is_every eperf_rate-upload
    poll 10 step_is_every gauge-up
    result paris '.test == "paris" and .peer == "127.0.0.1" and .protocol == "tcp" and .connections == 3'
    poll 10 result paris '.state == "ok" and .last_error == null and .last_run > 0 and .duration > 1.5'
    result paris '.upload.mean > 1e6 and .download.min <= .download.mean and .download.mean <= .download.max'
    [ "$(ls -A "$RESULTS")" = paris.json ] # nothing is left beside it
}

@test "UDP: jitter and loss" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    conf c <<EOF
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Protocol udp
        Bandwidth "5M"
        Duration 1
        Every 60
    </Test>
EOF
    up c
    poll 10 value c eperf-paris/gauge-up value 'v == 1'
    for way in upload download; do
        poll 5 value c "eperf-paris/eperf_rate-$way" mean '4e6 < v < 6e6'
        value c "eperf-paris/latency-jitter-$way" value '0 <= v < 1'
        value c "eperf-paris/percent-loss-$way" value '0 <= v <= 100'
    done
    run ! value c eperf-paris/latency-rtt-upload value 'True'
}

@test "a failed test is gauge-up 0 and a notification that says why; and one when it works again" {
    conf c <<EOF
    ResultDir "$RESULTS"
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Download false
        Every 2
    </Test>
EOF
    up c
    poll 10 value c eperf-paris/gauge-up value 'v == 0'
    poll 5 logged c 'severity = FAILURE.*plugin_instance = paris.*type_instance = up, message = test "paris" of 127.0.0.1 failed: upload: .*refused'
    result paris '.state == "failed" and (.last_error | test("refused")) and .upload == null'
    poll 6 test "$(grep -c 'severity = FAILURE' "$D/c.log")" -ge 1 # a value and a notification every time
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    poll 10 value c eperf-paris/gauge-up value 'v == 1'
    poll 5 logged c 'severity = OKAY.*works again'
    stop peer
    poll 10 value c eperf-paris/gauge-up value 'v == 0'
}

@test "run now: by notification and by eperf --trigger; not from another host, not from the network" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    local netport; netport=$(free_port)
    MORE="LoadPlugin network
<Plugin network>
    Listen \"127.0.0.1\" \"$netport\"
</Plugin>" conf c <<EOF
    ResultDir "$RESULTS"
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Download false
        Every 3600
    </Test>
EOF
    up c
    poll 10 result paris '.state == "ok" and .run_id == 0'
    run_now c 17
    poll 10 result paris '.state == "ok" and .run_id == 17'

    local before; before=$(jq .last_run "$RESULTS/paris.json")
    poll 5 test "$(date +%s)" -gt "$before"
    "$EPERF" --trigger paris --socket "$D/c.sock"
    poll 10 result paris ".state == \"ok\" and .last_run > $before"
    run "$EPERF" --trigger paris --socket "$D/nobody.sock"
    [ "$status" != 0 ] && [[ $output == *nobody.sock* ]]

    run_now c 18 host=elsewhere
    poll 5 logged c 'host = elsewhere, plugin = eperf, plugin_instance = paris, type = run'
    # Another collectd of the same name sends one over the network.
    MORE="LoadPlugin network
<Plugin network>
    Server \"127.0.0.1\" \"$netport\"
</Plugin>" conf far <<<'<Server>
        Listen "127.0.0.1"
        Port '"$(free_port)"'
    </Server>'
    up far
    run_now far 19 host=here
    poll 10 logged c 'host = here, plugin = eperf, plugin_instance = paris, type = run, type_instance = 19'
    sleep 0.5 # a run would have begun
    result paris '.state == "ok" and .run_id == 17'
    ask c "PUTNOTIF severity=okay time=1 plugin=eperf plugin_instance=rome type=run message=x"
    poll 5 logged c 'told to run test "rome" now, which is not configured'
}

@test "the server inside collectd: tests, the rest told busy, only whom AllowFrom names" {
    local other; other=$(free_port)
    conf c <<EOF
    <Server>
        Listen "127.0.0.1"
        Port $PORT
        AllowFrom "127.0.0.0/8"
        MaxTests 1
        MaxDuration 30
    </Server>
EOF
    conf strict <<EOF
    <Server>
        Port $other
        AllowFrom "10.0.0.0/8" "fe80::/10"
    </Server>
EOF
    up c
    up strict
    poll 10 listening "$PORT"
    iperf3_ok "$PORT" 10 -n 1M
    iperf3_ok "$PORT" 10 -n 1M -R
    spawn long iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 20
    poll 5 grep -q connected "$D/long.log"
    run iperf3_ok "$PORT" 10 -n 1M
    [ "$status" != 0 ] && [[ $output == *busy* ]]
    stop long
    poll 10 iperf3_ok "$PORT" 5 -n 1M
    poll 5 logged c 'server: test of 127.0.0.1: .*received'
    poll 10 listening "$other"
    run iperf3_ok "$other" 10 -n 1M
    [ "$status" != 0 ]
}

@test "a port that is taken is tried again, and does not stop the tests" {
    start_server squatter "$PORT" iperf3 -s -p "$PORT"
    conf c <<EOF
    <Server>
        Listen "127.0.0.1"
        Port $PORT
    </Server>
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Download false
        Every 60
    </Test>
EOF
    up c
    poll 5 logged c 'server: .*in use.*trying again'
    poll 10 value c eperf-paris/gauge-up value 'v == 1'
    run ! logged c 'server: listening'
    stop squatter
    poll 20 listening "$PORT"
    poll 5 logged c "server: listening on port $PORT"
}

@test "collectd stops in under 2 s, in the middle of its own tests and of its server's" {
    local peer; peer=$(free_port)
    start_server peer "$peer"
    conf c <<EOF
    ResultDir "$RESULTS"
    AllowOverlap true
    <Server>
        Listen "127.0.0.1"
        Port $PORT
    </Server>
    <Test "paris">
        Host "127.0.0.1"
        Port $peer
        Duration 30
    </Test>
    <Test "rome">
        Host "127.0.0.1"
        Port $peer
        Protocol udp
        Duration 30
        Upload false
    </Test>
    <Test "nowhere">
        Host "192.0.2.1"
    </Test>
EOF
    up c
    poll 10 listening "$PORT"
    spawn client iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 30 -P 4
    poll 5 grep -q connected "$D/client.log"
    poll 5 result paris '.state == "running"'
    poll 5 result rome '.state == "running"'
    local began pid took; pid=$(pid_of c); began=$(date +%s%N)
    kill "$pid"
    poll 10 gone "$pid"
    took=$(( ($(date +%s%N) - began) / 1000000 ))
    echo "# $took ms"
    [ "$took" -lt 2000 ]
    result paris '.state == "idle"' # cut short is no result
    alive peer
    logged c 'Exiting normally'
    run ! logged c 'FAILURE.*(paris|rome)'
}

@test "tests wait for each other, unless AllowOverlap" {
    start_server peer "$PORT"
    local allow
    for allow in false true; do
        { echo "ResultDir \"$RESULTS\""
          echo "AllowOverlap $allow"
          for t in a b c; do
              echo "<Test \"$t\">
                  Host \"127.0.0.1\"
                  Port $PORT
                  Duration 1
                  Download false
                  Connections 1
                  Every 60
              </Test>"
          done; } | conf "$allow"
        rm -rf "$RESULTS"
        up "$allow"
        [ "$allow" = true ] || poll 5 result c '.state == "waiting"'
        for t in a b c; do poll 15 result $t '.state == "ok"'; done
        stop "$allow"
        local most; most=$(jq -s 'map(.upload.shared) | max' "$RESULTS"/?.json)
        if [ "$allow" = true ]; then [ "$most" -ge 1 ]; else [ "$most" = 0 ]; fi
    done
}

@test "a busy peer is tried again after a while" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    spawn long iperf3 --forceflush -c 127.0.0.1 -p "$PORT" -t 3
    poll 5 grep -q connected "$D/long.log"
    conf c <<EOF
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Download false
        Every 600
        Retries 20
    </Test>
EOF
    up c
    poll 5 logged c 'test "paris": upload: .*busy.*trying again'
    poll 20 value c eperf-paris/gauge-up value 'v == 1'
    run ! logged c FAILURE
}

@test "blackout hours: the value is unknown, and run now runs all the same" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    conf c <<EOF
    ResultDir "$RESULTS"
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Every 2
        Blackout "00:00-12:00" "12:00-00:00"
    </Test>
EOF
    up c
    poll 10 value c eperf-paris/gauge-up value 'math.isnan(v)'
    result paris '.state == "idle" and .last_run == 0'
    run_now c 5
    poll 10 result paris '.state == "ok" and .run_id == 5'
}

@test "many runs leave no descriptor and no thread in collectd" {
    start_server peer "$PORT" iperf3 -s -p "$PORT"
    conf c <<EOF
    ResultDir "$RESULTS"
    <Test "paris">
        Host "127.0.0.1"
        Port $PORT
        Duration 1
        Download false
        Connections 8
        Every 3600
    </Test>
EOF
    up c
    poll 10 result paris '.state == "ok"'
    local pid fds threads i; pid=$(pid_of c)
    settled() { [ "$(descriptors_of "$pid")" = "$fds" ] && [ "$(status_of "$pid" Threads)" = "$threads" ]; }
    sleep 0.5
    fds=$(descriptors_of "$pid") threads=$(status_of "$pid" Threads)
    for i in $(seq "$(count 2 10)"); do
        run_now c "$i"
        poll 10 result paris ".state == \"ok\" and .run_id == $i"
    done
    poll 5 settled || { echo "$fds $threads -> $(descriptors_of "$pid") $(status_of "$pid" Threads)"; return 1; }
}

@test "an error in the configuration names block and option" {
    conf c <<<'<Test "paris">
        Host "10.1.2.3"
        Every "daily"
    </Test>'
    local pre; mapfile -t pre < <(preload)
    run env "${pre[@]}" timeout 10 collectd -T -C "$D/c.conf" # as the manual has it
    [ "$status" = 1 ]
    [[ $output == *'eperf plugin: <Test "paris">: Every: expected 1 to 604800 seconds, got "daily"'* ]]
}

# private FILE: a shipped configuration with this test's own paths, ports and names.
private() {
    sed -e "s|/run/collectd-unixsock|$D/c.sock|; s|SocketGroup .*|SocketGroup \"$(id -gn)\"|" \
        -e "s|/var/lib/collectd/eperf|$RESULTS|; s|Port 5201|Port $PORT|; s|Listen .*|Listen \"127.0.0.1\"|" \
        -e "s|10\.[0-9.]*[0-9]\"|127.0.0.1\"|; s|\"10.0.0.0/8\"|\"127.0.0.0/8\"|" "$1"
}
minimal() { # the head that a collectd.conf must have
    printf 'Hostname "here"\nBaseDir "%s"\nPIDFile "%s/pid"\nPluginDir "%s"\n' "$D" "$D" "$PLUGINS"
    printf 'TypesDB "/usr/share/collectd/types.db"\nInterval 1\nLoadPlugin logfile\n<Plugin logfile>\nFile STDOUT\n</Plugin>\n'
}

@test "the shipped snippet works, over a kill -9 too (DeleteSocket)" {
    { minimal; private "$SCM_SRC/contrib/collectd/eperf.conf"; } >"$D/c.conf"
    up c
    poll 10 listening "$PORT"
    stop c KILL
    [ -S "$D/c.sock" ] # it is in the way now
    up c
    poll 10 iperf3_ok "$PORT" 5 -n 1M
}

@test "the manual's example works" {
    { minimal; sed -n '/^\.Bd -literal$/,/^\.Ed$/{/^\./!p}' "$SCM_SRC/plugins/eperf/collectd-eperf.5" >"$D/example"; private "$D/example"
      printf 'LoadPlugin unixsock\n<Plugin unixsock>\nSocketFile "%s/c.sock"\nSocketGroup "%s"\n</Plugin>\n' "$D" "$(id -gn)"; } >"$D/c.conf"
    grep -q '<Test "paris">' "$D/c.conf"
    up c
    poll 10 listening "$PORT"
    poll 5 test -s "$RESULTS/paris.json"
}

# scalemon top in a real terminal (tmux): with a real snmpd, collectd and scalemond, and with recorded answers.
load lib
load agent
load console

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR
    console_prepare
    agent_prepare
    add_portal toy 'description = A toy' 'status_interval = 1' 'initial = hold'
    printf '\n[limit load-high]\nmetric = load/load:shortterm\nabove = 100000\nseverity = warning\n' >>"$RUN_DIR/scalemond.conf"
    agent_start
    answers_start answers -m 2-2:escape -m 3-3:wrongtype
}
teardown_file() {
    agent_again "$BATS_FILE_TMPDIR"
    stop_all
    no_findings
}
setup() {
    agent_again "$BATS_FILE_TMPDIR"
    command -v tmux >/dev/null || skip "tmux is not installed"
    TMUX_SOCKET=$BATS_TEST_TMPDIR/tmux
}
# Asks top to end first. A terminal that vanishes ends it too (see below), but hardly under LeakSanitizer: the kernel sends SIGCONT
# along with SIGHUP when the shell above has gone, and that takes away the SIGSTOP for which the look for leaks then waits for ever.
teardown() {
    if mux has-session 2>/dev/null; then
        press Escape q
        poll 5 test -e "$BATS_TEST_TMPDIR/ended" || :
        mux kill-server
    fi
}

mux() { tmux -S "$TMUX_SOCKET" "$@"; }
# top_start COLUMNS LINES HOST...: a shell in tmux that runs top and says how it ended (in $TOP_IN, where that is set)
top_start() {
    local columns=$1 lines=$2; shift 2
    {
        echo "export LC_ALL=C.UTF-8 SNMPCONFPATH='$SNMPCONFPATH' MIBS= $TOP_ENV"
        echo "stty -g >'$BATS_TEST_TMPDIR/stty.before'"
        printf '%q ' "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" -t 0.5 -r 0 top -i 0.5 "$@"
        echo
        echo "echo ended: \$?"
        echo "stty -g >'$BATS_TEST_TMPDIR/stty.after'"
        echo "touch '$BATS_TEST_TMPDIR/ended'; sleep 600"
    } >"$BATS_TEST_TMPDIR/run"
    mux -f /dev/null new-session -d -x "$columns" -y "$lines" "exec ${TOP_IN-} bash $BATS_TEST_TMPDIR/run"
}
screen() { mux capture-pane -p; }
shows() { screen | grep -qE -- "$1"; }
wait_for() { poll "${2:-15}" shows "$1" || { screen >&2; return 1; }; }
press() { mux send-keys "$@"; }

# A portal switched on and off, a limit edited and its alarm seen, the agent killed and seen down, at this size.
whole_story() {
    top_start "$1" "$2" "$SNMP_TARGET"
    wait_for "^127.0.0.1:$SNMP_PORT +[0-9]+\.[0-9]+ "
    wait_for '1 of 1 up'
    press o
    wait_for "switch toy on 127.0.0.1:$SNMP_PORT on\? \(y/n\)"
    press y
    wait_for "toy: on \([0-9.]+ s\)"
    wait_for '1 portals on'
    wait_for 'portalChange toy starting>on'
    kill -0 "$(cat "$RUN_DIR/bin/toy.pidfile")"
    press l
    wait_for "^Limits of 127.0.0.1:$SNMP_PORT"
    wait_for '^load-high +ok'
    press t
    wait_for 'load-high: above: 100000'
    press C-u
    press -l '0.0001'
    press Enter
    wait_for 'load-high: (done|ok)'
    wait_for '^load-high +exceeded'
    wait_for 'limitExceeded load-high ok>exceeded'
    press n
    wait_for 'new limit, NAME METRIC above.below X:'
    press -l 'mem hostres/percent-memory above'
    press Enter
    wait_for 'expected a name, a metric, above or below, and a number'
    press n
    press -l 'mem hostres/percent-memory above 100'
    press Enter
    wait_for 'mem: (done|ok)'
    wait_for '^mem +(ok|unknown)'
    press k k k d # mem stands first: its name is the shortest
    wait_for 'delete limit mem of .* \(y/n\)'
    press y
    poll 10 eval '! shows "^mem "'
    press q
    wait_for '1 alarms'
    press o y # the same again is no more than a confirmation
    wait_for "toy: on \([0-9.]+ s\)"
    press f y
    wait_for "toy: off \([0-9.]+ s\)"
    wait_for '0 portals on'
    press l
    wait_for '^load-high +exceeded'
    press t
    press C-u
    press -l 100000
    press Enter
    wait_for '^load-high +ok'
    press q
    press '?'
    wait_for 'the host.s limits: look and edit'
    press q
    wait_for '^HOST +LOAD'
    press q
    poll 5 test -e "$BATS_TEST_TMPDIR/ended"
    shows 'ended: 0'
    cmp "$BATS_TEST_TMPDIR/stty.before" "$BATS_TEST_TMPDIR/stty.after"
}

@test "top at 80x24: portal, limit, alarm, quit" { whole_story 80 24; }
@test "top at 200x60: portal, limit, alarm, quit" { whole_story 200 60; }

@test "kill -9 of the agent shows as down, its return as up" {
    local start seen
    top_start 80 24 "$SNMP_TARGET"
    wait_for '1 of 1 up'
    kill -9 "$(pid_of scalemond)" $(pgrep -P "$(pid_of scalemond)")
    start=$(date +%s%N)
    wait_for "^127.0.0.1:$SNMP_PORT +no (agent|answer)"
    seen=$(date +%s%N)
    echo "seen after $(((seen - start) / 1000000)) ms"
    [ $(((seen - start) / 1000000)) -lt 2500 ] # two rounds of 0.5 s, a time-out of 0.5 s, and a loaded machine
    shows '0 of 1 up'
    start_scalemond
    wait_for '1 of 1 up' 20
}

top_pid() { pid=$(pgrep -P "$(mux display -p '#{pane_pid}')" scalemon); }

@test "top leaves the terminal as it found it when it is killed" {
    local signal pid
    for signal in TERM HUP INT QUIT; do
        rm -f "$BATS_TEST_TMPDIR/ended"
        top_start 80 24 "$SNMP_TARGET"
        wait_for '^HOST +LOAD'
        poll 5 top_pid
        kill "-$signal" "$pid"
        poll 5 test -e "$BATS_TEST_TMPDIR/ended"
        cmp "$BATS_TEST_TMPDIR/stty.before" "$BATS_TEST_TMPDIR/stty.after"
        [ "$(mux display -p '#{alternate_on} #{cursor_flag}')" = "0 1" ]
        mux kill-server
    done
}

@test "a terminal that vanishes ends top at once, SIGHUP or none" {
    local hup
    for hup in default ignored; do
        run env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" python3 - $hup "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public top -i 0.5 "$(host 1)" <<'PY'
import os, pty, select, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    if sys.argv[1] == "ignored":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execvp(sys.argv[2], sys.argv[2:])
shown, end = b"", time.monotonic() + 15
while b"of 1 up" not in shown and time.monotonic() < end: # figures may come apart from what follows them
    if select.select([terminal], [], [], 1)[0]:
        shown += os.read(terminal, 65536)
if b"of 1 up" not in shown:
    os.kill(pid, signal.SIGKILL)
    sys.exit(f"not shown in time: {shown}")
os.close(terminal)
end = time.monotonic() + 5
while time.monotonic() < end:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        sys.exit(f"it ended by signal {status}" if os.WIFSIGNALED(status) else 0)
    time.sleep(0.02)
os.kill(pid, signal.SIGKILL)
sys.exit("it lives on without a terminal")
PY
        echo "$hup: $output"
        [ "$status" = 0 ]
    done
}

@test "names are looked up again: of a host that had no address, and of one that moved" {
    need_root
    local hosts=$BATS_TEST_TMPDIR/hosts switch=$BATS_TEST_TMPDIR/nsswitch.conf
    echo 'hosts: files' >"$switch" # and no name server
    echo '127.9.9.9 moved' >"$hosts"
    printf '#!/bin/sh\nmount --bind %q /etc/hosts && mount --bind %q /etc/nsswitch.conf && exec "$@"\n' \
        "$hosts" "$switch" >"$BATS_TEST_TMPDIR/in"
    SNMP_ARGS=(-v2c -c public)
    TOP_IN="unshare -m sh $BATS_TEST_TMPDIR/in" top_start 100 24 "unknown:$PORT" "moved:$PORT"
    wait_for "^unknown:$PORT +unusable: "
    wait_for "^moved:$PORT +no answer"
    { echo "$(host 1 | cut -d: -f1) unknown"; echo "$(host 2 | cut -d: -f1) moved"; } >"$hosts"
    wait_for '2 of 2 up' 40
}

@test "top resizes, filters, sorts, and works without colour and without UTF-8" {
    SNMP_ARGS=(-v2c -c public)
    TOP_ENV='LC_ALL=C TERM=vt100' top_start 80 24 "$(host 1)" "$(host 2)" "$(host 3)" "$(host 4)"
    wait_for '3 of 4 up'
    wait_for "^$(host 3) +bad agent: scmLoad1 is Counter64"
    wait_for '={3}' # the sparkline, of what does not change
    press /
    wait_for '^/$'
    press -l "$(host 4)"
    press Enter
    poll 5 eval '! shows "$(host 1)"'
    shows "$(host 4)"
    press / C-u Enter s s
    wait_for 'by load'
    mux resize-window -x 120 -y 30
    poll 5 eval '[ "$(screen | head -1 | grep -oE "[0-9]{2}:[0-9]{2}:[0-9]{2}")" ]'
    wait_for 'liferay:off +load-high'
    mux resize-window -x 30 -y 4
    wait_for 'too small'
    mux resize-window -x 80 -y 24
    wait_for '^HOST +LOAD'
    press q
    poll 5 test -e "$BATS_TEST_TMPDIR/ended"
}

@test "no escape byte of a host reaches the terminal" {
    SNMP_ARGS=(-v2c -c public)
    top_start 80 24 "$(host 2)"
    wait_for '1 of 1 up'
    press l
    wait_for '^Limits of'
    wait_for '^mem-high'
    [ "$(mux display -p '#{pane_title}')" != owned ]
    shows '\?\[2J\?\]0;owned'
    press q q
    poll 5 test -e "$BATS_TEST_TMPDIR/ended"
}

@test "top needs a terminal, and says so" {
    run "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public top "$(host 1)" </dev/null
    [ "$status" = 2 ]
    [[ $output == *"needs a terminal"* ]]
}

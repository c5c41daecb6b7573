# The runner, through runner_driver: what scripts may do to it, and what it does to them. Each test is one portal's scripts.
load lib
bats_require_minimum_version 1.5.0

DEADLINE=2 # seconds: every script's timeout here
bin() { cat >"$RUN_DIR/$1"; chmod 755 "$RUN_DIR/$1"; }

setup() {
    RUN_DIR=$BATS_TEST_TMPDIR
    MARK=mark-$RANDOM-$RANDOM-$$
    mkfifo "$RUN_DIR/fifo"
    printf '#!/bin/sh\nexit 0\n' | bin start
    printf '#!/bin/sh\nexit 0\n' | bin stop
    printf '#!/bin/sh\nexit 3\n' | bin status
    cat >"$RUN_DIR/conf" <<EOF
[agent]
state_dir = $RUN_DIR/state
output_dir = $RUN_DIR/output
[portal p]
start = $RUN_DIR/start
stop = $RUN_DIR/stop
status = $RUN_DIR/status
start_timeout = $DEADLINE
stop_timeout = $DEADLINE
status_timeout = $DEADLINE
EOF
}

# What scripts of this test left alive: their command lines hold the mark (and this one's does not). Without a mark: an error,
# and nothing, for teardown kills what is named here.
survivors() {
    [[ ${MARK-} =~ ^mark-[0-9]+-[0-9]+-[0-9]+$ ]] || { echo "no mark" >&2; return 1; }
    grep -als -- "[m]${MARK#m}" /proc/[0-9]*/cmdline | cut -d/ -f3
}

teardown() {
    stop_all
    local p; for p in $(survivors); do kill -KILL "$p" 2>/dev/null; done
    no_findings
}

drive() {
    export DRIVER_FIFO=$RUN_DIR/fifo
    spawn driver "$SCM_BUILD/tests/integration/runner_driver" "$RUN_DIR/conf"
    poll 10 grep -q ^hello "$RUN_DIR/driver.log"
}
drive_again() { stop driver || true; : >"$RUN_DIR/driver.log"; drive; }
say() { echo "$1" >"$RUN_DIR/fifo"; }
results() { grep -c ^result "$RUN_DIR/driver.log"; }
has_results() { [ "$(results)" -ge "$1" ]; }

# run_script INDEX SECONDS: runs it and prints its result line; fails when that takes longer.
run_script() {
    local before; before=$(results || true)
    say "run $1"
    poll "$2" has_results $((before + 1)) || { cat "$RUN_DIR/driver.log" >&2; return 1; }
    grep ^result "$RUN_DIR/driver.log" | tail -n 1
}

# bad INDEX SECONDS PATTERN: runs the script as often as asked; each time the result matches, and when it comes, within SECONDS,
# nobody is left.
bad() {
    local i line ms
    for ((i = 0; i < $(count 1 10); i++)); do
        line=$(run_script "$1" $(($2 + 10)))
        ms=${line#*ms=}; ms=${ms%% *}
        [ "$ms" -le $(($2 * 1000)) ] || { echo "took $ms ms: $line" >&2; return 1; }
        [[ $line =~ $3 ]] || { echo "result: $line" >&2; return 1; }
        [ -z "$(survivors)" ] || { echo "survivors:$(survivors)" >&2; return 1; }
    done
}

# sleeper: the text of a command that sleeps for ever and is found by survivors. A sleep that begins while TERM goes round is passed over,
# and has until KILL: a short one ends by itself before, within the second that the others have.
sleeper() { echo "sh -c 'while :; do sleep 0.3; done' $MARK"; }

@test "a good start: what it daemonizes lives on, writing, over kill -9 of agent and runner" {
    drive
    printf '#!/bin/sh\necho $$ hello\nsetsid sh -c "while :; do echo alive; sleep 0.1; done" %s &\nexit 0\n' "$MARK" | bin start
    line=$(run_script 0 5)
    [[ $line == *"outcome=exited code=0"*"hello"* ]]
    [ -n "$(survivors)" ]
    agent=$(sed -n 's/^agent pid=\([0-9]*\).*/\1/p' "$RUN_DIR/driver.log" | tail -n 1)
    kill -KILL "$agent"
    poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    kill -KILL "$(pid_of driver)"
    size=$(stat -c %s "$RUN_DIR/output/p.log")
    poll 5 sh -c "[ \$(stat -c %s '$RUN_DIR/output/p.log') -gt $size ]"
    [ "$(survivors | wc -w)" = 1 ]
}

@test "hangs" {
    drive
    printf '#!/bin/sh\n%s\n' "$(sleeper)" | bin start
    bad 0 3 outcome=timed-out
}

@test "ignores TERM" {
    drive
    printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done # %s\n' "$MARK" | bin stop
    sed -i "s/^stop = .*/& $MARK/" "$RUN_DIR/conf"
    drive_again
    bad 1 8 outcome=timed-out
}

@test "double-forks and exits 1" {
    drive
    printf '#!/bin/sh\n(setsid sh -c "%s" &) &\nsleep 0.2\nexit 1\n' "while :; do sleep 1; done # $MARK" | bin start
    bad 0 4 'outcome=exited code=1'
}

@test "a stop that leaves a child holding its output" {
    drive
    printf '#!/bin/sh\n%s &\necho bye\nexit 0\n' "$(sleeper)" | bin stop
    bad 1 4 'outcome=exited code=0.*bye'
}

@test "1 GB of output" {
    drive
    printf '#!/bin/sh\nhead -c 1000000000 /dev/zero | tr "\\\\0" x\necho the end\nexit 0\n' | bin start
    sed -i 's/^start_timeout.*/start_timeout = 60/' "$RUN_DIR/conf"
    drive_again
    for ((i = 0; i < $(count 1 10); i++)); do
        line=$(run_script 0 60)
        [[ $line == *"outcome=exited code=0"*"the end"* ]]
        sleep 1.2 # the runner looks once a second
        [ "$(stat -c %s "$RUN_DIR/output/p.log")" -le 1048576 ]
    done
}

@test "missing" {
    drive
    rm "$RUN_DIR/start"
    bad 0 2 'outcome=not-started.*start: No such file'
}

@test "not executable" {
    drive
    chmod 644 "$RUN_DIR/start"
    bad 0 2 'outcome=not-started.*mode 0644: not executable'
}

@test "replaced after start, by one that others may write" {
    drive
    run_script 0 2
    rm "$RUN_DIR/start"
    printf '#!/bin/sh\nexit 0\n' | bin start
    chmod 777 "$RUN_DIR/start"
    bad 0 2 'outcome=not-started.*mode 0777: expected no write by group or others'
}

@test "replaced after start, by another owner's" {
    need_root
    drive
    chown nobody "$RUN_DIR/start"
    bad 0 2 'outcome=not-started.*expected root or root'
}

@test "in a directory that others may write" {
    drive
    mkdir "$RUN_DIR/open"
    printf '#!/bin/sh\nexit 0\n' | bin open/start
    chmod 775 "$RUN_DIR/open"
    sed -i "s|^start = .*|start = $RUN_DIR/open/start|" "$RUN_DIR/conf"
    drive_again
    bad 0 2 'outcome=not-started.*directory mode 0775'
}

@test "setsid" {
    drive
    printf '#!/bin/sh\nsetsid sh -c "%s" &\nsetsid setsid sh -c "%s" &\nsleep 0.2\nexit 0\n' \
        "while :; do sleep 1; done # $MARK" "trap '' TERM; while :; do sleep 1; done # $MARK" | bin status
    bad 2 7 'outcome=exited code=0'
}

@test "fork storm of 200" {
    drive
    printf '#!/bin/sh\ni=0\nwhile [ $i -lt 200 ]; do (trap "" TERM; while :; do sh -c "sleep 0.3 # %s"; done) & i=$((i+1)); done\nsleep 100\n' "$MARK" | bin start
    bad 0 8 outcome=timed-out
}

@test "segfaults" {
    drive
    printf '#!/bin/sh\nulimit -c 0\nkill -SEGV $$\n' | bin start
    bad 0 2 'outcome=signalled code=11'
}

@test "exit 255" {
    drive
    printf '#!/bin/sh\necho no\nexit 255\n' | bin start
    bad 0 2 'outcome=exited code=255.*no'
}

@test "cancel ends a start at once" {
    drive
    printf '#!/bin/sh\necho begun\n%s\n' "$(sleeper)" | bin start
    say "run 0"
    poll 5 grep -q begun "$RUN_DIR/output/p.log"
    say "cancel 0"
    within 2 has_results 1
    grep -q 'result script=0 outcome=cancelled' "$RUN_DIR/driver.log"
    [ -z "$(survivors)" ]
}

@test "one script of a portal at a time" {
    drive
    printf '#!/bin/sh\nsleep 1\n' | bin start
    say "run 0"; say "run 1"
    poll 5 has_results 2
    grep -q 'result script=1 outcome=busy' "$RUN_DIR/driver.log"
    grep -q 'result script=0 outcome=exited code=0' "$RUN_DIR/driver.log"
}

@test "a keeper outlives its runner: deadlines hold, and a new runner's script waits" {
    drive
    printf '#!/bin/sh\ntouch %s/begun\n%s\n' "$RUN_DIR" "$(sleeper)" | bin start
    say "run 0"
    poll 5 test -e "$RUN_DIR/begun"
    kill -KILL "$(pid_of driver)"
    : >"$RUN_DIR/driver.log"
    drive
    [[ $(run_script 2 2) == *"outcome=busy"*"an earlier run has not ended"* ]]
    nobody() { [ -z "$(survivors)" ]; }
    poll $((DEADLINE + 2)) nobody
    free() { [[ $(run_script 2 2) == *"outcome=exited code=3"* ]]; } # the keeper itself ends a moment after what it kept
    poll 5 free
}

@test "scripts get a clean environment, no descriptors, and their own session" {
    drive
    printf '#!/bin/sh\nenv | grep -v -e ^PWD= -e ^_= | sort\nls /proc/self/fd | tr "\\n" " "\ntty\ncut -d" " -f5,6 /proc/$$/stat; echo $$\nexit 3' | bin status
    SECRET=x run_script 2 5 >/dev/null
    # 3 is the script itself, 4 the directory that ls reads
    diff - "$RUN_DIR/output/p.log" <<EOF
HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
LANG=C.UTF-8
LOGNAME=$(id -un)
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
SCALEMON_ACTION=status
SCALEMON_PORTAL=p
SHELL=/bin/sh
USER=$(id -un)
0 1 2 3 4 not a tty
$(tail -n 1 "$RUN_DIR/output/p.log") $(tail -n 1 "$RUN_DIR/output/p.log")
$(tail -n 1 "$RUN_DIR/output/p.log")
EOF
}

@test "output is for the group to read, whatever umask we were started with, and for nobody else" {
    umask 077
    drive
    run_script 2 5 >/dev/null
    [ "$(stat -c %a "$RUN_DIR/output" "$RUN_DIR/output/p.log" | xargs)" = "750 640" ]
    stop driver
    rm -r "$RUN_DIR/output"
    umask 0
    drive_again
    run_script 2 5 >/dev/null
    [ "$(stat -c %a "$RUN_DIR/output" "$RUN_DIR/output/p.log" | xargs)" = "750 640" ]
}

@test "a script that finds itself by its link, as Tomcat's startup.sh does" {
    drive
    bin status <<'EOF'
#!/bin/sh
PRG="$0"
while [ -h "$PRG" ]; do
    ls=$(ls -ld "$PRG"); link=$(expr "$ls" : '.*-> \(.*\)$')
    if expr "$link" : '/.*' >/dev/null; then PRG="$link"; else PRG=$(dirname "$PRG")/"$link"; fi
done
echo "dir=$(dirname "$PRG")."
EOF
    [[ $(run_script 2 5) == *"dir=$RUN_DIR."* ]]
}

@test "scripts run as the portal's user, who cannot come back" {
    need_root
    chmod 755 "$RUN_DIR" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test "$BATS_RUN_TMPDIR"/test/* 2>/dev/null || true
    sed -i '/^\[portal/a user = nobody' "$RUN_DIR/conf"
    printf '#!/bin/sh\nid -u; id -G; grep -E "^(CapEff|CapPrm|Groups)" /proc/self/status\n' | bin status
    drive
    run_script 2 5
    [ "$(sed -n 1p "$RUN_DIR/output/p.log")" = 65534 ]
    [ "$(sed -n 2p "$RUN_DIR/output/p.log")" = 65534 ]
    [ "$(grep -c 0000000000000000 "$RUN_DIR/output/p.log")" = 2 ]
}

@test "kills by cgroup where there is one" {
    need_root
    base=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
    [ -n "$base" ] && mkdir "$base/scmtest-$$" 2>/dev/null || skip "no writable cgroup v2"
    printf '#!/bin/sh\ncat /proc/self/cgroup\nexit 0\n' | bin status
    export DRIVER_FIFO=$RUN_DIR/fifo
    # shellcheck disable=SC2016
    spawn driver sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" "$3"' sh "$base/scmtest-$$" \
        "$SCM_BUILD/tests/integration/runner_driver" "$RUN_DIR/conf"
    poll 10 grep -q ^hello "$RUN_DIR/driver.log"
    printf '#!/bin/sh\ni=0\nwhile [ $i -lt 50 ]; do (trap "" TERM; while :; do sh -c "sleep 0.3 # %s"; done) & i=$((i+1)); done\nsleep 100\n' "$MARK" | bin start
    ok=0
    line=$(run_script 2 5) && [[ $line == *"/scmtest-$$/portal-p-status-"* ]] && line=$(run_script 0 15) &&
        [[ $line == *outcome=timed-out* ]] && [ -z "$(survivors)" ] && ok=1
    left=$(find "$base/scmtest-$$" -mindepth 1 -type d)
    stop driver || true
    rmdir "$base/scmtest-$$"
    echo "left: $left, line: $line" >&2
    [ "$ok" = 1 ]
    [ -z "$left" ]
}

@test "an agent that dies is started again; one that exits 0 ends the runner" {
    drive
    for i in 2 3 4; do
        agent=$(sed -n 's/^agent pid=\([0-9]*\).*/\1/p' "$RUN_DIR/driver.log" | tail -n 1)
        kill -KILL "$agent"
        poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = $i ]"
    done
    say "exit 0"
    poll 5 sh -c "! kill -0 $(pid_of driver)"
}

@test "an agent that lies is killed; a script's result waits for the next one" {
    drive
    printf '#!/bin/sh\nsleep 0.5; exit 7\n' | bin status
    say "run 2"; say "lie"
    poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    poll 5 has_results 1
    grep -q 'sent what no agent sends' "$RUN_DIR/driver.log"
    grep -q 'result script=2 outcome=exited code=7' "$RUN_DIR/driver.log"
    grep -q '^running script=2' "$RUN_DIR/driver.log"
}

@test "SIGHUP: a bad file is refused, a good one waits for the scripts and brings a new agent" {
    drive
    printf '#!/bin/sh\ntouch %s/begun\nsleep 1\ntouch %s/ended\n' "$RUN_DIR" "$RUN_DIR" | bin start
    cp "$RUN_DIR/conf" "$RUN_DIR/good"
    echo 'nonsense = 1' >>"$RUN_DIR/conf"
    kill -HUP "$(pid_of driver)"
    poll 5 grep -q 'nonsense: no such option' "$RUN_DIR/driver.log"
    poll 5 grep -q 'the old configuration stands' "$RUN_DIR/driver.log"
    sed "s|^status = .*|status = $RUN_DIR/start|" "$RUN_DIR/good" >"$RUN_DIR/conf"
    say "run 0"
    poll 5 test -e "$RUN_DIR/begun"
    kill -HUP "$(pid_of driver)"
    poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    test -e "$RUN_DIR/ended" # before the new agent came
    [[ $(run_script 2 5) == *"code=0"* ]]
}

@test "SIGHUP: new directories are made as at the start; those that cannot be used are refused" {
    drive
    sed -i "s|^state_dir.*|state_dir = $RUN_DIR/state2|; s|^output_dir.*|output_dir = $RUN_DIR/output2|" "$RUN_DIR/conf"
    cp "$RUN_DIR/conf" "$RUN_DIR/good"
    kill -HUP "$(pid_of driver)"
    poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    [ "$(stat -c %a "$RUN_DIR/state2")" = 750 ]
    printf '#!/bin/sh\necho here\n' | bin start
    [[ $(run_script 0 5) == *"code=0"* ]]
    grep -q here "$RUN_DIR/output2/p.log"
    local wrong; for wrong in "state_dir = $RUN_DIR/none/state" "output_dir = $RUN_DIR/fifo" "user = nobody-of-that-name"; do
        { sed "/^${wrong%% *} =/d" "$RUN_DIR/good"; printf '[agent]\n%s\n' "$wrong"; } >"$RUN_DIR/conf"
        : >"$RUN_DIR/driver.log"
        kill -HUP "$(pid_of driver)"
        poll 5 grep -q 'the old configuration stands' "$RUN_DIR/driver.log"
        grep -q "\[agent\] ${wrong%% *}: ${wrong#*= }: \|\[agent\] user: user nobody-of-that-name: no such user" "$RUN_DIR/driver.log"
        [[ $(run_script 0 5) == *"code=0"* ]]
        run ! grep ^hello "$RUN_DIR/driver.log"
    done
}

@test "SIGHUP: an agent of another user gets its directory; one of somebody else's is refused" {
    need_root
    chmod 755 "$BATS_RUN_TMPDIR" "${BATS_RUN_TMPDIR}"/* "$RUN_DIR" # the agent's user must get there
    drive
    sed -i "/^\[agent\]/a user = nobody" "$RUN_DIR/conf"
    kill -HUP "$(pid_of driver)" # state is ours
    poll 5 grep -q 'the old configuration stands' "$RUN_DIR/driver.log"
    grep -q "state_dir: $RUN_DIR/state: cannot be used by nobody: Permission denied" "$RUN_DIR/driver.log"
    sed -i "s|^state_dir.*|state_dir = $RUN_DIR/state2|" "$RUN_DIR/conf"
    chmod 666 "$RUN_DIR/fifo"
    kill -HUP "$(pid_of driver)"
    poll 5 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    grep -q "^agent pid=.* uid=$(id -u nobody)" "$RUN_DIR/driver.log"
    [ "$(stat -c %U "$RUN_DIR/state2")" = nobody ]
}

# drive_beside_the_dead: the same, in a mount namespace where $RUN_DIR/dead is on a file server that never answers.
drive_beside_the_dead() {
    need_root
    [ -w /dev/fuse ] || skip "needs FUSE"
    mkdir -p "$RUN_DIR/dead"
    export DRIVER_FIFO=$RUN_DIR/fifo
    spawn driver unshare --mount python3 "$SCM_SRC/tests/integration/dead_mount.py" "$RUN_DIR/dead" \
        "$SCM_BUILD/tests/integration/runner_driver" "$RUN_DIR/conf"
}

@test "SIGHUP: a directory on a dead file server is refused in time; the runner goes on" {
    drive_beside_the_dead
    poll 10 grep -q ^hello "$RUN_DIR/driver.log"
    cp "$RUN_DIR/conf" "$RUN_DIR/good"
    local option; for option in state_dir output_dir; do
        sed "s|^$option = .*|$option = $RUN_DIR/dead/here|" "$RUN_DIR/good" >"$RUN_DIR/conf"
        : >"$RUN_DIR/driver.log"
        kill -HUP "$(pid_of driver)"
        within 4 grep -q 'the old configuration stands' "$RUN_DIR/driver.log"
        grep -q "\[agent\] $option: $RUN_DIR/dead/here: no answer within 2000 ms" "$RUN_DIR/driver.log"
        [[ $(run_script 0 5) == *"code=0"* ]]
        run ! grep ^hello "$RUN_DIR/driver.log"
    done
    # nobody is left looking: the agent and the mount's keeper are the runner's only children
    alone() { [ "$(pgrep -c -P "$(pid_of driver)")" = 2 ]; }
    poll 5 alone
}

@test "a directory on a dead file server ends the start in time" {
    sed -i "s|^state_dir = .*|state_dir = $RUN_DIR/dead/here|" "$RUN_DIR/conf"
    drive_beside_the_dead
    within 8 sh -c "! kill -0 $(pid_of driver) 2>/dev/null"
    grep -q "\[agent\] state_dir: $RUN_DIR/dead/here: no answer within 5000 ms" "$RUN_DIR/driver.log"
}

@test "an agent that runs as root is warned of, however it came to" {
    need_root
    drive
    poll 5 grep -q 'the agent runs as root' "$RUN_DIR/driver.log"
    sed -i "/^\[agent\]/a user = root" "$RUN_DIR/conf"
    drive_again
    poll 5 grep -q 'the agent runs as root' "$RUN_DIR/driver.log"
    chmod 755 "$BATS_RUN_TMPDIR" "${BATS_RUN_TMPDIR}"/* "$RUN_DIR"
    chmod 666 "$RUN_DIR/fifo"
    sed -i "s/^user = .*/user = nobody/" "$RUN_DIR/conf"
    rm -rf "$RUN_DIR/state"
    drive_again
    poll 5 grep -q "^agent pid=.* uid=$(id -u nobody)" "$RUN_DIR/driver.log"
    run ! grep 'runs as root' "$RUN_DIR/driver.log"
}

@test "SIGTERM ends runner and agent at once and leaves scripts alone" {
    drive
    printf '#!/bin/sh\nsleep 1; echo done >%s/done\n' "$RUN_DIR" | bin start
    say "run 0"
    agent=$(sed -n 's/^agent pid=\([0-9]*\).*/\1/p' "$RUN_DIR/driver.log" | tail -n 1)
    sleep 0.2
    kill -TERM "$(pid_of driver)"
    within 2 sh -c "! kill -0 $(pid_of driver)"
    run ! kill -0 "$agent"
    poll 5 test -e "$RUN_DIR/done"
}

@test "systemd hears of readiness, reloading and life" {
    if ! grep -q '^#define HAVE_SYSTEMD' "$SCM_BUILD/scm_config.h"; then skip "built without libsystemd"; fi
    spawn notify socat -u "UNIX-RECVFROM:$RUN_DIR/notify,fork" "OPEN:$RUN_DIR/heard,creat,append"
    poll 5 test -S "$RUN_DIR/notify"
    NOTIFY_SOCKET=$RUN_DIR/notify drive
    poll 5 grep -q READY=1 "$RUN_DIR/heard"
    poll 5 grep -q WATCHDOG=1 "$RUN_DIR/heard"
    : >"$RUN_DIR/heard"
    kill -HUP "$(pid_of driver)"
    poll 5 grep -q RELOADING=1 "$RUN_DIR/heard"
    poll 5 grep -q READY=1 "$RUN_DIR/heard"
    kill -TERM "$(pid_of driver)"
    poll 5 grep -q STOPPING=1 "$RUN_DIR/heard"
}

@test "an agent that stands still is killed and started again" {
    [ "$(count 0 1)" = 1 ] || skip "takes 15 s: only with SCM_CHECK=full"
    drive
    say "mute"
    poll 20 sh -c "[ \$(grep -c ^hello '$RUN_DIR/driver.log') = 2 ]"
    grep -q 'the agent has been silent' "$RUN_DIR/driver.log"
}

# What goes wrong at the keyboard: each is told by what it is and what was expected, and costs nobody else anything.
load lib
load console

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR
    console_prepare
    answers_start answers
}
teardown_file() { stop_all; }
setup() {
    RUN_DIR=$BATS_FILE_TMPDIR
    # shellcheck disable=SC2153
    export SNMPCONFPATH=$BATS_FILE_TMPDIR/snmp
}

@test "usage: every verb without sense says how it is used, exit status 2" {
    local verb
    for verb in portal limit agent eperf; do
        run scm $verb
        [ "$status" = 2 ]
        [[ $output == *"usage: scalemon [OPTIONS] $verb "* ]]
    done
    run scm status -o xml x
    [ "$status" = 2 ]
    run scm nonsense
    [ "$status" = 2 ]
    run scm
    [ "$status" = 2 ]
    run "$SCM_BUILD/scalemon" -h
    [ "$status" = 0 ]
    for verb in status top portal limit agent eperf events graph report; do
        run "$SCM_BUILD/scalemon" $verb --help
        [ "$status" = 0 ]
        [[ ${lines[0]} == "usage: scalemon [OPTIONS] $verb "* ]]
        run "$SCM_BUILD/scalemon" $verb --nonsense
        [ "$status" = 2 ]
        [[ ${lines[0]} == "scalemon $verb: --nonsense: no such option"* ]]
    done
    run "$SCM_BUILD/scalemon" -v1 -c public status "$(host 1)"
    [ "$status" = 2 ]
    [[ $output == *GETBULK* ]]
}

@test "usage: a wrong option says which, and what was expected" {
    complain() { # EXPECTED WORD...
        run "$SCM_BUILD/scalemon" "${@:2}"
        [ "$status" = 2 ]
        [ "${lines[0]}" = "$1" ] || { echo "${lines[0]}"; return 1; }
    }
    complain 'scalemon portal: --parallel 0: expected 1 to 100000' portal on x --parallel 0
    complain 'scalemon portal: --timeout: expected a value after it: SECONDS' portal on x --timeout
    complain 'scalemon portal: --quiet: takes no value' portal on x --quiet=yes
    complain 'scalemon events: --interval 0.01: expected 0.1 to 3600' events -i 0.01
    complain "scalemon events: -Z: no such option; net-snmp's stand before the command" events -fZ
    complain 'scalemon status: --output xml: expected table, json or csv' status -o xml
    complain 'scalemon limit: --hits 0: expected a number, 1 to 1000' limit set x --hits 0
    complain 'scalemon limit: delete takes no settings' limit delete x --above 1
    complain 'scalemon graph: --theme blue: expected light or dark' graph --theme blue
    complain 'scalemon report: --theme: no such option, or several that begin so' report --theme
}

@test "v3: a wrong user or key is refused or not answered, by name, and costs the others nothing" {
    run "$SCM_BUILD/scalemon" -f "$CONF" -v3 -l authPriv -u ops -a SHA -A wrongpass123 -x AES -X privpass123 -t 0.3 -r 0 \
        status "$(host 1)"
    [ "$status" = 4 ] || [ "$status" = 1 ]
    [[ $output == *"$(host 1): "* ]]
}

v3() { # OPTION... : status of agent 1 by SNMPv3 with these credentials
    run "$SCM_BUILD/scalemon" -f "$CONF" -v3 -t 0.3 -r 0 "$@" status "$(host 1)"
    echo "$output"
}

@test "v3: no user is told before anything is sent" {
    v3 -l authPriv
    [ "$status" = 2 ]
    [[ $output == "scalemon: no SNMPv3 user: "*"snmp.conf"* ]]
}

@test "v3: a missing passphrase is told as what it is" {
    v3 -l authPriv -u ops -a SHA
    [ "$status" = 3 ]
    [[ $output == *"$(host 1): unusable: cannot send: "*"passphrase missing"* ]]
}

@test "v3: silence after discovery points at the privacy passphrase" {
    v3 -l authPriv -u ops -a SHA -A authpass123 -x AES -X wrongpass123
    [ "$status" = 4 ]
    [[ $output == *"$(host 1): no answer: "*"privacy passphrase"* ]]
}

@test "a word that is no host is shown in quotes" {
    run scm status ""
    [ "$status" = 2 ]
    [[ $output == 'scalemon: "": expected'* ]]
}

@test "a TCP address that takes no connection holds nobody up for longer than an answer may take" {
    local port; port=$(free_port)
    spawn full python3 -c '
import socket, time
full = socket.socket()
full.bind(("127.0.0.1", '"$port"'))
full.listen(0)
waiting = [socket.socket() for i in range(4)]
for s in waiting:
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", '"$port"'))
print("full", flush=True)
time.sleep(300)'
    poll 10 grep -q full "$RUN_DIR/full.log"
    TIMEOUT=0.5 run timeout 20 "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public -t 0.5 -r 0 status "tcp:127.0.0.1:$port" \
        "tcp:127.0.0.1:1" "$(host 1)"
    echo "$output"
    [ "$status" = 4 ]
    [[ $output == *"tcp:127.0.0.1:$port: no answer: connect: Connection timed out"* ]]
    [[ $output == *"tcp:127.0.0.1:1: no answer: connect: Connection refused"* ]]
    [[ $output =~ $(host 1)\ +up ]]
}

@test "output that cannot be written is a failure" {
    local verb
    for verb in "status $(host 1)" "status -o json $(host 1)" "events $(host 1)" "portal --help"; do
        # shellcheck disable=SC2086
        scm $verb >/dev/full 2>"$BATS_TEST_TMPDIR/err" && return 1
        grep -q '^scalemon: output: No space left' "$BATS_TEST_TMPDIR/err"
    done
}

# A private snmpd, collectd (hostres) and scalemond for a test file: `load lib; load agent`. All files in $RUN_DIR.
# shellcheck shell=bash disable=SC2034,SC2154
#
#   agent_prepare            once: ports, keys, configurations (RUN_DIR may be set before: a file's or a test's directory)
#   add_portal NAME [LINE...] a portal whose scripts are $RUN_DIR/bin/NAME-{start,stop,status}: a toy that sleeps, unless
#                            the test has put others there before; LINEs go into its section
#   add_eperf_tests          throughput tests "self" and "nobody" in collectd, which run only when told
#   agent_start              snmpd, collectd and scalemond, and waits until all of it answers
#   get OBJECT / set_ OBJECT TYPE VALUE [OBJECT TYPE VALUE...] / walk OBJECT   by authPriv; OBJECT is relative to the root
#   col_portal COLUMN NAME   the OBJECT of a portal's column
#   wait_value SECONDS OBJECT VALUE
# Then stop_all in teardown. Where setup_file prepares for several tests, their setup calls `agent_again DIRECTORY`.

ROOT=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}

agent_prepare() {
    RUN_DIR=${RUN_DIR:-$BATS_TEST_TMPDIR}
    mkdir -p "$RUN_DIR"/{bin,plugins,snmp,eperf}
    SNMP_PORT=$(free_port) TRAP_PORT=$(free_port udp)
    AUTH_KEY=auth$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n') PRIV_KEY=priv$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    SNMP_TARGET=127.0.0.1:$SNMP_PORT
    SNMP_ARGS=(-v3 -l authPriv -u tester -a SHA-256 -A "$AUTH_KEY" -x AES -X "$PRIV_KEY" -t 2 -r 2 -On -Oe -Ot)
    export SNMPCONFPATH=$RUN_DIR/snmp SNMP_PERSISTENT_DIR=$RUN_DIR/snmp
    plugin_dir "$RUN_DIR/plugins"
    snmpd_conf >"$RUN_DIR/snmpd.conf"
    collectd_conf >"$RUN_DIR/collectd.conf"
    scalemond_conf >"$RUN_DIR/scalemond.conf"
    declare -p SNMP_ARGS SNMP_TARGET SNMP_PORT TRAP_PORT AUTH_KEY PRIV_KEY | sed 's/^declare /declare -g /' >"$RUN_DIR/vars"
}

agent_again() {
    RUN_DIR=$1
    export SNMPCONFPATH=$RUN_DIR/snmp SNMP_PERSISTENT_DIR=$RUN_DIR/snmp
    # shellcheck disable=SC1091
    source "$RUN_DIR/vars"
}

# The shipped snippet's rules (contrib/snmp/scalemon.conf) with our own paths and keys.
snmpd_conf() {
    cat <<EOF
agentAddress udp:$SNMP_TARGET
[snmp] persistentDir $RUN_DIR/snmp/snmpd
createUser tester SHA-256 $AUTH_KEY AES $PRIV_KEY
createUser weak SHA-256 $AUTH_KEY
view scalemon included .$ROOT
rwuser tester authPriv -V scalemon
rouser weak authNoPriv
rocommunity public 127.0.0.1
master agentx
agentXSocket $RUN_DIR/agentx
agentXTimeout 5
agentXRetries 0
trap2sink 127.0.0.1:$TRAP_PORT public
EOF
}

collectd_conf() {
    cat <<EOF
Hostname "testhost"
FQDNLookup false
Interval 1
BaseDir "$RUN_DIR"
PIDFile "$RUN_DIR/collectd.daemon.pid.file"
PluginDir "$RUN_DIR/plugins"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "$RUN_DIR/collectd.sock"
  SocketGroup "$(id -gn)"
  SocketPerms "0660"
  DeleteSocket true
</Plugin>
LoadPlugin hostres
EOF
}

scalemond_conf() {
    cat <<EOF
[agent]
agentx_socket = $RUN_DIR/agentx
collectd_socket = $RUN_DIR/collectd.sock
interval = 1
state_dir = $RUN_DIR/state
output_dir = $RUN_DIR/output
eperf_result_dir = $RUN_DIR/eperf
interface = lo
EOF
}

# add_eperf_tests: the eperf plugin in collectd, with a server and two tests: "self", against that server, and "nobody", against a
# port where nobody listens. Blackout all day: nothing runs but what is asked for, so that no result is older than the agent's first look.
add_eperf_tests() {
    [ -e "$RUN_DIR/plugins/eperf.so" ] || skip "needs the eperf plugin"
    local good closed; good=$(free_port) closed=$(free_port)
    cat >>"$RUN_DIR/collectd.conf" <<EOF
LoadPlugin eperf
<Plugin eperf>
  ResultDir "$RUN_DIR/eperf"
  <Server>
    Listen "127.0.0.1"
    Port $good
    AllowFrom "127.0.0.0/8"
  </Server>
  <Test "self">
    Host "127.0.0.1"
    Port $good
    Duration 1
    Every 600
    Blackout "00:00-12:00" "12:00-00:00"
  </Test>
  <Test "nobody">
    Host "127.0.0.1"
    Port $closed
    Duration 1
    Retries 0
    Every 600
    Blackout "00:00-12:00" "12:00-00:00"
  </Test>
</Plugin>
EOF
}

add_portal() {
    local name=$1 line; shift
    toy_scripts "$name"
    {
        printf '\n[portal %s]\nstart = %s\nstop = %s\nstatus = %s\n' "$name" \
            "$RUN_DIR/bin/$name-start" "$RUN_DIR/bin/$name-stop" "$RUN_DIR/bin/$name-status"
        for line; do echo "$line"; done
    } >>"$RUN_DIR/scalemond.conf"
}

# A portal that daemonizes a child which writes to its stdout now and then; each start and stop is written to NAME.calls.
toy_scripts() {
    local base=$RUN_DIR/bin/$1
    [ -e "$base-start" ] || cat >"$base-start" <<EOF
#!/bin/sh
echo start >>"$base.calls"
setsid sh -c 'while :; do echo alive; sleep 0.2; done' &
echo \$! >"$base.pidfile"
echo "toy portal started"
EOF
    [ -e "$base-stop" ] || cat >"$base-stop" <<EOF
#!/bin/sh
echo stop >>"$base.calls"
[ -s "$base.pidfile" ] && kill \$(cat "$base.pidfile") 2>/dev/null
rm -f "$base.pidfile"
EOF
    [ -e "$base-status" ] || cat >"$base-status" <<EOF
#!/bin/sh
[ -s "$base.pidfile" ] && kill -0 \$(cat "$base.pidfile") 2>/dev/null && exit 0
exit 3
EOF
    chmod 755 "$base-start" "$base-stop" "$base-status"
}

# For teardown, after stop_all: ends what portals of this RUN_DIR left running, known by where their output goes.
end_portals() {
    local p
    for p in /proc/[0-9]*; do
        [[ $(readlink "$p/fd/1" 2>/dev/null) == "${RUN_DIR:?}"/output/*.log ]] && kill -KILL "${p#/proc/}"
    done
    return 0
}

start_snmpd() { spawn snmpd snmpd -f -LE 4 -C -c "$RUN_DIR/snmpd.conf" -I -smux; }
start_scalemond() { spawn scalemond "$SCM_BUILD/scalemond" -f -c "$RUN_DIR/scalemond.conf"; }

agent_start() {
    start_snmpd
    start_collectd collectd "$RUN_DIR/collectd.conf"
    start_scalemond
    poll 20 present 1.1.1.0 || { tail -n 20 "$RUN_DIR"/{snmpd,collectd,scalemond}.log >&2; return 1; }
    poll 20 present 1.2.1.0 || { tail -n 20 "$RUN_DIR"/{snmpd,collectd,scalemond}.log >&2; return 1; }
}

get() { snmpget "${SNMP_ARGS[@]}" -Oqv "$SNMP_TARGET" "$ROOT.$1"; }
getnext() { snmpgetnext "${SNMP_ARGS[@]}" "$SNMP_TARGET" "$ROOT.$1"; }
walk() { snmpbulkwalk "${SNMP_ARGS[@]}" "$SNMP_TARGET" "$ROOT.$1"; }
present() { local v; v=$(get "$1" 2>&1) && [[ $v != No\ Such* && $v != No\ more* ]]; }
absent() { local v; v=$(get "$1" 2>&1) && [[ $v == No\ Such* ]] || { echo "$1: $v" >&2; return 1; }; }

set_() {
    local args=()
    while [ $# -gt 0 ]; do args+=("$ROOT.$1" "$2" "$3"); shift 3; done
    snmpset "${SNMP_ARGS[@]}" "$SNMP_TARGET" "${args[@]}"
}

# index TEXT: a string index as sub-identifiers, its length first.
index() {
    printf '%d' "${#1}"
    local i; for ((i = 0; i < ${#1}; i++)); do printf '.%d' "'${1:i:1}"; done
}
col_portal() { echo "1.4.1.$1.$(index "$2")"; }
oper() { get "$(col_portal 4 "$1")"; }
switch() { set_ "$(col_portal 3 "$1")" i "$2"; } # 1 on, 2 off, 3 hold

has_value() { [ "$(get "$1" 2>/dev/null)" = "$2" ]; }
wait_value() { poll "$1" has_value "$2" "$3" || { echo "$2 is $(get "$2"), expected $3" >&2; return 1; }; }
wait_oper() { wait_value "$1" "$(col_portal 4 "$2")" "$3"; } # SECONDS NAME NUMBER

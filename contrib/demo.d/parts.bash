# The parts of contrib/demo: private configuration, starting and stopping, and one function per step of the tour.
# shellcheck shell=bash disable=SC2154,SC2016,SC2015
# Set by the caller: $dir (absolute), $src, $SCM_BUILD.

failures=0 steps=0

secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# free_ports N: ports that nothing listens on, TCP and UDP, below the ephemeral range so that nobody is given them meanwhile.
free_ports() {
    local p n=0 used; used=$(ss -lntuH | awk '{sub(/.*:/, "", $5); print $5}')
    for ((p = 20000 + RANDOM % 10000; p < 32000; p++)); do
        grep -qx "$p" <<<"$used" && continue
        echo "$p"
        n=$((n + 1)); [ $n -lt "$1" ] || break
    done
}

# until_true SECONDS COMMAND...: tries COMMAND every 50 ms; fails when SECONDS have passed.
until_true() {
    local end=$(($(date +%s%N) + $1 * 1000000000)); shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s%N)" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# step TEXT FUNCTION [ARG...]: one step of the tour (TAP, so that contrib/check can count).
step() {
    local text=$1 verdict=ok; shift
    steps=$((steps + 1))
    echo
    "$@" 2>&1 || { verdict="not ok"; failures=$((failures + 1)); }
    echo "$verdict $steps - $text"
}

# ---- configuration ---------------------------------------------------------------------------------------------
prepare() {
    ROOT=$(sed -n 's/^#define SCM_OID_ROOT //p' "$SCM_BUILD/scm_config.h" | tr -d '" ' | tr , .)
    # A directory of an earlier demo is made new; anything else in it stays.
    [ -f "$dir/env" ] && rm -rf "${dir:?}"/{conf,log,run,rrd,state,bin,eperf,plugins,snmp,report,graphs} "$dir"/*.png
    mkdir -p "$dir"/{conf,log,run,rrd,state,bin,eperf,plugins,snmp}
    read -r -d '' snmp_port trap_port eperf_port < <(free_ports 3 | tr '\n' ' '; printf '\0')
    user=demo auth=$(secret) priv=$(secret)
    SNMP_TARGET=127.0.0.1:$snmp_port
    SNMP_ARGS="-v3 -l authPriv -u $user -a SHA-256 -A $auth -x AES -X $priv"
    # Copies: collectd loads no symbolic link.
    cp /usr/lib/collectd/{logfile,unixsock,rrdtool}.so "$SCM_BUILD"/.libs/{hostres,eperf}.so "$dir/plugins/"
    conf_snmpd >"$dir/conf/snmpd.conf"
    conf_snmptrapd >"$dir/conf/snmptrapd.conf"
    conf_collectd >"$dir/conf/collectd.conf"
    conf_scalemond >"$dir/conf/scalemond.conf"
    toy_portal
    chmod 600 "$dir"/conf/snmp*.conf
}

conf_snmpd() {
    cat <<EOF
agentAddress udp:$SNMP_TARGET
[snmp] persistentDir $dir/snmp/snmpd
createUser $user SHA-256 $auth AES $priv
rwuser $user authPriv $ROOT
rouser $user authPriv .1
rocommunity public 127.0.0.1
master agentx
agentXSocket $dir/run/agentx
agentXTimeout 5
agentXRetries 0
trapsess -Ci -v3 -l authPriv -u $user -a SHA-256 -A $auth -x AES -X $priv udp:127.0.0.1:$trap_port
EOF
}

conf_snmptrapd() {
    cat <<EOF
snmpTrapdAddr udp:127.0.0.1:$trap_port
[snmp] persistentDir $dir/snmp/snmptrapd
createUser $user SHA-256 $auth AES $priv
authUser log $user authPriv
outputOption n
EOF
}

conf_collectd() {
    cat <<EOF
Hostname "demo"
FQDNLookup false
Interval 1
BaseDir "$dir/run"
PIDFile "$dir/run/collectd.pid"
PluginDir "$dir/plugins"
LoadPlugin logfile
<Plugin logfile>
  LogLevel info
  File "$dir/log/collectd.log"
</Plugin>
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "$dir/run/collectd.sock"
  SocketGroup "$(id -gn)"
  SocketPerms "0660"
  DeleteSocket true
</Plugin>
LoadPlugin rrdtool
<Plugin rrdtool>
  DataDir "$dir/rrd"
  CacheTimeout 2
  CacheFlush 10
</Plugin>
LoadPlugin hostres
<Plugin hostres>
  SampleInterval 0.1
</Plugin>
LoadPlugin eperf
<Plugin eperf>
  ResultDir "$dir/eperf"
  <Server>
    Listen "127.0.0.1"
    Port $eperf_port
  </Server>
  <Test "loopback">
    Host "127.0.0.1"
    Port $eperf_port
    Protocol tcp
    Connections 3
    Duration 2
    Upload true
    Download true
    Every 60
    Splay 0
  </Test>
</Plugin>
EOF
}

conf_scalemond() {
    cat <<EOF
[agent]
agentx_socket = $dir/run/agentx
collectd_socket = $dir/run/collectd.sock
interval = 1
state_dir = $dir/state
output_dir = $dir/log/portals
user = $(id -un)
interface = lo
eperf_result_dir = $dir/eperf

[portal toy]
start = $dir/bin/toy-start
stop = $dir/bin/toy-stop
status = $dir/bin/toy-status
start_timeout = 10
stop_timeout = 10
status_interval = 2
EOF
}

# A portal as Liferay's scripts are: start leaves a process behind, stop ends it, status tells by its exit code.
toy_portal() {
    local pidfile=$dir/run/toy.pid
    printf '#!/bin/sh\nsetsid sleep 1000000 </dev/null >/dev/null 2>&1 &\necho $! >%s\necho toy portal started\n' "$pidfile" >"$dir/bin/toy-start"
    printf '#!/bin/sh\nkill "$(cat %s)" && rm %s && echo toy portal stopped\n' "$pidfile" "$pidfile" >"$dir/bin/toy-stop"
    printf '#!/bin/sh\n[ -f %s ] && kill -0 "$(cat %s)" 2>/dev/null || exit 3\n' "$pidfile" "$pidfile" >"$dir/bin/toy-status"
    chmod 755 "$dir"/bin/toy-*
}

# ---- the daemons: each can be started again by its command, which returns at once -------------------------------
starter() {   # starter NAME COMMAND...: writes D/bin/start-NAME
    local name=$1; shift
    cat >"$dir/bin/start-$name" <<EOF
#!/bin/sh
# Starts the demo's $name and writes its pid to $dir/run/$name.pid.
export LC_ALL=C MIBS="" MIBDIRS=/nonexistent SNMPCONFPATH=$dir/conf/none SNMP_PERSISTENT_DIR=$dir/snmp/$name
mkdir -p "\$SNMP_PERSISTENT_DIR"
setsid $* >>$dir/log/$name.out 2>&1 </dev/null &
echo \$! >$dir/run/$name.pid
EOF
    chmod 755 "$dir/bin/start-$name"
}

start_all() {
    starter snmptrapd snmptrapd -f -C -c "$dir/conf/snmptrapd.conf" -Lf "$dir/log/traps.log"
    starter snmpd snmpd -f -C -c "$dir/conf/snmpd.conf" -I -smux -Lf "$dir/log/snmpd.log"
    starter collectd collectd -f -C "$dir/conf/collectd.conf"
    starter scalemond "$SCM_BUILD/scalemond" -f -c "$dir/conf/scalemond.conf"
    local d; for d in snmptrapd snmpd collectd scalemond; do "$dir/bin/start-$d"; done
}

write_env() {
    rm -f "$dir/env"
    (umask 077; : >"$dir/env") # it holds keys
    cat >"$dir/env" <<EOF
SNMP_ARGS='$SNMP_ARGS'
SNMP_TARGET=$SNMP_TARGET
SCALEMON='$SCM_BUILD/scalemon'
PORTAL=toy
TRAP_LOG='$dir/log/traps.log'
COLLECTD_SOCKET='$dir/run/collectd.sock'
RRD_DIR='$dir/rrd'
STATE_DIR='$dir/state'
EPERF_PORT=$eperf_port
SNMPD_PID_FILE='$dir/run/snmpd.pid'
SNMPD_CMD='$dir/bin/start-snmpd'
COLLECTD_PID_FILE='$dir/run/collectd.pid'
COLLECTD_CMD='$dir/bin/start-collectd'
SCALEMOND_PID_FILE='$dir/run/scalemond.pid'
SCALEMOND_CMD='$dir/bin/start-scalemond'
EOF
}

# Ends what is running now under our pid files (also what NAME_CMD started again), the portal too.
finish() {
    local d pid pids=
    trap - EXIT
    for d in scalemond collectd snmpd snmptrapd toy; do
        pid=$(cat "$dir/run/$d.pid" 2>/dev/null) || continue
        # A pid file outlives its process; kill only what is still ours: started from, or with files in, D.
        grep -qsaF -e "$dir" -e "sleep" "/proc/$pid/cmdline" && kill "$pid" 2>/dev/null && pids="$pids $pid"
    done
    for pid in $pids; do
        until_true 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
}
gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- the steps ----------------------------------------------------------------------------------------------------
# The words of SNMP_ARGS are meant to be split.
# shellcheck disable=SC2086
get() { snmpget -t 2 -r 1 $SNMP_ARGS -Oqve "$SNMP_TARGET" "$ROOT.$1"; }
# shellcheck disable=SC2086
set_() {
    printf '$ snmpset $SNMP_ARGS $SNMP_TARGET %s\n' "$*"
    snmpset -t 3 -r 1 $SNMP_ARGS -Oqve "$SNMP_TARGET" "$@" >/dev/null
}
equals() { [ "$(get "$1")" = "$2" ]; }
answers() { local v; v=$(get "$1") && [[ $v =~ ^[0-9]+$ ]]; }
row() { # row COLUMN NAME: the instance of an object in a table indexed by a string ("5.1.4" "abc" -> 1.5.1.4.3.97.98.99)
    printf '1.%s.%d%s' "$1" ${#2} "$(printf '%s' "$2" | od -An -v -tu1 | tr -s ' \n' '.' | sed 's/\.$//')"
}
toy() { row "4.1.$1" toy; }

daemons_up() {
    local d; for d in snmptrapd snmpd collectd scalemond; do
        kill -0 "$(cat "$dir/run/$d.pid")" || { echo "$d is not running"; tail -n 20 "$dir/log/$d".*; return 1; }
    done
    until_true 15 equals 1.1.4.0 1 || { echo "scmFeedStatus is not up"; tail -n 20 "$dir"/log/{scalemond,collectd}.*; return 1; }
    until_true 10 answers 1.2.1.0
    echo "snmpd, snmptrapd, collectd and scalemond run; scmAgentVersion is $(get 1.1.1.0)"
}

live_values() {
    local mem_proc mem_snmp load_proc load_snmp diff
    until_true 5 answers 1.2.5.0 && until_true 5 answers 1.2.9.0 || { echo "scmHost is incomplete"; return 1; }
    mem_proc=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo) mem_snmp=$(get 1.2.5.0)
    load_proc=$(awk '{printf "%d", $1 * 100 + 0.5}' /proc/loadavg) load_snmp=$(get 1.2.1.0)
    printf '%-24s %12s %12s\n' '' SNMP /proc
    printf '%-24s %12s %12s\n' 'scmLoad1 (1/100)' "$load_snmp" "$load_proc" 'scmMemTotal (KiB)' "$mem_snmp" "$mem_proc" \
        'scmMemAvailable (KiB)' "$(get 1.2.7.0)" "$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)" \
        'scmHostInRate (kbit/s)' "$(get 1.2.9.0)" "(lo)"
    # collectd gives seven digits; the load average moves between the two readings.
    diff=$((mem_proc - mem_snmp)); [ ${diff#-} -le $((mem_proc / 100000 + 1)) ] || return 1
    diff=$((load_proc - load_snmp)); [ ${diff#-} -le $((50 + load_proc / 4)) ]
}

rrd_files() { [ -s "$dir/rrd/demo/load/load.rrd" ] && [ -s "$dir/rrd/demo/memory/memory-used.rrd" ] &&
    [ -s "$dir/rrd/demo/interface-lo/if_octets.rrd" ]; }
rrd_written() {
    until_true 20 rrd_files || return 1
    echo "$(find "$dir/rrd" -name '*.rrd' | wc -l) files under $dir/rrd"
}

v2c_refused() {
    local out
    out=$(snmpset -v2c -c public -t 2 -r 0 "$SNMP_TARGET" "$ROOT.$(toy 3)" i 1 2>&1) && { echo "v2c could write: $out"; return 1; }
    echo "$out"
    grep -qE 'noAccess|authorizationError|noSuchName' <<<"$out"
}

# portal on|off: SET, the acknowledgement in scmPortalOperStatus, and the process itself.
portal() {
    local admin=1 oper=3 # on, and seen to be on
    if [ "$1" = off ]; then admin=2 oper=1; fi
    set_ "$ROOT.$(toy 3)" i $admin || return 1
    until_true 10 equals "$(toy 4)" $oper || { echo "scmPortalOperStatus stays $(get "$(toy 4)")"; return 1; }
    echo "acknowledged: scmPortalOperStatus is $(get "$(toy 4)"), $1"
    if [ "$1" = on ]; then "$dir/bin/toy-status"; else ! "$dir/bin/toy-status"; fi
}

# A value that RunNow does not have yet names the run; its end shows in scmEperfStatus.
eperf_run() {
    local before; before=$(get "$(row 6.1.14 loopback)") || return 1
    set_ "$ROOT.$(row 6.1.14 loopback)" u $((before + 1)) || return 1
    until_true 15 equals "$(row 6.1.5 loopback)" 4 || {
        echo "scmEperfStatus is $(get "$(row 6.1.5 loopback)"): $(get "$(row 6.1.13 loopback)")"; return 1; }
    until_true 5 answers "$(row 6.1.7 loopback)" || return 1
    echo "upload $(get "$(row 6.1.6 loopback)") kbit/s, download $(get "$(row 6.1.7 loopback)") kbit/s"
}

limit_trip() {
    local n=tour
    set_ "$ROOT.$(row 5.1.13 $n)" i 4 "$ROOT.$(row 5.1.2 $n)" s "memory/memory-used:value" \
        "$ROOT.$(row 5.1.3 $n)" i 1 "$ROOT.$(row 5.1.4 $n)" s 1 || return 1
    until_true 10 equals "$(row 5.1.9 $n)" 2 || { echo "scmLimitState is $(get "$(row 5.1.9 $n)"), not exceeded"; return 1; }
    echo "exceeded: memory used is $(get "$(row 5.1.10 $n)") bytes"
    set_ "$ROOT.$(row 5.1.4 $n)" s 1e15 "$ROOT.$(row 5.1.5 $n)" s 1e15 || return 1
    until_true 10 equals "$(row 5.1.9 $n)" 1 || { echo "scmLimitState is $(get "$(row 5.1.9 $n)"), not ok"; return 1; }
    echo "cleared by a higher threshold"
}

traps_received() {
    local kind
    for kind in 1 2 3; do # scmPortalChange scmLimitExceeded scmLimitCleared
        until_true 10 grep -qE "\.${ROOT//./\\.}\.0\.$kind\b" "$dir/log/traps.log" ||
            { echo "no notification $ROOT.0.$kind in $dir/log/traps.log"; return 1; }
    done
    echo "scmPortalChange, scmLimitExceeded and scmLimitCleared are in $dir/log/traps.log"
}

# shellcheck disable=SC2086
console_status() {
    echo '$ scalemon $SNMP_ARGS status $SNMP_TARGET'
    "$SCM_BUILD/scalemon" $SNMP_ARGS status "$SNMP_TARGET"
}

# Five minutes: what a first minute can be seen in. The agent's limits and events go into the pictures.
graphs() {
    # shellcheck disable=SC2086
    "$SCM_BUILD/scalemon" $SNMP_ARGS limit list -o json "$SNMP_TARGET" >"$dir/run/limits.json" &&
        "$SCM_BUILD/scalemon" $SNMP_ARGS events -o json "$SNMP_TARGET" >"$dir/run/events.json" || return 1
    until_true 20 drawn || { cat "$dir/log/graphs.log"; return 1; }
    cp "$dir"/graphs/demo/*.png "$dir/" && ls "$dir"/*.png "$dir/report/index.html"
}

drawn() {
    local common=(--rrd "$dir/rrd" --range 300 --marks "demo=$dir/run/limits.json" --marks "demo=$dir/run/events.json")
    {
        "$SCM_BUILD/scalemon" graph --out "$dir/graphs" "${common[@]}" &&
            "$SCM_BUILD/scalemon" report --out "$dir/report" "${common[@]}" &&
            ls "$dir"/graphs/demo/{load,memory,network-lo}*.png
    } >"$dir/log/graphs.log" 2>&1
}

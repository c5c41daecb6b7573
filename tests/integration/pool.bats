#!/usr/bin/env bats
# A pool of three hosts, each a network namespace with collectd and scalemond, as contrib/collectd/pool-*.conf have it. web1 is the
# central host: its limits see all three. The namespaces, one bridge and the veths are made here and taken down here.

load lib
load agent

setup_file() {
    [ "$(id -u)" = 0 ] || return 0
    ip netns add "scmpool0-$$" 2>/dev/null && ip netns del "scmpool0-$$" || return 0
    export POOL=$$
    local i
    ip netns add "scmp$POOL-0" # where the bridge is
    ip -n "scmp$POOL-0" link add br0 type bridge
    ip -n "scmp$POOL-0" link set br0 up
    for i in 1 2 3; do
        ip netns add "scmp$POOL-$i"
        ip -n "scmp$POOL-0" link add "v$i" type veth peer name eth0 netns "scmp$POOL-$i"
        ip -n "scmp$POOL-0" link set "v$i" master br0 up
        ip -n "scmp$POOL-$i" addr add "10.77.0.$i/24" dev eth0
        ip -n "scmp$POOL-$i" link set eth0 up
        ip -n "scmp$POOL-$i" link set lo up
    done
}
teardown_file() {
    local i; [ -n "$POOL" ] || return 0
    for i in 0 1 2 3; do ip netns del "scmp$POOL-$i" || true; done
}

setup() {
    [ "$(id -u)" = 0 ] || skip "needs root, for network namespaces"
    [ -n "$POOL" ] || skip "needs network namespaces, which are not to be had here"
    RUN_DIR=$BATS_TEST_TMPDIR
    agent_prepare
}
teardown() { stop_all; no_findings; }

in_ns() { local i=$1; shift; ip netns exec "scmp$POOL-$i" "$@"; }

# member I PROMPT: the configurations of host I as shipped, with our address and key. PROMPT no: without the flush.
member() {
    local i=$1 dir=$RUN_DIR/web$1; mkdir -p "$dir/bin"
    {
        sed -e "s|testhost|web$i|; s|$RUN_DIR/collectd.sock|$dir/collectd.sock|; s|$RUN_DIR/collectd.daemon|$dir/collectd.daemon|" "$RUN_DIR/collectd.conf"
        if [ "$i" = 1 ]; then
            sed -e 's/192.0.2.1/10.77.0.1/' -e "s|/etc/collectd/pool.passwd|$RUN_DIR/passwd|" "$SCM_SRC/contrib/collectd/pool-central.conf"
        elif [ "$2" = no ]; then
            sed -e 's/192.0.2.1/10.77.0.1/' -e '/Flush/d' "$SCM_SRC/contrib/collectd/pool-member.conf"
        else
            sed -e 's/192.0.2.1/10.77.0.1/' "$SCM_SRC/contrib/collectd/pool-member.conf"
        fi
    } >"$dir/collectd.conf"
    {
        sed -e "s|$RUN_DIR/collectd.sock|$dir/collectd.sock|; s|$RUN_DIR/state|$dir/state|; s|$RUN_DIR/output|$dir/output|" "$RUN_DIR/scalemond.conf"
        printf '\n[portal liferay]\nstart = %s/start\nstop = %s/stop\nstatus = %s/status\ninitial = on\nstatus_interval = 1\n' "$dir/bin" "$dir/bin" "$dir/bin"
    } >"$dir/scalemond.conf"
    [ "$i" = 1 ] || sed -i "s|$RUN_DIR/agentx|$dir/no-agentx|" "$dir/scalemond.conf"
    printf '#!/bin/sh\ntouch %s/up\n' "$dir" >"$dir/bin/start"
    printf '#!/bin/sh\nrm -f %s/up\n' "$dir" >"$dir/bin/stop"
    printf '#!/bin/sh\n[ -e %s/up ] && exit 0\nexit 3\n' "$dir" >"$dir/bin/status"
    chmod 755 "$dir"/bin/*
}

start_member() {
    local pre; mapfile -t pre < <(preload)
    spawn "collectd$1" ip netns exec "scmp$POOL-$1" env "${pre[@]}" collectd -f -C "$RUN_DIR/web$1/collectd.conf"
    spawn "scalemond$1" ip netns exec "scmp$POOL-$1" "$SCM_BUILD/scalemond" -f -c "$RUN_DIR/web$1/scalemond.conf"
}

pool_up() { # PROMPT
    local i
    echo 'pool: change-me' >"$RUN_DIR/passwd"
    for i in 1 2 3; do member "$i" "$1"; done
    cat "$SCM_SRC/contrib/collectd/pool-limits.conf" >>"$RUN_DIR/web1/scalemond.conf"
    echo 'disableAuthorization yes' >"$RUN_DIR/snmptrapd.conf"
    spawn snmptrapd ip netns exec "scmp$POOL-1" snmptrapd -f -n -C -c "$RUN_DIR/snmptrapd.conf" -Lo -On "udp:127.0.0.1:$TRAP_PORT"
    spawn snmpd ip netns exec "scmp$POOL-1" snmpd -f -LE 4 -C -c "$RUN_DIR/snmpd.conf" -I -smux
    for i in 1 2 3; do start_member "$i"; done
    poll 20 present 1.1.1.0
}
get() { in_ns 1 snmpget "${SNMP_ARGS[@]}" -Oqv "$SNMP_TARGET" "$ROOT.$1"; }
central() { python3 "$BATS_TEST_DIRNAME/unixsock.py" "$RUN_DIR/web1/collectd.sock" "$@"; }
col_limit() { echo "1.5.1.$1.$(index "$2")"; }
limit_is() { has_value "$(col_limit 9 "$1")" "$2"; }
traps_with() { grep -a "$ROOT.0.$1\b" "$RUN_DIR/snmptrapd.log" | grep -ac "$2" || true; }
trap_came() { [ "$(traps_with "$1" "$2")" -ge 1 ]; }

# delays SECONDS: how long after a change on web2 the central collectd has it, in ms, one a line.
delays() {
    python3 - "$BATS_TEST_DIRNAME" "$RUN_DIR" "$1" <<'PY'
import random, socket, sys, time
class C:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX); self.s.connect(path); self.f = self.s.makefile("r")
    def ask(self, line):
        self.s.sendall(line.encode() + b"\n")
        n = int(self.f.readline().split()[0])
        return [self.f.readline().strip() for _ in range(max(n, 0))]
a, b = C(sys.argv[2] + "/web2/collectd.sock"), C(sys.argv[2] + "/web1/collectd.sock")
for i in range(int(sys.argv[3])):
    t = time.monotonic()
    a.ask(f'PUTVAL "web2/probe/gauge-x" interval=1 N:{i + 1}')
    while b.ask('GETVAL "web2/probe/gauge-x"') != [f"value={i + 1:e}"]:
        if time.monotonic() - t > 12:
            break
        time.sleep(0.01)
    print(round((time.monotonic() - t) * 1000), flush=True)
    time.sleep(random.random())
PY
}

@test "three hosts: portals counted, one switched off, one fallen silent, named" {
    pool_up yes
    poll 40 limit_is pool-hosts 1
    poll 40 limit_is pool-portal 1
    poll 20 has_value "$(col_limit 10 pool-portal)" '"3"' # two are enough for the limit; the third may still be looked at
    # two portals end: below 2
    rm -f "$RUN_DIR"/web2/up "$RUN_DIR"/web3/up
    printf '#!/bin/sh\nexit 1\n' | tee "$RUN_DIR/web2/bin/start" >"$RUN_DIR/web3/bin/start"
    poll 20 trap_came 2 'pool-portal'
    poll 20 limit_is pool-portal 2
    printf '#!/bin/sh\ntouch %s/up\n' "$RUN_DIR/web2" >"$RUN_DIR/web2/bin/start"
    printf '#!/bin/sh\ntouch %s/up\n' "$RUN_DIR/web3" >"$RUN_DIR/web3/bin/start"
    poll 60 limit_is pool-portal 1
    # a host falls silent: no value, no packet, nothing
    ip -n "scmp$POOL-3" link set eth0 down
    poll 20 trap_came 2 'pool-hosts'
    grep -a "$ROOT.0.2\b" "$RUN_DIR/snmptrapd.log" | grep -a 'pool-hosts' | grep -aq 'silent: web3'
    limit_is pool-portal 1      # two still run it
    ip -n "scmp$POOL-3" link set eth0 up
    poll 30 trap_came 3 'pool-hosts'
    # web1's collectd restarts: nobody is gone
    local before; before=$(grep -ac "$ROOT.0.2\b" "$RUN_DIR/snmptrapd.log")
    stop collectd1; start_member_collectd 1
    poll 40 limit_is pool-hosts 1
    [ "$(grep -ac "$ROOT.0.2\b" "$RUN_DIR/snmptrapd.log")" = "$before" ]
}
start_member_collectd() {
    local pre; mapfile -t pre < <(preload)
    spawn "collectd$1" ip netns exec "scmp$POOL-$1" env "${pre[@]}" collectd -f -C "$RUN_DIR/web$1/collectd.conf"
}

@test "the load of any host" {
    pool_up yes
    poll 40 limit_is pool-load 1
    in_ns 1 snmpset "${SNMP_ARGS[@]}" "$SNMP_TARGET" "$ROOT.$(col_limit 5 pool-load)" s -1 "$ROOT.$(col_limit 4 pool-load)" s -1 \
        "$ROOT.$(col_limit 6 pool-load)" u 1
    local i; for i in 1 2 3; do poll 20 trap_came 2 "web$i/load/load-relative"; done
}

@test "how prompt the network plugin is, as shipped and without the flush" {
    local n; n=$(count 5 40)
    pool_up yes
    poll 20 central get web2/load/load
    delays "$n" >"$RUN_DIR/prompt"
    echo "# with FlushInterval 1: $(summary "$RUN_DIR/prompt")" >&3
    stop_all
    if [ "${SCM_CHECK:-quick}" = full ]; then
        pool_up no
        poll 20 central get web2/load/load
        delays "$n" >"$RUN_DIR/late"
        echo "# without: $(summary "$RUN_DIR/late")" >&3
    fi
    [ "$(sort -n "$RUN_DIR/prompt" | tail -n 1)" -lt 2000 ]
}
summary() { sort -n "$1" | awk '{ d[NR] = $1 } END { printf "%d values, median %d ms, longest %d ms", NR, d[int((NR + 1) / 2)], d[NR] }'; }

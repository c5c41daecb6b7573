# A thousand agents, some of them real: dead, slow and hostile ones cost the others nothing, and memory stays small.
load lib
load agent
load console

# Real ones (snmpd and scalemond, each on a loopback address of its own) are the last of them; the rest are recorded answers.
# A sanitized build is slow and large: fewer, and nothing is timed.
counts() {
    N=1000 REAL=$(count 2 10)
    [ -z "$SCM_SANITIZERS" ] || { N=150 REAL=2; }
    RECORDED=$((N - REAL))
}

# The users are those of the recorded answers; all real agents read one collectd.
start_real() {
    local i d
    collectd_conf >"$RUN_DIR/collectd.conf"
    mkdir -p "$RUN_DIR/bin"
    toy_scripts liferay
    start_collectd collectd "$RUN_DIR/collectd.conf"
    for ((i = 1; i <= REAL; i++)); do
        d=$RUN_DIR/real$i
        mkdir -p "$d"
        cat >"$d/snmpd.conf" <<EOF
agentAddress udp:127.2.0.$i:$REAL_PORT
engineID scalemon-test-$i
createUser ops SHA authpass123 AES privpass123
rwuser ops authPriv .$ROOT
rocommunity public 127.0.0.0/8
master agentx
agentXSocket $d/agentx
EOF
        cat >"$d/scalemond.conf" <<EOF
[agent]
agentx_socket = $d/agentx
collectd_socket = $RUN_DIR/collectd.sock
state_dir = $d/state
output_dir = $d/output
interface = lo
[portal liferay]
start = $RUN_DIR/bin/liferay-start
stop = $RUN_DIR/bin/liferay-stop
status = $RUN_DIR/bin/liferay-status
initial = hold
EOF
        spawn "snmpd$i" env SNMP_PERSISTENT_DIR="$d" SNMPCONFPATH="$d" snmpd -f -LE 4 -C -c "$d/snmpd.conf" -I -smux
        spawn "scalemond$i" "$SCM_BUILD/scalemond" -f -c "$d/scalemond.conf"
    done
}

setup_file() {
    export RUN_DIR=$BATS_FILE_TMPDIR
    counts
    plugin_dir "$RUN_DIR/plugins"
    console_prepare
    REAL_PORT=$(free_port)
    export REAL_PORT
    { # a line for each ten hosts: inih's lines are short
        printf '[pool recorded]\nport = %s\n' "$PORT"
        local i k
        for ((i = 0; i < RECORDED; i += 10)); do
            printf 'hosts ='
            for ((k = i; k < i + 10 && k < RECORDED; k++)); do printf ' 127.1.%d.%d' $((k / 250)) $((k % 250 + 1)); done
            printf '\n'
        done
        printf '[pool real]\nport = %s\nhosts =' "$REAL_PORT"
        for ((i = 1; i <= REAL; i++)); do printf ' 127.2.0.%d' $i; done
        printf '\n'
    } >"$CONF"
    answers_start well
    start_real
    poll 30 real_up || { scm status @real >&2; tail -n 5 "$RUN_DIR"/*.log >&2; return 1; }
}
real_up() { [ "$(scm status @real | grep -c ' up .*liferay:off')" = "$REAL" ]; }
teardown_file() { stop_all; }
setup() {
    RUN_DIR=$BATS_FILE_TMPDIR
    counts
}

# timed COMMAND...: its output in out, milliseconds in $took (CPU time: $cpu), kilobytes in $rss
timed() {
    local start end
    code=0
    start=$(date +%s%N)
    python3 - "$BATS_TEST_TMPDIR" "$@" <<'PY' || code=$?
import resource, subprocess, sys
with open(sys.argv[1] + "/out", "w") as out:
    code = subprocess.call(sys.argv[2:], stdout=out, stderr=open(sys.argv[1] + "/err", "w"))
u = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1] + "/rss", "w").write("%d %d\n" % (u.ru_maxrss, (u.ru_utime + u.ru_stime) * 1000))
sys.exit(code)
PY
    end=$(date +%s%N)
    took=$(((end - start) / 1000000))
    read -r rss cpu <"$BATS_TEST_TMPDIR/rss"
    echo "# took $took ms, CPU $cpu ms, $rss kB, exit status $code" >&3
}
# best_of_3 MILLISECONDS COMMAND...: timed, until it was quick enough. Where the machine is busy with others (more than two
# runnable tasks per CPU) the clock on the wall says nothing about us, and the CPU time has to do.
best_of_3() {
    local limit=$1 load; shift
    for _ in 1 2 3; do
        timed "$@"
        [ -n "$SCM_SANITIZERS" ] && return 0
        [ "$took" -lt "$limit" ] && return 0
    done
    load=$(awk '{ print int($1) }' /proc/loadavg)
    echo "# the load is $load: the CPU time counts" >&3
    [ "$load" -gt $((2 * $(nproc))) ] && [ "$cpu" -lt "$limit" ]
}
# rows_up N: so many hosts are up with their portal in what timed wrote
rows_up() { [ "$(grep -c ' up .*liferay:off' "$BATS_TEST_TMPDIR/out")" = "$1" ]; }
small() { [ -n "$SCM_SANITIZERS" ] || [ "$rss" -lt 65536 ]; }

V2=(-v2c -c public -t 1 -r 1)
V3=(-v3 -l authPriv -u ops -a SHA -A authpass123 -x AES -X privpass123 -t 1 -r 1)

@test "1,000 agents by v2c: all rows, under 1 s for the whole command, under 64 MiB" {
    best_of_3 1000 "$SCM_BUILD/scalemon" -f "$CONF" "${V2[@]}" status
    [ "$code" = 0 ]
    rows_up "$N"
    small
}

@test "1,000 agents by v3 authPriv, discovery and keys included: under 2 s, under 64 MiB" {
    best_of_3 2000 "$SCM_BUILD/scalemon" -f "$CONF" "${V3[@]}" status
    [ "$code" = 0 ]
    rows_up "$N"
    small
}

# Values are there once collectd has had its turn: it shares two cores with a thousand agents.
whole_row() {
    run scm3 status -o csv @real
    [[ ${lines[1]} =~ ^127\.2\.0\.1,up,[0-9.]+,$(nproc --all), ]]
}
@test "a real agent's row is the machine's" {
    poll 10 whole_row || { scm3 status -o csv @real >&2; return 1; }
    run scm3 status -o csv @real
    [ "${#lines[@]}" = $((REAL + 1)) ]
}

@test "20 times faster than a loop of snmpget processes, row by row" {
    [ -z "$SCM_SANITIZERS" ] || skip "a sanitized build is slow"
    local i host start end loop n; n=$(count 40 1000)
    local scalars=(1.2.0 1.3.0 1.4.0 2.1.0 2.4.0 2.5.0 2.6.0 2.9.0 2.10.0) columns=(4.1.3 4.1.4 5.1.8 5.1.9)
    start=$(date +%s%N)
    for ((i = 0; i < n; i++)); do
        host=127.1.$((i % RECORDED / 250)).$((i % RECORDED % 250 + 1)):$PORT
        snmpget "${V2[@]}" -Onq "$host" "${scalars[@]/#/$ROOT.1.}"
        snmpbulkget "${V2[@]}" -Onq -Cn0 -Cr3 "$host" "${columns[@]/#/$ROOT.1.}"
    done >/dev/null
    end=$(date +%s%N)
    loop=$(((end - start) / 1000 / n)) # us a row
    timed "$SCM_BUILD/scalemon" -f "$CONF" "${V2[@]}" status
    echo "# snmpget: $loop us a row; scalemon: $((took * 1000 / N)) us" >&3
    [ "$loop" -ge $((20 * took * 1000 / N)) ]
}

# ill: the responder's options: a fifth of the agents dead, 5 slow, 1 hostile
ill() { echo "-m $((N / 10))-$((N / 10 * 3 - 1)):dead -m $((N / 10 * 4))-$((N / 10 * 4 + 4)):slow=400 -m $((N / 2))-$((N / 2)):loop"; }

@test "a fifth dead, 5 slow, 1 hostile: the other rows as ever, each of these by name" {
    local dead=$((N / 10 * 2))
    stop well
    # shellcheck disable=SC2046
    answers_start ill $(ill)
    timed "$SCM_BUILD/scalemon" -f "$CONF" "${V3[@]}" -t 0.6 status
    stop ill
    answers_start well
    [ "$code" = 5 ]
    rows_up $((N - dead - 1))
    [ "$(grep -c ': no answer' "$BATS_TEST_TMPDIR/err")" = "$dead" ]
    grep -q ': bad agent' "$BATS_TEST_TMPDIR/err"
    [ -n "$SCM_SANITIZERS" ] || [ "$took" -lt 4000 ] # two time-outs of 0.6 s, side by side
}

# p99 KIND: milliseconds until 99 of 100 live hosts have answered in a round (the slow ones are fewer)
p99() {
    "$SCM_BUILD/tests/bench/console/rounds" -R 3 -f "$BATS_TEST_TMPDIR/$1" -v2c -c public -t 0.6 -r 0 -- |
        sed -n 's/.* host_p99_ms=\([0-9]*\).*/\1/p'
}

# Beside a fleet without ill ones, in turns: what the hosts cost shows in every pair, what the machine does beside in some.
@test "dead, slow and hostile hosts change the round of the live ones by nothing visible" {
    [ -z "$SCM_SANITIZERS" ] || skip "a sanitized build is slow"
    local i well_port=$PORT well ill
    cp "$CONF" "$BATS_TEST_TMPDIR/well"
    PORT=$(free_port)
    # shellcheck disable=SC2046
    answers_start ill $(ill)
    sed "s/^port = $well_port\$/port = $PORT/" "$CONF" >"$BATS_TEST_TMPDIR/ill"
    for i in 1 2 3 4 5; do
        well=$(p99 well) ill=$(p99 ill)
        echo "# 99 of 100 live hosts have answered after $well ms, among ill ones after $ill ms" >&3
        [ "$ill" -gt $((well * 3 / 2 + 20)) ] || break
    done
    stop ill
    PORT=$well_port
    [ "$ill" -le $((well * 3 / 2 + 20)) ]
}

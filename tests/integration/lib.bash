# Shared by every .bats file: `load lib`. Real daemons on private sockets and high ports, all files in $BATS_TEST_TMPDIR
# or $BATS_FILE_TMPDIR, nothing killed but what `spawn` started.
# shellcheck shell=bash

SCM_SRC=${SCM_SRC:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
SCM_BUILD=${SCM_BUILD:-$PWD}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C MIBS=

# count QUICK FULL: how often to repeat something: FULL under `contrib/check --full`.
count() { if [ "${SCM_CHECK:-quick}" = full ]; then echo "$2"; else echo "$1"; fi; }

# within SECONDS COMMAND...: tries COMMAND every 50 ms until it succeeds; fails, naming it, when SECONDS have passed. For what
# the project promises.
within() {
    local end=$(( $(date +%s%N) + $1 * 1000000000 )); shift
    until "$@" >/dev/null 2>&1; do
        if [ "$(date +%s%N)" -gt "$end" ]; then echo "timed out waiting for: $*" >&2; return 1; fi
        sleep 0.05
    done
}

# poll SECONDS COMMAND...: the same for what merely must come: SECONDS are ample on an idle machine, a busy one has three times that.
poll() { local seconds=$1; shift; within $((3 * seconds)) "$@"; }

# free_port: a port on 127.0.0.1 that nobody has now, for TCP or for UDP (below the ephemeral range, so it stays free).
free_port() {
    python3 - <<'PY'
import random, socket
while True:
    port = random.SystemRandom().randrange(20000, 32000)
    try:
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            with socket.socket(socket.AF_INET, kind) as s:
                s.bind(("127.0.0.1", port))
        print(port)
        break
    except OSError:
        pass
PY
}

# spawn NAME COMMAND...: starts COMMAND in the background, its output in $RUN_DIR/NAME.log, its pid in $RUN_DIR/NAME.pid.
# RUN_DIR is the test's own directory (BATS_TEST_TMPDIR) unless the file sets it to BATS_FILE_TMPDIR.
spawn() {
    local name=$1; shift
    RUN_DIR=${RUN_DIR:-$BATS_TEST_TMPDIR}
    "$@" >>"$RUN_DIR/$name.log" 2>&1 3>&- 4>&- </dev/null &
    echo $! >"$RUN_DIR/$name.pid"
}

pid_of() { cat "${RUN_DIR:-$BATS_TEST_TMPDIR}/$1.pid"; }
alive() { kill -0 "$(pid_of "$1")" 2>/dev/null; }

# stop NAME [SIGNAL]: ends what spawn started and waits for it (KILL after 10 s).
stop() {
    local pid i; pid=$(pid_of "$1") || return 0
    kill "-${2:-TERM}" "$pid" 2>/dev/null || true
    for ((i = 0; i < 200; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true # its status is the signal's
    rm -f "${RUN_DIR:-$BATS_TEST_TMPDIR}/$1.pid"
}

# stop_all: for teardown; everything spawn started and nobody stopped.
stop_all() {
    local f
    for f in "${RUN_DIR:-$BATS_TEST_TMPDIR}"/*.pid; do
        [ -e "$f" ] || continue
        kill -CONT "$(cat "$f")" 2>/dev/null
        stop "$(basename "$f" .pid)"
    done
    # Portals live on when their agent ends, as they should; nobody else would end them.
    for f in "${RUN_DIR:-$BATS_TEST_TMPDIR}"/bin/*.pidfile; do
        if [ -s "$f" ]; then kill "$(cat "$f")" 2>/dev/null || true; fi
    done
}

# no_findings: for teardown, after stop_all: fails, showing it, where a sanitizer has said something in a log of ours. The test itself
# may not notice: a runner starts the agent again that has ended of it. (collectd has races of its own.)
no_findings() {
    local said
    said=$(grep -shE -A 20 --exclude='collectd*' 'ERROR: (Address|Leak)Sanitizer|ThreadSanitizer|runtime error:' \
        "${RUN_DIR:-$BATS_TEST_TMPDIR}"/*.log) || true
    [ -z "$said" ] || { echo "$said" >&2; return 1; }
}

# preload: "LD_PRELOAD=…" for a foreign daemon that loads our sanitized plugin; nothing in a plain build.
# LeakSanitizer is off there: the host daemon leaks on its own account; our own leaks are found in the unit tests.
preload() {
    case ",$SCM_SANITIZERS," in
    *,address,*) echo "LD_PRELOAD=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)"
                 echo "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:$ASAN_OPTIONS" ;;
    *,thread,*)  echo "LD_PRELOAD=$(gcc -print-file-name=libtsan.so)" ;;
    esac
}

# start_collectd NAME CONF_FILE: the real collectd in front, as spawn NAME, with our sanitizer where there is one.
start_collectd() {
    local pre; mapfile -t pre < <(preload)
    spawn "$1" env "${pre[@]}" collectd -f -C "$2"
}

# plugin_dir DIR: a PluginDir with the stock plugins and our own build's beside them; copies, because collectd loads no
# symbolic link.
plugin_dir() {
    mkdir -p "$1"
    cp /usr/lib/collectd/*.so "$1"/
    local p; for p in hostres eperf; do
        [ -e "$SCM_BUILD/.libs/$p.so" ] && cp "$SCM_BUILD/.libs/$p.so" "$1/"
    done; return 0
}

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

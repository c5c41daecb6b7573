#!/usr/bin/env bats
# How a TCP sender hands its data to the kernel (plugins/eperf/tcp_send.c), seen from its system calls. What that gains is measured
# in tests/bench/eperf; here is that it happens, and that a sender without pipes sends all the same.
bats_require_minimum_version 1.5.0
load lib
load eperf

setup() {
    strace -qq -o /dev/null true || skip "needs strace, which may not trace here"
    export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # the leak check is a tracer itself
    PORT=$(free_port)
    start_server server "$PORT"
}
teardown() { stop_all; }

calls() { grep -c "[ (]$1(" "$BATS_TEST_TMPDIR/calls" || true; }
# send TRACER... : a short upload over two connections, its data calls in $BATS_TEST_TMPDIR/calls; both ends have counted the same
send() {
    "$@" strace -f -qq -s 0 -e trace=vmsplice,splice,sendto -o "$BATS_TEST_TMPDIR/calls" \
        "$EPERF" -net 127.0.0.1 -p "$PORT" -upload -c 2 -d 1 --json >"$BATS_TEST_TMPDIR/json"
    python3 - "$BATS_TEST_TMPDIR/json" <<'PY'
import json, sys
end = json.load(open(sys.argv[1]))["end"]
sent, received = end["sum_sent"]["bytes"], end["sum_received"]["bytes"]
print("sent", sent, "received", received)
assert sent == received > 1 << 20
PY
}

@test "pages are spliced, in packets of whole segments" {
    send env
    [ "$(calls vmsplice)" -gt 10 ] && [ "$(calls splice)" -gt 10 ]
    # loopback's segment: an MTU of 65,536 without the headers and their time stamps; at first the peer's window allows less
    sed -n 's/.*vmsplice.* = \([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/calls" |
        awk '{whole += $1 % 65483 == 0} END {print whole " of " NR; exit !(whole > NR / 2)}'
}

@test "no descriptor left for a pipe: the data is copied" {
    # a client has its standard ones, the control connection and the two data connections: 3 to 5 more for the library's own
    local n; for n in 8 9 10 11 12; do
        if send prlimit --nofile=$n && [ "$(calls splice)" = 0 ]; then break; fi
    done
    [ "$(calls splice)" = 0 ] && [ "$(calls sendto)" -gt 10 ]
}

@test "the user's pipes are used up: the data is copied" {
    local common=(env) # root is not limited, but by this
    [ "$(id -u)" != 0 ] ||
        common=(setpriv --bounding-set "-sys_resource,-sys_admin" --inh-caps "-sys_resource,-sys_admin")
    spawn hoard "${common[@]}" python3 -c '
import fcntl, os, time
pipes = []
for size in [1 << 20] * 64 + [65536] * 64:  # the rest in small ones
    pipes.append(os.pipe())
    try:
        fcntl.fcntl(pipes[-1][1], 1031, size)  # F_SETPIPE_SZ
    except PermissionError:
        pass
print("all held", flush=True)
time.sleep(60)'
    poll 5 grep -q 'all held' "$BATS_TEST_TMPDIR/hoard.log"
    send "${common[@]}"
    [ "$(calls splice)" = 0 ] && [ "$(calls sendto)" -gt 10 ]
}

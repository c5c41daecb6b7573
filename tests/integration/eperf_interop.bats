#!/usr/bin/env bats
# apt's iperf3 as client and as server against ours: every combination ends well on both sides, and both tell the same.
load lib
load eperf

setup() { need_iperf3; }
teardown() { stop_all; }

# One combination: interop ROLE PROTO STREAMS MODE [OPTION...]. ROLE is iperf3's (one_try: or both); MODE is up, down or both. Both sides
# must end well and tell the same; bytes that are too far apart, and that alone, are tried twice more, and may then be as far
# apart as two iperf3 are in that combination.
interop() {
    local status apart own=0
    for _ in 1 2 3; do
        status=0
        OWN_APART=$own one_try "$@" || status=$?
        [ $status = 2 ] || return $status
        apart=$(one_try both "${@:2}" | tail -n 1)
        echo "# two iperf3 are $apart apart"
        if [ "${apart:-0}" -gt "$own" ]; then own=$apart; fi
    done
    return 1
}
one_try() {
    local role=$1 proto=$2 streams=$3 mode=$4 name="$1-$2-$3-$4" port
    local -a theirs=(-t 1 -P "$streams" -J) ours=(-p "PORT" -d 1 -c "$streams" --json "-${proto^^}")
    port=$(free_port); ours[1]=$port
    rm -f "$BATS_TEST_TMPDIR/s-$name.log"
    case $mode in
    up)   ours+=(-upload) ;;
    down) ours+=(-download); theirs+=(-R) ;;
    both) ours+=(--bidir); theirs+=(--bidir) ;;
    esac
    if [ "$proto" = udp ]; then
        local rate=10M; [ "$streams" = 128 ] && rate=1M
        theirs+=(-u -b "$rate" -l 1400); ours+=(-bw "$rate" -l 1400)
    fi
    theirs+=("${@:5}"); ours+=("${@:5}")
    local -a server=(iperf3 -s -p "$port" -1 -J) client=(iperf3 -c 127.0.0.1 -p "$port" "${theirs[@]}")
    case $role in
    client) server=("$EPERF" -s -p "$port" --one-off --json) ;;
    server) client=("$EPERF" -net 127.0.0.1 "${ours[@]}") ;;
    esac
    start_server "s-$name" "$port" "${server[@]}"
    timeout 20 "${client[@]}" >"$BATS_TEST_TMPDIR/$name.json" 2>"$BATS_TEST_TMPDIR/$name.err" ||
        { echo "$name: exit $?: $(cat "$BATS_TEST_TMPDIR/$name".*)" | tail -5; return 1; }
    poll 10 dead "s-$name" || { echo "$name: the server is still there"; return 1; }
    set -- "$streams" "$proto" "$mode" "$BATS_TEST_TMPDIR/$name.json" "$BATS_TEST_TMPDIR/s-$name.log"
    [ "$role" != both ] || set -- "$mode" "$BATS_TEST_TMPDIR/$name.json"
    python3 "$SCM_SRC/tests/integration/iperf_agree.py" "$@"
}
dead() { ! alive "$1"; }

# every ROLE PROTO [STREAMS...]: all three modes of each, two at a time.
every() {
    local role=$1 proto=$2 streams mode failed=0; shift 2
    if [ $# = 0 ]; then
        if [ "$(count 0 1)" = 0 ]; then set -- 8; else set -- 1 8; fi
    fi
    for streams in "$@"; do
        local -a pids=()
        for mode in up down both; do
            interop "$role" "$proto" "$streams" "$mode" 3>&- & pids+=($!)
            if [ "${#pids[@]}" = 2 ]; then wait "${pids[0]}" || failed=1; pids=("${pids[1]}"); fi
        done
        wait "${pids[0]}" || failed=1
    done
    return $failed
}

@test "iperf3 client, TCP, -P 1 and 8, up, -R, --bidir" { every client tcp; }
@test "iperf3 client, UDP, -P 1 and 8, up, -R, --bidir" { every client udp; }
@test "iperf3 server, TCP, -P 1 and 8, up, -R, --bidir" { every server tcp; }
@test "iperf3 server, UDP, -P 1 and 8, up, -R, --bidir" { every server udp; }

@test "iperf3, 128 connections" {
    if [ "$(count 0 1)" = 0 ]; then
        interop client tcp 128 up; interop server udp 128 down
    else
        every client tcp 128; every client udp 128; every server tcp 128; every server udp 128
    fi
}

@test "warm-up (-O), both roles" {
    interop client tcp 2 up -O 1
    interop server tcp 2 down -O 1
    if [ "$(count 0 1)" = 1 ]; then
        interop client udp 2 both -O 1; interop server udp 2 both -O 1; interop client tcp 2 both -O 1
    fi
}

# ended_at BYTES ROLE OPTION...: a test that ends by bytes or blocks; ROLE is iperf3's. The client counts what it sends or, in a
# download, receives, after the warm-up (which ends a moment apart on both ends): at least BYTES and not many times more. ROLE
# "none": both are ours.
ended_at() {
    local bytes=$1 role=$2 port name="by-count-$2"; shift 2
    port=$(free_port)
    case $role in
    server) start_server "$name" "$port" iperf3 -s -p "$port" -1 ;;
    *)      start_server "$name" "$port" "$EPERF" -s -p "$port" --one-off ;;
    esac
    case $role in
    client) timeout 20 iperf3 -c 127.0.0.1 -p "$port" -J "$@" ;;
    *)      timeout 20 "$EPERF" -net 127.0.0.1 -p "$port" -c 1 --json "$@" ;;
    esac >"$BATS_TEST_TMPDIR/$name.json" || { echo "$role $*: exit $?: $(tail -n 3 "$BATS_TEST_TMPDIR/$name.json")"; return 1; }
    poll 10 dead "$name" || { echo "$role $*: the server is still there"; return 1; }
    python3 - "$bytes" "$role" "$BATS_TEST_TMPDIR/$name.json" <<'END' || { echo "$role $*"; return 1; }
import json, sys
bytes, role, d = int(sys.argv[1]), sys.argv[2], json.load(open(sys.argv[3]))
sent, received = (d["end"].get(k, d["end"].get("sum"))["bytes"] for k in ("sum_sent", "sum_received"))
measured = sum(i["sum"]["bytes"] for i in d["intervals"] if not i["sum"]["omitted"])
counted = received if role != "client" and d["start"]["test_start"]["reverse"] else sent
if not (bytes <= counted and sent <= 8 * bytes and measured):
    sys.exit(f"sent {sent}, received {received}, in measured intervals {measured}")
END
}

@test "the end by bytes (-n) and by blocks (-k)" {
    local way
    for way in -upload -download; do
        ended_at 30000000 server $way -n 30000000
        ended_at 30000000 server $way -k 240 -l 125000
        ended_at 30000000 none $way -k 240 -l 125000
        ended_at 300000 server -UDP $way -bw 20M -l 1000 -k 300
    done
    ended_at 30000000 client -n 30000000
    ended_at 30000000 client -R -n 30000000
    ended_at 30000000 client -k 240 -l 125000
    ended_at 300000 client -u -b 20M -l 1000 -k 300
}

@test "bytes of the warm-up do not count towards the end" {
    ended_at 2000000 server -upload -bw 20M -n 2000000 -O 1
    ended_at 2000000 server -download -bw 20M -n 2000000 -O 1
    ended_at 2000000 none -download -bw 20M -n 2000000 -O 1
    ended_at 2000000 client -b 20M -n 2000000 -O 1
    ended_at 300000 none -UDP -download -bw 20M -l 1000 -k 300 -O 1
}

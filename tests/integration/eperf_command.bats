#!/usr/bin/env bats
# The command: options, output, exit statuses; the server's policy as a client sees it.
bats_require_minimum_version 1.5.0
load lib
load eperf
set -o pipefail

setup() { PORT=$(free_port); RUN_DIR=$BATS_TEST_TMPDIR; }
teardown() { stop_all; }
eperf() { timeout 30 "$EPERF" "$@"; }
client() { eperf -net 127.0.0.1 -p "$PORT" "$@"; }
# holds EXPRESSION: of the JSON document on standard input, as the Python variable d and its d["end"], e.
holds() {
    python3 -c "import json, sys; d = json.load(sys.stdin); e = d.get('end', {}); sys.exit(None if ($1) else json.dumps(d))"
}

@test "Eperf's flags, live lines with the right unit, totals of both ends" {
    start_server server "$PORT"
    run -0 client -TCP -upload -d 1 -c 2 -i 1
    [[ $output == *"upload"*"Gbits/s"* || $output == *"upload"*"Mbits/s"* ]]
    [[ $output == *" sent "* && $output == *" received "* && $output == *"zerocopy, discard"* ]]
    run -0 client -UDP -download -bw 500k -d 1
    [[ $output == *"Kbits/s"* && $output == *"jitter"* ]]
}

@test "iperf3's short names, and both kinds of dash" {
    start_server server "$PORT"
    run -0 eperf --client 127.0.0.1 --port "$PORT" -u -R -b 1M -t 1 -P 2 -l 500
    run -0 eperf -client 127.0.0.1 -port "$PORT" --bidir -duration 1 -connections 1
}

@test "--json: iperf3's document; in turn, one per direction" {
    start_server server "$PORT"
    client -d 1 -c 3 --json >"$RUN_DIR/doc"
    holds 'len(e["streams"]) == 3 and d["start"]["test_start"]["protocol"] == "TCP"' <"$RUN_DIR/doc"
    holds 'e["sum_sent"]["bytes"] == e["sum_received"]["bytes"]' <"$RUN_DIR/doc"
    holds 'e["sum_sent"]["bytes"] == sum(i["sum"]["bytes"] for i in d["intervals"])' <"$RUN_DIR/doc"
    client -d 1 -c 1 -upload -download --json >"$RUN_DIR/doc"
    holds 'sorted(d) == ["download", "upload"] and d["download"]["start"]["test_start"]["reverse"] == 1' <"$RUN_DIR/doc"
}

@test "--json has the keys of iperf3 -J, no more and no less, in every mode" {
    need_iperf3
    start_server server "$PORT"
    run -0 python3 "$SCM_SRC/tests/integration/eperf_keys.py" "$EPERF" "$PORT"
}

@test "code points by number and by name, as iperf3 takes them" {
    start_server server "$PORT" "$EPERF" -s -p "$PORT"
    local option value want; while read -r option value want; do
        run -0 client -d 1 -c 1 -bw 1M "$option" "$value" --json
        [ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["start"]["test_start"]["tos"])' <<<"$output")" = "$want" ]
    done <<'E'
--dscp ef 184
--dscp 46 184
--dscp 0x2e 184
--dscp af41 136
--dscp cs7 224
-S 0x10 16
-S 184 184
E
    for value in 64 0x40 0x af44 cs8 cs "cs 1" EF; do
        run -2 client -d 1 --dscp "$value"
        [[ $output == *"--dscp $value: expected CODE, 0 to 63"* ]]
    done
    run -2 client -d 1 -S 0x100
}

@test "--json-stream: a line per event" {
    start_server server "$PORT"
    client -d 1 -c 1 -i 0.5 --json-stream >"$RUN_DIR/lines"
    [ "$(python3 -c 'import json, sys; print([json.loads(l)["event"] for l in sys.stdin])' <"$RUN_DIR/lines")" = "['start', 'interval', 'interval', 'end']" ]
}

@test "Ctrl-C still reports, and the status tells" {
    start_server server "$PORT"
    spawn client "$EPERF" -net 127.0.0.1 -p "$PORT" -d 20 -c 1
    poll 10 grep -q "^upload" "$RUN_DIR/client.log"
    local pid; pid=$(pid_of client)
    kill -INT "$pid"
    local status=0; wait "$pid" || status=$?
    [ "$status" = 130 ]
    grep -q " sent " "$RUN_DIR/client.log"
}

# lost STATUS ERROR COMMAND...: COMMAND, whose output goes nowhere, says so and ends with STATUS.
lost() {
    local status=$1 error=$2 got=0; shift 2
    "$@" 2>"$RUN_DIR/lost.err" || got=$?
    [ "$got" = "$status" ] && grep -q "output: $error" "$RUN_DIR/lost.err" || { echo "$*: $got: $(cat "$RUN_DIR/lost.err")"; return 1; }
}

@test "output that cannot be written is an error, and ends the test" {
    start_server server "$PORT"
    local way
    for way in -upload --json-stream; do
        lost 1 "No space left on device" client -d 20 -c 1 $way >/dev/full
        lost 1 "Bad file descriptor" client -d 20 -c 1 $way >&-
        lost 1 "Broken pipe" client -d 20 -c 1 $way > >(:)
    done
    lost 1 "No space left on device" client -d 1 -c 1 --json >/dev/full
    lost 1 "No space left on device" eperf --help >/dev/full
    run -0 client -d 1 -c 1 # and the server is none the worse
}

@test "a standard descriptor that is closed does not become the test's" {
    start_server server "$PORT" bash -c 'exec "$0" "$@" <&- >&- 2>&-' "$EPERF" -s -p "$PORT"
    client -d 1 -c 2 --json <&- | holds 'e["sum_sent"]["bytes"] == e["sum_received"]["bytes"] > 0'
    lost 1 "Bad file descriptor" client -d 1 -c 1 -i 0 <&- >&- # the whole test, in peace
    alive server
}

@test "-4 and -6 are kept to, by a client's own address and by a server too" {
    run ! client -4 -B ::1 -d 1
    [[ $output == *"::1"* ]]
    start_server server "$PORT" "$EPERF" -s -6 -p "$PORT"
    run -0 eperf -net ::1 -p "$PORT" -d 1 -c 1
    run -0 eperf -net ::1 -p "$PORT" -UDP -d 1
    run -4 client -d 1
    stop server
    start_server server "$PORT" "$EPERF" -s -4 -p "$PORT"
    run -0 client -d 1 -c 1
    run -4 eperf -net ::1 -p "$PORT" -d 1
    run -1 client -B 192.0.2.1 -d 1
    [[ $output == *"cannot bind to 192.0.2.1"* ]]
}

@test "what was not measured has no heading; the range of an interval is told" {
    start_server server "$PORT"
    run -1 client -C nosuchalgorithm -d 1
    [[ $output == *"nosuchalgorithm"* && $output != *"total"* ]]
    run -2 client -i 0.05
    [[ $output == *"0.1 to 60"* ]]
}

@test "exit statuses: usage 2, busy 3, nobody there 4" {
    run -2 eperf
    run -2 eperf -s -net 127.0.0.1
    run -2 client -d 0
    run -2 client -bw fast
    run -4 client -d 1
    [[ $output == *"refused"* ]]
    start_server server "$PORT" "$EPERF" -s -p "$PORT" --max-tests 1
    spawn long "$EPERF" -net 127.0.0.1 -p "$PORT" -d 20 -bw 1M
    poll 10 grep -q "^upload" "$RUN_DIR/long.log"
    run -3 client -d 1
    [[ $output == *"busy"* ]]
}

@test "a server's limits: duration, connections, block length, address" {
    start_server server "$PORT" "$EPERF" -s -p "$PORT" --max-duration 2 --max-connections 2 --max-length 128K
    run -0 client -d 1 -c 2
    run -1 client -d 3 -c 1
    [[ $output == *': its duration is too long (iperf3 error 5)'* ]]
    run -1 client -d 1 -c 3
    [[ $output == *': it has too many connections ('* ]]
    run -1 client -d 1 -c 1 -l 256K
    [[ $output == *': its blocks are too long ('* ]]
    stop server
    start_server other "$PORT" "$EPERF" -s -p "$PORT" --allow-from 192.0.2.0/24 --allow-from 127.0.0.2
    run -1 client -d 1
    run -0 client -d 1 --bind 127.0.0.2
}

@test "MaxRate: TCP paced and throttled, UDP over it ended with SERVER_ERROR" {
    start_server server "$PORT" "$EPERF" -s -p "$PORT" --max-rate 100M
    client -d 3 -c 4 -download --json | holds '50e6 < e["sum_received"]["bits_per_second"] < 115e6'
    client -d 3 -c 4 -upload --json | holds '50e6 < e["sum_received"]["bits_per_second"] < 115e6'
    stop server
    start_server slow "$PORT" "$EPERF" -s -p "$PORT" --max-rate 8M
    run -1 client -UDP -bw 9M -d 1
    run -0 python3 "$SCM_SRC/tests/integration/eperf_flood.py" "$PORT"
    grep -q "more than MaxRate" "$RUN_DIR/slow.log"
}

@test "--one-off ends after one test; --read copies" {
    start_server server "$PORT" "$EPERF" -s -p "$PORT" -1
    run -0 client -d 1 -c 2 --read
    [[ $output != *zerocopy* ]]
    gone() { ! alive server; }
    poll 5 gone
}

@test "the manual page is clean and has every option" {
    command -v mandoc >/dev/null || skip "needs mandoc"
    run -0 mandoc -Tlint -Wwarning "$SCM_SRC/plugins/eperf/eperf.1"
    local page option; page=$(mandoc -Tutf8 "$SCM_SRC/plugins/eperf/eperf.1" | col -b)
    for option in $(eperf --help | grep -oE -- '--[a-zA-Z0-9-]+ ' | sort -u); do
        case $option in --server|--help|--version|--tcp|--udp|--version4|--version6) continue ;; esac
        [[ $page == *"${option#--}"* ]] || { echo "$option is not in eperf(1)"; return 1; }
    done
}

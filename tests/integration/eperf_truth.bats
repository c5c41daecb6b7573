#!/usr/bin/env bats
# Reported rates against the counters of a link shaped by tbf, between two namespaces of our own.
load lib
load eperf

setup() {
    need_root
    command -v tc >/dev/null || skip "needs tc (iproute2)"
    unshare -n true 2>/dev/null || skip "needs network namespaces"
}
teardown() { # namespaces of this test alone; their veths and qdiscs go with them
    stop_all
    local ns; for ns in "${NAMESPACES[@]}"; do ip netns del "$ns" 2>/dev/null; done; return 0
}

# shaped_link NAME RATE BURST LIMIT [BUFFER]: namespaces NAMEa (v0, 10.99.0.1) and NAMEb (v1, 10.99.0.2), shaped both ways.
# With BUFFER, no connection has more than these bytes on the way: with a LIMIT beyond their sum, nothing is ever lost.
shaped_link() {
    local name=$1 rate=$2 burst=$3 limit=$4 buffer=${5:-} ns dev address
    NAMESPACES+=("${name}a" "${name}b")
    ip netns add "${name}a" && ip netns add "${name}b" &&
        ip -n "${name}a" link add v0 type veth peer name v1 netns "${name}b" || skip "cannot make namespaces and veths"
    while read -r ns dev address; do
        ip -n "$ns" addr add "$address/24" dev "$dev"
        ip -n "$ns" link set lo up
        ip -n "$ns" link set "$dev" up
        tc -n "$ns" qdisc add dev "$dev" root tbf rate "$rate" burst "$burst" limit "$limit" || skip "cannot shape: no tbf in this kernel"
        [ -z "$buffer" ] || ip netns exec "$ns" sysctl -qw net.ipv4.tcp_wmem="4096 16384 $buffer"
    done <<<"${name}a v0 10.99.0.1
${name}b v1 10.99.0.2"
}

# true_rates NAME STREAMS DIRECTION [lossy]: over the link NAME.
true_rates() {
    python3 "$SCM_SRC/tests/integration/eperf_truth.py" "$EPERF" "${1}a" v0 "${1}b" v1 10.99.0.2 "$2" "$3" 10 "$(count 1 3)" "${@:4}"
}

# both_ways STREAMS [lossy]: up over link x and down over link y, at once: so two runs of 10 s need 10 s.
both_ways() {
    local up failed=0
    true_rates "scmt$$x" "$1" upload "${@:2}" 3>&- & up=$!
    true_rates "scmt$$y" "$1" download "${@:2}" || failed=1
    wait $up || failed=1
    return $failed
}

@test "100 Mbit/s: sender and receiver within 0.5 %, intervals within 2 %, acknowledged is received" {
    shaped_link "scmt$$x" 100mbit 32kb 8mb 131072
    shaped_link "scmt$$y" 100mbit 32kb 8mb 131072
    both_ways 8
    [ "$(count 0 1)" = 0 ] || both_ways 1
}

@test "100 Mbit/s with losses: the rates the same, and a sender's intervals" {
    shaped_link "scmt$$x" 100mbit 32kb 64kb
    shaped_link "scmt$$y" 100mbit 32kb 64kb
    both_ways 8 lossy
    [ "$(count 0 1)" = 0 ] || both_ways 1 lossy
}

@test "1 Gbit/s: the same as at 100 Mbit/s" {
    shaped_link "scmt$$z" 1gbit 256kb 8mb 524288
    local failed=0 streams direction
    if [ "$(count 0 1)" = 0 ]; then
        true_rates "scmt$$z" 8 upload
        return
    fi
    for streams in 1 8; do
        for direction in upload download; do true_rates "scmt$$z" $streams $direction || failed=1; done
    done
    return $failed
}

@test "a slow link with deep buffers: the last words come late, and the rates are true" {
    need_iperf3
    local name=scmt$$s
    shaped_link "$name" 2mbit 32kb 2mb
    spawn slow ip netns exec "${name}b" iperf3 -s -1
    poll 10 ip netns exec "${name}b" grep -q ":1451 .* 0A " /proc/net/tcp /proc/net/tcp6 # 5201
    ip netns exec "${name}a" "$EPERF" -net 10.99.0.2 -c 8 -d 4 --json >"$BATS_TEST_TMPDIR/slow.json"
    python3 - "$BATS_TEST_TMPDIR/slow.json" <<'END'
import json, sys
end = json.load(open(sys.argv[1]))["end"]
for name in "sum_sent", "sum_received": # a frame of 1514 bytes has 1448 of ours; the first burst is not shaped
    bits, most = end[name]["bytes"] * 8, 2e6 * 1448 / 1514 * end[name]["seconds"] + 32768 * 8
    if not 0.96 * most < bits < 1.005 * most:
        sys.exit(f"{name}: {bits} bits where the link carries {most:.0f}")
END
}

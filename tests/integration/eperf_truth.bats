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
    local ns; for ns in "${NAMESPACES[@]}"; do ip netns del "$ns" 2>/dev/null; done; return 0
}

# shaped_link NAME RATE BURST LIMIT: namespaces NAMEa (v0, 10.99.0.1) and NAMEb (v1, 10.99.0.2), shaped both ways.
shaped_link() {
    NAMESPACES+=("${1}a" "${1}b")
    ip netns add "${1}a" && ip netns add "${1}b" &&
        ip -n "${1}a" link add v0 type veth peer name v1 netns "${1}b" || { NAMESPACES=(); skip "cannot make namespaces and veths"; }
    local side
    for side in "${1}a v0 10.99.0.1" "${1}b v1 10.99.0.2"; do
        # shellcheck disable=SC2086
        set -- "$1" "$2" "$3" "$4" $side
        ip -n "$5" addr add "$7/24" dev "$6"
        ip -n "$5" link set lo up
        ip -n "$5" link set "$6" up
        tc -n "$5" qdisc add dev "$6" root tbf rate "$2" burst "$3" limit "$4" || skip "cannot shape: no tbf in this kernel"
    done
}

# true_rates NAME STREAMS DIRECTION: over the link NAME
true_rates() {
    python3 "$SCM_SRC/tests/integration/eperf_truth.py" "$EPERF" "${1}a" v0 "${1}b" v1 10.99.0.2 "$2" "$3" 10 "$(count 1 3)"
}

@test "100 Mbit/s: sender and receiver within 0.5 %, intervals within 2 %, acknowledged is received" {
    # Two links, so that two runs of 10 s need 10 s; at this rate they do not disturb each other.
    shaped_link "scmt$$x" 100mbit 32kb 256kb
    shaped_link "scmt$$y" 100mbit 32kb 256kb
    local up failed=0
    true_rates "scmt$$x" 8 upload 3>&- & up=$!
    true_rates "scmt$$y" 8 download || failed=1
    wait $up || failed=1
    if [ "$(count 0 1)" = 1 ]; then
        true_rates "scmt$$x" 1 upload 3>&- & up=$!
        true_rates "scmt$$y" 1 download || failed=1
        wait $up || failed=1
    fi
    return $failed
}

@test "1 Gbit/s: the same" {
    shaped_link "scmt$$z" 1gbit 256kb 1mb
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

#!/usr/bin/env bats
# hostres on links of its own: a burst that the mean hides, and interfaces that change under it. Needs root.
bats_require_minimum_version 1.5.0
load lib
load hostres

setup() { need_root; NS=scmhn$$ PEER=scmhp$$; ip netns add "$NS"; ip netns add "$PEER"; }
teardown() {
    [ -n "${NS:-}" ] || return 0 # skipped
    stop_all
    ip netns del "$NS"
    ip netns del "$PEER"
}

# near PERCENT A B: whether A is within PERCENT of B.
near() { awk -v p="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(b > 0 && (a - b) / b * 100 <= p && (b - a) / b * 100 <= p) }'; }

@test "hostres: a burst of one second shows in if_rate-max within 5 %, where the mean of 10 s hides it" {
    ip -n "$NS" link add in0 type veth peer name out0 netns "$PEER"
    ip -n "$NS" addr add 192.0.2.1/24 dev in0
    ip -n "$PEER" addr add 192.0.2.2/24 dev out0
    ip -n "$NS" link set in0 up
    ip -n "$PEER" link set out0 up
    ip -n "$PEER" neigh add 192.0.2.1 lladdr "$(ip -n "$NS" -o link show in0 | grep -oE 'ether [0-9a-f:]+' | cut -d' ' -f2)" dev out0
    tc -n "$PEER" qdisc add dev out0 root tbf rate 100mbit burst 16kb limit 32kb
    conf burst 10 true hostres </dev/null
    collectd_up burst
    poll 20 lines burst hostres/memory-total 1
    sleep 2.37
    spawn watch ip netns exec "$NS" python3 "$BATS_TEST_DIRNAME/hostres_burst.py" watch in0 4
    sleep 1.2
    ip netns exec "$PEER" python3 "$BATS_TEST_DIRNAME/hostres_burst.py" send 192.0.2.1 1
    poll 20 lines burst hostres-in0/if_rate-max 1
    truth=$(cat "$BATS_TEST_TMPDIR/watch.log")
    max=$(csv burst hostres-in0/if_rate-max | head -1 | cut -d, -f2)
    poll 5 lines burst interface-in0/if_octets 2
    mean=$(csv burst interface-in0/if_octets | tail -1 | cut -d, -f2 | awk '{ print 8 * $1 }')
    late=$(csv burst hostres/total_events-late_samples | tail -1 | cut -d, -f2)
    echo "truth $truth, if_rate-max $max, mean $mean, late samples a second $late"
    awk -v t="$truth" 'BEGIN { exit !(t > 3e7 && t < 1.02e8) }' # less than the shaper's where the sender was starved
    near 5 "$max" "$truth"
    awk -v m="$mean" -v t="$truth" 'BEGIN { exit !(m < 0.2 * t) }'
}

# biggest NAME TYPE: the highest value of any list of that type.
biggest() { cat "$BATS_TEST_TMPDIR/$1.csv/h"/*/"$2"-* | grep -v epoch | cut -d, -f2- | tr , '\n' | grep -v nan | sort -g | tail -1; }
smallest() { cat "$BATS_TEST_TMPDIR/$1.csv/h"/*/"$2"-* | grep -v epoch | cut -d, -f2- | tr , '\n' | grep -v nan | sort -g | head -1; }

# A second's sending, on a busy machine more than one, puts 20 MB on e0.
sent_much() {
    ip netns exec "$PEER" python3 "$BATS_TEST_DIRNAME/hostres_burst.py" send 192.0.2.1 1
    [ "$(ip netns exec "$NS" cat /sys/class/net/e0/statistics/rx_bytes)" -gt 20000000 ]
}

@test "hostres: interfaces added, renamed and deleted under load: no spike, no negative, no leak" {
    # One link with a gigabyte behind it and one with none; their names change places all the time.
    # A third carries 8 Mbit/s all the while.
    for k in 0 1 2; do
        ip -n "$NS" link add "e$k" type veth peer name "p$k" netns "$PEER"
        ip -n "$NS" link set "e$k" up
        ip -n "$PEER" link set "p$k" up
    done
    ip -n "$NS" addr add 192.0.2.1/24 dev e0
    ip -n "$PEER" addr add 192.0.2.2/24 dev p0
    poll 10 sent_much
    ip -n "$NS" addr add 192.0.3.1/24 dev e2
    ip -n "$PEER" addr add 192.0.3.2/24 dev p2
    tc -n "$PEER" qdisc add dev p2 root tbf rate 8mbit burst 16kb limit 32kb
    spawn load ip netns exec "$PEER" python3 "$BATS_TEST_DIRNAME/hostres_burst.py" send 192.0.3.1 1000
    ip -n "$NS" link set e0 down
    ip -n "$NS" link set e1 down
    for source in proc netlink; do
        conf $source 0.1 true hostres <<<"<Plugin hostres>
            NetSource $source
            SampleInterval 0.02
        </Plugin>"
        collectd_up $source
        poll 20 lines $source hostres-e1/if_rate-max 3
        fds=$(find /proc/"$(pid_of $source)"/fd -mindepth 1 | wc -l)
        rss=$(awk '/VmRSS/ { print $2 }' /proc/"$(pid_of $source)"/status)
        for ((i = 0; i < $(count 20 200); i++)); do
            printf 'link add x%d type veth peer name y%d\nlink set x%d up\nlink set e0 name q9\nlink set e1 name e0\nlink set q9 name e1
link set x%d down\nlink set x%d name q8\nlink del q8\n' $i $i $i $i $i | ip -n "$NS" -batch -
            [ $((i % 10)) != 0 ] || sleep 1.6 # now and then a name is long enough with a link to be believed
        done
        n=$(csv $source interface-e1/if_octets | wc -l)
        poll 30 lines $source interface-e1/if_octets $((n + 3))
        [ "$(find /proc/"$(pid_of $source)"/fd -mindepth 1 | wc -l)" -le $((fds + 1)) ]
        grown=$(($(awk '/VmRSS/ { print $2 }' /proc/"$(pid_of $source)"/status) - rss))
        stop $source
        echo "$source: if_octets $(smallest $source if_octets) to $(biggest $source if_octets), if_rate up to" \
            "$(biggest $source if_rate), $grown KiB more"
        # 8 Mbit/s and what the machine's own load makes of it; the two that swap differ by 20 MB, 200 MB/s here
        awk -v o="$(biggest $source if_octets)" -v r="$(biggest $source if_rate)" -v n="$(smallest $source if_octets)" \
            'BEGIN { exit !(o > 8e5 && o < 5e6 && r > 7e6 && r < 5e7 && n >= 0) }'
        [ -n "$SCM_SANITIZERS" ] || [ $grown -lt 4096 ]
        run ! grep -iE 'invalid|spike|suspend' "$BATS_TEST_TMPDIR/$source.log"
    done
}

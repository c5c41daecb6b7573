#!/usr/bin/env bats
# hostres in a real collectd, beside the stock plugins it replaces.
bats_require_minimum_version 1.5.0
load lib
load hostres

setup() { NS='' ns=(); }
teardown() { stop_all; [ -z "$NS" ] || ip netns del "$NS"; }

# A namespace with odd names in it, so that nothing other tests do to this machine's interfaces is in the way.
own_namespace() {
    [ "$(id -u)" = 0 ] || return 0
    NS=scmhr$$ ns=(ip netns exec scmhr$$)
    ip netns add "$NS"
    ip -n "$NS" link set lo up
    ip -n "$NS" link add 'a|b.c-d@1' type veth peer name $'\xc3\xa9t\xc3\xa9_'
    ip -n "$NS" link set 'a|b.c-d@1' up
}

@test "hostres: the stock plugins' identifiers, each value where the two read times allow" {
    own_namespace
    conf stock 1 false interface memory load </dev/null
    conf ours 1 false hostres </dev/null
    spawn traffic "${ns[@]}" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(bytes(1200), ("127.0.0.1", 9)); time.sleep(0.02)'
    collectd_up stock
    collectd_up ours
    poll 30 lines stock load/load 5
    poll 30 lines ours load/load 5
    stop stock
    sleep 1.2
    stop ours
    run python3 "$BATS_TEST_DIRNAME/hostres_agree.py" "$BATS_TEST_TMPDIR/stock.csv" "$BATS_TEST_TMPDIR/ours.csv"
    echo "$output"
    [ "$status" = 0 ]
    # beyond the stock ones only what the manual names, and nothing in a plugin that graphs stack
    extra=$(sed -n 's/^extra: //p' <<<"$output")
    run ! grep -vE '^(hostres(-[^/]+)?/|load/load-relative$)' <<<"$extra"
    for id in hostres/memory-total hostres/memory-available hostres/percent-memory hostres-lo/if_rate-max \
        hostres/percent-sampler hostres/total_events-late_samples hostres/total_events-unreadable load/load-relative; do
        grep -qxF "$id" <<<"$extra" || { echo "no $id"; false; }
    done
}

@test "hostres: both sources give the same on quiet interfaces" {
    need_root
    own_namespace
    ip netns exec "$NS" python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(7): s.sendto(bytes(100 + i), ("127.0.0.1", 9))'
    for source in proc netlink; do
        conf $source 1 false hostres <<<"<Plugin hostres>
            NetSource $source
        </Plugin>"
        collectd_up $source
        poll 20 lines $source interface-lo/if_packets 1
        stop $source
    done
    ids proc | grep ^interface >"$BATS_TEST_TMPDIR/a"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/a")" = 12 ]
    diff "$BATS_TEST_TMPDIR/a" <(ids netlink | grep ^interface)
    while read -r id; do
        [ "$(csv proc "$id" | head -1 | cut -d, -f2-)" = "$(csv netlink "$id" | head -1 | cut -d, -f2-)" ]
    done <"$BATS_TEST_TMPDIR/a"
}

@test "hostres: groups, selection and another /proc" {
    proc=$BATS_TEST_TMPDIR/proc
    mkdir -p "$proc/net" "$proc/pressure" "$BATS_TEST_TMPDIR/sys/class/net/eth0"
    for f in net/dev:netdev meminfo:meminfo loadavg:loadavg stat:stat pressure/cpu:pressure-cpu \
        pressure/io:pressure-io pressure/memory:pressure-memory; do
        grep -v '^#' "$SCM_SRC/tests/data/hostres/${f#*:}-6.18" >"$proc/${f%:*}"
    done
    echo 1000 >"$BATS_TEST_TMPDIR/sys/class/net/eth0/speed"
    conf all 1 false hostres <<<"<Plugin hostres>
        Interface \"/^(eth|lo)/\"
        ProcRoot \"$proc\"
        SysRoot \"$BATS_TEST_TMPDIR/sys/\"
        SampleInterval 0.1
        ReportCpu true
        ReportPressure true
    </Plugin>"
    conf few 1 false hostres <<<"<Plugin hostres>
        Interface eth0
        IgnoreSelected true
        ReportInactive false
        ProcRoot \"$proc\"
        ReportMemory false
        ReportLoad false
        ReportRelative false
        ReportTotal false
        ReportPeak false
        ReportPercent false
        ReportSelf false
    </Plugin>"
    collectd_up all
    collectd_up few
    poll 20 lines all hostres-eth0/percent-tx 2
    poll 20 lines few interface-lo/if_octets 1
    for id in hostres-eth0/if_rate-max hostres-lo/if_rate-max hostres-eth0/percent-rx hostres/percent-pressure_cpu_some \
        hostres/percent-pressure_io_full memory/memory-slab_recl load/load; do
        ids all | grep -qxF "$id" || { echo "no $id"; ids all; false; }
    done
    run ! grep -E 'ifb|hostres-lo/percent' <<<"$(ids all)"
    [ "$(ids few)" = "$(printf 'interface-lo/if_%s\n' dropped errors octets packets)" ]
    # files that go away and come back: a gap, and never a suspended plugin
    mv "$proc/net/dev" "$proc/net/away"
    rm "$proc/meminfo"
    n=$(csv all load/load | wc -l)
    poll 20 lines all load/load $((n + 2))
    alive all
    mv "$proc/net/away" "$proc/net/dev"
    n=$(csv all interface-lo/if_octets | wc -l)
    poll 20 lines all interface-lo/if_octets $((n + 2))
}

@test "hostres: a bad value is named and refused by collectd -T" {
    while IFS='|' read -r option want; do
        conf bad 1 false hostres <<<"<Plugin hostres>
            $option
        </Plugin>"
        mapfile -t pre < <(preload)
        run env "${pre[@]}" collectd -T -C "$BATS_TEST_TMPDIR/bad.conf"
        echo "$option: $output"
        [ "$status" != 0 ]
        grep -qF "$want" <<<"$output"
    done <<'EOF'
SampleInterval 0.001|expected seconds, from 0.01 up to Interval
SampleInterval 1e300|SampleInterval
SampleInterval 90000|expected seconds
Interface "/(/"|Interface "/(/": Unmatched ( or \(
Interface ""|Interface "": an empty name
ProcRoot "proc"|ProcRoot "proc": expected an absolute path
NetSource "pcap"|NetSource "pcap": expected auto, proc or netlink
ReportPeak 7|ReportPeak
EOF
    conf good 1 false hostres <<<"<Plugin hostres>
        NetSource Auto
        SampleInterval 3
        Frobnicate 1
    </Plugin>"
    run env "${pre[@]}" collectd -T -C "$BATS_TEST_TMPDIR/good.conf"
    [ "$status" = 0 ]
    grep -qF "unknown option Frobnicate" <<<"$output"
}

@test "hostres: the snippet and every configuration in the manual run as written" {
    man=$SCM_SRC/plugins/hostres/collectd-hostres.5 n=0
    awk '/^\.Bd/ { f = 1; n++; next } /^\.Ed/ { f = 0 } f { print >"'"$BATS_TEST_TMPDIR"'/example" n }' "$man"
    cp "$SCM_SRC/contrib/collectd/hostres.conf" "$BATS_TEST_TMPDIR/example0"
    for f in "$BATS_TEST_TMPDIR"/example[0-9]*; do
        n=$((n + 1))
        if grep -q LoadPlugin "$f"; then conf e$n 1 false <"$f"; else conf e$n 1 false hostres <"$f"; fi
        collectd_up e$n
        poll 20 lines e$n memory/memory-used 1
        stop e$n
        run ! grep -i 'unknown\|error' "$BATS_TEST_TMPDIR/e$n.log"
    done
    [ $n = 4 ]
}

#!/usr/bin/env bats
# scalemon graph and scalemon report, on RRD files that tests/data/rrd/made-pool writes.

bats_require_minimum_version 1.5.0
load lib

END=1700000000
export TZ=UTC ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0 # for lsan.supp, see there

setup_file() {
    "$SCM_SRC/tests/data/rrd/made-pool" "$BATS_FILE_TMPDIR/rrd" 2 1.1
}

setup() {
    RRD=$BATS_FILE_TMPDIR/rrd OUT=$BATS_TEST_TMPDIR/out
    MARKS=$SCM_SRC/tests/data/rrd/made-marks.json
}

teardown() { stop_all; }

graph() { "$SCM_BUILD/scalemon" graph --rrd "$RRD" --end $END "$@"; }
report() { "$SCM_BUILD/scalemon" report --rrd "$RRD" --end $END --out "$OUT" "$@"; }

# same_values GOLDEN FILE: the same names in the same order, and numbers that differ by less than a millionth.
same_values() {
    awk -F'\t' -v OFS='\t' 'NR == FNR { want[FNR] = $0; n = FNR; next }
        { k = split(want[FNR], w); same = k == NF
          for (i = 1; i <= NF && same; i++)
              if (i > 4 && w[i] != "-" && $i != "-") { d = w[i] - $i; m = w[i] < 0 ? -w[i] : w[i]; same = (d < 0 ? -d : d) <= m * 1e-6 + 1e-9 }
              else same = w[i] == $i
          if (!same) { print "want " want[FNR]; print "have " $0; bad = 1 } }
        END { if (FNR != n) { print "want " n " lines, have " FNR; bad = 1 } exit bad }' "$1" "$2"
}

@test "the values drawn are the golden ones, in every range" {
    graph --values --range hour --range day --range week --range month --range year web1 >"$BATS_TEST_TMPDIR/values"
    same_values "$SCM_SRC/tests/data/rrd/made-web1.values" "$BATS_TEST_TMPDIR/values"
}

@test "the pool's values are the golden ones" {
    graph --values --pool >"$BATS_TEST_TMPDIR/values"
    same_values "$SCM_SRC/tests/data/rrd/made-pool.values" "$BATS_TEST_TMPDIR/values"
}

# rrdtool_says FILE DS CF SCALE FUNCTION: what rrdtool itself makes of it, as %.6e
rrdtool_says() {
    rrdtool graph /dev/null --start $((END - 86400)) --end $END --width 800 "DEF:a=$RRD/web1/$1.rrd:$2:$3" \
        "CDEF:b=a,$4,*" "VDEF:v=b,$5" PRINT:v:%.6le | tail -n 1
}

we_say() { printf '%.6e\n' "$(awk -F'\t' -v g="$1" -v s="$2" -v c="$3" '$2 == g && $4 == s { print $c }' "$BATS_TEST_TMPDIR/values")"; }

@test "rrdtool prints the same values of the same files" {
    graph --values web1 >"$BATS_TEST_TMPDIR/values"
    [ "$(we_say network-eth0 in 6)" = "$(rrdtool_says interface-eth0/if_octets rx AVERAGE 8 AVERAGE)" ]
    [ "$(we_say network-eth0 in_line 6)" = "$(rrdtool_says interface-eth0/if_octets rx AVERAGE 8 95,PERCENTNAN)" ]
    [ "$(we_say network-eth0 out_peak 7)" = "$(rrdtool_says hostres-eth0/if_rate-max tx MAX 1 MAXIMUM)" ]
    [ "$(we_say memory used 7)" = "$(rrdtool_says memory/memory-used value AVERAGE 1 MAXIMUM)" ]
    [ "$(we_say load mid 5)" = "$(rrdtool_says load/load midterm AVERAGE 1 LAST)" ]
    [ "$(we_say portal-liferay running 6)" = "$(rrdtool_says portal-liferay/gauge-running value AVERAGE 100 AVERAGE)" ]
}

@test "the pictures of a host, PNG and SVG, light and dark" {
    local theme format n
    for theme in light dark; do for format in png svg; do
        graph --out "$OUT" --theme $theme --format $format --marks "$MARKS" web1 >"$BATS_TEST_TMPDIR/list" 2>"$BATS_TEST_TMPDIR/err"
        [ ! -s "$BATS_TEST_TMPDIR/err" ]
        n=$(wc -l <"$BATS_TEST_TMPDIR/list"); [ "$n" = 8 ]
    done; done
    for f in network-eth0 memory load eperf-paris-upload eperf-paris-download eperf-paris-delay eperf-paris-retransmits portal-liferay; do
        for theme in "" -dark; do
            [ "$(head -c 4 "$OUT/web1/$f-day$theme.png" | tail -c 3)" = PNG ]
            python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' "$OUT/web1/$f-day$theme.svg"
        done
        run -1 cmp -s "$OUT/web1/$f-day.png" "$OUT/web1/$f-day-dark.png"
    done
    [ "$(find "$OUT" -type f | wc -l)" = 32 ]
}

@test "--graph, --range and --size choose" {
    graph --out "$OUT" --graph 'eperf-*load' --graph load --range week --size 400x100 web2 >"$BATS_TEST_TMPDIR/list"
    [ "$(sort "$BATS_TEST_TMPDIR/list" | tr '\n' ' ')" = "$OUT/web2/eperf-paris-download-week.png $OUT/web2/eperf-paris-upload-week.png $OUT/web2/load-week.png " ]
    run -0 graph --out "$OUT" --graph load --range 900 web2
    [ "$output" = "$OUT/web2/load-900.png" ]
}

@test "a --graph that names nothing, and a file in the place of --out, are failures" {
    run -3 graph --out "$OUT" --graph 'nothing*'
    [[ "$output" = *"$RRD: no graph has the name that --graph asks for" ]]
    run -3 report --graph 'nothing*'
    [[ "$output" = *"$RRD: no graph has the name that --graph asks for"* ]]
    echo >"$BATS_TEST_TMPDIR/file"
    run -3 graph --out "$BATS_TEST_TMPDIR/file"
    [ "$output" = "scalemon: $BATS_TEST_TMPDIR/file: Not a directory" ]
    "$SCM_BUILD/scalemon" graph --rrd "$RRD" --end $END --values >/dev/full && return 1
    true
}

@test "a throughput test that goes one way has no graph of the other; one that only failed has both" {
    local dir=$BATS_TEST_TMPDIR/rrd; mkdir -p "$dir"; cp -r "$RRD/web1" "$dir/"; RRD=$dir
    rm "$dir"/web1/eperf-paris/*-download.rrd
    run -0 graph --out "$OUT" --graph 'eperf-*load' web1
    [ "$output" = "$OUT/web1/eperf-paris-upload-day.png" ]
    rm "$dir"/web1/eperf-paris/*-upload.rrd
    run -0 graph --out "$OUT" --graph 'eperf-*load' web1
    [[ "$output" = *"$OUT/web1/eperf-paris-download-day.png"* ]]
    [[ "$output" = *"$OUT/web1/eperf-paris-upload-day.png"* ]]
}

@test "what is missing or broken is named and left out; nothing left is a failure" {
    local dir=$BATS_TEST_TMPDIR/rrd; mkdir -p "$dir"; cp -r "$RRD/web1" "$dir/"; RRD=$dir
    rm "$dir/web1/memory/memory-cached.rrd"
    echo garbage >"$dir/web1/memory/memory-free.rrd"
    rm "$dir/web1/load/load.rrd"; mkfifo "$dir/web1/load/load.rrd"
    run -0 graph --out "$OUT" web1
    [[ "$output" = *"web1/memory/memory-cached.rrd: No such file or directory; memory drawn without cached"* ]]
    [[ "$output" = *"web1/memory/memory-free.rrd: not an RRD file; memory drawn without free"* ]]
    [[ "$output" = *"web1/load/load.rrd: not a regular file; load drawn without short"* ]]
    [[ "$output" = *"$OUT/web1/memory-day.png"* ]]
    run -0 graph --out "$OUT" --graph 'network-*' web1
    run -3 graph --out "$OUT" nohost
    [[ "$output" = *"nohost: nothing to draw"* ]]
    rm -r "$dir"/web1/*; mkdir "$dir/web1/load"
    run -3 graph --out "$OUT" web1
    [[ "$output" = *"web1: load: no usable RRD file"* ]]
    run -3 report web1
    rm -r "$dir/web1/load"
    run -0 graph --out "$OUT"
}

@test "what cannot be meant is refused before anything is drawn" {
    run -2 graph --out "$OUT" --range fortnight
    run -2 graph --out "$OUT" --range 59
    run -2 graph --out "$OUT" --range 31622401
    run -2 graph --out "$OUT" --format gif
    run -2 graph --out "$OUT" --theme beige
    run -2 graph --out "$OUT" --size 10x99999
    run -2 graph --out "$OUT" --end tomorrow
    run -2 graph --out "$OUT" ../web1
    run -2 graph --out "$OUT" .
    run -2 graph --unknown
    run -2 graph
    run -2 report --values
    echo '[{"metric":"a/b","threshold":"many"}]' >"$BATS_TEST_TMPDIR/marks"
    run -2 graph --out "$OUT" --marks "$BATS_TEST_TMPDIR/marks"
    [[ "$output" = *"marks: limit : its threshold is not a decimal number"* ]]
    RRD=/nonexistent run -3 graph --out "$OUT"
    run -3 graph --out /proc/nothing
    [ ! -e "$OUT" ]
}

# tags FILE: parses the page; fails on unbalanced tags; prints each link and each source that is not data.
tags() {
    python3 - "$1" <<'PY'
import html.parser, sys
VOID = {"meta", "img", "br", "link"}
class Page(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.stack.append(tag)
        if tag in ("script", "link", "iframe", "object"):
            print("foreign", tag)
        for name, value in attrs:
            if name == "href" or (name == "src" and not value.startswith("data:image/svg+xml;base64,")) or name.startswith("on"):
                print(name, value)
    def handle_endtag(self, tag):
        if self.stack.pop() != tag:
            sys.exit("unbalanced " + tag)
page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
if page.stack:
    sys.exit("open: " + " ".join(page.stack))
PY
}

@test "the report is self-contained and its links lead somewhere" {
    run -0 report --range day --range hour --marks "$MARKS"
    [ "$(tags "$OUT/index.html" | sort)" = "$(printf 'href host/web1.html\nhref host/web2.html')" ]
    [ "$(tags "$OUT/host/web1.html")" = "href ../index.html" ]
    [ -s "$OUT/host/web2.html" ]
    [ "$(grep -o '<figure' "$OUT/host/web1.html" | wc -l)" = 16 ]
    [ "$(grep -o '<img class="dark"' "$OUT/host/web1.html" | wc -l)" = 16 ]
    grep -q "limit load-high: above 4.50" "$OUT/host/web1.html"
    grep -q "portal liferay: on to off" "$OUT/host/web1.html"
    # every picture is well-formed
    python3 - "$OUT/host/web1.html" <<'PY'
import base64, re, sys, xml.etree.ElementTree as e
found = re.findall(r'base64,([A-Za-z0-9+/=]+)', open(sys.argv[1]).read())
assert len(found) == 32, len(found)
for f in found:
    e.fromstring(base64.b64decode(f, validate=True))
PY
}

@test "--marks HOST=FILE tells of that host" {
    echo '[{"host":"127.0.0.1:1161","time":1699990000,"text":"it happened"}]' >"$BATS_TEST_TMPDIR/marks"
    report --graph load --marks "web2=$BATS_TEST_TMPDIR/marks"
    grep -q "it happened" "$OUT/host/web2.html"
    run -1 grep -q "it happened" "$OUT/host/web1.html"
    report --graph load --marks "$BATS_TEST_TMPDIR/marks"
    run -1 grep -q "it happened" "$OUT/host/web2.html"
}

@test "hostile names stay text and stay below --out" {
    local dir=$BATS_TEST_TMPDIR/rrd name=$'"><script>alert(1)</script>:\\&'
    name=${name//\//|}
    mkdir -p "$dir/$name/interface-<b>\"eth:0" "$dir/$name/portal-a'b"
    cp "$RRD/web1/interface-eth0/if_octets.rrd" "$dir/$name/interface-<b>\"eth:0/"
    cp "$RRD/web1/portal-liferay/gauge-running.rrd" "$dir/$name/portal-a'b/"
    RRD=$dir
    echo '[{"time":1699990000,"text":"</td><script>alert(2)</script>\u202e\u0007"}]' >"$BATS_TEST_TMPDIR/marks"
    report --marks "$BATS_TEST_TMPDIR/marks" >"$BATS_TEST_TMPDIR/list" 2>"$BATS_TEST_TMPDIR/err"
    cat "$BATS_TEST_TMPDIR/err"
    local page; page=$(grep /host/ "$BATS_TEST_TMPDIR/list")
    [ -s "$page" ]
    [ "$(tags "$OUT/index.html")" = "href host/$(basename "$page")" ]
    [ "$(tags "$page")" = "href ../index.html" ]
    run -1 grep -q '<script\|<b>"eth' "$page" "$OUT/index.html"
    run -1 grep -q $'\a\\|\xe2\x80\xae' "$page"
    graph --out "$OUT" >"$BATS_TEST_TMPDIR/list"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/list")" = 2 ]
    while read -r f; do [ -s "$f" ]; done <"$BATS_TEST_TMPDIR/list"
}

@test "rrdcached is asked to flush, and one that hangs holds nothing up" {
    command -v rrdcached >/dev/null || skip "rrdcached is not installed"
    local dir=$BATS_TEST_TMPDIR/rrd sock=$BATS_TEST_TMPDIR/c.sock file; mkdir -p "$dir/h x/load"; file="$dir/h x/load/load.rrd"
    RRD=$dir
    rrdtool create "$file" --start $((END - 1000)) --step 10 DS:shortterm:GAUGE:20:U:U DS:midterm:GAUGE:20:U:U \
        DS:longterm:GAUGE:20:U:U RRA:AVERAGE:0.5:1:1000
    spawn cached rrdcached -g -l "unix:$sock" -w 3600 -f 7200 -b "$dir" -p "$BATS_TEST_TMPDIR/c.pid"
    poll 10 test -S "$sock"
    local t; for t in $(seq $((END - 900)) 10 $END); do echo "$t:7:7:7"; done |
        xargs rrdtool update --daemon "unix:$sock" "$file"
    run -3 graph --values --range hour
    run -0 graph --values --range hour --daemon "unix:$sock"
    [[ "$output" = *$'load\thour\tshort\t7\t7\t7'* ]]
    RRDCACHED_ADDRESS=$sock run -0 graph --values --range hour
    run -3 graph --values --daemon unix:/nonexistent
    [[ "$output" = *"rrdcached at unix:/nonexistent: No such file or directory"* ]]

    kill -STOP "$(pid_of cached)"
    # by the environment: librrd, which waits for ever, must not see it
    RRDCACHED_ADDRESS=$sock run -0 timeout 45 "$SCM_BUILD/scalemon" graph --rrd "$RRD" --end $END --values --range hour
    kill -CONT "$(pid_of cached)"
    [[ "$output" = *"rrdcached: Connection timed out; drawn from what is on disk"* ]]
    [ "$(grep -c rrdcached: <<<"$output")" = 1 ]
    [[ "$output" = *$'load\thour\tshort\t7\t7\t7'* ]]
}

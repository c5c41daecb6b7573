#!/usr/bin/env bats
# What is shipped for an NMS, run as written: the trap handler behind a real snmptrapd, the check against recorded answers.
load lib
load console

NMS=$SCM_SRC/contrib/nms
ROOT=${SCM_OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.2010}

setup() {
    export RUN_DIR=$BATS_TEST_TMPDIR BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR
    console_prepare
}
teardown() { stop_all; }

# inform INDEX OLD NEW TEXT: as scalemond's scmLimitExceeded comes from an snmpd with a trapsess line.
inform() {
    local e=$ROOT.1.7.1
    snmptrap -Ci -v3 -l authPriv -u operator -a SHA-256 -A AUTHPASSWORD -x AES -X PRIVPASSWORD -t 2 -r 5 "127.0.0.1:$PORT" 4711 "$ROOT.0.2" \
        "$e.1.$1" u "$1" "$e.2.$1" x 07ea0b16020509012b0000 "$e.4.$1" s high "$e.5.$1" s "$2" "$e.6.$1" s "$3" "$e.8.$1" s "$4"
}
lines() { [ "$(wc -l <"$RUN_DIR/events")" = "$1" ]; }

@test "snmptrapd's handler: one line per event, a repeated one once" {
    sed "s|/usr/share/scalemon/nms|$NMS|; s|/var/log/scalemon-events.log|$RUN_DIR/events|; s|[0-9.]*\.2010\.0\.|$ROOT.0.|" \
        "$NMS/snmptrapd.conf" >"$RUN_DIR/snmptrapd.conf"
    spawn snmptrapd snmptrapd -f -C -c "$RUN_DIR/snmptrapd.conf" -Lo "udp:127.0.0.1:$PORT"
    poll 10 inform 17 ok exceeded 'load/load:shortterm is 9.1, above 8'
    poll 10 lines 1
    inform 17 ok exceeded 'load/load:shortterm is 9.1, above 8'
    inform 7 ok exceeded 'of another limit "quoted"; $(reboot)'
    poll 10 lines 2
    inform 18 exceeded ok 'below 6 again'
    poll 10 lines 3
    cat "$RUN_DIR/events"
    grep -qx '2026-11-22 02:05:09 127.0.0.1 index=17 high ok exceeded load/load:shortterm is 9.1, above 8' "$RUN_DIR/events"
    grep -qF 'index=7 high ok exceeded of another limit' "$RUN_DIR/events"
}

# check LINES...: the check's answer when scalemon status prints these.
check() {
    printf '%s\n' '#!/bin/sh' "cat <<'E'" "$@" E >"$RUN_DIR/scalemon"
    chmod +x "$RUN_DIR/scalemon"
    SCALEMON=$RUN_DIR/scalemon run "$NMS/check_scalemon" h
    echo "$output"
}

@test "the check: OK, WARNING, CRITICAL, UNKNOWN" {
    answers_start answers -m 55-55:dead
    export SCALEMON=$SCM_BUILD/scalemon
    local how=(-f "$CONF" -v2c -c public -t 0.5 -r 1)
    run "$NMS/check_scalemon" "$(host 1)" "${how[@]}"
    echo "$output"
    [ "$status" = 1 ]
    [ "$output" = "SCALEMON WARNING: up, liferay:off, exceeded: load-high" ]
    scm status "$(host 1)" >"$RUN_DIR/status"
    mapfile -t table <"$RUN_DIR/status"
    run "$NMS/check_scalemon" "$(host 55)" "${how[@]}"
    [ "$status" = 3 ]
    [[ $output == "SCALEMON UNKNOWN: "*"no answer" ]]
    check "${table[0]}" "${table[1]/load-high/-}"
    [ "$status" = 0 ]
    [ "$output" = "SCALEMON OK: up, liferay:off" ]
    check "${table[0]}" "${table[1]/load-high/load-high! other}"
    [ "$status" = 2 ]
    check "${table[0]/PORTALS/PORTALS   }" "${table[1]/liferay:off/liferay:failed}"
    [ "$status" = 2 ]
    check rubbish
    [ "$status" = 3 ]
}

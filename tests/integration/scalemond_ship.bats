# What is shipped beside the programs says what the programs do.
load lib

CONF=$SCM_SRC/contrib/scalemond.conf

# The options of a section, out of the table that reads them.
options() { sed -n "/^static const struct config_option $1_options/,/^};/p" "$SCM_SRC/agent/config_section.c" | grep -oE '(\{|PATH\(|NUMBER\(|COMMAND\(|DECIMAL\()"[a-z_]+"' | grep -oE '[a-z_]+"$' | tr -d '"'; }

@test "every option is in scalemond.conf and in scalemond.conf(5)" {
    local n=0 section option
    for section in agent portal limit; do
        for option in $(options $section); do
            n=$((n + 1))
            grep -qE "^;?$option = " "$CONF" || { echo "$option is not in contrib/scalemond.conf" >&2; return 1; }
            grep -qE "^\.It Cm (.* , )?$option( ,|$)" "$SCM_SRC/agent/scalemond.conf.5" || { echo "$option is not in the manual" >&2; return 1; }
        done
    done
    [ "$n" -gt 25 ]
}

@test "scalemond -t accepts the example as shipped, and with all that is commented out" {
    local me; me=$(id -un)
    sed "s/^user = .*/user = $me/" "$CONF" >"$BATS_TEST_TMPDIR/shipped"
    run "$SCM_BUILD/scalemond" -t -c "$BATS_TEST_TMPDIR/shipped"
    [ "$status" = 0 ]
    # systemctl is not on every machine that tests: true stands for it
    sed -E "s/^;([a-z[])/\1/; s/^user = .*/user = $me/; s/= systemctl/= true/" "$CONF" >"$BATS_TEST_TMPDIR/all"
    run "$SCM_BUILD/scalemond" -t -c "$BATS_TEST_TMPDIR/all"
    echo "$output" >&2
    [ "$status" = 0 ]
    [[ $output == *"1 portals, 2 limits"* ]]
}

@test "scalemond -t names what is wrong and exits 1; wrong usage exits 2" {
    printf '[agent]\ninterval = 0\n' >"$BATS_TEST_TMPDIR/c"
    run "$SCM_BUILD/scalemond" -t -c "$BATS_TEST_TMPDIR/c"
    [ "$status" = 1 ]
    [[ $output == *"/c:2: interval = 0: expected seconds from 1 to 3600"* ]]
    printf '[portal a]\nstart = /nonexistent\nstop = true\nstatus = true\nuser = nosuchuser\n' >"$BATS_TEST_TMPDIR/c"
    run "$SCM_BUILD/scalemond" -t -c "$BATS_TEST_TMPDIR/c"
    [ "$status" = 1 ]
    [[ $output == *"c:1: [portal a]: user nosuchuser: no such user"* ]]
    sed -i '/^user/d' "$BATS_TEST_TMPDIR/c"
    run "$SCM_BUILD/scalemond" -t -c "$BATS_TEST_TMPDIR/c"
    [ "$status" = 1 ]
    [[ $output == *"c:2: start: /nonexistent: No such file or directory"* ]]
    run "$SCM_BUILD/scalemond" -x
    [ "$status" = 2 ]
}

@test "the unit is well formed and little exposed" {
    command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
    local unit=$SCM_BUILD/contrib/systemd/scalemond.service score
    score=$(systemd-analyze security --offline=true --no-pager "$unit" | sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p')
    awk -v s="$score" 'BEGIN { exit !(s != "" && s <= 3.5) }'
    # the programs and pages need not be installed for this
    run systemd-analyze verify --man=no "$unit"
    [ -z "$(grep -v 'is not executable' <<<"$output")" ]
}

@test "sysusers and tmpfiles make the user and its directories" {
    command -v systemd-sysusers >/dev/null || skip "no systemd-sysusers"
    need_root
    local root=$BATS_TEST_TMPDIR/root uid gid
    mkdir -p "$root/etc"
    systemd-sysusers --root="$root" "$SCM_SRC/contrib/systemd/scalemon.sysusers"
    uid=$(sed -n 's/^scalemon:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd") gid=$(sed -n 's/^scalemon:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
    [ "$uid" -gt 0 ]
    systemd-tmpfiles --root="$root" --create "$SCM_SRC/contrib/systemd/scalemon.tmpfiles"
    [ "$(stat -c '%a %u %g' "$root/var/lib/scalemon")" = "750 $uid $gid" ]
    [ "$(stat -c '%a %u %g' "$root/var/log/scalemon")" = "2750 0 $gid" ]
}

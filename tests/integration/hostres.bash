# Shared by the hostres tests: collectds that write CSV files, in a network namespace where there is one.
# shellcheck shell=bash

# conf NAME INTERVAL RATES PLUGINS… <<<PLUGIN-BLOCKS: writes $BATS_TEST_TMPDIR/NAME.conf, for values in NAME.csv/h/…
conf() {
    local d=$BATS_TEST_TMPDIR name=$1 interval=$2 rates=$3; shift 3
    [ -d "$BATS_FILE_TMPDIR/plugins" ] || plugin_dir "$BATS_FILE_TMPDIR/plugins"
    {
        printf 'Hostname "h"\nFQDNLookup false\nInterval %s\nBaseDir "%s"\nPluginDir "%s"\n' "$interval" "$d" \
            "$BATS_FILE_TMPDIR/plugins"
        printf 'TypesDB "/usr/share/collectd/types.db"\n'
        printf 'LoadPlugin %s\n' "$@" csv
        printf '<Plugin csv>\n DataDir "%s/%s.csv"\n StoreRates %s\n</Plugin>\n' "$d" "$name" "$rates"
        cat
    } >"$d/$name.conf"
}

# collectd_up NAME: starts collectd with NAME.conf, in the namespace $NS if that is set.
collectd_up() {
    local pre ns=(); mapfile -t pre < <(preload)
    [ -z "$NS" ] || ns=(ip netns exec "$NS")
    spawn "$1" "${ns[@]}" env "${pre[@]}" collectd -f -C "$BATS_TEST_TMPDIR/$1.conf"
}

# ids NAME: the identifiers collectd NAME has written.
ids() { (cd "$BATS_TEST_TMPDIR/$1.csv/h" && find . -type f | sed -E 's|^\./||; s|-[0-9]{4}-[0-9]{2}-[0-9]{2}$||' | sort); }

# csv NAME IDENTIFIER: the CSV file(s) of an identifier, without their header.
csv() { cat "$BATS_TEST_TMPDIR/$1.csv/h/$2"-[0-9]*-[0-9]* | grep -v '^epoch'; }

# lines NAME IDENTIFIER N: whether there are N values of it.
lines() { [ "$(csv "$1" "$2" | wc -l)" -ge "$3" ]; }

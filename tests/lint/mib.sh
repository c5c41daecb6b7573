#!/bin/sh
# SCALEMON-MIB: smilint has nothing to say of it, here and rebased; OIDS.md is what it says, what is installed has the root of
# this build (TAP).
src=${SCM_SRC:-$(dirname "$0")/../..}
mib=$src/mibs/SCALEMON-MIB.txt
playpen=1.3.6.1.4.1.8072.9999.9999
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0
result() {   # result STATUS WHAT [LOG]
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$3"; fi
}

echo 1..7
awk -v root=$playpen.2010 -f "$src/mibs/oids.awk" "$mib" | diff "$src/mibs/OIDS.md" - >"$work/log"
result $? "OIDS.md is current (else: awk -v root=$playpen.2010 -f mibs/oids.awk mibs/SCALEMON-MIB.txt >mibs/OIDS.md)" "$work/log"

awk -v root=$playpen.2010 -f "$src/mibs/rebase.awk" "$mib" | diff "$mib" - >"$work/log"
result $? "the default root leaves the text as it is" "$work/log"

# No OID of another root in the table, and as many as there are.
root=${SCM_OID_ROOT:-$playpen.2010}
sed "s/| $playpen\\.2010\\./| $root./" "$src/mibs/OIDS.md" | diff - "${SCM_BUILD:-.}/mibs/rebased/OIDS.md" >"$work/log" 2>&1
result $? "the table that is installed is at this build's root, $root" "$work/log"

# The IETF's modules are not free enough for Debian: they lie beside the checkout, or nowhere.
shared=
for dir in "$SCM_MIBS" "$src/../shared/mibs" "$src/../../shared/mibs"; do
    [ -n "$dir" ] && [ -e "$dir/SNMPv2-SMI.txt" ] && shared=$dir && break
done
for root in $playpen.2010 $playpen.7 1.3.6.1.4.1.61509.7.1 1.3.6.1.3.99.1; do
    what="smilint -s -l 6 is silent at $root"
    if [ -z "$shared" ] || ! command -v smilint >/dev/null; then
        n=$((n + 1)); echo "ok $n - $what # SKIP needs smilint (smitools) and ../shared/mibs (or SCM_MIBS=DIR)"
        continue
    fi
    awk -v root=$root -f "$src/mibs/rebase.awk" "$mib" >"$work/SCALEMON-MIB.txt"
    SMIPATH=$shared smilint -s -l 6 "$work/SCALEMON-MIB.txt" >"$work/log" 2>&1
    [ ! -s "$work/log" ]; result $? "$what" "$work/log"
done

# Writes SCALEMON-MIB with another root: awk -v root=1.3.6.1.… -f rebase.awk SCALEMON-MIB.txt (configure --with-oid-root).
# Unchanged for the root that the text has.
BEGIN {
    playpen = "1.3.6.1.4.1.8072.9999.9999."
    moved = root != playpen "2010"
    if (index(root, playpen) == 1 && substr(root, length(playpen) + 1) !~ /\./) {
        stay = 1; parent = "netSnmpPlaypen"; rest = substr(root, length(playpen) + 1)
    } else if (index(root, "1.3.6.1.4.1.") == 1) {
        parent = "enterprises"; rest = substr(root, 13)
    } else {
        parent = "internet"; rest = substr(root, 9)
    }
    n = split(rest, arc, ".")
}
!moved { print; next }
!stay && /^    Counter32, Gauge32, Integer32, Unsigned32$/ { print $0 ", " parent; next }
!stay && /^        FROM IF-MIB$/ { print $0 ";"; next }
!stay && /^    netSnmpPlaypen$/ { getline; next }
/^         The module lives below netSnmpPlaypen/ {
    while ($0 !~ /"$/) getline
    print "         This copy of the module was given its place by the\n         --with-oid-root of ./configure.\""
    next
}
/^    ::= \{ netSnmpPlaypen 2010 \}$/ {   # with a name for each arc between, as smilint wants it
    print "    ::= { " (n > 1 ? "scmRoot" (n - 1) : parent) " " arc[n] " }"
    if (n > 1) print ""
    for (i = 1; i < n; i++) print "scmRoot" i " OBJECT IDENTIFIER ::= { " (i > 1 ? "scmRoot" (i - 1) : parent) " " arc[i] " }"
    next
}
{ print }

# Writes OIDS.md, the numeric object identifiers of SCALEMON-MIB, from its text: awk -v root=OID -f oids.awk SCALEMON-MIB.txt
# Reads what this module uses of SMIv2, in the layout that it is written in; tests/unit/test_mib.c compares the result with the
# agent's own tables, so that a misreading shows.

function trim(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }

# "{ parent n }" -> the OID of name
function place(name, text,    part) {
    sub(/^.*\{/, "", text); sub(/\}.*$/, "", text)
    split(trim(text), part, " ")
    oid[name] = (name == "scalemonMIB") ? root : oid[part[1]] "." part[2]
    return oid[name]
}

{ sub(/--.*/, "") }
/^[A-Z][A-Za-z0-9]* ::= TEXTUAL-CONVENTION/ { tc = $1; next }
tc != "" && /^ *SYNTAX/ { collect = 1; syntax = "" }
/^[a-z][A-Za-z0-9]* (OBJECT-TYPE|NOTIFICATION-TYPE|MODULE-IDENTITY|OBJECT-GROUP|NOTIFICATION-GROUP|MODULE-COMPLIANCE)/ {
    name = $1; kind = $2; access = ""; syntax = ""; index_of = ""
}
/^[a-z][A-Za-z0-9]* +OBJECT IDENTIFIER ::=/ { place($1, $0); next }
/^ *"/ { quoted = 1 }
quoted { if ($0 ~ /"$/) quoted = 0; next }
name != "" && kind == "OBJECT-TYPE" && /^ *SYNTAX/ { collect = 1 }
/^ *(MAX-ACCESS|UNITS|STATUS)/ { collect = 0 }
collect { line = $0; sub(/^ *SYNTAX +/, "", line); syntax = syntax " " line
          if (tc != "" && (syntax !~ /\{/ || syntax ~ /\}/)) { base[tc] = trim(syntax); tc = ""; collect = 0 } }
name != "" && /^ *MAX-ACCESS/ { access = $2 }
name != "" && /^ *INDEX/ { index_of = $0; sub(/^.*\{ */, "", index_of); sub(/ *\}.*$/, "", index_of) }
name != "" && /^ *::= \{/ {
    id = place(name, $0)
    syntax = trim(syntax)
    if (syntax in base) syntax = syntax " = " base[syntax]
    if (kind == "NOTIFICATION-TYPE") notes = notes sprintf("| %s | %s |\n", id, name)
    else if (kind == "OBJECT-TYPE" && syntax ~ /^SEQUENCE OF/) objects = objects sprintf("| %s | **%s** | | |\n", id, name)
    else if (kind == "OBJECT-TYPE" && index_of != "")
        objects = objects sprintf("| %s | %s | index: %s | |\n", id, name, index_of)
    else if (kind == "OBJECT-TYPE") objects = objects sprintf("| %s | %s | %s | %s |\n", id, name, syntax, access)
    name = ""; collect = 0
}
END {
    print "# Object identifiers of SCALEMON-MIB"
    print ""
    print "Made by `mibs/oids.awk` from `mibs/SCALEMON-MIB.txt`: do not edit. For tools without MIB files."
    print "A scalar's instance is `.0`; a named row's is the length of the name and its bytes: `.4.119.101.98.49` is \"web1\"."
    print ""
    print "| OID | object | syntax | access |"
    print "|---|---|---|---|"
    printf "%s", objects
    print ""
    print "| OID | notification |"
    print "|---|---|"
    printf "%s", notes
}

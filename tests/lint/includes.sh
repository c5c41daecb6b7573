#!/bin/sh
# Who may include whom (TAP). Dependencies follow the data; the table below is the rule.
# Each row: folder, then a regular expression of what its files must not include.
src=${SCM_SRC:-$(dirname "$0")/../..}
cd "$src" || exit 99
n=0
forbid() {   # forbid WHAT FILES... -- REGEX : no #include that matches REGEX in FILES
    what=$1; shift
    files=
    while [ "$1" != -- ]; do files="$files $1"; shift; done
    n=$((n + 1))
    # shellcheck disable=SC2086
    hits=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" $files /dev/null 2>/dev/null)
    if [ -z "$hits" ]; then echo "ok $n - $what"; else
        echo "not ok $n - $what"; echo "$hits" | sed 's/^/# /'
    fi
}
list() { find "$@" -name '*.[ch]' 2>/dev/null | sort; }

collectd='collectd\.h|plugin\.h|liboconfig|utils/common|daemon/|core/'
netsnmp='net-snmp/'
# shellcheck disable=SC2046
{
echo 1..7
forbid "common includes libc only" $(list common) -- "plugins/|agent/|console/|$collectd|$netsnmp|jansson|event2|ini\.h|rrd|ncurses|openssl"
forbid "plugins do not include agent, console" $(list plugins) -- 'agent/|console/'
forbid "hostres and eperf do not include each other" $(list plugins/hostres) -- 'plugins/eperf/'
forbid "agent does not include plugins, console" $(list agent) -- 'plugins/|console/'
forbid "console does not include plugins, agent" $(list console) -- 'plugins/|agent/'
forbid "only *_plugin.c includes collectd's headers" $(list common plugins agent console | grep -v '_plugin\.c$') -- "$collectd"
forbid "only the agent's agentx*, mib*, notify* files and the console include net-snmp" \
    $(list common plugins agent | grep -vE '^agent/(agentx|mib|notify)[a-z_]*\.[ch]$') -- "$netsnmp"
}

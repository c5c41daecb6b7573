# bash completion of scalemon(1): commands, their words and options, pools of console.conf.
_scalemon_pools() {
    sed -n 's/^\[pool \(.*\)\][[:space:]]*$/@\1/p' "${SCALEMON_CONF:-/etc/scalemon/console.conf}" 2>/dev/null
}

_scalemon() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' at=0 i words=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -[fYmMOIPDvrtcZeEnulxXaApTLs]) i=$((i + 1)) ;; # net-snmp's options that take a value, and -f
        -*) ;;
        *) verb=${COMP_WORDS[i]} at=$i; break ;;
        esac
    done
    if [ -z "$verb" ]; then
        case $prev in
        -v) words='2c 3' ;;
        -l) words='noAuthNoPriv authNoPriv authPriv' ;;
        -a) words='MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512' ;;
        -x) words='DES AES' ;;
        -f) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        *) words='status top portal limit agent eperf events graph report' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
    fi
    case $prev in
    -o | --output) words='table json csv' ;;
    --severity) words='warning failure' ;;
    --format) words='png svg' ;;
    --theme) words='light dark' ;;
    --range) words='hour day week month year' ;;
    --marks) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --out | --rrd) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
    fi
    case $verb in
    top) words='-i --interval --no-color' ;;
    portal) words='--parallel --max-running --among --timeout -q --quiet' ;;
    limit) words='--metric --above --below --clear --hits --clear-hits --severity' ;;
    eperf) words='--timeout --no-wait' ;;
    events) words='-f --follow -n --count -i --interval' ;;
    graph) words='--out --rrd --range --graph --marks --daemon --end --format --theme --size --pool --values' ;;
    report) words='--out --rrd --range --graph --marks --daemon --end' ;;
    esac
    words+=' -h --help'
    case $verb in
    status | portal | limit | agent | eperf | events) words+=' -o --output' ;;
    esac
    if [ $((COMP_CWORD - at)) = 1 ]; then
        case $verb in
        portal) words="list on off hold $words" ;;
        limit) words="list set delete $words" ;;
        agent) words="list running maintenance shutdown $words" ;;
        eperf) words="list run $words" ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words $(_scalemon_pools)" -- "$cur"; compgen -A hostname -- "$cur")
}
complete -F _scalemon scalemon

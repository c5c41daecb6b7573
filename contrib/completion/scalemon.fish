# fish completion of scalemon(1).
set -l verbs status top portal limit agent eperf events graph report

function __scalemon_pools
    set -q SCALEMON_CONF; or set -l SCALEMON_CONF /etc/scalemon/console.conf
    sed -n 's/^\[pool \(.*\)\][[:space:]]*$/@\1/p' $SCALEMON_CONF 2>/dev/null
end

complete -c scalemon -f
complete -c scalemon -n "not __fish_seen_subcommand_from $verbs" -s f -r -F -d configuration
complete -c scalemon -n "not __fish_seen_subcommand_from $verbs" -s v -x -a '2c 3' -d 'SNMP version'
complete -c scalemon -n "not __fish_seen_subcommand_from $verbs" -s l -x -a 'noAuthNoPriv authNoPriv authPriv' -d 'security level'
for verb in $verbs
    complete -c scalemon -n "not __fish_seen_subcommand_from $verbs" -a $verb
    complete -c scalemon -n "__fish_seen_subcommand_from $verb" -s h -l help -d 'show the options'
    complete -c scalemon -n "__fish_seen_subcommand_from $verb" -a '(__scalemon_pools) (__fish_print_hostnames)'
end
for verb in status portal limit agent eperf events
    complete -c scalemon -n "__fish_seen_subcommand_from $verb" -s o -l output -x -a 'table json csv' -d format
end
complete -c scalemon -n '__fish_seen_subcommand_from portal' -a 'list on off hold'
complete -c scalemon -n '__fish_seen_subcommand_from portal' -l parallel -x -d 'hosts at a time'
complete -c scalemon -n '__fish_seen_subcommand_from portal' -l max-running -x -d 'never more than'
complete -c scalemon -n '__fish_seen_subcommand_from portal' -l among -x -a '(__scalemon_pools)' -d 'counts, is not switched'
complete -c scalemon -n '__fish_seen_subcommand_from portal' -s q -l quiet -d 'no progress'
complete -c scalemon -n '__fish_seen_subcommand_from limit' -a 'list set delete'
for setting in metric above below clear hits clear-hits
    complete -c scalemon -n '__fish_seen_subcommand_from limit' -l $setting -x
end
complete -c scalemon -n '__fish_seen_subcommand_from limit' -l severity -x -a 'warning failure'
complete -c scalemon -n '__fish_seen_subcommand_from agent' -a 'list running maintenance shutdown'
complete -c scalemon -n '__fish_seen_subcommand_from eperf' -a 'list run'
complete -c scalemon -n '__fish_seen_subcommand_from eperf' -l no-wait -d 'do not wait for the result'
complete -c scalemon -n '__fish_seen_subcommand_from portal eperf' -l timeout -x -d seconds
complete -c scalemon -n '__fish_seen_subcommand_from top' -l no-color -d 'no colours'
complete -c scalemon -n '__fish_seen_subcommand_from top events' -s i -l interval -x -d seconds
complete -c scalemon -n '__fish_seen_subcommand_from events' -s f -l follow -d follow
complete -c scalemon -n '__fish_seen_subcommand_from events' -s n -l count -x -d newest
for directory in out rrd
    complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l $directory -x -a '(__fish_complete_directories)' -d directory
end
complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l range -x -a 'hour day week month year' -d 'how far back'
complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l graph -x -d 'only these'
complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l marks -r -F -d 'limits or events as JSON'
complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l daemon -r -F -d 'address of rrdcached'
complete -c scalemon -n '__fish_seen_subcommand_from graph report' -l end -x -d 'seconds of the epoch'
complete -c scalemon -n '__fish_seen_subcommand_from graph' -l format -x -a 'png svg' -d 'file format'
complete -c scalemon -n '__fish_seen_subcommand_from graph' -l theme -x -a 'light dark' -d colours
complete -c scalemon -n '__fish_seen_subcommand_from graph' -l size -x -d WxH
complete -c scalemon -n '__fish_seen_subcommand_from graph' -l pool -d 'all hosts together'
complete -c scalemon -n '__fish_seen_subcommand_from graph' -l values -d 'print the values'

# eperf run: a real collectd with the eperf plugin, a real scalemond behind a real snmpd, and the console.
load lib
load agent
load console

setup() {
    export RUN_DIR=$BATS_TEST_TMPDIR
    BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR console_prepare
    agent_prepare
    add_eperf_tests
    agent_start
    poll 20 eval 'console list | grep -q nobody'
}
teardown() { stop_all; no_findings; }

console() { "$SCM_BUILD/scalemon" -f "$CONF" "${SNMP_ARGS[@]}" eperf "$@" "$SNMP_TARGET"; }

@test "eperf run: each run's own result, its failure with the reason, and the list" {
    local first
    run console run self --timeout 60
    echo "$output"
    [ "$status" = 0 ]
    [[ $output =~ ok\ +[0-9.]+\ +upload\ [0-9.]+[kMGT],\ download\ [0-9.]+[kMGT]$ ]]
    first=$(console list -o json | jq -r '.[] | select(.test == "self").last_run')
    [ -n "$first" ]
    run console run self --timeout 60
    echo "$output"
    [ "$status" = 0 ]
    [ "$(console list -o json | jq -r '.[] | select(.test == "self").last_run')" != "$first" ]
    run console run nobody --timeout 60
    echo "$output"
    [ "$status" = 3 ]
    [[ $output == *nobody*failed*refused* ]]
    console list -o json | jq -e '.[] | select(.test == "self") | .status == "ok" and .upload > 1e6 and .download > 1e6'
    console list -o json | jq -e '.[] | select(.test == "nobody") | .status == "failed" and .upload == null'
    run console run self --no-wait
    [ "$status" = 0 ]
}

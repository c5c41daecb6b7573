# What the console's tests share: the responder (tests/integration/answers) and the console with its options.
# shellcheck shell=bash disable=SC2034
#
#   answers_start NAME [OPTION...]   the responder as spawn NAME, on port $PORT (once free_port has chosen it)
#   scm ARGUMENT...                  scalemon by v2c; scm3: by v3 authPriv; no configuration of this machine is read
#   host I                           the address of the responder's agent I (0..)

console_prepare() {
    PORT=$(free_port)
    export SNMPCONFPATH=$BATS_FILE_TMPDIR/snmp SNMP_PERSISTENT_DIR=$BATS_FILE_TMPDIR/snmp
    mkdir -p "$SNMPCONFPATH"
    CONF=$BATS_FILE_TMPDIR/console.conf
    [ -e "$CONF" ] || : >"$CONF"
    export PORT CONF
}

answers_start() {
    local name=$1; shift
    spawn "$name" "$SCM_BUILD/tests/integration/answers/answers" -p "$PORT" -n 1000 \
        -t "$SCM_SRC/tests/integration/answers/status.answers" -u ops -A authpass123 -X privpass123 "$@"
    poll 10 grep -q ready "$RUN_DIR/$name.log"
}

# answers_table NAME FILE: one more, with another table, on a port of its own that is left in $BATS_TEST_TMPDIR/port
answers_table() {
    local port; port=$(free_port)
    echo "$port" >"$BATS_TEST_TMPDIR/port"
    spawn "$1" "$SCM_BUILD/tests/integration/answers/answers" -p "$port" -n 10 -t "$2"
    poll 10 grep -q ready "$RUN_DIR/$1.log"
}

scm() { "$SCM_BUILD/scalemon" -f "$CONF" -v2c -c public -t "${TIMEOUT:-1}" -r "${RETRIES:-1}" "$@"; }
scm3() {
    "$SCM_BUILD/scalemon" -f "$CONF" -v3 -l authPriv -u ops -a SHA -A authpass123 -x AES -X privpass123 \
        -t "${TIMEOUT:-1}" -r "${RETRIES:-1}" "$@"
}
host() { echo "127.1.$(($1 / 250)).$(($1 % 250 + 1)):$PORT"; }
hosts() { local i; for ((i = $1; i <= $2; i++)); do host "$i"; done; }

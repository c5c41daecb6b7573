#!/usr/bin/env bats
# The store under kill -9, power cuts, a full disk and failing system calls: nothing acknowledged is lost, nothing refused stands.

load lib

setup() {
    driver=$SCM_BUILD/tests/integration/store_driver
    dir=$BATS_TEST_TMPDIR/state log=$BATS_TEST_TMPDIR/log
    seed=$((RANDOM * 32768 + RANDOM))
}
teardown() {
    stop_all
    if mountpoint -q "$BATS_TEST_TMPDIR/mnt"; then umount -l "$BATS_TEST_TMPDIR/mnt"; fi
}

@test "kill -9 at random moments while documents and events are written" {
    echo "# seed $seed" >&3
    run "$driver" kill "$dir" "$(count 150 1000)" "$seed"
    echo "# $output" >&3
    [ "$status" = 0 ]
    [ -z "$(find "$dir" -name '*.corrupt-*')" ]
}

@test "power cuts of an ext4" {
    [ "$(id -u)" = 0 ] || skip "needs root, for a loop mount and the shutdown of an ext4"
    unshare -m true || skip "needs mount namespaces"
    echo "# seed $seed" >&3
    run unshare -m bash "$BATS_TEST_DIRNAME/power_cuts.sh" "$driver" "$BATS_TEST_TMPDIR" "$(count 15 200)" "$seed"
    [ "$status" != 77 ] || skip "${lines[-1]}"
    echo "# $output" >&3
    [ "$status" = 0 ]
}

@test "a full tmpfs of 16 KiB: refused with a reason, the old state stands" {
    need_root
    local mnt=$BATS_TEST_TMPDIR/mnt
    mkdir "$mnt"
    mount -t tmpfs -o size=16k none "$mnt" || skip "needs to mount a tmpfs, which is not allowed here"
    "$driver" some "$mnt/state" 50 >"$log"
    grep -q '^ack' "$log"
    grep -q '^fail' "$log"
    "$driver" check "$mnt/state" "$log"
    rm "$mnt/state/settings.bak"      # room again: writing goes on
    "$driver" some "$mnt/state" 1 >>"$log"
    "$driver" check "$mnt/state" "$log"
}

# fault CALL ERROR WHEN: every so many of these system calls fail. `failed` counts the documents that were refused.
fault() {
    rm -rf "$dir" "$log"
    "$driver" some "$dir" 3 >"$log"
    strace -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:error=$2:when=$3" "$driver" some "$dir" "$(count 20 200)" >>"$log"
    grep -q '^ack' "$log"
    "$driver" check "$dir" "$log" >/dev/null || { echo "$*: $("$driver" check "$dir" "$log")" >&3; return 1; }
    failed=$(grep -c '^fail' "$log" || true)
}

@test "every Nth open, write, fsync, rename or link fails" {
    strace -qq -o /dev/null true || skip "needs strace, which may not trace here"
    local n call
    export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # the leak check is a tracer itself
    for n in 2 7; do
        for call in fsync:EIO write:ENOSPC renameat:EIO linkat:EIO; do
            fault "${call%:*}" "${call#*:}" "$n+$n"
            [ "$failed" -gt 0 ]
        done
        fault fdatasync EIO "$n+$n" # the journal's: no document fails
        fault pwrite64 ENOSPC "$n+$n"
        # behind the program's own start; a sanitizer opens files when it likes
        [ -n "$SCM_SANITIZERS" ] || fault openat EMFILE "$((40 + n))+$n"
    done
}

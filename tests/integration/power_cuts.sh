#!/bin/bash
# power_cuts.sh DRIVER DIR CUTS SEED: CUTS power cuts of an ext4 in a file in DIR, a writer at work on it, and after each the check of
# what was promised. To be run as root under `unshare -m`: a mount that others' namespaces had copied would not go away, and with it
# not the shut-down file system. Exit status 77: this machine can't (the reason is the last line).
driver=$1 dir=$2 cuts=$3 RANDOM=$4
image=$dir/image mnt=$dir/mnt log=$dir/log
cant() { echo "needs $1"; exit 77; }

mkdir -p "$mnt"
truncate -s 32M "$image" && mkfs.ext4 -q "$image" || cant "mkfs.ext4"
loop=$(losetup --show -f "$image") || cant "loop devices"
trap 'umount -l "$mnt" 2>/dev/null; losetup -d "$loop"' EXIT
mount "$loop" "$mnt" || cant "to mount ext4"
"$driver" shutdown "$mnt" || cant "a kernel that can shut an ext4 down"
umount "$mnt" && mount "$loop" "$mnt" || exit 1
: >"$log"
for ((i = 0; i < cuts; i++)); do
    "$driver" write "$mnt/state" >>"$log" &
    pid=$!
    sleep "0.0$((RANDOM % 90 + 10))"
    "$driver" shutdown "$mnt" "$pid"
    kill -KILL "$pid" 2>/dev/null # a writer that could not even begin has ended
    wait "$pid" 2>/dev/null
    umount "$mnt" && mount "$loop" "$mnt" || exit 1
    # what was begun when the power went may stand or not; what the writer was told after the cut is no promise either
    grep -v '^fail' "$log" >"$log.promises"
    "$driver" check "$mnt/state" "$log.promises" >"$dir/check" || { echo "cut $i: $(cat "$dir/check")"; exit 1; }
done
echo "$cuts cuts: $(cat "$dir/check")"
# on a loaded machine some cuts come before the first write
[ "$(grep -c '^ack' "$log")" -ge $((cuts / 2)) ]

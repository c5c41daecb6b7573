"""A file server that is dead: dead_mount.py DIR COMMAND...

Mounts on DIR a FUSE file system that never answers, so that whoever looks below it waits for ever, and executes COMMAND in this
process. The mount is alive for as long as the command. Needs root; run it in a mount namespace of its own (unshare --mount)."""
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
directory, command = sys.argv[1], sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)
fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0"
if libc.mount(b"dead", directory.encode(), b"fuse", 0, options.encode()) != 0:
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
if os.fork() == 0:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    while True:
        signal.pause()  # with the other end of the mount in hand
os.close(fuse)
os.execv(command[0], command)

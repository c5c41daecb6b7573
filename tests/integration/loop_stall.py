"""How long the loop was ever away from waiting: loop_stall.py PID SECONDS looks each millisecond or so what system call the main
thread is in, and prints the longest stretch, in milliseconds, between two looks that both found it waiting for events. A look that
came late itself (a loaded machine) ends a stretch without counting."""
import sys
import time

WAITING = {"232", "281", "441"}  # epoll_wait, epoll_pwait, epoll_pwait2 on x86-64

pid, seconds = sys.argv[1], float(sys.argv[2])
worst = 0.0
begin = last = last_waiting = time.monotonic()
with open(f"/proc/{pid}/task/{pid}/syscall") as f:
    while last - begin < seconds:
        f.seek(0)
        waiting = f.read().split()[0] in WAITING
        now = time.monotonic()
        if now - last > 0.02:
            last_waiting = now
        elif waiting:
            worst = max(worst, now - last_waiting)
            last_waiting = now
        else:
            worst = max(worst, now - last_waiting)
        last = now
        time.sleep(0.001)
print("%.1f" % (1000 * worst))

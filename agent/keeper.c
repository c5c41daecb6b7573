/*             exec fails                          exit 0, spare
 *   START ---------------> report      RUN --------------------------> report, leave the rest alone
 *     | exec                            | exit (otherwise), deadline, SIGTERM
 *     +-------> RUN                     v
 *                                      END: TERM, 5 s, KILL until nobody is left ---> report
 */
#include "agent/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/output.h"
#include "agent/procs.h"

enum { OUTPUT_LOOK_MS = 50 }; /* between two looks at the size of the output */

struct keeper {
    const struct keeper_job *job;
    struct procs procs;
    int signals;      /* signalfd: CHLD, TERM */
    int output;       /* to watch, cut and read; holds the lock */
    int script_output; /* the same file, opened again, for the script to keep: it must not keep the lock */
    off_t output_from; /* where this run's output begins */
    pid_t pid;        /* the script */
    int status;
    bool ended;       /* the script itself has; status is set */
    bool cancelled;
};

static void explain(struct runner_event *event, enum runner_outcome outcome, const char *what, const char *why)
{
    event->outcome = outcome;
    event->output_len = (uint32_t)snprintf(event->output, sizeof event->output, "%.300s: %s", what, why);
}

/* The child: becomes the user, opens, checks, executes. What goes wrong goes up the pipe as text. */
static _Noreturn void child_main(const struct keeper *keeper, int errors)
{
    const struct keeper_job *job = keeper->job;
    char reason[SCRIPT_REASON_MAX] = "";
    int fd;
    setsid();
    if (!procs_enter(&keeper->procs)) {
        snprintf(reason, sizeof reason, "cannot enter the cgroup: %s", strerror(errno));
    } else if (script_become(job->user, reason) && (fd = script_open(job->command, job->user, reason)) >= 0) {
        script_exec(fd, keeper->script_output, job->command, job->user, job->portal, job->action);
        snprintf(reason, sizeof reason, "%.200s: %s", job->command->words[0], strerror(errno));
    }
    if (write(errors, reason, strlen(reason)) < 0)
        _exit(125);
    _exit(126);
}

/* Handles the signals that have come. */
static void read_signals(struct keeper *keeper)
{
    struct signalfd_siginfo info;
    while (read(keeper->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM)
            keeper->cancelled = true;
}

/* Waits for a signal, at most until `until` and never longer than the output may go unwatched. */
static void wait_a_little(struct keeper *keeper, int64_t until)
{
    struct pollfd poll_fd = {.fd = keeper->signals, .events = POLLIN};
    int64_t left = until - clock_mono_ms();
    poll(&poll_fd, 1, (int)(left < 0 ? 0 : left < OUTPUT_LOOK_MS ? left : OUTPUT_LOOK_MS));
    read_signals(keeper);
    if (output_bound(keeper->output))
        keeper->output_from = 0;
}

/* Ends everything the run has started. True when nothing is left. */
static bool end_all(struct keeper *keeper)
{
    static const struct {
        int signal;
        int64_t patience_ms, again_ms;
    } steps[] = {{SIGTERM, KEEPER_TERM_MS, KEEPER_TERM_MS}, {SIGKILL, KEEPER_KILL_MS, 20}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int64_t now = clock_mono_ms(), until = now + steps[i].patience_ms;
        for (int64_t again = now; now < until; now = clock_mono_ms()) {
            if (!procs_reap(&keeper->procs, keeper->pid, &keeper->status, &keeper->ended))
                return true;
            if (now >= again) {
                procs_signal(&keeper->procs, steps[i].signal);
                again = now + steps[i].again_ms;
            }
            wait_a_little(keeper, again < until ? again : until);
        }
    }
    return !procs_reap(&keeper->procs, keeper->pid, &keeper->status, &keeper->ended);
}

/* Starts the script. False and a reason (in event->output) where it could not be executed. */
static bool start(struct keeper *keeper, struct runner_event *event, int64_t deadline)
{
    int errors[2];
    size_t len = 0;
    if (pipe2(errors, O_CLOEXEC) != 0) {
        explain(event, RUNNER_NOT_STARTED, "pipe", strerror(errno));
        return false;
    }
    int high = fcntl(errors[1], F_DUPFD_CLOEXEC, 10); /* out of the way of the script's descriptors */
    close(errors[1]);
    keeper->pid = fork();
    int fork_error = errno;
    if (keeper->pid == 0)
        child_main(keeper, high);
    close(high);
    /* end of file without a word: it was executed. A dead file server must not hold us: the deadline counts from here. */
    for (bool more = keeper->pid > 0; more;) {
        struct pollfd poll_fd = {.fd = errors[0], .events = POLLIN};
        int64_t left = deadline - clock_mono_ms();
        if (left <= 0 || keeper->cancelled)
            break;
        if (poll(&poll_fd, 1, (int)(left < OUTPUT_LOOK_MS ? left : OUTPUT_LOOK_MS)) > 0) {
            ssize_t n = read(errors[0], event->output + len, sizeof event->output - len);
            more = n > 0;
            len += n > 0 ? (size_t)n : 0;
        }
        read_signals(keeper);
    }
    close(errors[0]);
    event->output_len = (uint32_t)len;
    if (keeper->pid < 0)
        explain(event, RUNNER_NOT_STARTED, "fork", strerror(fork_error));
    return keeper->pid > 0 && len == 0;
}

/* Waits for the end of the script, and ends the rest. */
static void run(struct keeper *keeper, struct runner_event *event, int64_t deadline)
{
    bool late = false;
    for (;;) {
        procs_reap(&keeper->procs, keeper->pid, &keeper->status, &keeper->ended);
        late = !keeper->ended && clock_mono_ms() >= deadline;
        if (keeper->ended || late || keeper->cancelled)
            break;
        wait_a_little(keeper, deadline);
    }
    bool well = keeper->ended && WIFEXITED(keeper->status) && WEXITSTATUS(keeper->status) == 0;
    int status = keeper->status;
    bool gone = (well && keeper->job->spare) || end_all(keeper);
    if (late) {
        event->outcome = RUNNER_TIMED_OUT;
    } else if (keeper->cancelled && !well) {
        event->outcome = RUNNER_CANCELLED;
    } else if (WIFSIGNALED(status)) {
        event->outcome = RUNNER_SIGNALLED;
        event->code = WTERMSIG(status);
    } else {
        event->outcome = RUNNER_EXITED;
        event->code = WEXITSTATUS(status);
    }
    event->output_len = (uint32_t)output_tail(keeper->output, keeper->output_from, event->output, sizeof event->output);
    if (!gone) { /* unkillable: in the kernel, on a dead disk or server */
        static const char note[] = "\nprocesses are left that not even KILL ends\n";
        size_t at = event->output_len < sizeof event->output - sizeof note ? event->output_len
                                                                          : sizeof event->output - sizeof note;
        memcpy(event->output + at, note, sizeof note - 1);
        event->output_len = (uint32_t)(at + sizeof note - 1);
    }
}

_Noreturn void keeper_main(const struct keeper_job *job, struct runner_event *event, int result_fd)
{
    struct keeper keeper = {.job = job};
    struct stat st;
    char name[96];
    int64_t began = clock_mono_ms();
    sigset_t set;
    setsid();
    prctl(PR_SET_NAME, "scalemond-keep");
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_SETMASK, &set, NULL);
    keeper.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    snprintf(name, sizeof name, "%s-%s-%d", job->portal, job->action, getpid());
    procs_open(&keeper.procs, job->cgroup_base, name);
    event->outcome = RUNNER_NOT_STARTED;
    keeper.output = output_open(job->output_dir, job->portal);
    if (keeper.output < 0 || keeper.signals < 0) {
        explain(event, RUNNER_NOT_STARTED, job->output_dir, strerror(errno));
    } else if (flock(keeper.output, LOCK_EX | LOCK_NB) != 0) { /* a keeper of an earlier runner is at work */
        explain(event, RUNNER_BUSY, job->portal, "an earlier run has not ended");
    } else if ((keeper.script_output = output_open(job->output_dir, job->portal)) < 0) {
        explain(event, RUNNER_NOT_STARTED, job->output_dir, strerror(errno));
    } else {
        keeper.output_from = fstat(keeper.output, &st) == 0 ? st.st_size : 0;
        if (start(&keeper, event, began + job->timeout_ms))
            run(&keeper, event, began + job->timeout_ms);
        else
            end_all(&keeper);
    }
    event->duration_ms = (uint32_t)(clock_mono_ms() - began);
    if (keeper.output >= 0)
        close(keeper.output); /* and the lock: who hears of our end may start the next */
    ssize_t sent = write(result_fd, event, sizeof *event); /* no runner, no listener: nothing to be done about it */
    _exit(sent == (ssize_t)sizeof *event ? 0 : 1);
}

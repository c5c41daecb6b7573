/* Two things happen here: scripts and the agent.
 *
 *   a script:  RUN from the agent -> a keeper process (keeper.c) -> its result -> RESULT to the agent
 *   the agent: ended with 0: we end. Ended otherwise, silent for RUNNER_DEAD_MS, or caught lying: started again after a pause.
 *
 * A result that comes while there is no agent waits for the next one, which is first told what is still running.
 * SIGHUP: a good file waits until no script runs, then the agent is ended and a new one started with it. */
#include "agent/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/dirs.h"
#include "agent/log.h"
#include "agent/procs.h"
#include "agent/runner_msg.h"
#include "agent/runs.h"
#include "agent/script.h"
#include "agent/systemd.h"

enum {
    TICK_MS = 1000,
    AGENT_STOP_MS = 5000,     /* TERM to KILL */
    AGENT_PAUSE_MS = 50,      /* before the first restart; doubles */
    AGENT_PAUSE_CRASH_MS = 1000, /* at most, after a signal: whatever it was, states must be right again soon */
    AGENT_PAUSE_EXIT_MS = 30000, /* at most, after an exit: it could not start, and has said why */
    AGENT_STEADY_MS = 5000,   /* an agent that lived so long is a good one */
    DIRS_START_MS = 5000,     /* for the directories to answer, before there is anything else to do */
    DIRS_RELOAD_MS = 2000,    /* while everything else waits for us */
};

struct runner {
    struct config *config, *next; /* next: read by SIGHUP, waits for the scripts to end */
    bool to_syslog;
    struct runs runs;
    int signals;
    pid_t agent; /* 0: none */
    int agent_fd; /* or -1 */
    int64_t agent_since, agent_heard, agent_due; /* due: when to start one; monotonic ms */
    int64_t agent_kill;  /* when its patience ends after TERM; 0: was not asked to end */
    unsigned agent_deaths; /* in quick succession */
    bool ending; /* SIGTERM, or the operator's shutdown */
};

static uint32_t n_scripts(const struct runner *runner)
{
    return (uint32_t)(runner->config->n_portals * CONFIG_SCRIPTS);
}

static bool send_event(const struct runner *runner, const struct runner_event *event)
{
    return runner->agent_fd >= 0 &&
           send(runner->agent_fd, event, sizeof *event, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *event;
}

/* Tells results that no agent has taken; what cannot be told now stays. */
static void tell_results(struct runner *runner)
{
    for (size_t i = 0; i < runner->config->n_portals; i++) {
        struct run *run = &runner->runs.of[i];
        if (run->unheard && send_event(runner, &run->event))
            run->unheard = false;
    }
}

static void run_script(struct runner *runner, const struct runner_request *request)
{
    struct runner_event answer;
    if (!runs_start(&runner->runs, request, &answer) && !send_event(runner, &answer))
        log_line(LOG_WARNING, "cannot answer the agent: %s", strerror(errno));
}

static void log_report(void *arg, const char *message)
{
    log_line(LOG_WARNING, "%s", message);
}

static void warn_of_root(const struct config *config)
{
    char reason[SCRIPT_REASON_MAX];
    struct script_user user;
    if (script_user(config->user, &user, reason) && user.uid == 0)
        log_line(LOG_WARNING, "the agent runs as root: give [agent] user in %s", config->file);
}

/* Fixes the table of scripts, and says what is wrong with it: that is no reason not to run the others. */
static void make_table(struct runner *runner, int cgroup_base)
{
    runs_init(&runner->runs, runner->config, cgroup_base);
    pid_t pid = fork(); /* a dead file server must not hold us; reap() collects the child */
    if (pid == 0) {
        close_range(3, ~0U, 0);
        warn_of_root(runner->config);
        script_check(runner->config, log_report, NULL);
        _exit(0);
    }
    if (pid < 0)
        log_line(LOG_WARNING, "the scripts are not checked: fork: %s", strerror(errno));
}

/* ---- the agent ---- */

/* In the agent's process: lets go of everything, becomes the agent's user. */
static _Noreturn void become_agent(const struct runner *runner, int fd)
{
    char reason[SCRIPT_REASON_MAX];
    struct script_user user;
    sigset_t none;
    log_open("agent", runner->to_syslog);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    prctl(PR_SET_NAME, "scalemond-agent");
    if (dup2(fd, 3) < 0 || close_range(4, ~0u, 0) != 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0) {
        log_line(LOG_ERR, "cannot set up descriptors: %s", strerror(errno));
        _exit(1);
    }
    if (!script_user(runner->config->user, &user, reason) || !script_become(&user, reason) ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_line(LOG_ERR, "cannot give up privileges: %s", reason);
        _exit(1);
    }
    exit(agent_main(runner->config, 3));
}

/* Tells a new agent what it could not have seen. */
static void brief_agent(struct runner *runner)
{
    struct runner_event event = {.magic = RUNNER_MAGIC, .kind = RUNNER_HELLO};
    bool good = true;
    for (size_t i = 0; i < runner->config->n_portals; i++)
        if (runner->runs.of[i].keeper != 0) {
            struct runner_event running = runner->runs.of[i].event;
            running.kind = RUNNER_RUNNING;
            good = send_event(runner, &running) && good;
        }
    tell_results(runner);
    if (!send_event(runner, &event) || !good)
        log_line(LOG_WARNING, "cannot brief the agent: %s", strerror(errno));
}

static void start_agent(struct runner *runner, int64_t now)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        log_line(LOG_ERR, "cannot start the agent: %s", strerror(errno));
        runner->agent_due = now + TICK_MS;
        return;
    }
    runner->agent = fork();
    if (runner->agent == 0)
        become_agent(runner, pair[1]);
    close(pair[1]);
    if (runner->agent < 0) {
        log_line(LOG_ERR, "cannot start the agent: %s", strerror(errno));
        close(pair[0]);
        runner->agent = 0;
        runner->agent_due = now + TICK_MS;
        return;
    }
    runner->agent_fd = pair[0];
    runner->agent_since = runner->agent_heard = now;
    runner->agent_kill = 0;
    brief_agent(runner);
}

static void end_agent(struct runner *runner, int64_t now)
{
    if (runner->agent == 0 || runner->agent_kill != 0)
        return;
    kill(runner->agent, SIGTERM);
    runner->agent_kill = now + AGENT_STOP_MS;
}

static void agent_ended(struct runner *runner, int status, int64_t now)
{
    bool asked = runner->agent_kill != 0, crash = WIFSIGNALED(status);
    runner->agent = 0;
    if (runner->agent_fd >= 0)
        close(runner->agent_fd);
    runner->agent_fd = -1;
    runner->agent_due = now;
    if (runner->ending || asked)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        log_line(LOG_NOTICE, "the agent was told to shut down");
        runner->ending = true;
        return;
    }
    runner->agent_deaths = now - runner->agent_since >= AGENT_STEADY_MS ? 0 : runner->agent_deaths + 1;
    int64_t pause = (int64_t)AGENT_PAUSE_MS << (runner->agent_deaths < 16 ? runner->agent_deaths : 16);
    int64_t most = crash ? AGENT_PAUSE_CRASH_MS : AGENT_PAUSE_EXIT_MS;
    pause = pause < most ? pause : most;
    runner->agent_due = now + pause;
    log_line(LOG_ERR, "the agent was ended by %s %d; next in %lld ms", crash ? "signal" : "exit status",
             crash ? WTERMSIG(status) : WEXITSTATUS(status), (long long)pause);
}

static void take_request(struct runner *runner, int64_t now)
{
    struct runner_request request;
    char buf[sizeof request + 1];
    ssize_t n = recv(runner->agent_fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !runner_request_parse(buf, (size_t)n, n_scripts(runner), &request)) {
        if (n > 0)
            log_line(LOG_CRIT, "the agent sent what no agent sends; killed");
        /* or it closed the socket: it is on its way out, and of no use if it is not */
        kill(runner->agent, SIGKILL);
        close(runner->agent_fd);
        runner->agent_fd = -1;
        return;
    }
    runner->agent_heard = now;
    switch ((enum runner_request_kind)request.kind) {
    case RUNNER_READY:
        systemd_ready();
        break;
    case RUNNER_ALIVE:
        break;
    case RUNNER_RUN:
        if (runner->next == NULL) /* else it will be asked again, by the agent of the new configuration */
            run_script(runner, &request);
        break;
    case RUNNER_CANCEL:
        runs_cancel(&runner->runs, &request);
        break;
    }
}

/* ---- signals and time ---- */

static void reload(struct runner *runner)
{
    char why[CONFIG_TEXT_MAX * 2 + SCRIPT_REASON_MAX];
    struct config *config = config_load(runner->config->file, log_report, NULL);
    if (config != NULL && !dirs_prepare(config, DIRS_RELOAD_MS, why, sizeof why)) { /* its agent could not start: better keep the one there is */
        log_line(LOG_ERR, "%s", why);
        config_free(config);
        config = NULL;
    }
    if (config == NULL) {
        log_line(LOG_ERR, "%s is refused; the old configuration stands", runner->config->file);
        return;
    }
    log_line(LOG_NOTICE, "%s is good; it takes effect when no script runs", runner->config->file);
    systemd_reloading();
    config_free(runner->next);
    runner->next = config;
}

static void reap(struct runner *runner, int64_t now)
{
    int status;
    pid_t pid;
    /* keepers tell their end through their pipes; the others are what portals left to us */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == runner->agent)
            agent_ended(runner, status, now);
}

static void take_signals(struct runner *runner, int64_t now)
{
    struct signalfd_siginfo info;
    while (read(runner->signals, &info, sizeof info) == (ssize_t)sizeof info)
        switch (info.ssi_signo) {
        case SIGHUP:
            reload(runner);
            break;
        case SIGTERM:
        case SIGINT:
            runner->ending = true;
            systemd_stopping();
            break;
        default:
            break;
        }
    reap(runner, now);
}

/* What follows from the time and the state; called at every turn of the loop. */
static void attend(struct runner *runner, int64_t now)
{
    bool settled = runner->next != NULL && !runs_any(&runner->runs); /* a new configuration may take effect */
    tell_results(runner);
    if (runner->agent != 0 && runner->agent_kill == 0 && now - runner->agent_heard > RUNNER_DEAD_MS) {
        log_line(LOG_CRIT, "the agent has been silent for %d s; killed", RUNNER_DEAD_MS / 1000);
        kill(runner->agent, SIGKILL);
        runner->agent_heard = now;
    }
    if (runner->agent != 0 && runner->agent_kill != 0 && now >= runner->agent_kill)
        kill(runner->agent, SIGKILL);
    if (runner->ending || settled)
        end_agent(runner, now);
    if (runner->ending || runner->agent != 0)
        return;
    if (settled) {
        config_free(runner->config);
        runner->config = runner->next;
        runner->next = NULL;
        make_table(runner, runner->runs.cgroup_base);
    }
    if (now >= runner->agent_due)
        start_agent(runner, now);
}

/* One turn: waits, then takes what has come. Results before requests, and both before the dead are reaped: a keeper's process
 * id is good as long as its result has not been taken. */
static void turn(struct runner *runner)
{
    struct pollfd fds[2 + CONFIG_PORTALS_MAX] = {{.fd = runner->signals, .events = POLLIN},
                                                 {.fd = runner->agent_fd, .events = POLLIN}};
    int64_t now = clock_mono_ms(), wait = TICK_MS;
    if (runner->agent == 0 && runner->agent_due - now < wait)
        wait = runner->agent_due > now ? runner->agent_due - now : 0;
    nfds_t n = runs_watch(&runner->runs, fds + 2);
    if (poll(fds, n + 2, (int)wait) < 0 && errno != EINTR)
        log_line(LOG_ERR, "poll: %s", strerror(errno));
    now = clock_mono_ms();
    runs_take(&runner->runs, fds + 2, n);
    if (fds[1].revents != 0)
        take_request(runner, now);
    take_signals(runner, now);
}

int runner_main(struct config *config, bool to_syslog)
{
    struct runner runner = {.config = config, .to_syslog = to_syslog, .agent_fd = -1, .signals = -1};
    char why[CONFIG_TEXT_MAX * 2 + SCRIPT_REASON_MAX];
    sigset_t set;
    int64_t bounded = 0;
    int status = 1;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    umask(027); /* output is the group's to read, also where the unit's UMask is stricter; who makes private files says so */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* portals whose keepers have gone are ours to reap */
    runner.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (runner.signals < 0) {
        log_line(LOG_ERR, "signalfd: %s", strerror(errno));
        goto end;
    }
    if (!dirs_prepare(config, DIRS_START_MS, why, sizeof why)) {
        log_line(LOG_ERR, "%s", why);
        goto end;
    }
    make_table(&runner, procs_base());
    while (!runner.ending || runner.agent != 0) {
        attend(&runner, clock_mono_ms());
        if (runner.ending && runner.agent == 0)
            break;
        turn(&runner);
        if (clock_mono_ms() - bounded >= TICK_MS) {
            runs_bound_outputs(&runner.runs);
            systemd_alive();
            bounded = clock_mono_ms();
        }
    }
    status = 0;
end:
    config_free(runner.next);
    config_free(runner.config);
    return status;
}

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
#include "agent/keeper.h"
#include "agent/log.h"
#include "agent/output.h"
#include "agent/procs.h"
#include "agent/runner_msg.h"
#include "agent/script.h"
#include "agent/systemd.h"

enum {
    TICK_MS = 1000,
    AGENT_STOP_MS = 5000,     /* TERM to KILL */
    AGENT_PAUSE_MS = 50,      /* before the first restart; doubles */
    AGENT_PAUSE_CRASH_MS = 1000, /* at most, after a signal: whatever it was, states must be right again soon */
    AGENT_PAUSE_EXIT_MS = 30000, /* at most, after an exit: it could not start, and has said why */
    AGENT_STEADY_MS = 5000,   /* an agent that lived so long is a good one */
};

/* One per portal: at most one script of a portal runs at a time. */
struct slot {
    struct script_user user;
    char user_problem[SCRIPT_REASON_MAX]; /* "": none */
    pid_t keeper; /* 0: nothing runs */
    int result;   /* from the keeper, or -1 */
    bool unheard; /* event is a result that no agent has taken yet */
    struct runner_event event; /* of the run; while it runs: script and run */
};

struct runner {
    struct config *config, *next; /* next: read by SIGHUP, waits for the scripts to end */
    bool to_syslog;
    struct slot slots[CONFIG_PORTALS_MAX];
    int cgroup_base;
    int signals;
    pid_t agent; /* 0: none */
    int agent_fd; /* or -1 */
    int64_t agent_since, agent_heard, agent_due; /* due: when to start one; monotonic ms */
    int64_t agent_kill;  /* when its patience ends after TERM; 0: was not asked to end */
    unsigned agent_deaths; /* in quick succession */
    bool ending; /* SIGTERM, or the operator's shutdown */
};

static const char *const action_names[CONFIG_SCRIPTS] = {"start", "stop", "status"};

static uint32_t n_scripts(const struct runner *runner)
{
    return (uint32_t)(runner->config->n_portals * CONFIG_SCRIPTS);
}

/* ---- scripts ------------------------------------------------------------------------------------------------ */

/* Tells the agent; what cannot be told now stays unheard. */
static void tell(struct runner *runner, struct slot *slot)
{
    if (slot->unheard && runner->agent_fd >= 0 &&
        send(runner->agent_fd, &slot->event, sizeof slot->event, MSG_DONTWAIT | MSG_NOSIGNAL) ==
            (ssize_t)sizeof slot->event)
        slot->unheard = false;
}

/* An answer without a run. */
static void answer(struct runner *runner, const struct runner_request *request, enum runner_outcome outcome,
                   const char *why)
{
    struct runner_event event = {.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT, .script = request->script,
                                 .run = request->run, .outcome = outcome};
    event.output_len = (uint32_t)snprintf(event.output, sizeof event.output, "%s", why);
    if (send(runner->agent_fd, &event, sizeof event, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        log_line(LOG_WARNING, "cannot answer the agent: %s", strerror(errno));
}

/* In the keeper's process: lets go of what is the runner's, and begins. */
static _Noreturn void become_keeper(struct runner *runner, const struct slot *slot, int result)
{
    size_t portal = slot->event.script / CONFIG_SCRIPTS, which = slot->event.script % CONFIG_SCRIPTS;
    const struct config_portal *config = &runner->config->portals[portal];
    struct keeper_job job = {.command = &config->script[which], .user = &slot->user, .portal = config->name,
                             .action = action_names[which], .output_dir = runner->config->output_dir,
                             .spare = which == CONFIG_START, .timeout_ms = (int64_t)config->timeout[which] * 1000,
                             .cgroup_base = runner->cgroup_base};
    struct runner_event event = slot->event;
    close(runner->signals);
    if (runner->agent_fd >= 0)
        close(runner->agent_fd);
    for (size_t i = 0; i < runner->config->n_portals; i++)
        if (runner->slots[i].result >= 0)
            close(runner->slots[i].result);
    keeper_main(&job, &event, result);
}

static void run_script(struct runner *runner, const struct runner_request *request)
{
    struct slot *slot = &runner->slots[request->script / CONFIG_SCRIPTS];
    int pair[2];
    if (slot->keeper != 0 || slot->unheard) {
        answer(runner, request, RUNNER_BUSY, "another script of this portal is running");
        return;
    }
    if (slot->user_problem[0] != '\0') {
        answer(runner, request, RUNNER_NOT_STARTED, slot->user_problem);
        return;
    }
    if (pipe2(pair, O_CLOEXEC) != 0) {
        answer(runner, request, RUNNER_NOT_STARTED, strerror(errno));
        return;
    }
    slot->event = (struct runner_event){.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT, .script = request->script,
                                        .run = request->run};
    slot->keeper = fork();
    if (slot->keeper == 0) {
        close(pair[0]);
        become_keeper(runner, slot, pair[1]);
    }
    close(pair[1]);
    if (slot->keeper < 0) {
        answer(runner, request, RUNNER_NOT_STARTED, strerror(errno));
        close(pair[0]);
        slot->keeper = 0;
        return;
    }
    slot->result = pair[0];
}

static void cancel_script(struct runner *runner, const struct runner_request *request)
{
    const struct slot *slot = &runner->slots[request->script / CONFIG_SCRIPTS];
    if (slot->keeper != 0 && slot->event.script == request->script &&
        (request->run == 0 || request->run == slot->event.run))
        kill(slot->keeper, SIGTERM);
}

/* The keeper has written its result, or has gone without one. It ends by itself right after. */
static void take_result(struct runner *runner, struct slot *slot)
{
    struct runner_event event;
    ssize_t n = read(slot->result, &event, sizeof event);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n == (ssize_t)sizeof event) {
        slot->event = event;
    } else {
        slot->event.outcome = RUNNER_LOST;
        slot->event.output_len = (uint32_t)snprintf(slot->event.output, sizeof slot->event.output,
                                                    "the process that kept it was killed");
    }
    close(slot->result);
    slot->result = -1;
    slot->keeper = 0;
    slot->unheard = true;
    procs_sweep(runner->cgroup_base);
    tell(runner, slot);
}

static bool anything_runs(const struct runner *runner)
{
    for (size_t i = 0; i < runner->config->n_portals; i++)
        if (runner->slots[i].keeper != 0)
            return true;
    return false;
}

/* What portals that run on write; while a script runs, its keeper looks. */
static void bound_outputs(const struct runner *runner)
{
    char path[CONFIG_TEXT_MAX + CONFIG_NAME_MAX + 8];
    struct stat st;
    for (size_t i = 0; i < runner->config->n_portals; i++) {
        const char *name = runner->config->portals[i].name;
        snprintf(path, sizeof path, "%s/%s.log", runner->config->output_dir, name);
        if (runner->slots[i].keeper != 0 || stat(path, &st) != 0 || st.st_size <= OUTPUT_MAX)
            continue;
        int fd = output_open(runner->config->output_dir, name);
        if (fd >= 0) {
            output_bound(fd);
            close(fd);
        }
    }
}

static void log_report(void *arg, const char *message)
{
    log_line(LOG_WARNING, "%s", message);
}

/* Fixes users and slots for the configuration: the table. */
static void make_table(struct runner *runner)
{
    memset(runner->slots, 0, sizeof runner->slots);
    for (size_t i = 0; i < runner->config->n_portals; i++) {
        const struct config_portal *portal = &runner->config->portals[i];
        struct slot *slot = &runner->slots[i];
        slot->result = -1;
        script_user(portal->user[0] != '\0' ? portal->user : runner->config->user, &slot->user, slot->user_problem);
    }
    runner_check(runner->config, log_report, NULL);
}

unsigned runner_check(const struct config *config, config_report *report, void *arg)
{
    unsigned problems = 0;
    char reason[SCRIPT_REASON_MAX], message[SCRIPT_REASON_MAX + CONFIG_TEXT_MAX + 64];
    struct script_user user;
    if (config->user[0] != '\0' && !script_user(config->user, &user, reason)) {
        snprintf(message, sizeof message, "%s: [agent]: %s", config->file, reason);
        report(arg, message);
        problems++;
    }
    for (size_t i = 0; i < config->n_portals; i++) {
        const struct config_portal *portal = &config->portals[i];
        bool known = script_user(portal->user[0] != '\0' ? portal->user : config->user, &user, reason);
        if (!known) {
            snprintf(message, sizeof message, "%s:%d: [portal %s]: %s", config->file, portal->line, portal->name, reason);
            report(arg, message);
            problems++;
        }
        for (int which = 0; known && which < CONFIG_SCRIPTS; which++) {
            int fd = script_open(&portal->script[which], &user, reason);
            if (fd >= 0) {
                close(fd);
                continue;
            }
            snprintf(message, sizeof message, "%s:%d: %s: %s", config->file, portal->script[which].line,
                     action_names[which], reason);
            report(arg, message);
            problems++;
        }
    }
    return problems;
}

/* ---- the agent ---------------------------------------------------------------------------------------------- */

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
    for (size_t i = 0; i < runner->config->n_portals; i++) {
        struct slot *slot = &runner->slots[i];
        if (slot->keeper != 0) {
            struct runner_event event = slot->event;
            event.kind = RUNNER_RUNNING;
            if (send(runner->agent_fd, &event, sizeof event, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                log_line(LOG_WARNING, "cannot brief the agent: %s", strerror(errno));
        }
        tell(runner, slot);
    }
    struct runner_event hello = {.magic = RUNNER_MAGIC, .kind = RUNNER_HELLO};
    if (send(runner->agent_fd, &hello, sizeof hello, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
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
        cancel_script(runner, &request);
        break;
    }
}

/* ---- signals and time --------------------------------------------------------------------------------------- */

static void reload(struct runner *runner)
{
    struct config *config = config_load(runner->config->file, log_report, NULL);
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
    for (size_t i = 0; i < runner->config->n_portals; i++)
        tell(runner, &runner->slots[i]);
    if (runner->agent != 0 && runner->agent_kill == 0 && now - runner->agent_heard > RUNNER_DEAD_MS) {
        log_line(LOG_CRIT, "the agent has been silent for %d s; killed", RUNNER_DEAD_MS / 1000);
        kill(runner->agent, SIGKILL);
        runner->agent_heard = now;
    }
    if (runner->agent != 0 && runner->agent_kill != 0 && now >= runner->agent_kill)
        kill(runner->agent, SIGKILL);
    if (runner->ending || (runner->next != NULL && !anything_runs(runner)))
        end_agent(runner, now);
    if (runner->ending || runner->agent != 0)
        return;
    if (runner->next != NULL && !anything_runs(runner)) {
        config_free(runner->config);
        runner->config = runner->next;
        runner->next = NULL;
        make_table(runner);
    }
    if (now >= runner->agent_due)
        start_agent(runner, now);
}

/* One turn: waits, then takes what has come. */
static void turn(struct runner *runner)
{
    struct pollfd fds[2 + CONFIG_PORTALS_MAX];
    struct slot *of[2 + CONFIG_PORTALS_MAX];
    nfds_t n = 0;
    int64_t now = clock_mono_ms(), wait = TICK_MS;
    if (runner->agent == 0 && runner->agent_due - now < wait)
        wait = runner->agent_due > now ? runner->agent_due - now : 0;
    fds[n++] = (struct pollfd){.fd = runner->signals, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = runner->agent_fd, .events = POLLIN};
    for (size_t i = 0; i < runner->config->n_portals; i++)
        if (runner->slots[i].result >= 0) {
            of[n] = &runner->slots[i];
            fds[n++] = (struct pollfd){.fd = runner->slots[i].result, .events = POLLIN};
        }
    if (poll(fds, n, (int)wait) < 0 && errno != EINTR)
        log_line(LOG_ERR, "poll: %s", strerror(errno));
    now = clock_mono_ms();
    for (nfds_t i = 2; i < n; i++)
        if (fds[i].revents != 0)
            take_result(runner, of[i]);
    if (fds[1].revents != 0)
        take_request(runner, now);
    take_signals(runner, now);
}

/* Makes a directory that is not there; where we are root, it becomes the user's (user NULL: stays ours). */
static bool make_dir(const char *path, const struct script_user *user)
{
    if (mkdir(path, 0750) != 0)
        return errno == EEXIST;
    return user == NULL || geteuid() != 0 || user->uid == 0 || chown(path, user->uid, user->gid) == 0;
}

int runner_main(struct config *config, bool to_syslog)
{
    struct runner runner = {.config = config, .to_syslog = to_syslog, .agent_fd = -1, .signals = -1};
    struct script_user user;
    char reason[SCRIPT_REASON_MAX];
    sigset_t set;
    int64_t bounded = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* portals whose keepers have gone are ours to reap */
    runner.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    runner.cgroup_base = procs_base();
    if (runner.signals < 0) {
        log_line(LOG_ERR, "signalfd: %s", strerror(errno));
        return 1;
    }
    if (!script_user(config->user, &user, reason)) {
        log_line(LOG_ERR, "%s: [agent]: %s", config->file, reason);
        return 1;
    }
    if (!make_dir(config->state_dir, &user) || !make_dir(config->output_dir, NULL)) {
        log_line(LOG_ERR, "cannot make %s and %s: %s", config->state_dir, config->output_dir, strerror(errno));
        return 1;
    }
    if (geteuid() == 0 && user.uid == 0)
        log_line(LOG_WARNING, "the agent runs as root: give [agent] user in %s", config->file);
    make_table(&runner);
    while (!runner.ending || runner.agent != 0) {
        attend(&runner, clock_mono_ms());
        if (runner.ending && runner.agent == 0)
            break;
        turn(&runner);
        if (clock_mono_ms() - bounded >= TICK_MS) {
            bound_outputs(&runner);
            systemd_alive();
            bounded = clock_mono_ms();
        }
    }
    config_free(runner.next);
    config_free(runner.config);
    return 0;
}

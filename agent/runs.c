#include "agent/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "agent/output.h"
#include "agent/procs.h"

static const char *const action_names[CONFIG_SCRIPTS] = {"start", "stop", "status"};

void runs_init(struct runs *runs, const struct config *config, int cgroup_base)
{
    *runs = (struct runs){.config = config, .cgroup_base = cgroup_base};
    for (size_t i = 0; i < config->n_portals; i++) {
        const char *user = config->portals[i].user[0] != '\0' ? config->portals[i].user : config->user;
        runs->of[i].result = -1;
        script_user(user, &runs->of[i].user, runs->of[i].user_problem);
    }
}

/* In the keeper's process: keeps what it needs of the runner's descriptors (with the runner's end of the agent's socket in
 * other hands, the agent could not see the runner end), and begins. */
static _Noreturn void become_keeper(const struct runs *runs, const struct run *run, int result)
{
    size_t portal = run->event.script / CONFIG_SCRIPTS, which = run->event.script % CONFIG_SCRIPTS;
    const struct config_portal *config = &runs->config->portals[portal];
    struct runner_event event = run->event;
    struct keeper_job job = {.command = &config->script[which], .user = &run->user, .portal = config->name,
                             .action = action_names[which], .output_dir = runs->config->output_dir,
                             .spare = which == CONFIG_START, .timeout_ms = (int64_t)config->timeout[which] * 1000};
    int high_result = fcntl(result, F_DUPFD_CLOEXEC, 10);
    int high_base = runs->cgroup_base >= 0 ? fcntl(runs->cgroup_base, F_DUPFD_CLOEXEC, 10) : -1;
    if (high_result < 0 || dup3(high_result, 3, O_CLOEXEC) < 0)
        _exit(1);
    job.cgroup_base = high_base >= 0 ? dup3(high_base, 4, O_CLOEXEC) : -1;
    close_range(job.cgroup_base >= 0 ? 5 : 4, ~0u, 0);
    keeper_main(&job, &event, 3);
}

static bool refuse(struct runner_event *answer, const struct runner_request *request, enum runner_outcome outcome,
                   const char *why)
{
    *answer = (struct runner_event){.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT, .script = request->script,
                                    .run = request->run, .outcome = outcome};
    answer->output_len = (uint32_t)snprintf(answer->output, sizeof answer->output, "%s", why);
    return false;
}

bool runs_start(struct runs *runs, const struct runner_request *request, struct runner_event *answer)
{
    struct run *run = &runs->of[request->script / CONFIG_SCRIPTS];
    int pair[2];
    if (run->keeper != 0 || run->unheard)
        return refuse(answer, request, RUNNER_BUSY, "another script of this portal is running");
    if (run->user_problem[0] != '\0')
        return refuse(answer, request, RUNNER_NOT_STARTED, run->user_problem);
    if (pipe2(pair, O_CLOEXEC) != 0)
        return refuse(answer, request, RUNNER_NOT_STARTED, strerror(errno));
    run->event = (struct runner_event){.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT, .script = request->script,
                                       .run = request->run};
    pid_t keeper = fork();
    int error = errno;
    if (keeper == 0)
        become_keeper(runs, run, pair[1]);
    close(pair[1]);
    if (keeper < 0) {
        close(pair[0]);
        return refuse(answer, request, RUNNER_NOT_STARTED, strerror(error));
    }
    run->keeper = keeper;
    run->result = pair[0];
    return true;
}

void runs_cancel(const struct runs *runs, const struct runner_request *request)
{
    const struct run *run = &runs->of[request->script / CONFIG_SCRIPTS];
    if (run->keeper != 0 && run->event.script == request->script &&
        (request->run == 0 || request->run == run->event.run))
        kill(run->keeper, SIGTERM);
}

bool runs_any(const struct runs *runs)
{
    for (size_t i = 0; i < runs->config->n_portals; i++)
        if (runs->of[i].keeper != 0)
            return true;
    return false;
}

nfds_t runs_watch(const struct runs *runs, struct pollfd *fds)
{
    nfds_t n = 0;
    for (size_t i = 0; i < runs->config->n_portals; i++)
        if (runs->of[i].result >= 0)
            fds[n++] = (struct pollfd){.fd = runs->of[i].result, .events = POLLIN};
    return n;
}

/* The keeper has written its result, or has gone without one. It ends by itself right after. */
static void take(struct runs *runs, struct run *run)
{
    struct runner_event event;
    ssize_t n = read(run->result, &event, sizeof event);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n == (ssize_t)sizeof event)
        run->event = event;
    else {
        run->event.outcome = RUNNER_LOST;
        run->event.output_len = (uint32_t)snprintf(run->event.output, sizeof run->event.output,
                                                   "the process that kept it was killed");
    }
    close(run->result);
    run->result = -1;
    run->keeper = 0;
    run->unheard = true;
    if (!runs_any(runs)) /* the cgroup of one that is just starting is empty, too */
        procs_sweep(runs->cgroup_base);
}

void runs_take(struct runs *runs, const struct pollfd *fds, nfds_t n)
{
    for (nfds_t i = 0; i < n; i++)
        for (size_t j = 0; fds[i].revents != 0 && j < runs->config->n_portals; j++)
            if (runs->of[j].result == fds[i].fd) {
                take(runs, &runs->of[j]);
                break;
            }
}

void runs_bound_outputs(const struct runs *runs)
{
    char path[CONFIG_TEXT_MAX + CONFIG_NAME_MAX + 8];
    struct stat st;
    for (size_t i = 0; i < runs->config->n_portals; i++) {
        const char *name = runs->config->portals[i].name;
        snprintf(path, sizeof path, "%s/%s.log", runs->config->output_dir, name);
        if (runs->of[i].keeper != 0 || stat(path, &st) != 0 || st.st_size <= OUTPUT_MAX)
            continue;
        int fd = output_open(runs->config->output_dir, name);
        if (fd >= 0) {
            output_bound(fd);
            close(fd);
        }
    }
}

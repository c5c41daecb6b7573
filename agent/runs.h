/* The scripts that are out: one keeper process (keeper.c) per run, at most one run of a portal at a time, and the results that
 * nobody has taken yet. Part of the runner. */
#ifndef SCM_AGENT_RUNS_H
#define SCM_AGENT_RUNS_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "agent/config.h"
#include "agent/runner_msg.h"
#include "agent/script.h"

/* One per portal. */
struct run {
    struct script_user user;
    char user_problem[SCRIPT_REASON_MAX]; /* "": none */
    pid_t keeper;              /* 0: nothing runs */
    int result;                /* from the keeper, or -1 */
    bool unheard;              /* event is a result that no agent has taken yet */
    struct runner_event event; /* of the run; while it runs: kind, script and run */
};

struct runs {
    const struct config *config; /* not owned */
    int cgroup_base;             /* procs_base() */
    struct run of[CONFIG_PORTALS_MAX];
};

/* Fixes the table: whose scripts run as whom. Nothing may be out. */
void runs_init(struct runs *runs, const struct config *config, int cgroup_base);

/* Starts the script. True: its result will come. False: it will not, and *answer says why. */
bool runs_start(struct runs *runs, const struct runner_request *request, struct runner_event *answer);

/* Asks the keeper to end it; that is heard as a result. No-op where another run, or nothing, is out. */
void runs_cancel(const struct runs *runs, const struct runner_request *request);

/* Whether any script is out. */
bool runs_any(const struct runs *runs);

/* One entry for each that is out; returns how many (CONFIG_PORTALS_MAX at most). Then, after poll(), takes the results. */
nfds_t runs_watch(const struct runs *runs, struct pollfd *fds);
void runs_take(struct runs *runs, const struct pollfd *fds, nfds_t n);

/* Cuts what portals without a script that is out have written (else their keepers do). */
void runs_bound_outputs(const struct runs *runs);

#endif

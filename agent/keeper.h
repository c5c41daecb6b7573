/* The keeper: one short-lived process per run of a script, between runner and script. It is the subreaper of that run, so that
 * whatever the script starts is its descendant; it alone knows the deadline, ends what has to end, and tells the runner the
 * result. It outlives a runner that is killed: deadlines hold all the same. */
#ifndef SCM_AGENT_KEEPER_H
#define SCM_AGENT_KEEPER_H

#include "agent/runner_msg.h"
#include "agent/script.h"

enum { KEEPER_TERM_MS = 5000, KEEPER_KILL_MS = 5000 };

struct keeper_job {
    const struct config_command *command;
    const struct script_user *user;
    const char *portal;
    const char *action;     /* "start", "stop", "status" */
    const char *output_dir;
    bool spare;             /* exit status 0 in time: what it leaves is the portal (start) */
    int64_t timeout_ms;
    int cgroup_base;        /* procs_base() */
};

/* Runs in a process of its own, just forked; SIGTERM ends the run. Writes its fields of *event (all but script and run, which
 * the caller set) and sends it through result_fd. Does not return. */
_Noreturn void keeper_main(const struct keeper_job *job, struct runner_event *event, int result_fd);

#endif

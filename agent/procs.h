/* Everything that one run of a script started: by cgroup where there is one for us, and by descent from this process, which
 * is its subreaper, so that no double fork and no new session leads out. Part of the runner; used by the keeper. */
#ifndef SCM_AGENT_PROCS_H
#define SCM_AGENT_PROCS_H

#include <stdbool.h>

struct procs {
    int cgroup; /* directory of the run's own cgroup, or -1 */
};

/* The cgroup of this process, if it is a version 2 one below the root, made for us (a unit's, a container's) and writable:
 * a descriptor of its directory, else -1. */
int procs_base(void);

/* Makes the calling process the subreaper, and the run's cgroup `name` below base (-1: none). */
void procs_open(struct procs *procs, int base, const char *name);

/* In the child, still privileged: moves it into the run's cgroup. False with errno. */
bool procs_enter(const struct procs *procs);

/* Sends the signal to each process of the run. A process that forks meanwhile may be missed: call again. */
void procs_signal(const struct procs *procs, int signal);

/* Reaps what is dead; pid's status goes to *status (*ended becomes true). True while anything of the run is alive. */
bool procs_reap(const struct procs *procs, int pid, int *status, bool *ended);

/* Removes the cgroups of ended runs below base; those with processes in them stay. */
void procs_sweep(int base);

#endif

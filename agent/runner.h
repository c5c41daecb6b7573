/* The runner: the parent process, root where portals need other users. It runs scripts out of a table fixed at start,
 * by index, and keeps the agent alive. It parses nothing that the network sent. */
#ifndef SCM_AGENT_RUNNER_H
#define SCM_AGENT_RUNNER_H

#include <stdbool.h>

#include "agent/config.h"

/* Forks the agent and serves it until SIGTERM, SIGINT or an agent that ends by itself with status 0 (an operator's
 * shutdown). SIGHUP reads the file again. Takes the configuration. Returns the exit status of the process. */
int runner_main(struct config *config, bool to_syslog);

#endif

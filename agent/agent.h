/* The agent: the unprivileged child. Composes feed, metrics, limits, portals, events, the store and the AgentX thread. */
#ifndef SCM_AGENT_AGENT_H
#define SCM_AGENT_AGENT_H

#include "agent/config.h"

/* Runs until SIGTERM, the runner's end, or scmAgentAdminStatus shutdown. runner_fd: the socketpair to the runner; taken.
 * Returns the exit status: 0 only for an operator's shutdown; the runner starts it again after anything else. */
int agent_main(const struct config *config, int runner_fd);

#endif

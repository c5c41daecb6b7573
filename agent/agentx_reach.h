/* Why the master does not have us, in words for the operator; net-snmp does not say. */
#ifndef SCM_AGENT_AGENTX_REACH_H
#define SCM_AGENT_AGENTX_REACH_H

#include <stddef.h>

struct mib;

/* Tries to connect to socket (agentXSocket's syntax) without waiting, and writes one line to why. Only the local sockets are tried;
 * of others it says that they do not answer. Any thread. */
void agentx_reach(const char *socket, char *why, size_t size);

/* Writes to why, in one line, that the master has refused mib's root, with the AgentX error that it gave. */
void agentx_refused(const struct mib *mib, int error, char *why, size_t size);

#endif

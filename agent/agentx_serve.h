/* The registration with net-snmp, and what its handler does with a request: net-snmp's structures on one
 * side, the table engine on the other. */
#ifndef SCM_AGENT_AGENTX_SERVE_H
#define SCM_AGENT_AGENTX_SERVE_H

#include "agent/agentx_read.h"
#include "agent/transaction.h"

struct serve {
    struct reader read;
    struct transaction set;
};

/* Registers the root of the MIB, once, with one handler for everything below it. s must outlive the
 * registration. false: out of memory, or (before there is a session) the OID is taken within this process. */
bool serve_register(struct serve *s);
void serve_unregister(void);

#endif

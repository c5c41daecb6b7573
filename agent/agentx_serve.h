/* What the AgentX thread does with a request: net-snmp's structures on one side, the table engine on the
 * other. */
#ifndef SCM_AGENT_AGENTX_SERVE_H
#define SCM_AGENT_AGENTX_SERVE_H

#include "agent/transaction.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

struct serve {
    const struct mib *mib;
    struct view_hub *views;
    struct settings_hub *settings;
    struct transaction set;

    /* what the requests of one transaction of the master see; references, or NULL */
    const struct view *view;
    const struct settings *seen;
    long transaction;
    int64_t seen_ms;
};

/* Lets go of the snapshot that is kept for the rest of a transaction. */
void serve_forget(struct serve *s);

/* Registers the root of the MIB, once, with one handler for everything below it. s must outlive the
 * registration. false: out of memory, or (before there is a session) the OID is taken within this process. */
bool serve_register(struct serve *s);
void serve_unregister(void);

/* Appends a varbind to a list; false: out of memory. */
bool serve_add_varbind(netsnmp_variable_list **list, const struct oid_name *name, const struct value *v);

#endif

/* Notifications on the AgentX session: in the order of their event index, one at a time, each its own Notify
 * PDU, which counts as sent when the master's Response has come. AgentX thread only. */
#ifndef SCM_AGENT_AGENTX_NOTIFY_H
#define SCM_AGENT_AGENTX_NOTIFY_H

#include "agent/agentx.h"
#include "agent/table.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

struct notifier {
    const struct mib *mib;
    const struct agentx_ops *ops;
    void *ctx;
    uint32_t last_sent; /* event index */
    uint32_t in_flight; /* event index of the Notify that has no Response yet; 0: none */
    long in_flight_reqid;
    int64_t retry_at_ms; /* CLOCK_MONOTONIC: when to try again after a failure; 0: no need */
};

/* Sends the oldest event that is due, if none is on its way and no pause has to be kept. */
void notifier_send(struct notifier *n, netsnmp_session *session, int64_t now_ms);

/* The session has ended: what has no Response is sent again on the next one. */
void notifier_lost(struct notifier *n);

#endif

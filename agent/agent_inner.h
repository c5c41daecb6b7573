/* What agent.c and agent_state.c share. Nobody else includes this. */
#ifndef SCM_AGENT_AGENT_INNER_H
#define SCM_AGENT_AGENT_INNER_H

#include "agent/config.h"
#include "agent/settings.h"

struct agent {
    const struct config *config;
    int64_t started_wall;
    int exit_status; /* of agent_main; 0: the operator's shutdown */
    struct event_base *base;
    struct store *store;
    struct event_log *events;
    struct settings_hub *settings;
    uint64_t settings_seen; /* generation that monitor and portals act on */
    enum agent_admin admin;
    struct view_hub *views;
    struct monitor *monitor;
    struct portals *portals;
    struct agentx *agentx;
    int wake; /* eventfd: there are new settings */
    struct event *on_wake, *on_term, *on_tick, *on_due;
    unsigned ticks;     /* seconds that the loop has run */
    bool portals_dirty; /* their state is to be stored with the next view */
};

/* The configuration's settings, then what SNMP made of them before; needs agent->store and agent->events. NULL: out of memory, which
 * was logged. */
struct settings *agent_first_settings(struct agent *agent);
/* Stores them durably, for a SET. 0, or an errno. The AgentX thread. */
int agent_store_settings(struct agent *agent, const struct settings *settings, int deadline_ms);

void agent_load_portals(struct agent *agent);
void agent_store_portals(struct agent *agent); /* without waiting */

#endif

/* The AgentX thread: registers SCALEMON-MIB with snmpd and serves it; the only caller of net-snmp in the
 * agent.
 *
 * net-snmp blocks its caller while the master hangs; nobody waits for this thread but agentx_stop(), which
 * gives it a deadline. Without a master it tries again every second. GET and its kin are answered from the
 * newest view and settings; a SET goes clone -> check -> persist -> post (agent/settings.h). Notifications go
 * out in the order of their event index, each as its own Notify PDU, and count as sent when the master's
 * Response has come. */
#ifndef SCM_AGENT_AGENTX_H
#define SCM_AGENT_AGENTX_H

#include "agent/settings.h"
#include "agent/view.h"

struct scm_event;

enum agentx_link {
    AGENTX_DOWN,
    AGENTX_UP,
    AGENTX_REFUSED
}; /* refused: the master has another owner for our root */

/* Callbacks run in the AgentX thread and must not block, but for persist. */
struct agentx_ops {
    /* Stores the settings durably before it returns; at most deadline_ms. 0, or an errno value (ETIMEDOUT:
     * unknown whether it is on disk; the thread then persists the old ones again). */
    int (*persist)(void *ctx, const struct settings *s, int deadline_ms);

    /* The oldest event that has not been sent yet and whose index is greater than after, or NULL. A
     * reference. */
    const struct scm_event *(*next_event)(void *ctx, uint32_t after);

    /* The master has taken the notification of this event. */
    void (*sent)(void *ctx, uint32_t event_index);

    /* The session came or went, or is away for another reason; text says why, for the log. Called at changes only. */
    void (*link)(void *ctx, enum agentx_link state, const char *text);

    /* One line of net-snmp's own log, without its newline. priority as syslog(3) has it. */
    void (*log)(void *ctx, int priority, const char *line);
};

struct agentx_opts {
    const char *socket;            /* as snmpd's agentXSocket: a path, "unix:PATH" or "tcp:HOST:PORT" */
    struct view_hub *views;        /* not owned */
    struct settings_hub *settings; /* not owned */
    const struct agentx_ops *ops;
    void *ctx;
};

struct agentx;

/* Starts the thread. One per process (net-snmp is full of globals). NULL with errno set. Strings are copied.
 */
struct agentx *agentx_start(const struct agentx_opts *opts);

/* There may be a new event to send. Any thread, never blocks. */
void agentx_kick(struct agentx *ax);

/* Ends the session and the thread, frees. Waits at most deadline_ms; false: the thread hangs in net-snmp with
 * the master, and is left behind (the process is about to exit). */
bool agentx_stop(struct agentx *ax, int deadline_ms);

#endif

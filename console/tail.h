/* Following a host's event ring: each event once, over polls, restarts of the agent and of snmpd.
 *
 *   PRIMING ──times of the whole ring──> FOLLOWING ──scmAgentStarted changed──> CHECKING ──> FOLLOWING
 *
 * An event is known by (scmEventIndex, scmEventTime). While one agent runs, indexes only grow, and "after the
 * last one" is enough. When it was started anew, the numbers may go on, go on from earlier (its disk lost the
 * newest), or begin again: so the ring's indexes and times are compared with what was seen, and following
 * goes on before the first unseen one. Events that fell out of the ring before they were seen are counted,
 * never passed over. */
#ifndef SCM_CONSOLE_TAIL_H
#define SCM_CONSOLE_TAIL_H

#include "console/poll.h"

struct tail;

struct tail_calls {
    void (*event)(struct tail *t, const struct row *row, void *arg);
    void (*lost)(struct tail *t, uint32_t n, void *arg); /* n events were never seen */
    /* The host's state changed; may be NULL. */
    void (*state)(struct tail *t, enum host_state state, void *arg);
};

struct tail *tail_new(struct host *host, const struct tail_calls *calls, void *arg);
void tail_free(struct tail *t); /* not while its host is busy with it, unless the poller goes first */
struct host *tail_host(const struct tail *t);

/* Begins: tells the newest `old` events, then, if interval > 0 (ms), polls for more for ever. Backs off while
 * the host does not answer; ends with a lie, and may then be started again. */
void tail_start(struct tail *t, size_t old, int interval);

/* The decision alone, for tests: what has been seen, and where to go on. */
struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *s);
bool seen_add(struct seen *s, uint32_t index, int64_t time); /* false: out of memory */
/* Of a ring (ascending rows with EVENT_TIME): the index after which the first unseen event stands. */
uint32_t seen_resume(const struct seen *s, const struct rows *ring);

#endif

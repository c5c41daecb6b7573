/* What waits to be sent to collectd, in order: PUTVAL and PUTNOTIF lines. A bounded queue for each kind, whose oldest goes when a
 * new one comes to a full one. A line stays until its answer has come. Pure: no I/O. Part of the feed. */
#ifndef SCM_AGENT_PUTS_H
#define SCM_AGENT_PUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "agent/feed.h"

struct put {
    TAILQ_ENTRY(put) entry;
    bool sent;
    bool notification; /* kept over a reconnect */
    size_t len;
    char line[];       /* with its '\n' */
};

struct puts {
    TAILQ_HEAD(, put) queue;
    unsigned values, notifications;
};

void puts_init(struct puts *q);
void puts_free(struct puts *q);

/* Append a line; one that cannot be made (too long, no memory) is left out. */
void puts_value(struct puts *q, const char *ident, double interval_s, double value);
void puts_notification(struct puts *q, const struct feed_notification *n);

/* The oldest line that is not on its way, and now is; NULL: none. Owned by the queue. */
struct put *puts_send(struct puts *q);
/* Its answer has come; frees it. */
void puts_answered(struct puts *q, struct put *p);
/* The connection has gone, and what was on its way with it: notifications will be sent again, and values not, for an old value with
 * a new time would be a lie. */
void puts_disconnected(struct puts *q);

#endif

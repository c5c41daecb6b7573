/* The monitor: the half of the loop that looks at collectd. Composes metrics, feed, host values, eperf results and limits, and
 * tells collectd what the agent knows (portals' gauges, notifications). Loop thread only. */
#ifndef SCM_AGENT_MONITOR_H
#define SCM_AGENT_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config.h"
#include "agent/settings.h"
#include "agent/view.h"

struct event_base;
struct event_log;
struct store;
struct monitor;

struct monitor_options {
    const struct config *config; /* outlives the monitor */
    struct event_log *events;    /* outlives the monitor */
    struct store *store;         /* outlives the monitor; NULL: limits' states are not kept */
    void (*changed)(void *arg);  /* a new view is due: after each round, and when the feed or a limit changes */
    void *arg;
};

/* Does not connect yet. NULL when memory is out. */
struct monitor *monitor_new(struct event_base *base, const struct monitor_options *options);
void monitor_start(struct monitor *m);
/* Keeps what must be kept in the store (posts it; store_close writes it). */
void monitor_free(struct monitor *m);

/* The settings in force (limits, host interface, eperf runs, silence): call at start, before monitor_start, and after each change.
 * Takes a reference of its own for as long as it needs one. */
void monitor_settings(struct monitor *m, const struct settings *s);

/* How many rows view_new needs, and the filling of what is ours: feed, host, interfaces, limits, eperfs, events, notification
 * counters. The filler lowers the n_… where fewer rows are known. */
struct monitor_rows {
    size_t interfaces, limits, eperfs;
};
struct monitor_rows monitor_rows(const struct monitor *m);
void monitor_fill(struct monitor *m, struct view *v);

/* portal-<name>/gauge-running of our own host: call every interval and at once on a transition, while it is known. */
void monitor_portal(struct monitor *m, const char *name, bool running);

#endif

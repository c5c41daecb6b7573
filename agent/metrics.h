/* What collectd knows, as the feed last heard it: identifier -> values, time, interval, age; and selectors, the patterns that
 * somebody (host view, limits, eperf) watches. The feed fetches values (GETVAL) only for watched identifiers.
 *
 * Ages are by the monotonic clock from the moment the agent saw a value's time change (the time itself may be another host's
 * clock). A value is stale when it is older than two of its intervals (the largest distance among its last four samples; before two
 * samples are seen the interval is unknown and collectd's own cache, which forgets after two, decides), when collectd no longer
 * lists it, and always while the feed is down. sum() and count() are unknown for two intervals after each connect, while the
 * hosts come back one by one: a restart of collectd is not a loss of hosts. Loop thread only. */
#ifndef SCM_AGENT_METRICS_H
#define SCM_AGENT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/metric_spec.h"

enum { METRIC_DS_MAX = 16, METRICS_MAX = 1000000 }; /* data sources of a type that we keep; identifiers */

struct metrics;
struct metric;   /* one identifier */
struct selector; /* one watched pattern */

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* ---- watching. own_host specs follow the own host as it becomes known or changes. Equal specs may be watched twice. */
struct selector *metrics_watch(struct metrics *m, const struct metric_spec *spec);
void metrics_unwatch(struct metrics *m, struct selector *s);

/* Our own host as collectd spells it: hostname if set by metrics_set_own_host, else found (the host that reports load/load and is
 * named like this machine, or the only host there is); NULL while unknown. */
const char *metrics_own_host(const struct metrics *m);
void metrics_set_own_host(struct metrics *m, const char *hostname); /* NULL or "": find it */

/* ---- reading */
struct metric_reading {
    const struct metric *metric; /* NULL for sum() and count() */
    const char *ident;           /* "host/plugin/type", or "" for sum() and count(); lives as long as the metric is a match */
    bool known;                  /* false: missing, stale, NaN or no such ds: *why */
    double value;
    uint64_t sample;             /* changes with every new sample (for sum() and count(): of any member) */
    const char *why;             /* static text: "stale", "not a number", "no such data source", "missing" … */
};
/* Calls fn for each match of s in identifier order (for sum() and count(): once; no match: never for values, once for those). */
typedef void metric_reading_fn(void *arg, const struct metric_reading *r);
void metrics_read(struct metrics *m, struct selector *s, int64_t mono_ms, metric_reading_fn *fn, void *arg);
/* The only or first match: true if it is known. */
bool metrics_value(struct metrics *m, struct selector *s, int64_t mono_ms, double *value);
/* Names the hosts whose match is stale or went away within the last hour, comma-separated, into buf; returns how many. */
size_t metrics_stale_hosts(struct metrics *m, struct selector *s, int64_t mono_ms, char *buf, size_t size);
/* One ds of one match. */
bool metric_ds(const struct metrics *m, const struct metric *x, const char *ds, int64_t mono_ms, double *value);
/* Listed, and not older than two intervals. */
bool metric_fresh(const struct metrics *m, const struct metric *x, int64_t mono_ms);
/* The plugin instance of x, in place ("eth0" of "h/interface-eth0/if_octets"); its length, 0: none. */
size_t metric_instance(const struct metric *x, const char **instance);
/* How many identifiers s matches now. */
size_t selector_count(const struct selector *s);
int64_t metric_age_ms(const struct metric *x, int64_t mono_ms);
int64_t metric_interval_ms(const struct metric *x); /* 0: not known yet */
size_t metrics_count(const struct metrics *m);

/* ---- filling: the feed's side */
void metrics_round_begin(struct metrics *m, int64_t mono_ms);
void metrics_listed(struct metrics *m, const char *ident, size_t len, int64_t time_ms); /* one line of LISTVAL */
void metrics_round_listed(struct metrics *m);          /* LISTVAL is complete: what was not listed is gone */
struct metric *metrics_next_wanted(struct metrics *m); /* watched and with a new sample: GETVAL it; NULL when there is none */
const char *metric_ident(const struct metric *x);
/* The answer to GETVAL of x: begin, one add per line, end. An error is an answer without values. */
void metric_values_begin(struct metrics *m);
void metric_values_add(struct metrics *m, const char *name, size_t len, double value);
void metric_values_end(struct metrics *m, struct metric *x);
void metrics_connected(struct metrics *m, bool yes, int64_t mono_ms); /* no: everything is stale */

#endif

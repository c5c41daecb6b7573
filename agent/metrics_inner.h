/* What metrics.c, own_host.c, selectors.c and metrics_read.c share: the table of metrics from inside. Nobody else includes this. */
#ifndef SCM_AGENT_METRICS_INNER_H
#define SCM_AGENT_METRICS_INNER_H

#include "agent/metrics.h"

enum {
    HISTORY = 4,                    /* distances between samples that the interval is taken from */
    DEFAULT_INTERVAL_MS = 10000,    /* collectd's, for a value whose own is not known yet */
    REMEMBER_MS = 3600000,          /* how long a watched value that went away is named */
    TAILS = 1024,                   /* buckets of selectors by "plugin/type" */
    LOOSE = TAILS,                  /* the bucket of those with a pattern there */
};

struct value {
    char name[IDENT_PART_MAX + 1];
    double v;
};

struct metric {
    char *ident;
    size_t len, plugin, type; /* of ident; where its parts begin */
    uint32_t hash;
    struct metric *chain;  /* next of the same bucket */
    uint64_t round;        /* last listed in */
    int64_t time_ms;       /* of the newest sample, by its sender's clock */
    int64_t listed_ms;     /* monotonic: when time_ms was seen to change */
    int64_t gone_ms;       /* monotonic: when it was no longer listed */
    int64_t distance[HISTORY];
    unsigned n_distance;   /* all ever taken */
    bool listed;
    bool fetch;            /* there is a sample whose values we don't have */
    unsigned watchers;
    /* what GETVAL said */
    int64_t seen_ms;       /* listed_ms of these values */
    uint64_t sample;       /* number of these values; 0: none */
    struct value *values;
    unsigned n_values;
};

struct selector {
    struct metric_spec spec;
    struct selector *next;  /* of all */
    struct selector *chain; /* of the same bucket */
    uint32_t tail;          /* its bucket */
    struct selector *total; /* percent(): all type instances; its members are what is summed */
    bool exact;             /* no '*' nor '?' */
    struct metric **members; /* in identifier order */
    size_t n, cap;
    /* sum() and count(): when they were last found to have a new sample */
    double aggregate;
    uint64_t sample;
    int64_t sample_ms;
};

struct metrics {
    struct metric **buckets;
    size_t n_buckets;             /* a power of two */
    struct metric **order;        /* all metrics; the listed ones in LISTVAL's order, so that the next one is a guess */
    size_t n, cap, cursor;
    struct metric **due;          /* to be fetched in this round */
    size_t n_due, cap_due, next_due;
    struct selector *selectors;
    struct selector *tails[TAILS + 1];
    uint64_t round, samples;
    int64_t round_ms, connected_ms;
    bool connected, disordered;
    bool host_given, host_missing; /* missing: it has no load/load in the last listing */
    int64_t host_seen_ms;
    struct value incoming[METRIC_DS_MAX]; /* of the GETVAL that is being read */
    unsigned n_incoming;
    char own_host[IDENT_PART_MAX + 1];
};

/* Room for one more item in an array that doubles; NULL: no memory, the array stands. */
void *metrics_grow(void *array, size_t n, size_t *cap, size_t item);
uint32_t metrics_hash(const char *s, size_t len);
struct metric *metrics_find(const struct metrics *m, const char *ident, size_t len, uint32_t hash);

/* A metric is new: it becomes a member of the selectors that select it. It goes: no longer of any. */
void selectors_join(struct metrics *m, struct metric *x);
void selectors_leave(struct metrics *m, const struct metric *x);
/* Our own host has become another. */
void selectors_own_host(struct metrics *m);

/* After a listing: see metrics_own_host. */
void own_host_find(struct metrics *m);

#endif

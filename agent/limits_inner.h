/* What limits.c, limits_tell.c and limits_keep.c share. Nobody else includes this. */
#ifndef SCM_AGENT_LIMITS_INNER_H
#define SCM_AGENT_LIMITS_INNER_H

#include <jansson.h>

#include "agent/limit.h"
#include "agent/limits.h"
#include "agent/metrics.h"

/* A match of a limit's metric. */
struct track {
    char *ident; /* "host/plugin/type", "" for sum() and count() */
    bool matched; /* in this round */
    struct limit_track state;
};

struct limit {
    struct setting_limit setting;
    struct limit_rule rule;
    struct metric_spec spec;
    struct selector *selector;
    struct track **tracks; /* by ident */
    size_t n, cap, cursor; /* cursor: where the next match of a round is expected */
    bool kept;             /* in the newest settings */
    bool crowded;          /* it has been said that there are more matches than are followed */
};

/* Matches of a limit that have been unknown for long, or are known again, in the round that runs: one event,
 * or an outage of collectd would push everything else out of the table. */
struct unknown_news {
    const struct track *first;
    struct limit_outcome outcome; /* the first's */
    const char *why;              /* why it is unknown, or NULL */
    unsigned n;
};

struct limits {
    struct metrics *metrics;
    struct event_log *events;
    struct store *store;
    struct limit **limits; /* by name_cmp */
    size_t n;
    json_t *stored; /* alarms that no limit claims: of the last run, or of a limit that ended in silence */
    struct event_list *younger; /* events; those from `first` on are younger than `stored`. Until the first settings */
    size_t first;
    bool dirty;            /* what is stored is old */
    bool silent;           /* settings_silent() */
    /* of the round that runs */
    int64_t mono_ms, wall_ms;
    bool changed;
    struct unknown_news unknown, again; /* of the limit that is judged */
};

/* The track of ident, made if need be; NULL: too many, or no memory. */
struct track *limits_track(struct limits *ls, struct limit *l, const char *ident);

/* ---- limits_tell.c: events ---- */
void limits_tell(struct limits *ls, const struct limit *l, const struct track *t,
                 const struct limit_outcome *o);
void limits_tell_unknown(struct limits *ls, const struct limit *l, const struct unknown_news *u);
/* Why l ends, where settings have `now` of its name (NULL: none): "deleted", "disabled" … */
const char *limits_end_reason(const struct limit *l, const struct setting_limit *now);
/* An alarm whose limit is no more would stand in the NMS for ever: told as cleared, for that reason. */
void limits_tell_end(struct limits *ls, const struct limit *l, const char *reason);

/* ---- limits_keep.c: what survives a restart ---- */
void limits_load(struct limits *ls);
void limits_keep(struct limits *ls);
/* l ends in silence: its alarms stand in the NMS. Told as cleared after it, unless l is back. */
void limits_put_by(struct limits *ls, const struct limit *l);
/* What the last run told of this match, if it did, and since when. It is told once. */
enum limit_state limits_stored(struct limits *ls, const struct limit *l, const char *ident, int64_t *since_ms);
/* Makes tracks of the matches that the last run told as exceeded: they may be gone for good, and are then unknown. */
void limits_adopt(struct limits *ls, struct limit *l);
/* All limits of these settings have claimed theirs: what is left was of limits that are no more, and is told
 * as cleared as soon as anything may be told. */
void limits_adopted(struct limits *ls, const struct settings *s);

#endif

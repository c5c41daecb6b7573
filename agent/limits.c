#include "agent/limits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "agent/limit.h"
#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/store.h"

enum { TEXT_MAX = 1024 /* of an event's text while it is made; the event log cuts it */ };

static const char doc_name[] = "limits";

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

struct limits {
    struct metrics *metrics;
    struct event_log *events;
    struct store *store;
    struct limit **limits; /* by name_cmp */
    size_t n;
    json_t *stored;        /* states of the last run that no limit has claimed yet; NULL: none */
    bool dirty;            /* what is stored is old */
    /* of the round that runs */
    int64_t mono_ms, wall_ms;
    bool changed;
};

/* ---- tracks ---- */

static void track_free(struct track *t)
{
    free(t->ident);
    free(t);
}

/* Position of ident, or where it belongs. */
static size_t track_position(const struct limit *l, const char *ident, bool *found)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = strcmp(l->tracks[mid]->ident, ident);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

/* What the last run told of this match, if it did: claimed, so that it is claimed once. */
static enum limit_state stored_state(struct limits *ls, const struct limit *l, const char *ident, int64_t *since)
{
    json_t *of_limit = json_object_get(ls->stored, l->setting.name);
    json_t *tracks = json_object_get(of_limit, "exceeded");
    const char *metric = json_string_value(json_object_get(of_limit, "metric"));
    json_t *value = metric && strcmp(metric, l->setting.metric) == 0 ? json_object_get(tracks, ident) : NULL;

    *since = 0;
    if (!json_is_integer(value))
        return LIMIT_STATE_OK;
    *since = json_integer_value(value);
    json_object_del(tracks, ident);
    return LIMIT_STATE_EXCEEDED;
}

/* The track of ident, made if need be; NULL: too many, or no memory. */
static struct track *track_of(struct limits *ls, struct limit *l, const char *ident)
{
    bool found;
    int64_t since;

    if (l->cursor < l->n && strcmp(l->tracks[l->cursor]->ident, ident) == 0)
        return l->tracks[l->cursor++];
    size_t at = track_position(l, ident, &found);
    l->cursor = at + 1;
    if (found)
        return l->tracks[at];
    if (l->n == LIMIT_TRACKS_MAX) {
        if (!l->crowded)
            log_line(LOG_ERR, "limit %s: more than %d matches; the others are not watched", l->setting.name, LIMIT_TRACKS_MAX);
        l->crowded = true;
        return NULL;
    }
    if (l->n == l->cap) {
        size_t want = l->cap ? 2 * l->cap : 4;
        struct track **p = reallocarray(l->tracks, want, sizeof(struct track *));
        if (!p)
            return NULL;
        l->tracks = p;
        l->cap = want;
    }
    struct track *t = calloc(1, sizeof *t);
    if (!t || !(t->ident = strdup(ident))) {
        free(t);
        return NULL;
    }
    enum limit_state told = stored_state(ls, l, ident, &since);
    limit_track_init(&t->state, told, since, ls->mono_ms);
    memmove(l->tracks + at + 1, l->tracks + at, (l->n - at) * sizeof(struct track *));
    l->tracks[at] = t;
    l->n++;
    return t;
}

/* The matches that the last run told as exceeded have tracks from the start: they may be gone for good, and are then unknown. */
static void adopt_stored(struct limits *ls, struct limit *l)
{
    json_t *of_limit = json_object_get(ls->stored, l->setting.name);
    json_t *tracks = json_object_get(of_limit, "exceeded"), *value;
    const char *metric = json_string_value(json_object_get(of_limit, "metric")), *ident;
    void *next;

    if (!metric || strcmp(metric, l->setting.metric) != 0)
        return;
    json_object_foreach_safe(tracks, next, ident, value) track_of(ls, l, ident);
}

/* ---- events ---- */

struct telling {
    const struct limit *limit;
    const struct limit_track *track;
    const char *ident; /* of the match */
    enum event_type type;
    enum limit_state old_state, new_state;
    const char *text;
    bool notify;
};

static void tell(struct limits *ls, const struct telling *t)
{
    const struct setting_limit *s = &t->limit->setting;
    char value[40] = "", metric[IDENT_MAX + IDENT_PART_MAX + 8], host[IDENT_PART_MAX + 1] = "";
    size_t host_len = strcspn(t->ident, "/");

    if (t->track->seen)
        snprintf(value, sizeof value, "%.6g", t->track->value);
    if (t->ident[0])
        snprintf(metric, sizeof metric, "%s%s%s", t->ident, t->limit->spec.ds[0] ? ":" : "", t->limit->spec.ds);
    else
        snprintf(metric, sizeof metric, "%s", s->metric);
    if (t->ident[host_len] == '/' && host_len < sizeof host)
        snprintf(host, sizeof host, "%.*s", (int)host_len, t->ident);
    struct event draft = {
        .type = t->type,
        .severity = t->type == EVENT_LIMIT_EXCEEDED
                        ? (s->severity == LIMIT_FAILURE ? EVENT_FAILURE : EVENT_WARNING)
                        : (t->type == EVENT_LIMIT_CLEARED ? EVENT_OKAY : EVENT_WARNING),
        .notify = t->notify,
        .object = s->name,
        .old_state = limit_state_name(t->old_state),
        .new_state = limit_state_name(t->new_state),
        .value = value,
        .text = t->text,
        .metric = metric,
        .host = host,
        .threshold = s->threshold.text,
        .since_ms = t->track->since_wall_ms,
        .code = (int32_t)s->severity,
        .state = (int32_t)t->new_state,
    };
    event_unref(event_append(ls->events, &draft, ls->wall_ms));
    log_line(draft.severity == EVENT_OKAY ? LOG_NOTICE : LOG_WARNING, "limit %s: %s", s->name, t->text);
}

/* "web1/load/load:shortterm is 9.2, above 8; silent: web2" */
static void describe(struct limits *ls, const struct limit *l, const char *ident, const struct limit_track *t,
                     const char *extra, char *buf, size_t size)
{
    char silent[128] = "";
    const char *what = ident[0] ? ident : l->setting.metric;
    bool above = l->setting.direction == LIMIT_ABOVE, exceeded = t->real == LIMIT_STATE_EXCEEDED;
    const char *side = exceeded ? (above ? "above" : "below") : (above ? "not above" : "not below");
    const char *bound = exceeded ? l->setting.threshold.text : limit_clear(&l->setting)->text;

    if (!ident[0])
        metrics_stale_hosts(ls->metrics, l->selector, ls->mono_ms, silent, sizeof silent);
    snprintf(buf, size, "%s%s%s is %.6g, %s %s%s%s%s", what, ident[0] && l->spec.ds[0] ? ":" : "", ident[0] ? l->spec.ds : "",
             t->value, side, bound, silent[0] ? "; silent: " : "", silent, extra);
}

static void tell_outcome(struct limits *ls, const struct limit *l, const char *ident, const struct limit_track *t,
                         const struct limit_outcome *o, const char *why)
{
    char text[TEXT_MAX], extra[96] = "";
    bool exceeded = o->new_state == LIMIT_STATE_EXCEEDED;
    struct telling telling = {.limit = l, .track = t, .ident = ident, .old_state = o->old_state,
                              .new_state = o->new_state, .text = text, .notify = true,
                              .type = exceeded ? EVENT_LIMIT_EXCEEDED : EVENT_LIMIT_CLEARED};

    switch (o->news) {
    case LIMIT_NOTHING:
        return;
    case LIMIT_TELL_SUMMARY:
        snprintf(extra, sizeof extra, "; %u transitions were suppressed because it flapped", o->suppressed);
        break;
    case LIMIT_TELL_EXCEEDED:
    case LIMIT_TELL_CLEARED:
        break;
    case LIMIT_TELL_UNKNOWN_LONG:
    case LIMIT_TELL_KNOWN_AGAIN:
        telling.type = EVENT_LIMIT_UNKNOWN;
        telling.notify = false;
        if (o->news == LIMIT_TELL_UNKNOWN_LONG)
            snprintf(text, sizeof text, "%s is unknown for %d s: %s", ident[0] ? ident : l->setting.metric,
                     LIMIT_UNKNOWN_LONG_MS / 1000, why ? why : "no such metric");
        else
            snprintf(text, sizeof text, "%s is known again", ident[0] ? ident : l->setting.metric);
        tell(ls, &telling);
        return;
    }
    describe(ls, l, ident, t, extra, text, sizeof text);
    tell(ls, &telling);
}

/* ---- rounds ---- */

struct stepping {
    struct limits *ls;
    struct limit *limit;
};

static void step(struct limits *ls, struct limit *l, struct track *t, const struct metric_reading *r)
{
    struct limit_outcome o;
    struct limit_input in = {.known = r && r->known, .value = r ? r->value : 0, .sample = r ? r->sample : 0,
                             .mono_ms = ls->mono_ms, .wall_ms = ls->wall_ms};

    limit_step(&l->rule, &t->state, &in, &o);
    if (o.suppressed_now)
        event_log_count_suppressed(ls->events, 1);
    if (o.changed)
        ls->changed = true;
    if (o.news == LIMIT_TELL_EXCEEDED || o.news == LIMIT_TELL_CLEARED || o.news == LIMIT_TELL_SUMMARY)
        ls->dirty = true;
    tell_outcome(ls, l, t->ident, &t->state, &o, r ? r->why : NULL);
}

static void on_reading(void *arg, const struct metric_reading *r)
{
    struct stepping *s = arg;
    struct track *t = track_of(s->ls, s->limit, r->ident);

    if (!t)
        return;
    t->matched = true;
    step(s->ls, s->limit, t, r);
}

/* Matches that are gone: unknown while they are told as exceeded, else forgotten. */
static void step_unmatched(struct limits *ls, struct limit *l)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct track *t = l->tracks[i];
        bool last = kept + (l->n - i) == 1; /* one stays in any case: it is the row's state */
        if (!t->matched && t->state.told != LIMIT_STATE_EXCEEDED && t->state.suppressed == 0 && !last) {
            track_free(t);
            ls->changed = true;
            continue;
        }
        if (!t->matched)
            step(ls, l, t, NULL);
        t->matched = false;
        l->tracks[kept++] = t;
    }
    l->n = kept;
}

static void limit_round(struct limits *ls, struct limit *l)
{
    struct stepping s = {ls, l};

    if (!l->selector)
        return;
    l->cursor = 0;
    metrics_read(ls->metrics, l->selector, ls->mono_ms, on_reading, &s);
    if (l->n == 0) /* nothing matches: a limit without a track would be silent for ever */
        track_of(ls, l, "");
    step_unmatched(ls, l);
}

/* ---- the store ---- */

static void keep(struct limits *ls)
{
    json_t *all = json_object();

    ls->dirty = false;
    for (size_t i = 0; all && i < ls->n; i++) {
        const struct limit *l = ls->limits[i];
        json_t *exceeded = json_object();
        for (size_t k = 0; k < l->n; k++)
            if (l->tracks[k]->state.told == LIMIT_STATE_EXCEEDED)
                json_object_set_new(exceeded, l->tracks[k]->ident, json_integer(l->tracks[k]->state.told_since_wall_ms));
        if (json_object_size(exceeded) == 0)
            json_decref(exceeded);
        else
            json_object_set_new(all, l->setting.name, json_pack("{s:s, s:o}", "metric", l->setting.metric, "exceeded", exceeded));
    }
    char *text = all ? json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    if (text)
        store_post(ls->store, doc_name, LIMITS_STATE_VERSION, text, strlen(text));
    else
        log_line(LOG_ERR, "limits: out of memory, their states are not stored");
    free(text);
    json_decref(all);
}

static void load_states(struct limits *ls)
{
    char *text, why[256];
    size_t len;
    enum store_load r = store_load(ls->store, doc_name, LIMITS_STATE_VERSION, &text, &len, why, sizeof why);

    if (r != STORE_OK && r != STORE_ABSENT) {
        struct event draft = {.type = EVENT_STORE, .severity = EVENT_WARNING, .object = doc_name, .text = why};
        event_unref(event_append(ls->events, &draft, ls->wall_ms));
        log_line(LOG_WARNING, "limits: %s", why);
    }
    ls->stored = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(text);
}

/* ---- settings ---- */

static void limit_free(struct limits *ls, struct limit *l)
{
    for (size_t i = 0; i < l->n; i++)
        track_free(l->tracks[i]);
    metrics_unwatch(ls->metrics, l->selector);
    free(l->tracks);
    free(l);
}

/* An alarm whose limit is no more would stand in the NMS for ever. */
static void tell_end(struct limits *ls, const struct limit *l, const char *reason)
{
    for (size_t i = 0; i < l->n; i++) {
        struct limit_track *t = &l->tracks[i]->state;
        char text[TEXT_MAX];
        if (t->told != LIMIT_STATE_EXCEEDED)
            continue;
        snprintf(text, sizeof text, "the limit was %s while %s was beyond it", reason,
                 l->tracks[i]->ident[0] ? l->tracks[i]->ident : l->setting.metric);
        struct telling telling = {.limit = l, .track = t, .ident = l->tracks[i]->ident, .type = EVENT_LIMIT_CLEARED,
                                  .old_state = LIMIT_STATE_EXCEEDED, .new_state = LIMIT_STATE_UNKNOWN, .text = text,
                                  .notify = true};
        tell(ls, &telling);
        ls->dirty = true;
    }
}

static struct limit_rule rule_of(const struct setting_limit *s)
{
    return (struct limit_rule){.direction = s->direction, .threshold = s->threshold.v, .clear = limit_clear(s)->v,
                               .hits = s->hits ? s->hits : 1, .clear_hits = s->clear_hits ? s->clear_hits : 1};
}

static struct limit *limit_make(struct limits *ls, const struct setting_limit *s)
{
    struct limit *l = calloc(1, sizeof *l);
    const char *why;

    if (!l)
        return NULL;
    l->setting = *s;
    l->rule = rule_of(s);
    if (!metric_spec_parse(s->metric, strlen(s->metric), &l->spec, &why)) {
        log_line(LOG_WARNING, "limit %s: metric %s: %s", s->name, s->metric, why); /* a stored one that is valid no more */
        return l;
    }
    l->selector = metrics_watch(ls->metrics, &l->spec);
    adopt_stored(ls, l);
    return l;
}

static struct limit *limit_named(const struct limits *ls, const char *name)
{
    size_t low = 0, high = ls->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = name_cmp(ls->limits[mid]->setting.name, name);
        if (c == 0)
            return ls->limits[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* The limit for a row in force: the one there is with the new numbers, or a new one. */
static struct limit *follow(struct limits *ls, const struct setting_limit *s)
{
    struct limit *old = limit_named(ls, s->name);

    if (!old)
        return limit_make(ls, s);
    if (strcmp(old->setting.metric, s->metric) != 0 || old->setting.direction != s->direction) {
        tell_end(ls, old, "changed to another metric");
        return limit_make(ls, s); /* the old one is let go, for it is not kept */
    }
    old->kept = true;
    old->setting = *s;
    old->rule = rule_of(s);
    return old;
}

void limits_settings(struct limits *ls, const struct settings *s, int64_t mono_ms, int64_t wall_ms)
{
    struct limit **next = calloc(s->n_limits + 1, sizeof(struct limit *));
    size_t n = 0;

    if (!next) {
        log_line(LOG_ERR, "limits: out of memory, the old ones stand");
        return;
    }
    ls->mono_ms = mono_ms;
    ls->wall_ms = wall_ms;
    for (size_t i = 0; i < s->n_limits; i++) {
        struct limit *l = s->limits[i].status == ROW_ACTIVE ? follow(ls, &s->limits[i]) : NULL;
        if (l)
            next[n++] = l;
        else if (s->limits[i].status == ROW_ACTIVE)
            log_line(LOG_ERR, "limit %s: out of memory, it is not watched", s->limits[i].name);
    }
    for (size_t i = 0; i < ls->n; i++) {
        struct limit *l = ls->limits[i];
        if (l->kept) {
            l->kept = false;
            continue;
        }
        const struct setting_limit *now = settings_limit(s, l->setting.name);
        if (!now || now->status != ROW_ACTIVE)
            tell_end(ls, l, now ? "disabled" : "deleted");
        limit_free(ls, l);
    }
    free(ls->limits);
    ls->limits = next;
    ls->n = n;
}

/* ---- public ---- */

struct limits *limits_new(struct metrics *m, struct event_log *events, struct store *store)
{
    struct limits *ls = calloc(1, sizeof *ls);

    if (!ls)
        return NULL;
    ls->metrics = m;
    ls->events = events;
    ls->store = store;
    if (store)
        load_states(ls);
    return ls;
}

void limits_free(struct limits *ls)
{
    if (!ls)
        return;
    for (size_t i = 0; i < ls->n; i++)
        limit_free(ls, ls->limits[i]);
    json_decref(ls->stored);
    free(ls->limits);
    free(ls);
}

bool limits_round(struct limits *ls, int64_t mono_ms, int64_t wall_ms)
{
    ls->mono_ms = mono_ms;
    ls->wall_ms = wall_ms;
    ls->changed = false;
    for (size_t i = 0; i < ls->n; i++)
        limit_round(ls, ls->limits[i]);
    if (ls->dirty && ls->store)
        keep(ls);
    return ls->changed;
}

size_t limits_count(const struct limits *ls)
{
    return ls->n;
}

/* The worst first: exceeded, unknown, ok. */
static int badness(enum limit_state s)
{
    return s == LIMIT_STATE_EXCEEDED ? 2 : s == LIMIT_STATE_UNKNOWN ? 1 : 0;
}

void limits_fill(const struct limits *ls, struct view *v)
{
    for (size_t i = 0; i < ls->n; i++) {
        const struct limit *l = ls->limits[i];
        const struct limit_track *worst = NULL;
        struct view_limit *row = &v->limits[i];
        for (size_t k = 0; k < l->n; k++)
            if (!worst || badness(l->tracks[k]->state.state) > badness(worst->state))
                worst = &l->tracks[k]->state;
        view_text(row->name, sizeof row->name, l->setting.name, strlen(l->setting.name));
        row->state = worst ? worst->state : LIMIT_STATE_UNKNOWN;
        row->has_value = worst && worst->state != LIMIT_STATE_UNKNOWN;
        row->value = worst ? worst->value : 0;
        row->since_ms = worst ? worst->since_wall_ms : 0;
    }
    v->n_limits = ls->n;
}

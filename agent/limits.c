#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "agent/limits_inner.h"
#include "agent/log.h"

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

struct track *limits_track(struct limits *ls, struct limit *l, const char *ident)
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
    enum limit_state told = limits_stored(ls, l, ident, &since);
    limit_track_init(&t->state, told, since, ls->mono_ms);
    memmove(l->tracks + at + 1, l->tracks + at, (l->n - at) * sizeof(struct track *));
    l->tracks[at] = t;
    l->n++;
    return t;
}

/* ---- rounds ---- */

struct stepping {
    struct limits *ls;
    struct limit *limit;
};

static void gather(struct unknown_news *u, const struct track *t, const struct limit_outcome *o,
                   const char *why)
{
    if (u->n++ > 0)
        return;
    u->first = t;
    u->outcome = *o;
    u->why = why;
}

static void step(struct limits *ls, struct limit *l, struct track *t, const struct metric_reading *r)
{
    struct limit_outcome o;
    struct limit_input in = {.known = r && r->known,
                             .value = r ? r->value : 0,
                             .sample = r ? r->sample : 0,
                             .silent = ls->silent,
                             .mono_ms = ls->mono_ms,
                             .wall_ms = ls->wall_ms};

    limit_step(&l->rule, &t->state, &in, &o);
    if (o.suppressed_now)
        event_log_count_suppressed(ls->events, 1);
    if (o.changed)
        ls->changed = true;
    if (o.news == LIMIT_TELL_EXCEEDED || o.news == LIMIT_TELL_CLEARED || o.news == LIMIT_TELL_SUMMARY)
        ls->dirty = true;
    limits_tell(ls, l, t, &o);
    if (o.news == LIMIT_TELL_UNKNOWN_LONG)
        gather(&ls->unknown, t, &o, r ? r->why : NULL);
    else if (o.news == LIMIT_TELL_KNOWN_AGAIN)
        gather(&ls->again, t, &o, NULL);
}

static void on_reading(void *arg, const struct metric_reading *r)
{
    struct stepping *s = arg;
    struct track *t = limits_track(s->ls, s->limit, r->ident);

    if (!t)
        return;
    t->matched = true;
    step(s->ls, s->limit, t, r);
}

/* What no match has been unknown for long, and has been told so; the first match is told as known again in
 * its place. */
static void hand_over(const struct limit *l, const struct track *t)
{
    if (!t->ident[0] && t->state.unknown_told)
        l->tracks[1]->state.unknown_told = true; /* "" stands first, and is not the last */
}

/* Matches that are gone: unknown while they are told as exceeded, else forgotten. */
static void step_unmatched(struct limits *ls, struct limit *l)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct track *t = l->tracks[i];
        bool last = kept + (l->n - i) == 1; /* one stays in any case: it is the row's state */
        if (!t->matched && t->state.told != LIMIT_STATE_EXCEEDED && t->state.suppressed == 0 && !last) {
            hand_over(l, t);
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
    ls->unknown.n = ls->again.n = 0;
    metrics_read(ls->metrics, l->selector, ls->mono_ms, on_reading, &s);
    if (l->n == 0) /* nothing matches: a limit without a track would be silent for ever */
        limits_track(ls, l, "");
    step_unmatched(ls, l);
    limits_tell_unknown(ls, l, &ls->unknown);
    limits_tell_unknown(ls, l, &ls->again);
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
    limits_adopt(ls, l);
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

/* l is not watched any more, for settings have `now` of its name. */
static void limit_ends(struct limits *ls, const struct limit *l, const struct setting_limit *now)
{
    limits_tell_end(ls, l, limits_end_reason(l, now));
    if (ls->silent)
        limits_put_by(ls, l);
}

/* The limit for a row in force: the one there is with the new numbers, or a new one. */
static struct limit *follow(struct limits *ls, const struct setting_limit *s)
{
    struct limit *old = limit_named(ls, s->name);

    if (!old)
        return limit_make(ls, s);
    if (strcmp(old->setting.metric, s->metric) != 0 || old->setting.direction != s->direction) {
        limit_ends(ls, old, s);
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
    ls->silent = settings_silent(s);
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
        if (!now || now->status != ROW_ACTIVE) /* a changed one has been told already */
            limit_ends(ls, l, now);
        limit_free(ls, l);
    }
    free(ls->limits);
    ls->limits = next;
    ls->n = n;
    limits_adopted(ls, s);
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
    ls->stored = json_object();
    if (store)
        limits_load(ls);
    return ls;
}

void limits_free(struct limits *ls)
{
    if (!ls)
        return;
    for (size_t i = 0; i < ls->n; i++)
        limit_free(ls, ls->limits[i]);
    json_decref(ls->stored);
    event_list_unref(ls->younger);
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
        limits_keep(ls);
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

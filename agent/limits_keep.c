/* The states of limits over a restart: the document "limits". For each limit its metric, the matches told as
 * exceeded with the time since when, and with which threshold and severity; what is not there was told as ok.
 * "next" is the index of the first event that is younger than all this: a crash can come between the two, and
 * what those events told holds, so that nothing is told twice. */
#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "agent/limits_inner.h"
#include "agent/log.h"
#include "agent/store.h"

static const char doc_name[] = "limits";

/* What is stored of l; NULL: it has no alarm. */
static json_t *stored_of(const struct limit *l)
{
    json_t *exceeded = json_object();

    for (size_t k = 0; k < l->n; k++)
        if (l->tracks[k]->state.told == LIMIT_STATE_EXCEEDED)
            json_object_set_new(exceeded, l->tracks[k]->ident,
                                json_integer(l->tracks[k]->state.known_since_wall_ms));
    if (json_object_size(exceeded) == 0) {
        json_decref(exceeded);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:i, s:o}", "metric", l->setting.metric, "threshold",
                     l->setting.threshold.text, "severity", (int)l->setting.severity, "exceeded", exceeded);
}

void limits_put_by(struct limits *ls, const struct limit *l)
{
    json_t *stored = stored_of(l);

    if (stored)
        json_object_set_new(ls->stored, l->setting.name, stored);
}

void limits_keep(struct limits *ls)
{
    json_t *all = json_object();

    ls->dirty = false;
    for (size_t i = 0; all && i < ls->n; i++) {
        json_t *stored = stored_of(ls->limits[i]);
        if (stored)
            json_object_set_new(all, ls->limits[i]->setting.name, stored);
    }
    json_object_update_missing(all, ls->stored);
    json_t *doc = all ? json_pack("{s:I, s:o}", "next", (json_int_t)event_log_next(ls->events), "limits", all) : NULL;
    char *text = doc ? json_dumps(doc, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    if (text)
        store_post(ls->store, doc_name, LIMITS_STATE_VERSION, text, strlen(text));
    else
        log_line(LOG_ERR, "limits: out of memory, their states are not stored");
    free(text);
    json_decref(doc);
}

void limits_load(struct limits *ls)
{
    char *text, why[256];
    size_t len;
    enum store_load r = store_load(ls->store, doc_name, LIMITS_STATE_VERSION, &text, &len, why, sizeof why);

    if (r != STORE_OK && r != STORE_ABSENT) {
        struct scm_event draft = {.type = EVENT_STORE, .severity = EVENT_WARNING, .object = doc_name, .text = why};
        event_unref(event_append(ls->events, &draft, ls->wall_ms));
        log_line(LOG_WARNING, "limits: %s", why);
    }
    json_t *doc = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *limits = NULL;
    json_int_t next = 0;
    if (json_unpack(doc, "{s:I, s:o}", "next", &next, "limits", &limits) != 0 || next > UINT32_MAX)
        next = 0;
    json_object_update(ls->stored, limits);
    ls->younger = event_log_list(ls->events);
    while (ls->younger && ls->first < ls->younger->n && ls->younger->events[ls->first]->index < next)
        ls->first++;
    json_decref(doc);
    free(text);
}

/* Which match of l an event's metric names (limits_tell.c). False: of none, it is of an older metric. */
static bool match_of(const struct limit *l, const char *metric, char ident[IDENT_MAX + 1])
{
    size_t len = strlen(metric), ds = strlen(l->spec.ds);

    ident[0] = '\0';
    if (strcmp(metric, l->setting.metric) == 0 && l->spec.function != METRIC_VALUE)
        return true;
    if (ds > 0 && (len <= ds + 1 || metric[len - ds - 1] != ':' || strcmp(metric + len - ds, l->spec.ds) != 0))
        return false;
    len -= ds > 0 ? ds + 1 : 0;
    if (len > IDENT_MAX)
        return false;
    memcpy(ident, metric, len);
    ident[len] = '\0';
    return true;
}

/* What younger events told of l goes over what is stored of it. Those of a silence told nobody. */
static void replay(struct limits *ls, const struct limit *l)
{
    char ident[IDENT_MAX + 1];

    for (size_t i = ls->first; ls->younger && i < ls->younger->n; i++) {
        const struct scm_event *e = ls->younger->events[i];
        if (!e->notify || strcmp(e->object, l->setting.name) != 0 ||
            (e->type != EVENT_LIMIT_EXCEEDED && e->type != EVENT_LIMIT_CLEARED) ||
            !match_of(l, e->metric, ident))
            continue;
        json_t *of_limit = json_object_get(ls->stored, l->setting.name);
        const char *metric = json_string_value(json_object_get(of_limit, "metric"));
        if (!metric || strcmp(metric, l->setting.metric) != 0) {
            of_limit = json_pack("{s:s, s:{}}", "metric", l->setting.metric, "exceeded");
            json_object_set_new(ls->stored, l->setting.name, of_limit);
        }
        json_t *exceeded = json_object_get(of_limit, "exceeded");
        if (e->type == EVENT_LIMIT_EXCEEDED)
            json_object_set_new(exceeded, ident, json_integer(e->since_ms));
        else
            json_object_del(exceeded, ident);
    }
}

enum limit_state limits_stored(struct limits *ls, const struct limit *l, const char *ident, int64_t *since)
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

void limits_adopt(struct limits *ls, struct limit *l)
{
    replay(ls, l);
    json_t *of_limit = json_object_get(ls->stored, l->setting.name);
    json_t *tracks = json_object_get(of_limit, "exceeded"), *value;
    const char *metric = json_string_value(json_object_get(of_limit, "metric")), *ident;
    void *next;

    if (!metric || strcmp(metric, l->setting.metric) != 0)
        return;
    json_object_foreach_safe(tracks, next, ident, value) limits_track(ls, l, ident);
    json_object_del(ls->stored, l->setting.name);
}

/* A stored limit, as much as there is of it. False: it is none of ours. */
static bool restore(struct limit *l, const char *name, const json_t *stored)
{
    const char *metric = json_string_value(json_object_get(stored, "metric"));
    const char *threshold = json_string_value(json_object_get(stored, "threshold")), *why;

    memset(l, 0, sizeof *l);
    view_text(l->setting.name, sizeof l->setting.name, name, strlen(name));
    if (!metric || !metric_spec_parse(metric, strlen(metric), &l->spec, &why))
        return false;
    view_text(l->setting.metric, sizeof l->setting.metric, metric, strlen(metric));
    if (threshold)
        decimal_set(&l->setting.threshold, threshold, strlen(threshold));
    bool failure = json_integer_value(json_object_get(stored, "severity")) == LIMIT_FAILURE;
    l->setting.severity = failure ? LIMIT_FAILURE : LIMIT_WARNING;
    return true;
}

/* Alarms that no limit has claimed: theirs was deleted, disabled or changed while we were away, or silent. */
static void tell_orphans(struct limits *ls, const struct settings *s)
{
    const char *name, *ident;
    json_t *stored, *since;

    json_object_foreach(ls->stored, name, stored)
    {
        struct limit l;
        struct track t = {0}, *tracks = &t;
        if (!restore(&l, name, stored))
            continue;
        replay(ls, &l);
        if (ls->silent)
            continue;
        l.tracks = &tracks;
        l.n = 1;
        json_object_foreach(json_object_get(json_object_get(ls->stored, name), "exceeded"), ident, since)
        {
            t.ident = (char *)(uintptr_t)ident;
            limit_track_init(&t.state, LIMIT_STATE_EXCEEDED, json_integer_value(since), ls->mono_ms);
            limits_tell_end(ls, &l, limits_end_reason(&l, settings_limit(s, name)));
        }
    }
}

void limits_adopted(struct limits *ls, const struct settings *s)
{
    tell_orphans(ls, s);
    if (!ls->silent)
        json_object_clear(ls->stored);
    event_list_unref(ls->younger);
    ls->younger = NULL;
}

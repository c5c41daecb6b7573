/* The states of limits over a restart: the document "limits". For each limit its metric, and the matches told as exceeded with the
 * time since when; what is not there was told as ok. */
#include <stdlib.h>
#include <string.h>

#include "agent/event.h"
#include "agent/limits_inner.h"
#include "agent/log.h"
#include "agent/store.h"

static const char doc_name[] = "limits";

void limits_keep(struct limits *ls)
{
    json_t *all = json_object();

    ls->dirty = false;
    for (size_t i = 0; all && i < ls->n; i++) {
        const struct limit *l = ls->limits[i];
        json_t *exceeded = json_object();
        for (size_t k = 0; k < l->n; k++)
            if (l->tracks[k]->state.told == LIMIT_STATE_EXCEEDED)
                json_object_set_new(exceeded, l->tracks[k]->ident, json_integer(l->tracks[k]->state.known_since_wall_ms));
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
    ls->stored = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(text);
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
    json_t *of_limit = json_object_get(ls->stored, l->setting.name);
    json_t *tracks = json_object_get(of_limit, "exceeded"), *value;
    const char *metric = json_string_value(json_object_get(of_limit, "metric")), *ident;
    void *next;

    if (!metric || strcmp(metric, l->setting.metric) != 0)
        return;
    json_object_foreach_safe(tracks, next, ident, value) limits_track(ls, l, ident);
}

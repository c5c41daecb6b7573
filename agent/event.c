/* One event: copying, writing, reading. The log of them is event_log.c, what is written of it event_journal.c. */
#include "agent/event.h"

#include <stdlib.h>
#include <string.h>

#include "agent/event_inner.h"
#include "agent/view.h"

const char *event_type_name(enum event_type type)
{
    switch (type) {
    case EVENT_PORTAL_CHANGE:
        return "portalChange";
    case EVENT_LIMIT_EXCEEDED:
        return "limitExceeded";
    case EVENT_LIMIT_CLEARED:
        return "limitCleared";
    case EVENT_EPERF_FAILED:
        return "eperfFailed";
    case EVENT_FEED_CHANGE:
        return "feedChange";
    case EVENT_AGENT_CHANGE:
        return "agentChange";
    case EVENT_LIMIT_UNKNOWN:
        return "limitUnknown";
    case EVENT_STORE:
        return "store";
    }
    return NULL;
}

/* ---- one event: how its fields are copied, written and read ---- */

static const struct {
    const char *key;
    size_t offset;
} strings[] = {
    {"object",    offsetof(struct scm_event, object)   },
    {"old",       offsetof(struct scm_event, old_state)},
    {"new",       offsetof(struct scm_event, new_state)},
    {"value",     offsetof(struct scm_event, value)    },
    {"text",      offsetof(struct scm_event, text)     },
    {"metric",    offsetof(struct scm_event, metric)   },
    {"host",      offsetof(struct scm_event, host)     },
    {"threshold", offsetof(struct scm_event, threshold)},
    {"requester", offsetof(struct scm_event, requester)},
};
enum { STRINGS = sizeof strings / sizeof strings[0], STRING_MAX = 1024 }; /* bytes of each */

static const char **string_at(struct scm_event *e, size_t i)
{
    return (const char **)(void *)((char *)e + strings[i].offset);
}

static const char *string_of(const struct scm_event *e, size_t i)
{
    const char *s = *(const char *const *)(const void *)((const char *)e + strings[i].offset);

    return s ? s : "";
}

/* A copy in one block, with one reference; index and time as in the draft. */
struct scm_event *event_copy(const struct scm_event *draft)
{
    size_t len[STRINGS], total = 0;

    for (size_t i = 0; i < STRINGS; i++) {
        size_t most = strings[i].offset == offsetof(struct scm_event, text) ? EVENT_TEXT_MAX : STRING_MAX;
        len[i] = strnlen(string_of(draft, i), most);
        total += len[i] + 1;
    }
    struct scm_event *e = malloc(sizeof *e + total);
    if (!e)
        return NULL;
    *e = *draft;
    e->refs = 1;
    e->record = NULL;
    char *p = (char *)(e + 1);
    for (size_t i = 0; i < STRINGS; i++) {
        view_text(p, len[i] + 1, string_of(draft, i), len[i]); /* clean UTF-8: SNMP and JSON want nothing else */
        *string_at(e, i) = p;
        p += len[i] + 1;
    }
    return e;
}

void event_ref(const struct scm_event *e)
{
    __atomic_add_fetch(&((struct scm_event *)(uintptr_t)e)->refs, 1, __ATOMIC_RELAXED);
}

void event_unref(const struct scm_event *e)
{
    struct scm_event *mine = (struct scm_event *)(uintptr_t)e; /* the only thing that changes in it */

    if (!mine || __atomic_sub_fetch(&mine->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(mine->record);
    free(mine);
}

/* Malloced JSON on one line, or NULL. */
char *event_dump(const struct scm_event *e)
{
    json_t *o = json_pack("{s:I, s:I, s:i, s:i, s:b, s:I, s:i, s:i, s:i}", "i", (json_int_t)e->index, "t",
                          (json_int_t)e->time_ms, "type", (int)e->type, "severity", (int)e->severity, "notify",
                          (int)e->notify, "since", (json_int_t)e->since_ms, "code", (int)e->code, "state", (int)e->state,
                          "admin", (int)e->admin);

    for (size_t i = 0; o && i < STRINGS; i++) {
        const char *s = string_of(e, i);
        if (s[0] == '\0')
            continue;
        if (json_object_set_new(o, strings[i].key, json_string(s)) < 0) {
            json_decref(o);
            return NULL;
        }
    }
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}

struct scm_event *event_load(json_t *o)
{
    json_int_t index, time_ms, since;
    int type, severity, notify, code, state, admin;
    struct scm_event draft = {0};

    if (json_unpack(o, "{s:I, s:I, s:i, s:i, s:b, s:I, s:i, s:i, s:i}", "i", &index, "t", &time_ms, "type", &type, "severity",
                    &severity, "notify", &notify, "since", &since, "code", &code, "state", &state, "admin", &admin) < 0)
        return NULL;
    if (index < 1 || index > UINT32_MAX || type < 1 || type > EVENT_TYPE_LAST || severity < EVENT_OKAY ||
        severity > EVENT_FAILURE)
        return NULL;
    draft.index = (uint32_t)index;
    draft.time_ms = time_ms;
    draft.type = (enum event_type)type;
    draft.severity = (enum event_severity)severity;
    draft.notify = notify && type <= EVENT_AGENT_CHANGE;
    draft.since_ms = since;
    draft.code = code;
    draft.state = state;
    draft.admin = admin;
    for (size_t i = 0; i < STRINGS; i++)
        *string_at(&draft, i) = json_string_value(json_object_get(o, strings[i].key));
    return event_copy(&draft);
}

struct event_list *event_list_ref(struct event_list *l)
{
    __atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
    return l;
}

void event_list_unref(struct event_list *l)
{
    if (!l || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < l->n; i++)
        event_unref(l->events[i]);
    free(l);
}

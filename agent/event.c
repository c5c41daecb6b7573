#include "agent/event.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/store.h"
#include "agent/store_file.h"
#include "agent/view.h"

enum { JOURNAL_RECORDS = 3 * EVENT_RING /* then it is written anew */ };

/* A notification that nobody has answered yet. */
struct waiting {
    const struct event *event;
    uint64_t ticket; /* of its journal record; 0: on disk */
};

struct event_log {
    pthread_mutex_t lock;
    struct store *store;
    bool journal; /* the store takes records */
    const struct event *ring[EVENT_RING];
    size_t first, n;
    struct waiting *waiting; /* by index, oldest first; room for EVENT_RING */
    size_t n_waiting;
    struct event_list *list; /* of the ring as it is, or NULL */
    uint32_t next_index, sent, suppressed;
    size_t records;          /* in the journal */
    uint64_t tried;       /* tickets up to this one were tried: told even if the disk fails */
    bool silent;
    void (*on_append)(void *arg, const struct event *e);
    void *on_append_arg;
    void (*on_deliverable)(void *arg);
    void *on_deliverable_arg;
};

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
    {"object",    offsetof(struct event, object)   },
    {"old",       offsetof(struct event, old_state)},
    {"new",       offsetof(struct event, new_state)},
    {"value",     offsetof(struct event, value)    },
    {"text",      offsetof(struct event, text)     },
    {"metric",    offsetof(struct event, metric)   },
    {"host",      offsetof(struct event, host)     },
    {"threshold", offsetof(struct event, threshold)},
    {"requester", offsetof(struct event, requester)},
};
enum { STRINGS = sizeof strings / sizeof strings[0], STRING_MAX = 1024 }; /* bytes of each */

static const char **string_at(struct event *e, size_t i)
{
    return (const char **)(void *)((char *)e + strings[i].offset);
}

static const char *string_of(const struct event *e, size_t i)
{
    const char *s = *(const char *const *)(const void *)((const char *)e + strings[i].offset);

    return s ? s : "";
}

/* A copy in one block, with one reference; index and time as in the draft. */
static struct event *event_copy(const struct event *draft)
{
    size_t len[STRINGS], total = 0;

    for (size_t i = 0; i < STRINGS; i++) {
        size_t most = strings[i].offset == offsetof(struct event, text) ? EVENT_TEXT_MAX : STRING_MAX;
        len[i] = strnlen(string_of(draft, i), most);
        total += len[i] + 1;
    }
    struct event *e = malloc(sizeof *e + total);
    if (!e)
        return NULL;
    *e = *draft;
    e->refs = 1;
    char *p = (char *)(e + 1);
    for (size_t i = 0; i < STRINGS; i++) {
        view_text(p, len[i] + 1, string_of(draft, i), len[i]); /* clean UTF-8: SNMP and JSON want nothing else */
        *string_at(e, i) = p;
        p += len[i] + 1;
    }
    return e;
}

void event_ref(const struct event *e)
{
    __atomic_add_fetch(&((struct event *)(uintptr_t)e)->refs, 1, __ATOMIC_RELAXED);
}

void event_unref(const struct event *e)
{
    struct event *mine = (struct event *)(uintptr_t)e; /* the only thing that changes in it */

    if (mine && __atomic_sub_fetch(&mine->refs, 1, __ATOMIC_ACQ_REL) == 0)
        free(mine);
}

/* Malloced JSON on one line, or NULL. */
static char *event_dump(const struct event *e)
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

static struct event *event_load(json_t *o)
{
    json_int_t index, time_ms, since;
    int type, severity, notify, code, state, admin;
    struct event draft = {0};

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

/* ---- the log; the lock is held ---- */

static void ring_add(struct event_log *log, const struct event *e)
{
    if (log->n == EVENT_RING) {
        event_unref(log->ring[log->first]);
        log->ring[log->first] = e;
        log->first = (log->first + 1) % EVENT_RING;
    } else {
        log->ring[(log->first + log->n++) % EVENT_RING] = e;
    }
    event_list_unref(log->list);
    log->list = NULL;
}

static void waiting_drop(struct event_log *log, size_t at)
{
    event_unref(log->waiting[at].event);
    memmove(log->waiting + at, log->waiting + at + 1, (--log->n_waiting - at) * sizeof *log->waiting);
}

static void waiting_add(struct event_log *log, const struct event *e, uint64_t ticket)
{
    if (log->n_waiting == EVENT_RING) {
        waiting_drop(log, 0);
        log->suppressed++;
    }
    event_ref(e);
    log->waiting[log->n_waiting++] = (struct waiting){e, ticket};
}

/* Position of index among the waiting, or n_waiting. */
static size_t waiting_find(const struct event_log *log, uint32_t index)
{
    size_t i = 0;

    while (i < log->n_waiting && log->waiting[i].event->index != index)
        i++;
    return i;
}

/* ---- the journal ---- */

struct text {
    char *buf;
    size_t len, cap;
    bool failed;
};

static void text_add(struct text *t, const char *record)
{
    size_t n = record ? strlen(record) : 0;

    if (record && !t->failed && t->cap - t->len < n + 16) {
        size_t want = 2 * (t->cap + n + 16);
        char *p = realloc(t->buf, want);
        if (p) {
            t->buf = p;
            t->cap = want;
        }
    }
    if (!record || t->failed || !store_record(t->buf, t->cap, &t->len, record, n))
        t->failed = true;
}

static void text_event(struct text *t, const struct event *e, bool waits)
{
    char *s = event_dump(e);

    text_add(t, s);
    free(s);
    if (e->notify && !waits) {
        char ack[32];
        snprintf(ack, sizeof ack, "{\"d\":%u}", e->index);
        text_add(t, ack);
    }
}

/* Writes the journal anew: what is in the ring, and what waits without being there any more. */
static void rewrite(struct event_log *log)
{
    struct text t = {0};
    size_t records = 0, w = 0;
    uint32_t oldest = log->n ? log->ring[log->first]->index : 0;

    for (; w < log->n_waiting && log->waiting[w].event->index < oldest; w++, records++)
        text_event(&t, log->waiting[w].event, true);
    for (size_t i = 0; i < log->n; i++, records++) {
        const struct event *e = log->ring[(log->first + i) % EVENT_RING];
        bool waits = w < log->n_waiting && log->waiting[w].event->index == e->index;
        w += waits;
        text_event(&t, e, waits);
    }
    if (t.failed) {
        free(t.buf); /* no memory: later */
        return;
    }
    log->records = records;
    store_journal_replace(log->store, t.buf, t.len);
}

/* Returns the record's ticket, 0 if there is no journal. */
static uint64_t journal(struct event_log *log, const char *record)
{
    if (!log->journal || !record)
        return 0;
    uint64_t ticket = store_journal_append(log->store, record, strlen(record));
    if (++log->records > JOURNAL_RECORDS)
        rewrite(log);
    return ticket;
}

static void on_record(void *arg, const char *text, size_t len)
{
    struct event_log *log = arg;
    json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    json_int_t delivered;

    log->records++;
    if (o && json_unpack(o, "{s:I}", "d", &delivered) == 0) {
        size_t at = delivered > 0 && delivered <= UINT32_MAX ? waiting_find(log, (uint32_t)delivered) : log->n_waiting;
        if (at < log->n_waiting)
            waiting_drop(log, at);
    } else if (o) {
        struct event *e = event_load(o);
        if (e && e->index >= log->next_index) {
            log->next_index = e->index + 1;
            ring_add(log, e);
            if (e->notify)
                waiting_add(log, e, 0);
        } else {
            event_unref(e);
        }
    }
    json_decref(o);
}

/* Store's thread. */
static void on_settled(void *arg, uint64_t ticket, bool good)
{
    struct event_log *log = arg;

    pthread_mutex_lock(&log->lock);
    log->tried = ticket;
    void (*fn)(void *) = log->n_waiting ? log->on_deliverable : NULL;
    void *fn_arg = log->on_deliverable_arg;
    pthread_mutex_unlock(&log->lock);
    if (fn)
        fn(fn_arg);
}

/* ---- public ---- */

struct event_log *event_log_open(struct store *store)
{
    struct event_log *log = calloc(1, sizeof *log);
    char why[256] = "";

    if (!log)
        return NULL;
    log->waiting = calloc(EVENT_RING, sizeof *log->waiting);
    if (!log->waiting || pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log->waiting);
        free(log);
        return NULL;
    }
    log->store = store;
    log->next_index = 1;
    if (!store)
        return log;
    struct store_journal_ops ops = {.record = on_record, .settled = on_settled, .arg = log};
    enum store_load r = store_journal_open(store, &ops, why, sizeof why);
    log->journal = r != STORE_ERROR;
    if (r == STORE_CORRUPT && log->n == 0)
        log->next_index = (uint32_t)(clock_wall_ms() / 1000); /* above all that were given out before */
    if (why[0]) {
        struct event draft = {.type = EVENT_STORE, .severity = EVENT_WARNING, .object = "events", .text = why};
        event_unref(event_append(log, &draft, clock_wall_ms()));
    }
    return log;
}

void event_log_close(struct event_log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < log->n; i++)
        event_unref(log->ring[(log->first + i) % EVENT_RING]);
    for (size_t i = 0; i < log->n_waiting; i++)
        event_unref(log->waiting[i].event);
    event_list_unref(log->list);
    free(log->waiting);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

const struct event *event_append(struct event_log *log, const struct event *draft, int64_t wall_ms)
{
    struct event *e = event_copy(draft);

    if (!e)
        return NULL;
    pthread_mutex_lock(&log->lock);
    e->index = log->next_index++;
    e->time_ms = wall_ms;
    if (e->notify && log->silent) {
        e->notify = false;
        log->suppressed++;
    }
    char *record = event_dump(e);
    event_ref(e);
    ring_add(log, e);
    if (e->notify)
        waiting_add(log, e, UINT64_MAX);
    uint64_t ticket = journal(log, record);
    if (e->notify)
        log->waiting[log->n_waiting - 1].ticket = ticket;
    bool poke = e->notify && ticket == 0 && log->on_deliverable;
    pthread_mutex_unlock(&log->lock);
    free(record);
    if (log->on_append)
        log->on_append(log->on_append_arg, e);
    if (poke)
        log->on_deliverable(log->on_deliverable_arg);
    return e;
}

void event_log_on_append(struct event_log *log, void (*fn)(void *arg, const struct event *e), void *arg)
{
    pthread_mutex_lock(&log->lock);
    log->on_append = fn;
    log->on_append_arg = arg;
    pthread_mutex_unlock(&log->lock);
}

void event_log_on_deliverable(struct event_log *log, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&log->lock);
    log->on_deliverable = fn;
    log->on_deliverable_arg = arg;
    pthread_mutex_unlock(&log->lock);
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

struct event_list *event_log_list(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    if (!log->list) {
        struct event_list *l = malloc(sizeof *l + log->n * sizeof(struct event *));
        if (l) {
            l->refs = 1;
            l->n = log->n;
            for (size_t i = 0; i < log->n; i++) {
                l->events[i] = log->ring[(log->first + i) % EVENT_RING];
                event_ref(l->events[i]);
            }
            log->list = l;
        }
    }
    struct event_list *l = log->list ? event_list_ref(log->list) : NULL;
    pthread_mutex_unlock(&log->lock);
    return l;
}

const struct event *event_next_undelivered(struct event_log *log, uint32_t after)
{
    const struct event *e = NULL;

    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->n_waiting && !e; i++) {
        const struct waiting *w = &log->waiting[i];
        if (w->event->index <= after)
            continue;
        if (w->ticket > log->tried)
            break; /* its successors are not on disk either */
        e = w->event;
        event_ref(e);
    }
    pthread_mutex_unlock(&log->lock);
    return e;
}

void event_delivered(struct event_log *log, uint32_t index)
{
    char record[32];

    pthread_mutex_lock(&log->lock);
    size_t at = waiting_find(log, index);
    if (at < log->n_waiting) {
        waiting_drop(log, at);
        log->sent++;
        snprintf(record, sizeof record, "{\"d\":%u}", index);
        journal(log, record);
    }
    pthread_mutex_unlock(&log->lock);
}

void event_log_silence(struct event_log *log, bool silent)
{
    pthread_mutex_lock(&log->lock);
    log->silent = silent;
    pthread_mutex_unlock(&log->lock);
}

void event_log_count_suppressed(struct event_log *log, uint32_t n)
{
    pthread_mutex_lock(&log->lock);
    log->suppressed += n;
    pthread_mutex_unlock(&log->lock);
}

uint32_t event_log_sent(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    uint32_t n = log->sent;
    pthread_mutex_unlock(&log->lock);
    return n;
}

uint32_t event_log_suppressed(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    uint32_t n = log->suppressed;
    pthread_mutex_unlock(&log->lock);
    return n;
}

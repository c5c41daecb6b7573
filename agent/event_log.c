/* The log of events: the ring, and what waits to be delivered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/event_inner.h"
#include "agent/store.h"

/* ---- the log; the lock is held ---- */

static void ring_add(struct event_log *log, const struct scm_event *e)
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

static void waiting_add(struct event_log *log, const struct scm_event *e, uint64_t ticket)
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

/* ---- what the store tells ---- */

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
        struct scm_event *e = event_load(o);
        if (e && e->index >= log->next_index) {
            log->next_index = e->index + 1;
            e->record = strndup(text, len);
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
    if (fn)
        fn(log->on_deliverable_arg); /* under the lock: who takes it away must know that it is not running */
    pthread_mutex_unlock(&log->lock);
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
    if (r == STORE_ERROR || (r == STORE_CORRUPT && log->n == 0))
        log->next_index = (uint32_t)(clock_wall_ms() / 1000); /* above all that were given out before */
    if (why[0]) {
        struct scm_event draft = {.type = EVENT_STORE, .severity = EVENT_WARNING, .object = "events", .text = why};
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

const struct scm_event *event_append(struct event_log *log, const struct scm_event *draft, int64_t wall_ms)
{
    struct scm_event *e = event_copy(draft);

    if (!e)
        return NULL;
    pthread_mutex_lock(&log->lock);
    e->index = log->next_index++;
    e->time_ms = wall_ms;
    if (e->notify && log->silent) {
        e->notify = false;
        log->suppressed++;
    }
    e->record = log->journal ? event_dump(e) : NULL;
    event_ref(e);
    ring_add(log, e);
    if (e->notify)
        waiting_add(log, e, UINT64_MAX);
    uint64_t ticket = event_journal(log, e->record);
    if (e->notify)
        log->waiting[log->n_waiting - 1].ticket = ticket;
    bool poke = e->notify && ticket == 0 && log->on_deliverable;
    pthread_mutex_unlock(&log->lock);
    if (log->on_append)
        log->on_append(log->on_append_arg, e);
    if (poke)
        log->on_deliverable(log->on_deliverable_arg);
    return e;
}

void event_log_on_append(struct event_log *log, void (*fn)(void *arg, const struct scm_event *e), void *arg)
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

struct event_list *event_log_list(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    if (!log->list) {
        struct event_list *l = malloc(sizeof *l + log->n * sizeof(struct scm_event *));
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

const struct scm_event *event_next_undelivered(struct event_log *log, uint32_t after)
{
    const struct scm_event *e = NULL;

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
        event_journal(log, record);
    }
    pthread_mutex_unlock(&log->lock);
}

uint32_t event_log_next(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    uint32_t next = log->next_index;
    pthread_mutex_unlock(&log->lock);
    return next;
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
